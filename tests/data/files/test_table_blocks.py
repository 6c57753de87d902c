import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.data.files.table import Table
from nncli.data.files.table_blocks import compact, compacted, join, regroup


def table(first, stop):
    return Table(
        "t", {"x": np.arange(first, stop, dtype=np.float64)}, lambda row: f"r{first + row}"
    )


@pytest.mark.parametrize(
    ("numbers", "dtype"),
    [
        ([0.1, 0.2, 5.0], np.float64),
        ([1, 2, 3], np.float32),
        ([1.5, np.nan, -0.0], np.float32),
        ([1.5, np.nan, 0.1], np.float64),
        ([np.nan, np.nan], np.float32),
        ([], np.float32),
        ([2**24, 0], np.float32),
        ([2**24 + 1, 0], np.float64),
        ([2**24 + 1, np.nan], np.float64),
        ([2**24 + 1, 0.5], np.float64),
        ([*range(300), 0.1], np.float64),
        ([2.0**23, 2.0**-149], np.float32),
        ([2.0**27, 0.5], np.float64),
        ([1e39, 0.5], np.float64),
        ([1e308, -1e308, 0.5], np.float64),
        ([1e-50, 2e-50], np.float64),
        ([1_700_000_000.25, 1_700_000_000.75], np.float64),
        ([1e6, 1e6 + 0.3, 1e6 + 0.4], np.float64),
        ([1e6, 1e6 + 0.3, 2e6], np.float64),
        ([0.1, 0.1], np.float64),
    ],
)
def test_double_precision_stays_where_single_would_change_a_number(numbers, dtype):
    numbers = np.array(numbers, np.float64)
    found = compact(numbers)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, numbers.astype(dtype))


@given(st.lists(st.integers(-(2**53), 2**53)))
def test_whole_numbers_stay_as_they_are(numbers):
    assert compact(np.array(numbers, np.float64)).tolist() == numbers


def test_joined_tables_keep_rows_and_places():
    joined = join([table(0, 3), table(3, 4), table(4, 9)])
    assert joined.columns["x"].tolist() == list(range(9))
    assert [joined.place(row) for row in range(9)] == [f"r{row}" for row in range(9)]
    assert joined.columns["x"].dtype == np.float64


@given(st.lists(st.lists(st.floats() | st.floats(width=32), max_size=4), min_size=1, max_size=3))
def test_compact_blocks_join_to_the_compact_table(blocks):
    tables = [Table("t", {"x": np.array(each, np.float64)}, str) for each in blocks]
    whole = compact(np.concatenate([np.array(each, np.float64) for each in blocks]))
    found = join([compacted(each) for each in tables]).columns["x"]
    assert found.dtype == whole.dtype
    np.testing.assert_array_equal(found, whole)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(1, 12))
@settings(max_examples=40)
def test_regrouped_tables_have_the_same_rows(lengths, rows):
    ends = np.cumsum(lengths).tolist()
    tables = [table(end - length, end) for end, length in zip(ends, lengths, strict=True)]
    found = list(regroup(iter(tables), rows))
    assert {len(each) for each in found[:-1]} <= {rows}
    assert 0 < len(found[-1]) <= rows
    numbers = [int(x) for each in found for x in each.columns["x"].tolist()]
    places = [each.place(row) for each in found for row in range(len(each))]
    assert numbers == list(range(ends[-1]))
    assert places == [f"r{n}" for n in numbers]
