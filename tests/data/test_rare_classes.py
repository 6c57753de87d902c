"""``data.rare``: a class that is too rare for the splits trains, is left out, or is refused."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncli
from nncli.data.arrays import Arrays, load_arrays
from nncli.data.division import DivisionError, Fold
from nncli.data.drawing import Rules
from nncli.data.rare_classes import without_rare
from nncli.data.splits import whole
from nncli.data.splitting import divide
from nncli.data.tables.targets import Targets

FEW = {"training": {"epochs": 1}, "model": {"hidden_layers": [2]}}

SHARES = st.integers(1, 5) | st.floats(0, 0.4)


def kept(said):
    return Rules(rare="keep", note=said.append)


def rows_of(sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return whole(np.zeros((len(labels), 1)), np.random.default_rng(0).permutation(labels))


@given(
    sizes=st.lists(st.integers(0, 14), min_size=2, max_size=5).filter(any),
    shares=st.fixed_dictionaries({}, optional={"test": SHARES, "validation": SHARES}),
    folds=st.none() | st.integers(2, 5),
)
def test_every_class_trains_and_every_row_is_in_one_part(sizes, shares, folds):
    rows, names = rows_of(sizes), [f"c{place}" for place in range(len(sizes))]
    held_out = Counter()
    for number in range(1, (folds or 1) + 1):
        said, fold = [], Fold(number, folds) if folds else None
        try:
            found = divide(rows, shares, 0, names, "t", fold, kept(said))
        except DivisionError:  # too few rows, whatever their classes
            assert folds or sum(sizes) < 12
            return
        assert sorted(np.concatenate([*found.values()])) == rows.rows.tolist()
        assert {*rows.targets[found["train"]]} == {*rows.targets}
        assert len(said) <= 1
        rare = [each for each in names if said and repr(each) in said[0]]
        others = np.concatenate([each for part, each in found.items() if part != "train"] or [[]])
        assert not {*rows.targets[others.astype(int)]} & {names.index(each) for each in rare}
        held_out.update(found.get("held_out", np.zeros(0)).tolist())
    assert set(held_out.values()) <= {1}


@given(sizes=st.lists(st.integers(8, 20), min_size=2, max_size=4))
def test_rows_of_classes_that_are_not_rare_are_drawn_as_before(sizes):
    rows, names, said = rows_of(sizes), [*map(str, range(len(sizes)))], []
    shares = {"test": 0.3, "validation": 0.2}
    for fold in (None, Fold(2, 3)):
        before = divide(rows, shares, 3, names, "t", fold)
        after = divide(rows, shares, 3, names, "t", fold, kept(said))
        assert all((before[part] == after[part]).all() for part in before)
    assert not said


def test_classes_are_left_out_until_none_is_too_rare():
    targets = Targets("multiclass", ["y"], ["a", "b", "c"])
    values = np.array([0] * 9 + [1] + [2] * 9, np.uint8)
    said = []
    found, codes, left = without_rare(targets, values, {"test": 0.2}, "t", None, said.append)
    assert (found.task, found.classes) == ("binary", ["a", "c"])
    assert codes[left].tolist() == [0] * 9 + [1] * 9
    assert said == [
        "t: class 'b' has 1 row, too few to test and train with; left out, as set by data.rare: "
        "drop"
    ]
    with pytest.raises(nncli.DataError, match="fewer than two classes remain"):
        without_rare(found, np.array([0] * 9 + [1]), {"test": 0.2}, "t", None, said.append)


CELLS = {
    "string": ["yes", "no"] * 20 + ["rare"],
    "Boolean": ["true"] * 40 + ["false"],
    "integer": [0, 1] * 20 + [7],
}


@pytest.mark.parametrize("cells", CELLS.values(), ids=CELLS.keys())
@pytest.mark.parametrize("folds", [None, 3])
def test_a_rare_class_of_a_table_trains_with_a_warning(cells, folds):
    rows = [{"x": place % 7, "y": cell} for place, cell in enumerate(cells)]
    config = {"data": {"target": "y"}, **FEW}
    train, settings = nncli.train, {}
    if folds:
        train, settings = nncli.cross_validate, {"training.folds": folds}
    with pytest.warns(nncli.NncliWarning, match=f"class {str(cells[-1])!r} has 1 row, "):
        train(config, settings, data=rows)
    with pytest.raises(nncli.DataError, match=r"has 1 row\b"):
        train(config, {**settings, "data.rare": "error"}, data=rows)


def test_a_separate_test_file_takes_no_rows_of_a_rare_class():
    rows = [{"x": place, "y": "ab"[place % 2]} for place in (1, 4, 2, 7, 6, 9, 3, 8, 5, 0, 2, 4)]
    config = {"data": {"target": "y"}, **FEW}
    result = nncli.train(config, data=[*rows, {"x": 1, "y": "c"}], test_data=rows)
    assert result.model.classes == ["a", "b", "c"]


def test_rare_classes_of_arrays_are_handled_too():
    X, y = np.arange(42.0).reshape(21, 2), np.array([0, 1] * 10 + [5])
    arrays, parts = Arrays(X, y, "X", "y"), {"test": 0.2}
    data = load_arrays(arrays, parts, "multiclass", 0)
    assert data.classes == ["0", "1", "5"]
    assert 20 in data.splits["train"].rows
    assert "class '5' has 1 row, " in data.warnings[0]
    data = load_arrays(arrays, parts, "multiclass", 0, rules=Rules(rare="drop"))
    assert (data.task, data.classes) == ("binary", ["0", "1"])
    assert sorted(np.concatenate([each.rows for each in data.splits.values()])) == [*range(20)]
    with pytest.raises(nncli.DataError, match="has 1 row, "):
        load_arrays(arrays, parts, "multiclass", 0, rules=Rules())


@given(
    sizes=st.lists(st.integers(4, 60), min_size=2, max_size=5),
    test=st.integers(1, 300),
    rare=st.sampled_from(["keep", "drop"]),
)
def test_without_small_classes_the_test_set_has_the_requested_size(sizes, test, rare):
    rows, names = rows_of(sizes), [*map(str, range(len(sizes)))]
    try:
        if rare == "drop":
            targets = Targets("multiclass", ["y"], names)
            _, _, left = without_rare(targets, rows.targets, {"test": test}, "t", None, [].append)
            assert len(left) > test
        else:
            assert len(divide(rows, {"test": test}, 0, names, "t", None, kept([]))["test"]) == test
    except nncli.DataError:
        assert test > 0.6 * (sum(sizes) - len(sizes) - min(sizes))


def test_fractions_that_leave_too_few_rows_are_refused():
    shares, rows = {"test": 298}, rows_of([97, 101, 102])
    with pytest.raises(DivisionError, match=r"t: has 300 rows; data\.test: 298 leave too"):
        divide(rows, shares, 0, ["a", "b", "c"], "t", None, kept([]))


def test_rows_of_many_rare_classes_may_be_more_than_the_others():
    said, names = [], [*map(str, range(42))]
    shares = {"test": 30, "validation": 1}
    parts = divide(rows_of([1, 2] * 20 + [9, 9]), shares, 0, names, "t", None, kept(said))
    assert len(parts["test"]) == 16
    assert said[0].startswith(
        "t: classes '0', '1', '2', '3', '4' and 35 more each have 1 to 2 rows, too few to test, "
        "validate and train with; "
    )


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (
            [9, 9, 1],
            "its row is a training row, so no test row measures how well it is predicted; "
            "to leave it out, set data.rare: drop",
        ),
        (
            [9, 9, 2],
            "all its rows are training rows, so no test row measures how well it is "
            "predicted; to leave it out, set data.rare: drop",
        ),
        (
            [9, 9, 1, 1],
            "all their rows are training rows, so no test row measures how well they "
            "are predicted; to leave them out, set data.rare: drop",
        ),
    ],
)
def test_the_warning_on_rare_classes_is_grammatical(sizes, words):
    said, names = [], [*map(str, range(len(sizes)))]
    divide(rows_of(sizes), {"test": 3, "validation": 2}, 0, names, "t", None, kept(said))
    assert said[0].endswith(f", too few to test, validate and train with; {words}")
