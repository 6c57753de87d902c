"""Rows in memory have the same cells as in a file, or are refused."""

import decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.files.table import BLANK_BOOLEAN
from nncli.data.files.table_file import read_table
from nncli.data.memory.forms import column_of, form_of
from tests.data.memory.frames import FORMS, ROWS, as_csv, in_form


def refusal(rows):
    with pytest.raises(DataError) as caught:
        read_table(form_of(rows))
    message = str(caught.value)
    assert "\n" not in message
    return message


def cells_of(rows, **options):
    table = read_table(form_of(rows), **options)
    return {name: cells.tolist() for name, cells in table.columns.items()}


def same(found, expected):
    np.testing.assert_equal(found, expected)  # treats NaN as equal to NaN


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_the_cells_of_a_csv_file(tmp_path, form):
    (tmp_path / "t.csv").write_text(as_csv(ROWS), encoding="utf-8")
    expected = read_table(tmp_path / "t.csv")
    found = read_table(form_of(in_form(ROWS, form)))
    assert [*found.columns] == [*expected.columns]
    for name, cells in expected.columns.items():
        assert found.kind(name) == expected.kind(name)
        assert (found.columns[name].dtype == BLANK_BOOLEAN) == (name == "member")
        same(found.columns[name].tolist(), cells.tolist())
    assert found.place(2) == "row 2 (from 0)"


def test_a_lacking_key_is_blank_and_keys_keep_their_order():
    found = cells_of([{"b": 1}, {"a": "x", "b": None}, {"c": True}])
    nan = float("nan")
    same(found, {"b": [1, nan, nan], "a": [None, "x", None], "c": [nan, nan, 1]})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2", "x"], ["1", "2", "x"]),
        (["1", "2"], ["1", "2"]),
        ([1, 2, "3"], [1, 2, 3]),
        ([1, "a", "b"], ["1", "a", "b"]),
        ([7.0, "a", "b", True], ["7", "a", "b", "true"]),
        (["true", False], [False, True]),
        ([" a ", "  ", ""], ["a", None, None]),
        ([1, "  ", None, float("nan")], [1, *[float("nan")] * 3]),
        ([np.float32(1.5), np.int64(2), np.float64("nan")], [1.5, 2, float("nan")]),
        ([np.bool_(True), False], [True, False]),
    ],
    ids=str,
)
def test_python_values_are_what_their_cells_say(values, expected):
    if expected == [False, True]:
        expected = [True, False]
    same(cells_of([{"a": value} for value in values])["a"], expected)
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"a": pandas.Series(values, dtype=object)})
    same(cells_of(frame)["a"], expected)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{"a": 1}, {"a": {}}], "data: row 1 (from 0), column a: found a value of type dict"),
        ([{"a": 1j}], "data: row 0 (from 0), column a: found a value of type complex"),
        ([{"a": b"x"}], "data: row 0 (from 0), column a: found a value of type bytes"),
        ([{"a": decimal.Decimal(1)}], "data: row 0 (from 0), column a: found a value of type Dec"),
        ([{"a": np.timedelta64(1, "D")}], "data: column a holds durations (row 0 (from 0))"),
        ([{"a": 1}, {"a": 2}, {"a": "x"}], "data: row 2 (from 0), column a: found 'x'; expected a"),
        ([{"a": float("inf")}], "data: row 0 (from 0), column a: found inf; expected a finite"),
        ([{"a": 10**400}], "data: row 0 (from 0), column a: found 1000"),
        ([{(1,): 2}], "data: column name (1,) is neither text nor a number; rename the column"),
        ([1, {"a": 2}], "X: is object of shape (2,)"),
        ([[1, 2], [3]], "X: its rows have different lengths; give all rows the same number"),
        ([], "data: has no rows"),
        (np.empty((0, 2), object), "X: has no rows"),
        (np.ma.masked_array([[1.0, 2.0]], [[0, 1]]), "X: has masked values; drop their rows"),
        ({"a": [1]}, "data: is a single mapping; pass a list with one mapping per row"),
        (3, "data: is of type int; expected an array"),
        (None, "data: is of type NoneType; expected an array"),
        (np.array([[1j]]), "X: holds values of type complex128; expected numbers"),
        (np.zeros((2, 2), "M8[s]"), "X: holds values of type datetime64[s]; expected numbers"),
        (np.array(["a", "b"]), "X: is <U1 of shape (2,); expected numbers, or two dimensions"),
    ],
    ids=str,
)
def test_invalid_cells_are_refused_with_their_place(rows, problem):
    assert refusal(rows).startswith(problem)


def test_columns_of_frames_must_have_different_names_that_are_text_or_numbers():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    levels = pandas.MultiIndex.from_tuples([("a", "x"), ("a", "y")])
    assert refusal(pandas.DataFrame([[1, 2]], columns=levels)) == (
        "data: column name ('a', 'x') is neither text nor a number; rename the column"
    )
    message = refusal(pandas.DataFrame([[1, 2]], columns=["a", "a"]))
    assert message.startswith("data: two columns have the same name")
    assert message.endswith("rename one")


