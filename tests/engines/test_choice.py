import builtins
import sys
from pathlib import Path

import pytest

from nncli.base.extras import install_command
from nncli.config.load import load_config
from nncli.engines import choice
from nncli.engines.choice import ENGINES, EngineError, choose_engine, missing_for, why_numpy
from nncli.engines.compiling import NotAllowedError
from nncli.engines.numpy.engine import NumpyEngine

CONFIGS = Path(__file__).parents[2] / "configs"
COMPILED_MODULE = "nncli.engines.compiled.support"
MANY = 10**6, 10**6  # steps, parameters
NONE = 0, 10**6


@pytest.fixture
def failing_import(monkeypatch):
    """Return a function that makes the import of the compiled engine fail with an error."""

    def fail_with(error):
        actual = builtins.__import__

        def importing(name, *rest, **others):
            if name == COMPILED_MODULE:
                raise error
            return actual(name, *rest, **others)

        monkeypatch.delitem(sys.modules, COMPILED_MODULE, raising=False)
        monkeypatch.setattr(builtins, "__import__", importing)
        monkeypatch.setattr(choice, "find_spec", lambda name: object())

    return fail_with


@pytest.mark.parametrize("work", [NONE, MANY])
def test_numpy_is_numpy(work):
    assert choose_engine("numpy", *work) is NumpyEngine


def test_auto_takes_the_compiled_engine_only_for_much_work():
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    assert choose_engine("auto", *NONE) is NumpyEngine
    assert choose_engine("auto", 1000, 100_000) is NumpyEngine
    assert choose_engine("auto", 1000, 10_000_000).name == "compiled"
    assert choose_engine("auto", 10_000, 13) is NumpyEngine
    assert choose_engine("auto", 1_000_000, 13).name == "compiled"


# Batches of an epoch and parameters: 2-16-1 on 800 rows, 784-256-10 on 55,000.
@pytest.mark.parametrize(
    ("name", "batches", "parameters", "chosen"),
    [("xor", 25, 65, "numpy"), ("mnist", 860, 203_530, "compiled")],
)
def test_auto_takes_the_engine_with_which_a_shipped_config_takes_less_time(
    name, batches, parameters, chosen
):
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    epochs = load_config(CONFIGS / f"{name}.yaml").config.training.complete.epochs
    assert choose_engine("auto", epochs * batches, parameters).name == chosen


def test_it_is_said_why_auto_takes_numpy(monkeypatch):
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    assert why_numpy(*NONE) == "too little work for compiled code to pay off"
    assert why_numpy(*MANY) is None
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    expected = f"numba is not installed; get it with: {install_command('fast')}"
    assert why_numpy(*MANY) == expected
    assert why_numpy(*NONE) == "too little work for compiled code to pay off"


def test_the_compiled_engine_is_used_even_without_work_if_requested():
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    assert choose_engine("compiled", *NONE).name == "compiled"


def test_without_numba_auto_uses_numpy(monkeypatch):
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    assert choose_engine("auto", *MANY) is NumpyEngine


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ModuleNotFoundError("No module named 'numba'", name="numba"),
            f"numba is not installed; get it with: {install_command('fast')}",
        ),
        (
            ImportError("Numba needs NumPy 2.4 or less.\nGot NumPy 3.0."),
            "numba cannot be used: Numba needs NumPy 2.4 or less; use numpy",
        ),
        (
            ModuleNotFoundError("No module named 'llvmlite.binding'", name="llvmlite.binding"),
            f"llvmlite is not installed; get it with: {install_command('fast')}",
        ),
        (
            ModuleNotFoundError("No module named 'other'", name="other"),
            "numba cannot be used: No module named 'other'; use numpy",
        ),
        (
            NotAllowedError("NUMBA_DISABLE_JIT is set; unset it"),
            "numba cannot be used: NUMBA_DISABLE_JIT is set; unset it",
        ),
        (
            RuntimeError("no locator available"),
            "numba cannot be used: no locator available; use numpy",
        ),
    ],
)
def test_a_broken_numba_is_reported_only_if_requested(failing_import, error, message):
    failing_import(error)
    assert choose_engine("auto", *MANY) is NumpyEngine
    with pytest.raises(EngineError) as found:
        choose_engine("compiled", *NONE)
    assert str(found.value) == message
    assert why_numpy(*MANY) == found.value.reason == message.removesuffix("; use numpy")


@pytest.mark.parametrize("missing", ["numba", "llvmlite"])
def test_the_missing_one_of_two_packages_is_named(monkeypatch, missing):
    monkeypatch.setattr(choice, "find_spec", lambda name: None if name == missing else object())
    expected = f"{missing} is not installed; get it with: {install_command('fast')}"
    assert missing_for("compiled") == why_numpy(*MANY) == expected
    assert missing_for("auto") is missing_for("numpy") is None


def test_an_engines_name_is_what_chooses_it():
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    assert [choose_engine(name, *NONE).name for name in ENGINES] == list(ENGINES)


@pytest.mark.parametrize("work", [NONE, MANY])
def test_the_plain_engine_is_used_only_if_requested(work):
    assert choose_engine("plain", *work).name == "plain"
    assert choose_engine("auto", *work).name != "plain"
