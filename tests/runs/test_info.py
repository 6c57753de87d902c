"""Information about the installation for bug reports."""

import json
import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import nncli
from nncli import info
from nncli.base.extras import EXTRAS
from nncli.base.threads import AUTOMATIC, VARIABLES
from nncli.engines.choice import ENGINES

PACKAGE = Path(nncli.__file__).parent


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Return a function that replaces a package by one that raises an error."""

    def make(name, error):
        (tmp_path / f"{name}.py").write_text(f"raise {error}\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, name, raising=False)

    return make


def test_it_has_only_json_values():
    found = info()
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_versions_are_those_of_this_process():
    found = info()
    assert found["nncli"]["version"] == nncli.__version__
    assert found["python"]["version"] == platform.python_version()
    assert found["numpy"]["version"] == np.__version__
    assert found["platform"]["machine"] == platform.machine()


def test_every_dependency_has_a_version():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.match(r"[\w-]+", each)[0] for each in project["dependencies"]} - {"numpy"}
    found = info()["packages"]
    assert names == {*found}
    assert all(re.match(r"\d+\.", version) for version in found.values())


def test_every_extra_and_every_engine_is_listed():
    found = info()
    assert {*found["extras"]} == {*EXTRAS}
    assert {*found["engines"]} == {*ENGINES}
    assert found["engines"]["numpy"] == {
        "package": "numpy",
        "version": np.__version__,
        "problem": None,
        "matrix_product": None,
        "not_kept": None,
    }


def test_the_matrix_product_of_the_compiled_engine_is_named():
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    found = info()["engines"]["compiled"]
    assert found["problem"] is None
    assert re.search(r", \w*gemm\w*$", found["matrix_product"].replace("cython_blas.", ""))


def test_a_missing_extra_is_reported(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert info()["extras"]["images"]["problem"] == "not installed"


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ("RuntimeError('no place\\nfor files')", "cannot be imported: no place"),
        ("ImportError", "cannot be imported: ImportError"),
        ("ModuleNotFoundError('needs x', name='x')", "cannot be imported: needs x"),
    ],
)
def test_a_broken_extra_is_reported(broken, error, problem):
    broken("openpyxl", error)
    assert info()["extras"]["excel"]["problem"] == problem


def test_an_engine_that_cannot_run_has_a_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    for name in [each for each in sys.modules if each.startswith("nncli.engines.compiled.")]:
        monkeypatch.delitem(sys.modules, name)
    assert info()["engines"]["compiled"]["problem"].startswith("numba is not installed")


def test_all_variables_in_the_sources_are_listed():
    texts = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    spoken_of = {name for text in texts for name in re.findall(r"\bNNCLI_[A-Z_]+\b", text)}
    assert spoken_of - {AUTOMATIC} <= {*info()["environment"]}


def test_settings_of_nncli_itself_are_not_the_users(monkeypatch):
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "1")
    assert info()["environment"][VARIABLES[0]] == "1"
    assert info()["numpy"]["blas"]["threads_by"] == VARIABLES[0]
    monkeypatch.setenv(AUTOMATIC, "1")
    assert info()["environment"][VARIABLES[0]] is None
    assert info()["numpy"]["blas"]["threads_by"] == "nncli"
    monkeypatch.delenv(AUTOMATIC)
    for variable in VARIABLES:
        monkeypatch.delenv(variable)
    assert info()["numpy"]["blas"]["threads_by"] == "BLAS"


def test_threads_are_those_of_the_blas():
    code = "from nncli.runs.info import info; print(info()['numpy']['blas']['threads'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
        env={**dict.fromkeys(VARIABLES, "1"), "PYTHONPATH": str(PACKAGE.parent)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_the_cache_is_listed_with_its_content(tmp_path, monkeypatch):
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path))
    assert info()["cache"] == {"path": str(tmp_path), "mnist": False, "bytes": 0, "problem": None}
    (tmp_path / "mnist" / "folder").mkdir(parents=True)
    (tmp_path / "mnist" / "file").write_bytes(bytes(100))
    assert info()["cache"]["bytes"] == 100


def test_an_unreadable_cache_is_reported(monkeypatch):
    monkeypatch.setenv("NNCLI_CACHE", "n" * 300)
    assert "File name too long" in info()["cache"]["problem"]


def test_it_needs_no_home_directory(monkeypatch):
    pwd = pytest.importorskip("pwd")

    def nobody(number):
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for name in ("HOME", "XDG_CACHE_HOME", "NNCLI_CACHE"):
        monkeypatch.delenv(name, raising=False)
    assert info()["cache"]["mnist"] is False
