"""Findings about targets that belong to the next or the previous row."""

import numpy as np
import pytest

from tests.explain.diagnosis.tables import findings_of

ROWS = 300
ALL = {"validation": 0, "test": 0}


def inputs(seed=0):
    return np.random.default_rng(seed).normal(size=(ROWS, 4)).round(3)


def found(folder, X, target, **data):
    """Return the finding about a table, or None."""
    columns = {f"x{at}": each for at, each in enumerate(X.T)}
    return findings_of(folder, columns, target, **data).get("N038")


def number(X):
    return (X[:, 0] + X[:, 1] + X[:, 2]).round(3)


def sort(X):
    return np.array(["low", "middle", "high"])[np.digitize(number(X), (-0.7, 0.7))]


def ring(X):
    return np.where(np.hypot(X[:, 0], X[:, 1]) > 1.2, "out", "in")


@pytest.mark.parametrize("of", [number, sort])
@pytest.mark.parametrize(("by", "place", "move"), [(1, "next", "up"), (-1, "previous", "down")])
@pytest.mark.parametrize("split", [ALL, {"validation": 0, "test": 0.2}], ids=["all", "split"])
def test_a_shift_by_one_row_is_found_with_its_direction(tmp_path, of, by, place, move, split):
    X = inputs()
    one = found(tmp_path, X, np.roll(of(X), by), **split)
    assert f"for that of the {place} row" in one.evidence
    assert one.remedy.startswith(f"move the target {move} by one row")
    assert one.change is None


def test_a_shift_is_found_where_no_line_separates_classes(tmp_path):
    X = inputs()[:, :2]
    assert found(tmp_path, X, np.roll(ring(X), 1), **ALL)


@pytest.mark.parametrize("of", [number, sort, ring])
def test_targets_of_their_own_rows_are_no_finding(tmp_path, of):
    X = inputs()
    assert found(tmp_path, X, of(X), **ALL) is None


def test_targets_that_no_row_tells_are_no_finding(tmp_path):
    X = inputs()
    assert found(tmp_path, X, number(inputs(1)), **ALL) is None
    assert found(tmp_path, X, np.random.default_rng(2).permutation(sort(X)), **ALL) is None


def test_a_column_with_the_target_of_the_row_before_is_no_shift(tmp_path):
    returns = np.random.default_rng(3).normal(size=ROWS + 2).round(3)
    X = np.column_stack([returns[1:-1], returns[:-2]])
    assert found(tmp_path, X, returns[2:], **ALL) is None


def test_rows_that_are_like_their_neighbors_are_no_finding(tmp_path):
    walk = np.cumsum(np.random.default_rng(4).normal(size=(ROWS, 4)), axis=0).round(3)
    assert found(tmp_path, walk, number(walk), **ALL) is None
