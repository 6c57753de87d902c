"""The same rows have the same categories and classes in every format."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nncli
from nncli.data.files.texts import text_of
from tests.data.formats import in_every_format

pytestmark = pytest.mark.filterwarnings("ignore::nncli.NncliWarning")  # of blank and rare targets

ROWS = 20
SHORT = {"model": {"hidden_layers": [2]}, "training": {"epochs": 0}}
SPLITS = {"test": 0.2, "validation": 0.2}
# Every format must be able to store a cell, so control characters and lone surrogates are excluded.
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])


def trained(rows, epochs=0, **data):
    config = {**SHORT, "data": {**SPLITS, **data}, "training": {"epochs": epochs}}
    if isinstance(rows, tuple | list) or not hasattr(rows, "suffix"):
        return nncli.train(config, data=rows).model
    return nncli.train({**config, "data": {**config["data"], "path": str(rows)}}).model


def repeated(values):
    return [values[row % len(values)] for row in range(ROWS)]


def noise():
    return [round(float(x), 3) for x in np.random.default_rng(1).normal(size=ROWS)]


def same_models(models):
    (first, *others) = models.values()
    for name, other in zip([*models][1:], others, strict=True):
        assert other.classes == first.classes, name
        assert other.preprocessing.encoding == first.preprocessing.encoding, name
        for array, expected in zip(other.network.parameters, first.network.parameters, strict=True):
            np.testing.assert_array_equal(array, expected, name)


def same_evaluations(models, formats):
    expected = next(iter(models.values())).evaluate(next(iter(formats.values())))
    for model in models.values():
        for name, rows in formats.items():
            assert model.evaluate(rows).metrics == expected.metrics, name


CATEGORIES = [
    [1.0, 2.0, 3.5, 10.0],
    [True, False],
    [1, 2, 10],
    [0, 1],
    [2**63 + 1, 12345678901234567890, 5],
    ["a", "b\xa0", " c ", "\u2003d"],
    ["1.0", "1", "01", "+1", "2.50"],
    ["True", "true", "FALSE", "x"],
    ["nan", "a", "NaN", "b"],
    ["a", None, "b"],
    [1.5, None, 2.0],
    [1, None, 2],
    [True, None, False],
    [0.1, 1e-5, 1e16, -0.0],
    ['a,"b', "a\nb", "c"],
]


@pytest.mark.parametrize("values", CATEGORIES, ids=repr)
def test_a_category_is_the_same_in_every_format(tmp_path, values):
    columns = {"f": repeated(values), "x": noise(), "y": noise()}
    formats = in_every_format(columns, tmp_path)
    section = {"target": "y", "columns": {"f": {"kind": "category", "missing": "indicator"}}}
    models = {name: trained(rows, **section) for name, rows in formats.items()}
    same_models(models)
    same_evaluations({"dicts": models["dicts"], "numpy": models["pandas csv"]}, formats)


CLASSES = [
    [1.0, 2.0],
    [-1, 1],
    [10, 9, 2],
    [0, 1],
    [0.0, 1.0],
    [True, False],
    [True, None, False],
    [1, None, 2],
    ["a", "b\xa0", " a", "b"],
    ["True", "FALSE"],
    [2**53 + 1, 2**53, 2**60 + 1],
    ["01", "02"],
    ["10", "02", "1"],
    ["True", "x", "1.0", "01", "y"],
    ["nan", "a", "b", None],
]


@pytest.mark.parametrize("values", CLASSES, ids=repr)
def test_a_class_is_the_same_in_every_format(tmp_path, values):
    columns = {"x": noise(), "y": repeated(values)}
    formats = in_every_format(columns, tmp_path)
    models = {name: trained(rows, target="y") for name, rows in formats.items()}
    same_models(models)
    same_evaluations({"dicts": models["dicts"], "csv": models["pandas csv"]}, formats)


texts = st.text(CHARACTERS, max_size=4) | st.sampled_from(["nan", "1.0", "01", "TRUE", "a", " a"])
numbers = st.floats(-1e30, 1e30) | st.integers(-(2**62), 2**62).map(float)
values = st.sampled_from(
    [
        texts,
        texts | st.none(),
        numbers,
        numbers | st.none(),
        st.integers(-(2**62), 2**62),
        st.integers(0, 2),
        st.booleans(),
        st.booleans() | st.none(),
        st.sampled_from([-1.0, 1.0, 2.0]),
    ]
)


@st.composite
def tables(draw):
    """Return the columns of a table: inputs that repeat a few values, and a target."""
    columns = {}
    for name in ("a", "b", "y"):
        few = draw(st.lists(draw(values), min_size=2, max_size=4))
        columns[name] = repeated(few)
    return columns


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from(["dicts", "pandas csv", "polars parquet"]))
def test_training_rows_are_evaluated_and_predicted_in_every_format(tmp_path_factory, columns, form):
    formats = in_every_format(columns, tmp_path_factory.mktemp("table"))
    try:
        model = trained(formats[form], target="y", missing="auto", test=0, validation=0)
    except nncli.NncliError:
        return
    expected = model.evaluate(formats["dicts"])
    for name, rows in formats.items():
        assert model.evaluate(rows).metrics == expected.metrics, name
    if any(text_of(each) is None for each in columns["y"]):
        return  # rows without a target are not training rows, and may have other blank cells
    predicted = model.predict(formats["dicts"])
    for name, rows in formats.items():
        np.testing.assert_array_equal(model.predict(rows), predicted, name)
    for number, row in enumerate(formats["dicts"][:4]):
        assert model.predict([row])[0] == predicted[number]


@pytest.mark.parametrize("number", [2**27, 100_000_016, 2**40])
def test_classes_that_are_large_numbers_keep_their_digits(number):
    columns = {"a": [*range(20)], "y": [0, number] * 10}
    rows = [dict(zip(columns, each, strict=True)) for each in zip(*columns.values(), strict=True)]
    model = trained(rows, target="y", task="binary", test=0, validation=0)
    assert model.classes == ["0", str(number)]


DIRTY = {
    "blanks alone": [None],
    "row numbers": [*range(3, 3 + ROWS)],
    "names": [f"name {row}" for row in range(ROWS)],
    "dates": [f"2024-01-{row + 1:02}" for row in range(ROWS)],
    "blank numbers": [1.0, None, 2.5],
    "words in text": ["NA", "EU", "?"],
    "words alone": ["NA", "?"],
}


@pytest.mark.parametrize("values", DIRTY.values(), ids=DIRTY)
def test_blanks_are_skipped_or_filled_alike_in_every_format(tmp_path, values):
    columns = {"f": repeated(values), "x": noise(), "y": noise()}
    formats = in_every_format(columns, tmp_path)
    models = {name: trained(rows, target="y") for name, rows in formats.items()}
    same_models(models)
    same_evaluations({"dicts": models["dicts"], "csv": models["pandas csv"]}, formats)
