"""Rows that train can be evaluated and predicted, and mean the same in every form."""

import gzip

import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.data.rows.blocks import Asked
from nncli.data.rows.reading import read_rows
from tests.data.memory.frames import FORMS, as_csv, in_form
from tests.model.models import people, trained

PEOPLE = people()
DATA = "{path: people.csv, target: kind, missing: auto}"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("people")
    (directory / "people.csv").write_text(as_csv(PEOPLE), encoding="utf-8")
    return directory


@pytest.fixture(scope="module")
def named(directory):
    """Return a model of named columns with text, Booleans and blanks."""
    return trained(directory, DATA)


@pytest.fixture(scope="module")
def unnamed(tmp_path_factory):
    """Return a model of three unnamed columns, with Boolean classes."""
    directory = tmp_path_factory.mktemp("arrays")
    np.savez(directory / "t.npz", X=X, y=Y)
    return trained(directory, "{path: t.npz}")


X = np.random.default_rng(2).normal(size=(80, 3)).round(3)
Y = X.sum(axis=1) > 0


def as_dicts(array):
    return [dict(zip(("x1", "x2", "x3"), row, strict=True)) for row in array.tolist()]


def write_parquet(path, columns):
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path)


@pytest.mark.parametrize("form", FORMS)
def test_a_table_in_any_form_is_predicted_and_evaluated_as_its_file(named, directory, form):
    rows = in_form(PEOPLE, form)
    file = directory / "people.csv"
    np.testing.assert_array_equal(named.predict_proba(rows), named.predict_proba(file))
    assert named.predict(rows).tolist() == named.predict(file).tolist()
    assert named.evaluate(rows).metrics == named.evaluate(file).metrics


@pytest.mark.parametrize("form", FORMS)
def test_a_row_alone_is_the_row_among_others(named, form):
    everyone = named.predict_proba(PEOPLE)
    alone = [named.predict_proba(in_form([row], form))[0] for row in PEOPLE[:12]]
    np.testing.assert_allclose(alone, everyone[:12], rtol=1e-5)


def test_order_and_extra_columns_do_not_matter(named):
    other = [{"note": "x", **dict(reversed(row.items()))} for row in PEOPLE]
    np.testing.assert_array_equal(named.predict_proba(other), named.predict_proba(PEOPLE))


def test_targets_may_be_separate_in_every_form(named):
    inputs = [{name: row[name] for name in row if name != "kind"} for row in PEOPLE]
    kinds = [row["kind"] for row in PEOPLE]
    expected = named.evaluate(PEOPLE).metrics
    assert named.evaluate(inputs, kinds).metrics == expected
    assert named.evaluate(inputs, np.array(kinds)).metrics == expected
    assert named.evaluate(PEOPLE, kinds).metrics == expected
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    assert named.evaluate(pandas.DataFrame(inputs), pandas.Series(kinds)).metrics == expected
    polars = pytest.importorskip("polars", reason="polars is not installed")
    assert named.evaluate(polars.DataFrame(inputs), polars.Series(kinds)).metrics == expected


def test_separate_targets_belong_to_the_rows_of_a_file(named, directory):
    kinds = [row["kind"] for row in PEOPLE]
    expected = named.evaluate(PEOPLE).metrics
    assert named.evaluate(directory / "people.csv", kinds).metrics == expected
    with pytest.raises(DataError, match=r"people.csv: has 60 rows, and y 59"):
        named.evaluate(directory / "people.csv", kinds[1:])


def test_rows_without_a_target_are_skipped_and_reported(named):
    rows = [dict(row, kind=None if n in (2, 5) else row["kind"]) for n, row in enumerate(PEOPLE)]
    told = []
    found = named.evaluate(rows, note=told.append)
    assert found.rows == len(rows) - 2
    assert told == ["data: 2 rows with a missing target (first: row 2 (from 0))"]
    assert found.metrics == named.evaluate([row for row in rows if row["kind"]]).metrics
    with pytest.raises(DataError, match="data: column kind: every value is missing"):
        named.evaluate([dict(row, kind=" ") for row in PEOPLE])


@pytest.mark.parametrize("form", FORMS)
def test_an_unseen_category_is_reported_with_its_row(named, form):
    told = []
    row = dict(PEOPLE[1], city="Zug")
    named.predict(in_form([PEOPLE[3], row], form), note=told.append)
    assert told == [
        "data: 1 cell has a category that is not in the training rows: city 'Zug' "
        "(row 1 (from 0)); its inputs are all 0"
    ]


