"""A column has the same name in rows of every form: its name in a CSV file."""

import csv
import json
from dataclasses import replace

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

import nncli
from nncli.base.errors import ConfigError, DataError
from nncli.data.files.table_file import column_names
from nncli.data.memory.forms import form_of
from nncli.data.rows.derived import as_named_before

ROWS = 24
MODEL = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}
SPLITS = {"test": 0, "validation": 0}
# All white space of str.strip that a CSV file can contain.
SPACES = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2003\u2028\u2029\u202f\u205f\u3000"
words = st.text(
    st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S"], exclude_characters='"'),
    min_size=1,
    max_size=5,
)
spaces = st.text(SPACES, max_size=3)
named = st.tuples(spaces, words, spaces).map("".join)


def table_of(names):
    random = np.random.default_rng(0)
    return {name: [round(float(x), 3) for x in random.normal(size=ROWS)] for name in names}


def forms_of(columns, folder):
    """Return a table with these columns in every form that preserves their names."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerows([[*columns], *([*row.values()] for row in rows)])
    parquet.write_table(pyarrow.table(columns), folder / "t.parquet")
    return {
        "csv": folder / "t.csv",
        "parquet": folder / "t.parquet",
        "dicts": rows,
        "pandas": pandas.DataFrame(columns),
        "polars": polars.DataFrame(columns),
        "pyarrow": pyarrow.table(columns),
    }


def trained(rows, **data):
    section = {"task": "regression", **SPLITS, **data}
    if isinstance(rows, list) or not hasattr(rows, "suffix"):
        return nncli.train({"data": section, **MODEL}, data=rows).model
    return nncli.train({"data": {"path": str(rows), **section}, **MODEL}).model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("names")


@given(st.lists(named, min_size=2, max_size=4, unique=True))
@settings(max_examples=40)
@example([" a ", "\xa0b\u2003"])
@example(["a\r\nb", "\rc"])
@example(["nan", "1.0 "])
def test_names_are_those_of_the_csv_file(folder, names):
    forms = forms_of(table_of(names), folder)
    expected = column_names(forms.pop("csv"))
    assert all(name == name.strip() for name in expected)
    for form, rows in forms.items():
        assert column_names(form_of(rows)) == expected, form
    assert column_names(folder / "t.parquet") == expected


@given(st.data())
@settings(max_examples=8)
def test_a_model_takes_the_same_rows_in_any_form(folder, data):
    names = data.draw(st.lists(named, min_size=4, max_size=4, unique_by=str.strip))
    forms = forms_of(table_of(names), folder)
    target, kept = data.draw(st.sampled_from([names[-1], names[-1].strip()])), names[-2]
    models = {form: trained(rows, target=target, id=kept) for form, rows in forms.items()}
    first = models["csv"]
    expected = [block.beside for block in first.predictions(forms["csv"])]
    assert [*expected[0]] in ([kept.strip()], ["id"])
    for model in models.values():
        assert model.preprocessing == first.preprocessing
        assert model.targets == first.targets == [target.strip()]
        for array, other in zip(model.network.parameters, first.network.parameters, strict=True):
            np.testing.assert_array_equal(array, other)
    for rows in forms.values():
        np.testing.assert_array_equal(first.predict(rows), first.predict(forms["csv"]))
        assert first.evaluate(rows).metrics == first.evaluate(forms["csv"]).metrics
        for ids in (names[0], names[0].strip()):
            (block,) = first.predictions(rows, id_column=ids)
            (cells,) = block.beside.values()
            assert [*map(float, cells)] == table_of(names)[names[0]]


@pytest.mark.parametrize("form", ["csv", "parquet", "dicts", "pandas", "polars", "pyarrow"])
def test_names_that_become_equal_are_refused_with_both(folder, form):
    rows = forms_of(table_of([" a", "a\xa0", "b", "y"]), folder)[form]
    with pytest.raises(DataError) as caught:
        trained(rows, target="y")
    if form == "csv":
        assert str(caught.value).endswith("found the name 'a' in columns 1 and 2; expected "
                                          "different names; rename one")  # fmt: skip
    else:
        assert str(caught.value).endswith(
            "columns ' a' and 'a\\xa0' have the same name, 'a': surrounding white space is "
            "ignored, and numbers are read as text; rename one"
        )
    assert trained(rows, target="y", drop=["a"]).preprocessing.columns == ["b"]


def test_white_space_in_a_config_does_not_count(folder):
    rows = forms_of(table_of([" a", "b", "c ", "y"]), folder)["pandas"]
    model = trained(rows, target="y\xa0", drop=["\ta"], columns={" b ": "number"})
    assert model.preprocessing.columns == ["b", "c"]
    with pytest.raises(
        ConfigError, match=r"data.columns: the column 'b' is given twice, once as ' b"
    ):
        trained(rows, target="y", columns={" b ": "number", "b": "number"})
    with pytest.raises(ConfigError, match="is used more than once"):
        trained(rows, target="y", drop=["a "], id="a")


@given(
    st.lists(
        st.integers() | st.floats(allow_infinity=False) | st.booleans() | words,
        min_size=2,
        max_size=5,
        unique_by=str,
    )
)
@settings(max_examples=60)
@example([0, 1, 2])
@example([1e16, 0.1])
def test_numbers_that_are_names_are_their_text_in_csv(folder, names):
    frame = pandas.DataFrame([[0.5] * len(names)] * 3, columns=pandas.Index(names, dtype=object))
    assume(frame.columns.is_unique)
    frame.to_csv(folder / "numbers.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    with (folder / "numbers.csv").open(encoding="utf-8", newline="") as stream:
        expected = [name.strip() for name in next(csv.reader(stream))]
    assert column_names(form_of(frame)) == expected
    assert column_names(form_of([dict.fromkeys(frame.columns, 1)])) == expected


@pytest.mark.parametrize("columns", [[0, 1, 2], [0.5, 1.0, 2.0], [7, "b", 2.5]])
def test_a_numbered_frame_is_its_csv_file(tmp_path, columns):
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(ROWS, 3)), columns=columns)
    frame.to_csv(tmp_path / "t.csv", index=False)
    model = trained(frame, target=str(columns[-1]))
    assert model.preprocessing.columns == [*map(str, columns[:-1])]
    if columns[0] != 0.5:  # a first line of numbers is only a header if they count up
        other = trained(tmp_path / "t.csv", target=str(columns[-1]))
        assert model.preprocessing == other.preprocessing
    np.testing.assert_array_equal(model.predict(frame), model.predict(tmp_path / "t.csv"))
    if columns == [0, 1, 2]:
        assert trained(frame, target=2).targets == ["2"]
    beside = frame[[columns[-1]]].set_axis([0], axis=1)
    found = trained((frame[columns[:-1]], beside))
    assert (found.targets, found.preprocessing) == (["y"], model.preprocessing)


def test_a_number_and_its_text_are_one_name():
    frame = pandas.DataFrame([[1, 2, 3]] * 3, columns=[0, "0", "y"])
    with pytest.raises(DataError, match="data: columns 0 and '0' have the same name, '0': "):
        trained(frame, target="y")


def named_before(model, names):
    """Return a model like one of an earlier version, with white space in its column names."""
    old = model.preprocessing.encoding
    columns = tuple(replace(each, name=names.get(each.name, each.name)) for each in old.columns)
    encoding = replace(old, columns=columns, id=names.get(old.id, old.id))
    preprocessing = replace(model.preprocessing, columns=encoding.inputs, encoding=encoding)
    fingerprint = {part: each for part, each in model.fingerprint.items() if part != "columns"}
    return replace(model, preprocessing=preprocessing, fingerprint=fingerprint)


@pytest.mark.parametrize("form", ["csv", "parquet", "dicts", "pandas", "polars", "pyarrow"])
def test_models_of_earlier_versions_read_the_rows_that_they_were_trained_on(folder, form):
    forms = forms_of(table_of([" a", "b\xa0", "i ", "y"]), folder)
    model = trained(forms["parquet"], target="y", id="i")
    before = named_before(model, {"a": " a", "b": "b\xa0", "i": "i "})
    before.save(folder / "before.npz", replace=True)
    before = nncli.load(folder / "before.npz")
    assert before.preprocessing.columns == [" a", "b\xa0"]
    rows = forms[form]
    np.testing.assert_array_equal(before.predict(rows), model.predict(rows))
    assert before.evaluate(rows).metrics == model.evaluate(rows).metrics
    assert before.evaluate(split="train").metrics == model.evaluate(split="train").metrics
    (block,) = before.predictions(rows, id_column=["i", "a "])
    assert [*block.beside] == ["i ", " a"]


@pytest.mark.parametrize("form", ["parquet", "dicts", "pandas", "polars", "pyarrow"])
def test_a_model_of_an_earlier_version_distinguishes_names_by_white_space(folder, form):
    renamed = pandas.DataFrame(table_of(["b", "a", "y"]))
    model = trained(renamed, target="y")
    before = named_before(model, {"b": " a"})
    rows = forms_of(table_of([" a", "a", "y"]), folder)[form]
    np.testing.assert_array_equal(before.predict(rows), model.predict(renamed))


def test_columns_that_need_no_other_name_keep_theirs():
    table = form_of([{"a": 1, " b": 2}])
    assert as_named_before(table, ["a", "b"]) is table
    assert as_named_before(table, [" b"]).header == ["a", " b"]
    assert table.header == ["a", "b"]


def test_an_estimator_has_the_names_too():
    frame = pandas.DataFrame(table_of([" a", "b "]))
    fitted = nncli.MLPRegressor(hidden_layers=[2], epochs=1).fit(
        frame, pandas.Series(frame[" a"], name="a")
    )
    assert fitted.feature_names_in_.tolist() == ["a", "b"]
    plain = frame.set_axis(["a", "b"], axis=1)
    np.testing.assert_array_equal(fitted.predict(plain), fitted.predict(frame))
    fitted.feature_names_in_ = np.array([" a", "b "], object)
    np.testing.assert_array_equal(fitted.predict(frame), fitted.predict(plain))


def test_json_rows_with_keys_of_either_kind_are_refused():
    rows = json.loads('[{"a": 1, "y": 2}, {" a": 1, "y": 2}]')
    with pytest.raises(DataError, match=r"^data: columns 'a' and ' a' have the same name"):
        trained(rows * 12, target="y")