def test_unsupported_types_of_frames_are_refused_with_a_remedy():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    polars = pytest.importorskip("polars", reason="polars is not installed")
    day = pandas.DataFrame({"d": [pandas.Timedelta(1, "D")]})
    assert "column d holds durations" in refusal(day)
    assert refusal(day).endswith("convert it to numbers, such as days")
    parts = polars.DataFrame({"l": [[1], [2]]})
    assert "column l is nested" in refusal(parts)
    tenths = polars.DataFrame({"m": [decimal.Decimal("1.5")]})
    assert "column m holds decimals" in refusal(tenths)
    assert refusal(tenths).endswith("cast it to double")
    assert refusal(tenths.lazy()) == "data: is a lazy frame; collect it first"
    assert refusal(polars.Series([1])).startswith("data: is of type Series; expected an array")
    mixed = pandas.DataFrame({"a": pandas.Series([1, object()], dtype=object)})
    assert refusal(mixed).startswith("data: row 1 (from 0), column a: found a value of type object")


def test_text_of_every_type_is_a_category():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    polars = pytest.importorskip("polars", reason="polars is not installed")
    texts = ["a", None, " ", "b"]
    for series in (
        pandas.Series(texts, dtype="category"),
        pandas.Series(texts, dtype="string"),
        pandas.Series(texts, dtype=object),
    ):
        assert cells_of(pandas.DataFrame({"t": series}))["t"] == ["a", None, None, "b"]
    for dtype in (polars.Categorical, polars.Enum(["a", "b", " "]), polars.String):
        frame = polars.DataFrame({"t": polars.Series(texts, dtype=dtype)})
        assert cells_of(frame)["t"] == ["a", None, None, "b"]
    numbers = pandas.DataFrame({"t": pandas.Series([7.0, 8.0], dtype="category")})
    assert cells_of(numbers)["t"] == ["7", "8"]


def test_a_column_without_any_value_is_blank():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    same(cells_of(polars.DataFrame({"n": [None, None]}))["n"], [float("nan")] * 2)


def test_cells_that_count_as_blank_are_blank_in_memory_too():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    rows = [{"n": -1.0, "t": "NA"}, {"n": 2.0, "t": "a"}]
    nan = float("nan")
    for form in (rows, pandas.DataFrame(rows)):
        same(cells_of(form, missing=["NA", "-1"]), {"n": [nan, 2], "t": [None, "a"]})


def test_arrays_of_text_and_objects_are_tables_without_names():
    found = cells_of(np.array([["a", "1.5", "true"], ["b", "2", "false"]]))
    assert found == {"x1": ["a", "b"], "x2": [1.5, 2], "x3": [True, False]}
    found = cells_of(np.array([["a", 1.5, True], ["1", 2, False]], object))
    assert found == {"x1": ["a", "1"], "x2": [1.5, 2], "x3": [True, False]}
    assert cells_of([["a", 1], ["b", 2]]) == {"x1": ["a", "b"], "x2": [1, 2]}


def test_a_list_of_lists_of_numbers_is_an_array():
    assert type(form_of(np.ones((2, 2)).view(np.matrix))) is np.ndarray
    assert form_of([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert form_of(((1.5, 2),)).shape == (1, 2)


@pytest.mark.parametrize("library", ["pandas", "polars", "list", "array"])
def test_targets_keep_what_they_are(library):
    values = {"n": [1, 2], "t": ["a", "b"], "b": [True, False]}
    for name, each in values.items():
        if library in ("pandas", "polars"):
            module = pytest.importorskip(library, reason=f"{library} is not installed")
            given = module.Series(each, name=name) if library == "pandas" else module.Series(
                name, each)  # fmt: skip
        else:
            given = each if library == "list" else np.array(each)
        found = column_of(given, "y")
        assert [*found] == [name if library in ("pandas", "polars") else "y"]
        assert next(iter(found.values())).tolist() == each
        kind = next(iter(found.values())).dtype.kind
        assert kind == ("O" if name == "t" else "b" if name == "b" else kind)


def test_several_targets_are_numbered_or_have_the_names_of_a_frame():
    assert [*column_of(np.zeros((3, 2)), "y")] == ["y1", "y2"]
    assert [*column_of([[1, 2], [3, 4]], "y")] == ["y1", "y2"]
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    assert [*column_of(pandas.DataFrame({"a": [1], "b": [2]}), "y")] == ["a", "b"]


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=2)
)


@given(st.lists(st.dictionaries(st.text(max_size=2), VALUES, max_size=3), min_size=1, max_size=5))
def test_any_dicts_are_read_or_refused(rows):
    try:
        table = read_table(form_of(rows))
    except DataError:
        return
    assert len(table) in (0, len(rows))
    for cells in table.columns.values():
        assert cells.dtype.kind in "Obf"
        assert all(cell is None or isinstance(cell, str | bool | float) for cell in cells.tolist())
