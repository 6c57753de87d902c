"""Findings about a few values that make all others of their column nearly the same."""

import numpy as np
import pytest

import nncli
from tests.explain.diagnosis.tables import ROWS, findings_of, normal, signs


def with_outliers(*values):
    """Return columns, the second one with some values in the first rows."""
    columns = normal()
    columns["b"] = columns["b"].astype(object)
    columns["b"][: len(values)] = values
    return columns


ALL = {"validation": 0, "test": 0}


@pytest.mark.parametrize("scale", ["standard", "minmax"])
def test_a_wrong_number_can_be_made_missing(tmp_path, scale):
    columns = with_outliers(99999)
    found = findings_of(tmp_path, columns, signs(normal()), scale=scale, **ALL)["N031"]
    assert "column 'b'" in found.evidence
    assert "1 value is far from them: 99999" in found.evidence
    assert str(found.change) == "data.blanks=[99999]"
    again = {"scale": scale, "blanks": [99999], **ALL}
    assert "N031" not in findings_of(tmp_path, columns, signs(normal()), **again)


@pytest.mark.parametrize("scale", ["standard", "minmax"])
@pytest.mark.parametrize("value", [4, 30])
def test_a_large_value_that_leaves_the_others_apart_is_no_finding(tmp_path, scale, value):
    columns = with_outliers(value)
    assert "N031" not in findings_of(tmp_path, columns, signs(normal()), scale=scale, **ALL)


def test_a_number_that_other_columns_have_is_not_made_missing(tmp_path):
    columns = with_outliers(99999)
    columns["c"] = np.arange(99990, 99990 + ROWS)[::-1]
    found = findings_of(tmp_path, columns, signs(normal()), **ALL)["N031"]
    assert found.change is None
    assert "logarithm" in found.remedy


@pytest.mark.parametrize(
    ("values", "blanks"),
    [
        ([99999], [99999]),
        ([1e6, 1e6], [1000000]),
        ([-99999, -99998], [-99999, -99998]),
        ([1e6, 777777], [777777, 1000000]),
        ([99999, 60], [99999]),
        ([73512], None),
        ([99999, 73512], None),
    ],
    ids=["9s", "a power", "two codes", "unlike codes", "a real one", "a size", "mixed"],
)
def test_only_codes_are_made_missing(tmp_path, values, blanks):
    columns = {name: np.tile(each, 4) for name, each in normal().items()}
    columns["b"] = columns["b"].astype(object)
    columns["b"][: len(values)] = values
    found = findings_of(tmp_path, columns, np.tile(signs(normal()), 4), **ALL)["N031"]
    if blanks is None:
        assert found.change is None
        assert "far from all others in column 'b', or if" in found.remedy
    else:
        assert found.change.value == blanks


@pytest.mark.parametrize(("others", "severity"), [(0, "problem"), (9, "hint")])
def test_one_of_many_columns_is_a_hint(tmp_path, others, severity):
    more = {f"x{at}": np.roll(normal()["a"], at + 1) for at in range(others)}
    columns = {**with_outliers(99999), **more}
    findings_of(tmp_path, columns, signs(normal()), **ALL)
    data = {"path": str(tmp_path / "table.csv"), "target": "target", **ALL}
    found = nncli.diagnose({"data": data}).findings
    assert [each.severity for each in found if each.code == "N031"] == [severity]


def test_no_value_of_a_long_tail_is_made_missing(tmp_path):
    tail = np.exp(np.random.default_rng(0).normal(0, 4, ROWS)).round(3)
    found = findings_of(tmp_path, {**normal(), "b": tail}, signs(normal()), **ALL)
    assert "N031" not in found or found["N031"].change is None


def test_a_column_that_is_nearly_always_the_same_has_no_outliers(tmp_path):
    columns = normal()
    columns["b"] = np.where(np.arange(ROWS) == 3, 99999, np.arange(ROWS) % 3)
    assert "N031" not in findings_of(tmp_path, columns, signs(normal()), **ALL)
