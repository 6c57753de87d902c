import numpy as np
import pytest

from nncli.data.scaling import SCALERS, Scaling, fit
from nncli.data.splits import Split, whole

TABLE = np.random.default_rng(0).normal([3, -200, 0.01], [1, 50, 0.001], (501, 3))
FORMULAS = {
    "none": lambda x: x,
    "unit": lambda x: x,
    "standard": lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
    "minmax": lambda x: (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0)),
    "robust": lambda x: (
        (x - np.median(x, axis=0)) / (np.quantile(x, 0.75, axis=0) - np.quantile(x, 0.25, axis=0))
    ),
}
every_scaler = pytest.mark.parametrize("name", SCALERS)
every_scaler_by_value = pytest.mark.parametrize("name", [n for n in SCALERS if n != "unit"])
every_fitted_scaler = pytest.mark.parametrize("name", ["standard", "minmax", "robust"])
CONSTANTS = [0.0, 1.0, 0.1, 0.3, -7.7, 1e-9, 1e9 + 0.1]


def scaled(name, rows):
    offset, scale = SCALERS[name].fit(labelled(rows))
    return (rows - offset) * scale


def labelled(inputs):
    return whole(inputs, np.zeros(len(inputs), np.uint8))


def test_every_scaler_has_a_formula():
    assert set(FORMULAS) == set(SCALERS)


@every_scaler
def test_scaled_rows_equal_the_formula(name):
    np.testing.assert_allclose(scaled(name, TABLE), FORMULAS[name](TABLE), rtol=1e-9, atol=1e-12)


@every_scaler_by_value
@pytest.mark.parametrize("dtype", [np.int16, np.int64, np.float32])
def test_rows_of_other_types_are_scaled_as_their_values(name, dtype):
    rows = (TABLE * [100, 1, 10_000]).astype(dtype)
    expected = FORMULAS[name](rows.astype(np.float64))
    np.testing.assert_allclose(scaled(name, rows), expected, rtol=1e-5, atol=1e-5)


def test_standard_gives_mean_0_and_deviation_1():
    rows = scaled("standard", TABLE)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(rows.std(axis=0), 1, rtol=1e-10)


def test_minmax_gives_0_to_1():
    rows = scaled("minmax", TABLE)
    np.testing.assert_allclose(rows.min(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(rows.max(axis=0), 1, rtol=1e-12)


def test_robust_gives_median_0_and_quartiles_1_apart_whatever_the_outliers():
    table = TABLE.copy()
    table[:5] = 1e12
    rows = scaled("robust", table)
    low, middle, high = np.quantile(rows, [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_allclose(middle, 0, atol=1e-10)
    np.testing.assert_allclose(high - low, 1, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.int64])
def test_unit_divides_by_the_largest_value_of_an_integer_type(dtype):
    largest = np.iinfo(dtype).max
    offset, scale = SCALERS["unit"].fit(labelled(np.zeros((0, 2), dtype)))
    assert offset == 0
    assert scale == 1 / float(largest)


def test_unit_scales_bytes_to_0_to_1():
    rows = np.array([[0, 51, 255]], np.uint8)
    np.testing.assert_allclose(scaled("unit", rows), [[0, 0.2, 1]], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unit_leaves_floats_unchanged(dtype):
    assert SCALERS["unit"].fit(labelled(np.zeros((3, 2), dtype))) == (0, 1)


@every_scaler
@pytest.mark.parametrize("value", CONSTANTS)
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_a_constant_column_gets_the_scale_1(name, value, rows):
    table = np.stack([np.full(rows, value), np.linspace(-1, 1, rows)], axis=1)
    offset, scale = (np.broadcast_to(each, 2) for each in SCALERS[name].fit(labelled(table)))
    assert scale[0] == 1
    assert abs(offset[0]) <= 1.000001 * abs(value)
    assert np.isfinite(scaled(name, table)).all()


@every_scaler_by_value
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_constant_column_of_a_small_type_gets_the_scale_1(name, dtype):
    table = np.full((1000, 2), 77.7).astype(dtype)
    _, scale = SCALERS[name].fit(labelled(table))
    assert np.all(scale == 1)


@every_fitted_scaler
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_fitted_columns_are_float64(name, dtype):
    offset, scale = SCALERS[name].fit(labelled(np.arange(12).reshape(4, 3).astype(dtype)))
    assert offset.shape == scale.shape == (3,)
    assert offset.dtype == scale.dtype == np.float64


@every_scaler
def test_only_the_rows_of_the_split_are_fitted(name):
    inputs = TABLE.copy()
    inputs[::2] = 1e6
    odd = np.arange(1, len(inputs), 2)
    found = fit(name, Split(inputs, np.zeros(len(inputs), np.uint8), odd))
    expected = fit(name, labelled(TABLE[odd]))
    assert isinstance(found, Scaling)
    np.testing.assert_array_equal(found.offset, expected.offset)
    np.testing.assert_array_equal(found.scale, expected.scale)


def test_the_default_scaling_changes_nothing():
    assert Scaling() == Scaling(0.0, 1.0)
