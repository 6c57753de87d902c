"""Rows in memory train like the same rows in a file."""

import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.data.arrays import Arrays, load_arrays
from nncli.data.memory.given import GivenTable, given_rows
from nncli.data.tables.choices import Choices
from nncli.data.tables.tabular import load_tables
from tests.data.memory.frames import FORMS, as_csv, in_form
from tests.model.models import people

PEOPLE = people()
PARTS = {"test": 0.2, "validation": 0.1}
X = np.random.default_rng(3).normal(size=(50, 2))
LABELS = np.array(["no", "yes"])[np.arange(50) % 2]


def refusal(*arguments, **options):
    with pytest.raises(DataError) as caught:
        given_rows(*arguments, **options)
    return str(caught.value)


def same(found, expected):
    assert [*found.columns] == [*expected.columns]
    assert (found.task, [*found.classes]) == (expected.task, [*expected.classes])
    assert [*found.splits] == [*expected.splits]
    assert found.encoding == expected.encoding
    for name, split in expected.splits.items():
        for part in ("inputs", "targets", "rows", "weights"):
            ours, theirs = getattr(found.splits[name], part), getattr(split, part)
            if theirs is None:
                assert ours is None
            else:
                np.testing.assert_array_equal(ours, theirs)
                assert ours.dtype == theirs.dtype


@pytest.fixture(scope="module")
def of_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("given") / "t.csv"
    path.write_text(as_csv(PEOPLE), encoding="utf-8")
    return load_tables(path, PARTS, Choices(["kind"], missing="auto"), 0)


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_the_data_set_of_its_file(of_file, form):
    found = given_rows(in_form(PEOPLE, form))
    assert found.targets == []
    same(load_tables(found.table, PARTS, Choices(["kind"], missing="auto"), 0), of_file)


@pytest.mark.parametrize("form", FORMS)
def test_targets_and_weights_passed_with_a_table_are_columns(of_file, form):
    inputs = [{name: row[name] for name in row if name != "kind"} for row in PEOPLE]
    kinds, weights = [row["kind"] for row in PEOPLE], np.arange(60.0) + 1
    found = given_rows(in_form(inputs, form), kinds, weights)
    assert (found.targets, found.weight) == (["y"], "weight")
    data = load_tables(
        found.table, PARTS, Choices(found.targets, weight=found.weight, missing="auto"), 0
    )
    assert data.encoding == of_file.encoding
    assert [*data.targets] == ["y"]
    train = data.splits["train"]
    np.testing.assert_array_equal(train.rows, of_file.splits["train"].rows)
    np.testing.assert_allclose(train.weights, weights / weights[train.rows].mean())


def test_a_target_has_its_own_name_unless_a_column_has_it():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "y": [3.0, 4.0], "weight": [5.0, 6.0]})
    assert given_rows(frame, pandas.Series([1, 2], name="b")).targets == ["b"]
    assert given_rows(frame, pandas.Series([1, 2], name="a")).targets == ["a_2"]
    assert given_rows(frame, [1, 2]).targets == ["y_2"]
    assert given_rows(frame, np.zeros((2, 2))).targets == ["y1", "y2"]
    assert given_rows(frame, [1, 2], [1, 1]).weight == "weight_2"
    first = given_rows(frame, [1, 2])
    assert given_rows(frame, pandas.Series([1, 2], name="c"), targets=first.targets).targets == [
        "y_2"
    ]


def test_validation_rows_may_be_in_memory(of_file):
    first, other = given_rows(PEOPLE[:40]), given_rows(PEOPLE[40:])
    data = load_tables(
        first.table, {"test": other.table, "validation": 0}, Choices(["kind"], missing="auto"), 0
    )
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 40, "test": 20}


@pytest.mark.parametrize("y", [LABELS, LABELS.tolist(), LABELS == "yes", np.arange(50) % 2])
def test_arrays_are_the_data_set_of_an_npz(tmp_path, y):
    found = given_rows(X, y, np.arange(50.0))
    assert isinstance(found, Arrays)
    found = load_arrays(found, PARTS, None, 0)
    of_npz = Arrays.of_npz({"X": X, "y": np.asarray(y), "w": np.arange(50.0)}, "X", "y", "t", "w")
    same(found, load_arrays(of_npz, PARTS, None, 0))
    assert found.splits["train"].weights[found.splits["train"].rows].mean() == pytest.approx(1)


def test_images_in_memory_stay_images():
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4), np.uint8)
    data = load_arrays(given_rows(images, LABELS), PARTS, None, 0)
    assert (data.images.height, data.images.width) == (4, 4)
    assert data.splits["train"].inputs.dtype == np.uint8


def test_a_series_gives_arrays_the_name_of_their_target():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    first = given_rows(X, pandas.Series(LABELS, name="answer"))
    assert first.names == ["answer"]
    assert given_rows(X, LABELS, targets=first.names).names == ["answer"]


def test_targets_have_the_names_of_a_frame():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    targets = pandas.DataFrame({"u": [1.5] * 50, "v": [2] * 50})
    assert given_rows(X, targets).names == ["u", "v"]
    assert [*load_arrays(given_rows(X, targets), {}, None, 0).targets] == ["u", "v"]
    assert given_rows(X, targets[["v"]]).names == ["v"]
    assert given_rows(X, targets, targets=["c", "d"]).names == ["c", "d"]
    assert given_rows(X, pandas.Series(LABELS, name="x2")).names == ["x2_2"]