@pytest.mark.parametrize("form", FORMS)
def test_other_columns_than_the_models_are_refused(named, form):
    rows = in_form([{"Age": 1.0, "city": "Bern", "member": True, "income": "high"}], form)
    with pytest.raises(DataError) as caught:
        named.predict(rows)
    assert str(caught.value) == (
        "data: columns do not match the model: missing 'age' (did you mean 'Age'?); unexpected "
        "'Age'; income: found 'high' (row 0 (from 0)); expected numbers; add or correct these "
        "columns"
    )


def test_a_model_of_named_columns_takes_arrays_in_their_order(named):
    columns = ("age", "city", "member", "income")
    values = [[row[name] for name in columns] for row in PEOPLE]
    expected = named.predict_proba(PEOPLE)
    np.testing.assert_array_equal(named.predict_proba(np.array(values, object)), expected)
    np.testing.assert_array_equal(named.predict_proba(values), expected)
    with pytest.raises(DataError, match=r"X: has 3 columns; the model takes 4 \(age, city, member"):
        named.predict(np.array(values, object)[:, :3])
    with pytest.raises(DataError, match="income: found 'x'"):
        named.predict_proba(np.array([["30", "Bern", "true", "x"]]))


@pytest.mark.parametrize("form", ["array", "list", "npy", "npz", "csv", "gzip", "parquet", *FORMS])
def test_a_model_of_unnamed_columns_takes_every_form(unnamed, tmp_path, form):
    expected = unnamed.predict_proba(X)
    text = "x2,x1,x3\n" + "".join(f"{b},{a},{c}\n" for a, b, c in X.tolist())
    path = tmp_path / "rows"
    rows = path
    if form in ("array", "list"):
        rows = X if form == "array" else X.tolist()
    elif form in FORMS:
        rows = in_form(as_dicts(X), form)
    elif form in ("csv", "gzip"):
        content = text.encode()
        path.write_bytes(gzip.compress(content, mtime=0) if form == "gzip" else content)
    elif form == "parquet":
        write_parquet(path, {"X2": X[:, 1], "x1": X[:, 0], "x3": X[:, 2]})
    else:
        with path.open("wb") as stream:
            np.save(stream, X) if form == "npy" else np.savez(stream, X=X)
    np.testing.assert_array_equal(unnamed.predict_proba(rows), expected)


@pytest.mark.parametrize("form", ["npz", "csv", "parquet", *FORMS])
@pytest.mark.parametrize("y", [Y, Y.astype(int), Y.astype(float), np.where(Y, "true", "false")])
def test_training_rows_are_evaluated_in_every_form(unnamed, tmp_path, form, y):
    """A Boolean y trains as false and true, and every form of it is recognized later."""
    assert unnamed.classes == ["false", "true"]
    expected = unnamed.evaluate(X, Y).metrics
    path = tmp_path / "rows"
    rows = [dict(row, y=label) for row, label in zip(as_dicts(X), y.tolist(), strict=True)]
    if form == "npz":
        with path.open("wb") as stream:
            np.savez(stream, X=X, y=y)
    elif form == "csv":
        path.write_text(as_csv(rows), encoding="utf-8")
    elif form == "parquet":
        write_parquet(path, {name: [row[name] for row in rows] for name in rows[0]})
    found = unnamed.evaluate(in_form(rows, form) if form in FORMS else path)
    assert found.metrics == expected
    assert unnamed.evaluate(X, y).metrics == expected


@pytest.mark.parametrize("form", FORMS)
def test_columns_of_other_names_are_taken_in_order_with_a_note(unnamed, form):
    rows = [dict(zip("abc", row, strict=True)) for row in X.tolist()]
    told = []
    found = unnamed.predict_proba(in_form(rows, form), note=told.append)
    np.testing.assert_array_equal(found, unnamed.predict_proba(X))
    assert told == [
        "data: the header has none of the model's names (x1, x2, x3); columns are matched by order"
    ]
    with pytest.raises(DataError, match=r"data: has 3 columns and lacks x2; the model takes 3"):
        unnamed.predict(in_form([{"x1": 1.0, "b": 2.0, "x3": 3.0}], form))


