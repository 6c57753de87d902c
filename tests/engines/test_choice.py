import builtins
import sys

import pytest

from nncli.engines import choice as kernel_choice
from nncli.engines.choice import KernelError, choose_kernels
from nncli.nn.kernels import NUMPY

FAST_MODULE = "nncli.engines.compiled.kernels"
MANY = 10**6, 10**6  # steps, parameters
NONE = 0, 10**6


@pytest.fixture
def failing_import(monkeypatch):
    """Return a function that makes the import of the fast kernels fail with an error."""

    def fail_with(error):
        actual = builtins.__import__

        def importing(name, *rest, **others):
            if name == FAST_MODULE:
                raise error
            return actual(name, *rest, **others)

        monkeypatch.delitem(sys.modules, FAST_MODULE, raising=False)
        monkeypatch.setattr(builtins, "__import__", importing)
        monkeypatch.setattr(kernel_choice, "find_spec", lambda name: object())

    return fail_with


@pytest.mark.parametrize("work", [NONE, MANY])
def test_numpy_is_numpy(work):
    assert choose_kernels("numpy", *work) is NUMPY


def test_auto_takes_numba_only_for_much_work():
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    assert choose_kernels("auto", *NONE) is NUMPY
    assert choose_kernels("auto", 1000, 100_000) is NUMPY
    assert choose_kernels("auto", 1000, 10_000_000).name == "numba"
    assert choose_kernels("auto", 10_000, 13) is NUMPY
    assert choose_kernels("auto", 1_000_000, 13).name == "numba"


def test_numba_is_taken_for_no_work_at_all_where_it_is_asked_for():
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    assert choose_kernels("numba", *NONE).name == "numba"


def test_without_numba_auto_does_without(monkeypatch):
    monkeypatch.setattr(kernel_choice, "find_spec", lambda name: None)
    assert choose_kernels("auto", *MANY) is NUMPY


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ModuleNotFoundError("No module named 'numba'", name="numba"),
            "numba is not installed; get it with: pip install 'nncli[fast]'",
        ),
        (
            ImportError("Numba needs NumPy 2.4 or less.\nGot NumPy 3.0."),
            "numba cannot be used: Numba needs NumPy 2.4 or less.",
        ),
        (RuntimeError("no locator available"), "numba cannot be used: no locator available"),
    ],
)
def test_what_keeps_numba_from_working_is_said_only_to_who_asked_for_it(
    failing_import, error, message
):
    failing_import(error)
    assert choose_kernels("auto", *MANY) is NUMPY
    with pytest.raises(KernelError) as found:
        choose_kernels("numba", *NONE)
    assert str(found.value) == message
