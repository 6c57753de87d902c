from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.data.division import Fold, row_count
from nncli.data.drawing import fold_out, hold_out
from nncli.data.splits import Split, whole


def split_of(sizes, seed=0):
    """Return a split with `sizes[k]` rows of class k, shuffled."""
    labels = np.repeat(np.arange(len(sizes), dtype=np.uint8), sizes)
    labels = np.random.default_rng(seed).permutation(labels)
    return whole(np.arange(2 * len(labels)).reshape(-1, 2), labels)


def counts(split, classes):
    return np.bincount(split.targets[split.rows], minlength=classes).tolist()


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [
        ([50, 50], 20, [10, 10]),
        ([60, 30, 10], 10, [6, 3, 1]),
        ([47, 16, 15, 22], 10, [5, 2, 1, 2]),
        ([90, 9, 1], 10, [9, 1, 0]),
        ([5, 5, 5], 4, [2, 1, 1]),
        ([7, 3], 10, [7, 3]),
        ([7, 0, 3], 5, [4, 0, 1]),
        ([7, 3], 0, [0, 0]),
    ],
)
def test_every_class_is_split_in_proportion_by_the_largest_remainder(sizes, count, expected):
    rest, held_out = hold_out(split_of(sizes), count, seed=0)
    assert counts(held_out, len(sizes)) == expected
    assert counts(rest, len(sizes)) == [n - k for n, k in zip(sizes, expected, strict=True)]


@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    fraction=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_sizes_are_exact_and_no_row_is_lost_or_duplicated(sizes, fraction, seed):
    split = split_of(sizes)
    count = row_count(fraction, len(split))
    rest, held_out = hold_out(split, count, seed)
    assert len(held_out) == count
    assert sorted([*rest.rows, *held_out.rows]) == list(range(len(split)))
    exact = [Fraction(size * count, sum(sizes)) for size in sizes]
    found = counts(held_out, len(sizes))
    assert all(abs(share - wanted) < 1 for share, wanted in zip(found, exact, strict=True))
    pairs = list(zip(found, exact, strict=True))
    rounded_up = [wanted % 1 for share, wanted in pairs if share > wanted]
    rounded_down = [wanted % 1 for share, wanted in pairs if share < wanted]
    assert min(rounded_up, default=1) >= max(rounded_down, default=0)


def test_rows_keep_their_order():
    rest, held_out = hold_out(split_of([40, 30, 20]), 25, seed=1)
    assert (np.diff(rest.rows) > 0).all()
    assert (np.diff(held_out.rows) > 0).all()


def test_rows_of_a_split_in_its_own_order_and_without_some_rows_stay_in_that_order():
    inputs, labels = np.zeros((9, 1)), np.array([0, 1, 0, 1, 0, 1, 0, 1, 0])
    split = Split(inputs, labels, np.array([8, 6, 4, 5, 3, 1]))
    rest, held_out = hold_out(split, 2, seed=0)
    order = split.rows.tolist()
    for part in (rest, held_out):
        assert part.rows.tolist() == sorted(part.rows.tolist(), key=order.index)
    assert sorted([*rest.rows, *held_out.rows]) == sorted(order)
    assert counts(held_out, 2) == [1, 1]


def test_the_same_seed_holds_out_the_same_rows():
    split = split_of([50, 50])
    first, again = (hold_out(split, 30, seed=5)[1] for _ in range(2))
    np.testing.assert_array_equal(first.rows, again.rows)


def test_another_seed_holds_out_other_rows():
    split = split_of([50, 50])
    one, other = (set(hold_out(split, 30, seed=seed)[1].rows.tolist()) for seed in (5, 6))
    assert one != other


def test_held_out_rows_come_from_all_over_the_split():
    _, held_out = hold_out(split_of([1000]), 500, seed=0)
    assert abs(held_out.rows.mean() - 499.5) < 5 * (1000 / 12**0.5) / 500**0.5


def test_both_parts_share_the_arrays_of_the_split():
    split = split_of([5, 5])
    for part in hold_out(split, 4, seed=0):
        assert part.inputs is split.inputs
        assert part.targets is split.targets


def test_holding_out_nothing_leaves_every_row():
    split = split_of([4, 3])
    rest, held_out = hold_out(split, 0, seed=0)
    np.testing.assert_array_equal(rest.rows, split.rows)
    assert len(held_out) == 0


@pytest.mark.parametrize(
    ("share", "rows", "expected"),
    [
        (5000, 60000, 5000),
        (0, 10, 0),
        (0.1, 60000, 6000),
        (0.0, 10, 0),
        (1.0, 10, 10),
        (0.29, 100, 29),
    ],
)
def test_a_size_is_a_number_of_rows_or_a_fraction(share, rows, expected):
    count = row_count(share, rows)
    assert count == expected
    assert type(count) is int


def test_where_the_targets_are_numbers_any_rows_are_held_out():
    split = whole(np.zeros((40, 1)), np.arange(80.0).reshape(40, 2))
    rest, held_out = hold_out(split, 13, seed=0)
    assert (len(rest), len(held_out)) == (27, 13)
    assert sorted([*rest.rows, *held_out.rows]) == list(range(40))
    assert held_out.rows.tolist() == sorted(held_out.rows) != list(range(13))
    assert held_out.targets is split.targets
    assert (hold_out(split, 13, seed=1)[1].rows != held_out.rows).any()


@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=5).filter(sum),
    folds=st.integers(2, 7),
    seed=st.integers(0, 5),
)
def test_folds_are_even_overall_and_in_each_class(sizes, folds, seed):
    split = split_of(sizes)
    parts = [fold_out(split, Fold(number, folds), seed) for number in range(1, folds + 1)]
    rows = np.concatenate([held_out.rows for _, held_out in parts])
    assert sorted(rows) == sorted(split.rows)
    for rest, held_out in parts:
        assert sorted([*rest.rows, *held_out.rows]) == sorted(split.rows)
    by_class = np.array([[*counts(each, len(sizes)), len(each)] for _, each in parts])
    assert (np.ptp(by_class, axis=0) <= 1).all()


def test_folds_are_mixed_and_depend_on_the_seed():
    split = split_of([50, 50])
    first, other = (fold_out(split, Fold(1, 5), seed)[1].rows for seed in (0, 1))
    assert {*first} != {*other}
    assert {*first} != {*fold_out(split, Fold(2, 5), 0)[1].rows}
    assert len({*np.diff(first)}) > 3