@pytest.mark.parametrize(
    ("rows", "y", "problem"),
    [
        (X[:, :2], None, "X: has shape (80, 2), 2 numbers per row; the model takes 3 (x1, x"),
        (X * [1, np.nan, 1], None, "X: row 0 (from 0), column x2: found nan; expected a finite n"),
        (X[:0], None, "X: has no rows"),
        ([{"x1": 1, "x2": None, "x3": 2}], None, "data: row 0 (from 0), column x2: is empty; exp"),
        ([{"x1": 1, "x2": "b", "x3": 2}], None, "data: row 0 (from 0), column x2: found 'b'; exp"),
        (X, Y[1:], "X: has 80 rows, and y 79"),
        (as_dicts(X), Y[1:], "data: has 80 rows, and y 79"),
        (X, np.where(Y, "yes", "no"), "y: row 0 (from 0): the class "),
        (X, [None] * 80, "y: row 0 (from 0): the class "),
        (X, np.zeros((80, 2)), "y: 2 values per row; the model predicts 1 (y)"),
        (X, np.zeros(80, "M8[s]"), "y: holds values of type datetime64[s]; expected numbers"),
        (X, 3, "y: is of type int; expected an array, a list or a series"),
        (as_dicts(X), None, "data: has no column 'y' to compare with"),
    ],
)
def test_wrong_rows_are_refused_with_their_place(unnamed, rows, y, problem):
    with pytest.raises(DataError) as caught:
        unnamed.predict(rows) if y is None and "compare" not in problem else unnamed.evaluate(
            rows, y
        )
    assert str(caught.value).startswith(problem)


def test_a_class_is_the_same_alone_and_among_text(tmp_path):
    """Alone, `01` and `True` would be read as a number and a Boolean.

    A class has the same name in every format: `1.0` is `1`, and `True` is `true`.
    """
    rows = [{"x": float(n % 4), "y": ["01", "True", "b", "1.0"][n % 4]} for n in range(60)]
    (tmp_path / "t.csv").write_text(as_csv(rows), encoding="utf-8")
    model = trained(tmp_path, "{path: t.csv, target: y}")
    names = {"01": "01", "True": "true", "b": "b", "1.0": "1"}
    assert model.classes == ["01", "1", "b", "true"]
    for row in rows[:4]:
        (tmp_path / "one.csv").write_text(as_csv([row]), encoding="utf-8")
        found = model.evaluate(tmp_path / "one.csv")
        assert found.confusion.sum(axis=1).tolist() == [
            int(name == names[row["y"]]) for name in model.classes
        ]


def test_a_row_is_the_same_alone_to_the_last_bit(tmp_path):
    """This holds even if some numbers far from zero need all their digits."""
    rows = [{"time": 1.6e9 + n, "x": n / 7, "y": "ab"[n % 2]} for n in range(60)]
    (tmp_path / "t.csv").write_text(as_csv(rows), encoding="utf-8")
    model = trained(tmp_path, "{path: t.csv, target: y}")
    taken, asked = model.preprocessing.taken, Asked(print)
    assert taken.encoding is not None
    (everyone,) = read_rows(taken, tmp_path / "t.csv", asked)
    for number, row in enumerate(rows):
        (tmp_path / "one.csv").write_text(as_csv([row]), encoding="utf-8")
        for alone in (tmp_path / "one.csv", [row]):
            (block,) = read_rows(taken, alone, asked)
            np.testing.assert_array_equal(block.inputs[0], everyone.inputs[number])


def test_whole_numbers_are_one_class_in_any_type(tmp_path):
    np.savez(tmp_path / "t.npz", X=X, y=np.arange(80) % 3)
    model = trained(tmp_path, "{path: t.npz}")
    y = np.arange(80) % 3
    expected = model.evaluate(X, y).metrics
    for each in (y.astype(float), y.astype(np.uint8), y.astype(str), [f"{n}.0" for n in y]):
        assert model.evaluate(X, each).metrics == expected


def test_arrays_of_a_file_are_read_for_a_model_of_named_columns(tmp_path):
    rows = as_dicts(X)
    for row, label in zip(rows, Y.tolist(), strict=True):
        row["y"] = label
    (tmp_path / "t.csv").write_text(as_csv(rows), encoding="utf-8")
    model = trained(tmp_path, "{path: t.csv, target: y}")
    np.save(tmp_path / "X.npy", X)
    np.savez(tmp_path / "t.npz", X=X, y=Y)
    expected = model.predict_proba(tmp_path / "t.csv")
    np.testing.assert_array_equal(model.predict_proba(tmp_path / "X.npy"), expected)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    by_csv = model.evaluate(tmp_path / "t.csv").metrics
    assert model.evaluate(tmp_path / "t.npz").metrics == by_csv
    assert model.evaluate(X, Y).metrics == by_csv


def test_several_classes_a_row_are_refused(tmp_path):
    X, y = np.arange(8.0).reshape(4, 2), np.array([[0, 1], [1, 0], [0, 0], [1, 1]])
    model = trained(tmp_path, "{source: rows, inputs: [[0, 0], [7, 7]], labels: [0, 1]}")
    np.savez(tmp_path / "t.npz", X=X, y=y)
    for rows in ((tmp_path / "t.npz",), (X, y)):
        with pytest.raises(DataError, match="2"):
            model.evaluate(*rows)
    np.savez(tmp_path / "t.npz", X=X, y=y[:, :1])
    assert model.evaluate(tmp_path / "t.npz").rows == 4
