import json
import sys

import nncli as package
from nncli.base.extras import EXTRAS
from nncli.base.threads import VARIABLES


def test_lines_are_aligned_and_of_at_most_80_columns(nncli, tmp_path, monkeypatch):
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path / ("folder" * 20)))
    result = nncli("info")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= 80
    column = lines[0].index(package.__version__)
    assert all(line[column - 2 : column].isspace() and line[column] != " " for line in lines)
    assert result.out.replace("\n" + " " * column, "").count("folder" * 20) == 2


def test_it_lists_what_is_installed(nncli):
    lines = nncli("info").out.splitlines()
    names = [line.split("  ")[0] for line in lines]
    expected = ["nncli", "Python", "platform", "processors", "NumPy", "BLAS", "threads", "click"]
    assert [name for name in names if name][: len(expected)] == expected
    assert {f"extra {name}" for name in EXTRAS} <= {*names}
    assert {"engine numpy", "engine compiled", "cache", "MNIST", "terminal", "locale"} <= {*names}


def test_it_tells_what_a_missing_extra_is_for(nncli, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "; for PNG and JPEG images" in nncli("info").out


def test_json_has_the_same(nncli):
    result = nncli("info", "--json")
    assert (result.code, result.err) == (0, "")
    found = json.loads(result.out)
    assert found["nncli"]["version"] == package.__version__
    assert {*found["environment"]} == {"NNCLI_CACHE", *VARIABLES}


def test_mnist_is_found_in_the_cache(nncli, with_mnist):
    assert "MNIST" in nncli("info").out
    assert json.loads(nncli("info", "--json").out)["cache"]["mnist"] is True
