"""Numbers far outside the range of the training rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.data.tables.unseen import Far, Unseen

COLUMNS = 4
NUMBERS = st.integers(-50, 50).map(float)
ROWS = st.lists(st.lists(NUMBERS, min_size=COLUMNS, max_size=COLUMNS), min_size=1, max_size=8)


def note(known, *blocks, names="abcd"):
    known = np.array(known, float)
    unseen = Unseen(Far([*names], known.min(axis=0), known.max(axis=0)))
    for block in blocks:
        unseen.look(np.array(block, float))
    return unseen.notes("new.csv")


def is_far(value, known):
    low, high = min(known), max(known)
    margin = 2 * (high - low or max(abs(high), 1))
    return value < low - margin or value > high + margin


@given(ROWS, ROWS)
def test_far_is_outside_by_more_than_twice_the_range(known, rows):
    far = [
        [is_far(cell, column) for cell, column in zip(row, zip(*known, strict=True), strict=True)]
        for row in rows
    ]
    notes = note(known, rows)
    assert notes == note(known, *[[row] for row in rows])  # also if read row by row
    if not any(map(any, far)):
        assert notes == []
        return
    (line,) = notes
    count, first = sum(map(any, far)), [*map(any, far)].index(True)
    assert line.startswith(f"new.csv: {count} row")
    assert f"(first: row {first})" in line
    named = [
        name for name, column in zip("abcd", zip(*far, strict=True), strict=True) if any(column)
    ]
    assert [part.split()[0] for part in line.split("rows: ")[1].split("), ")] == named


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1e9], "1 row (first: row 0) has values far outside those of the training rows: a up to "
         "1e+09 (training: 18 to 78)"),
        ([20, -103], "1 row (first: row 1) has values far outside those of the training rows: a "
         "down to -103 (training: 18 to 78)"),
        ([-900, 1e9], "2 rows (first: row 0) have values far outside those of the training rows: a "
         "-900 to 1e+09 (training: 18 to 78)"),
    ],
)  # fmt: skip
def test_a_line_says_how_far(values, words):
    assert note([[18], [78]], [[each] for each in values], names="a") == [f"new.csv: {words}"]


def test_of_many_columns_five_are_named():
    (line,) = note(np.zeros((2, 9)), np.full((1, 9), 5.0), names="abcdefghi")
    assert line.endswith("e up to 5 (training: always 0) and 4 more")
