"""Features: the formulas, and which features a config may list."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.features import FEATURES, Feature, Features, features_of

COLUMNS = ["x1", "x2", "x3"]
NUMBERS = st.floats(-1e15, 1e15)
FORMULAS = {
    "input": lambda x: x,
    "square": lambda x: x * x,
    "product": lambda x, y: x * y,
    "sine": math.sin,
}


@st.composite
def some_features(draw) -> list:
    """Return a list of features of the columns, each given once."""
    names = st.sampled_from(COLUMNS)
    one = [st.fixed_dictionaries({kind: names}) for kind in ("square", "sine")]
    pairs = st.lists(names, min_size=2, max_size=2, unique=True).map(sorted)
    each = st.one_of(names, *one, pairs.map(lambda pair: {"product": pair}))
    return draw(st.lists(each, min_size=1, max_size=8, unique_by=str))


def test_every_kind_has_an_independent_formula() -> None:
    assert FORMULAS.keys() == FEATURES.keys()


@given(some_features(), st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=40))
def test_each_number_is_the_formula_of_its_row(written, rows) -> None:
    features = features_of(written, COLUMNS)
    values = features.values(np.array(rows))
    for row, found in zip(rows, values, strict=True):
        expected = [
            FORMULAS[each.kind](*(row[place] for place in each.inputs)) for each in features.each
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-15)


@given(some_features(), st.integers(1, 100), st.integers(0, 2**32 - 1))
def test_a_row_alone_has_the_bits_that_it_has_among_others(written, rows, seed) -> None:
    inputs = np.random.default_rng(seed).normal(0, 1000, (rows, 3))
    features = features_of(written, COLUMNS)
    values = features.values(inputs)
    alone = [features.values(row[np.newaxis])[0] for row in inputs]
    assert values.tobytes() == np.array(alone).tobytes()
    assert features.values(np.asfortranarray(inputs)).tobytes() == values.tobytes()
    assert features.computed(inputs).tobytes() == values.tobytes()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float16])
def test_features_are_computed_in_float64_from_any_type(dtype) -> None:
    inputs = np.array([[200, 100, 3]]).astype(dtype)
    features = features_of(["x1", {"square": "x1"}, {"product": ["x1", "x2"]}], COLUMNS)
    values = features.values(inputs)
    assert values.dtype == np.float64
    assert values.tolist() == [[200, 40000, 20000]]


def test_names_say_what_is_computed() -> None:
    written = ["x1", {"square": "x2"}, {"product": ["x1", "x3"]}, {"sine": "x1"}]
    assert features_of(written, COLUMNS).names == ["x1", "x2²", "x1·x3", "sin x1"]


def test_a_feature_that_is_too_large_is_refused_with_the_numbers_of_its_row() -> None:
    features = features_of([{"product": ["x1", "x2"]}], COLUMNS)
    with pytest.raises(DataError, match=r"x1·x2 is -1e\+40 where a row has 1e\+20 and -1e\+20;"):
        features.values(np.array([[1, 1, 0], [1e20, -1e20, 0]]))
    with pytest.raises(DataError, match="x1² is 1e"):
        features_of([{"square": "x1"}], COLUMNS).check(np.full((5, 3), 1e30, np.float32))


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (["x_1"], "data.features: unknown column 'x_1'; did you mean 'x1'"),
        ([{"square": "price"}], "unknown column 'price'; expected one of 'x1', 'x2', 'x3'"),
    ],
)
def test_unknown_columns_are_refused(written, problem) -> None:
    with pytest.raises(DataError, match=problem):
        features_of(written, COLUMNS)


def test_sizes_of_features_count_for_all_of_their_inputs() -> None:
    features = Features((Feature("product", (0, 2), "x1·x3"), Feature("square", (0,), "x1²")))
    assert features.largest_of_inputs(np.array([1.0, 2.0]), 3).tolist() == [2, 0, 1]