@pytest.mark.parametrize("rows", [X, [{"x1": 1, "x2": 2}] * 50], ids=["array", "table"])
def test_a_target_that_was_asked_for_by_the_name_of_an_input_is_refused(rows):
    assert refusal(rows, LABELS, targets=["x2"]).startswith(
        "data.target: x2 is also a column of the rows; "
    )
    assert refusal(rows, LABELS, targets=["x2"], of="test_data").startswith("test_data: x2 is also")


def test_two_columns_of_one_name_are_refused_in_targets_too():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    twice = pandas.DataFrame(np.zeros((50, 2)), columns=["u", "u"])
    assert refusal(X, twice).startswith("y: two columns have the same name")
    assert refusal(PEOPLE[:50], twice).startswith("y: two columns have the same name")
    assert refusal(twice).startswith("data: two columns have the same name")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((X,), "test_data: X: is an array without targets"),
        (([[1, 2], [3]], LABELS), "test_data: X: its rows have different lengths"),
        ((X, [[1], [2, 3]]), "test_data: y: its rows have different lengths"),
        ((X, np.zeros((50, 2, 2))), "test_data: y: is float64 of shape (50, 2, 2)"),
        ((X, 3), "test_data: y: is of type int"),
        ((3, LABELS), "test_data: is of type int"),
        (([], LABELS), "test_data: has no rows"),
        ((PEOPLE, LABELS), "test_data: has 60 rows, and y 50"),
    ],
    ids=str,
)
def test_errors_name_the_argument_that_the_rows_are_from(arguments, problem):
    assert refusal(*arguments, of="test_data").startswith(problem)


def test_incompatible_arguments_are_refused():
    assert refusal(X) == "X: is an array without targets; pass X and y"
    assert refusal(PEOPLE, LABELS) == "data: has 60 rows, and y 50"
    assert refusal(PEOPLE, None, np.ones(3)) == "data: has 60 rows, and weight 3"
    assert refusal(PEOPLE, None, np.ones((60, 2))) == "weights: has 2 values per row; expected one"
    assert refusal("t.csv") == "t.csv: is a file; set data.path to it"
    one = given_rows(PEOPLE, ["a"] * 60)
    assert isinstance(one, GivenTable)
    assert (
        refusal(PEOPLE, np.zeros((60, 2)), targets=one.targets)
        == "y: 2 values per row; expected 1: 'y'"
    )


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        (given_rows(X, LABELS[1:]), "X: has 50 rows, and y 49"),
        (given_rows(X, [None, *LABELS[1:]]), "y: row 0 (from 0): is blank; drop rows without"),
        (given_rows(X, X[:, 0] * [np.nan, *[1] * 49]), "y: row 0 (from 0): is blank"),
        (given_rows(X, LABELS, np.ones(3)), "weights: has 3 rows; expected one number for each of"),
        (given_rows(X, LABELS, -np.ones(50)), "weights: row 0 (from 0), column weights: found -1"),
        (given_rows(X, LABELS, np.zeros(50)), "X: every training row has weight 0"),
        (given_rows(X, LABELS, ["a"] * 50), "weights: column weights is text"),
    ],
    ids=str,
)
def test_wrong_arrays_are_refused(arrays, problem):
    with pytest.raises(DataError) as caught:
        load_arrays(arrays, PARTS, None, 0)
    assert str(caught.value).startswith(problem)


def test_classes_of_arrays_may_have_weights():
    data = load_arrays(given_rows(X, LABELS), {}, None, 0, class_weight={"yes": 3})
    np.testing.assert_allclose(data.splits["train"].weights, np.where(LABELS == "yes", 1.5, 0.5))
    uneven = np.where(np.arange(50) < 10, "a", "b")
    data = load_arrays(given_rows(X, uneven), {}, None, 0, class_weight="balanced")
    weights = data.splits["train"].weights
    assert weights[:10].sum() == pytest.approx(weights[10:].sum())
    with pytest.raises(DataError, match="'ja' is not one of the classes 'no', 'yes'"):
        load_arrays(given_rows(X, LABELS), {}, None, 0, class_weight={"ja": 3})


def test_blank_cells_are_filled_by_what_their_columns_are():
    rows = [{"n": n, "b": n % 2 == 0, "t": "x", "whole": n * 2, "y": n % 2 == 0} for n in range(20)]
    for row, name in ((3, "n"), (4, "b"), (5, "t")):
        rows[row][name] = None
    table = given_rows(rows).table
    with pytest.raises(DataError, match="column n: is blank"):
        load_tables(table, {}, Choices(["y"], missing="error"), 0)
    data = load_tables(table, {}, Choices(["y"], missing="auto"), 0)
    assert [(each.name, each.kind, each.missing) for each in data.encoding.columns] == [
        ("n", "number", "median"),
        ("b", "boolean", "indicator"),
        ("t", "category", "indicator"),
        ("whole", "number", "auto"),
    ]
    assert [*data.columns] == ["n", "b", "b is blank", "t=x", "t is blank", "whole"]
    assert data.splits["train"].inputs[3, 0] == np.median([n for n in range(20) if n != 3])
    said = {"n": {"missing": "constant", "fill": -1.0}, "whole": {"missing": "error"}}
    data = load_tables(table, {}, Choices(["y"], columns=said, missing="auto"), 0)
    assert [each.missing for each in data.encoding.columns] == [
        *("constant", "indicator", "indicator", "error")
    ]
