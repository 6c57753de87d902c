from dataclasses import replace
from math import erf, exp, pi, sqrt

import numpy as np
import pytest

from nncli.metrics.probabilities import class_probabilities
from nncli.nn.activations import ACTIVATIONS, SATURATED
from tests import reference
from tests.nn.networks import corrupt
from tests.nn.strict import strict

CASES = [(name, entry.complete({})) for name, entry in ACTIVATIONS.items()]
CASES += [("leaky_relu", {"slope": slope}) for slope in (0.0, 0.3, 0.99)]
CASES += [("prelu", {"slope": slope}) for slope in (-0.75, 0.0, 2.5)]
CASES += [(name, {"alpha": alpha}) for name in ("elu", "sqlu") for alpha in (0.3, 2.5)]


def label(name, parameters):
    return "-".join([name, *map(str, parameters.values())])


every_case = pytest.mark.parametrize(
    ("name", "parameters"), CASES, ids=[label(*case) for case in CASES]
)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
# Allowed error of a value in units of the precision: a series instead of erfc costs accuracy.
ROUNDINGS = {"gelu": {np.float32: 16, np.float64: 2000}}
# Maximum of |g(z)| / max(|z|, 1), where it is above 1.
STEEPEST = {"elu-2.5": 2.5, "sqlu-2.5": 2.5, "prelu-2.5": 2.5, "selu": 1.7581, "softplus": 1.3133}
EXTREMES = [0.0, 1e-30, 1e-3, 1.0, 50.0, 87.0, 89.0, 104.0, 709.0, 745.0, 1e4, 1e30]


LEARNED = [name for name, entry in ACTIVATIONS.items() if entry.slope_gradient]
every_learned = pytest.mark.parametrize("name", LEARNED)


def sums(rows=6, units=5, dtype=np.float64):
    """Return weighted sums of both signs, at least 0.05 away from 0, in random order."""
    values = np.linspace(-4.1, 4.0, rows * units)
    assert np.abs(values).min() > 0.05
    return np.random.default_rng(0).permutation(values).reshape(rows, units).astype(dtype)


def extremes(dtype):
    values = np.array(EXTREMES, dtype)
    return np.random.default_rng(1).permutation(np.concatenate([values, -values])).reshape(-1, 4)


def forward(name, parameters, Z):
    out = np.full_like(Z, np.nan)
    ACTIVATIONS[name].forward(Z, out, **parameters)
    return out


def backward(name, parameters, dA, Z):
    out = np.full_like(Z, np.nan)
    ACTIVATIONS[name].backward(dA.copy(), Z.copy(), forward(name, parameters, Z), out, **parameters)
    return out


def central_differences(name, parameters, dA, Z, h=1e-6):
    """Return the numerical derivative of Σ dA · g(Z) by each z."""
    result = np.empty_like(Z)
    for place in np.ndindex(Z.shape):
        above, below = Z.copy(), Z.copy()
        above[place] += h
        below[place] -= h
        change = forward(name, parameters, above) - forward(name, parameters, below)
        result[place] = np.vdot(dA, change) / (2 * h)
    return result


def check_derivative(name, parameters):
    Z = sums()
    dA = np.random.default_rng(2).normal(size=Z.shape)
    numerical = central_differences(name, parameters, dA, Z)
    np.testing.assert_allclose(backward(name, parameters, dA, Z), numerical, rtol=1e-7, atol=1e-8)


def test_every_activation_has_a_reference():
    assert set(reference.ACTIVATIONS) == set(ACTIVATIONS)


@every_case
def test_the_jacobian_of_the_definition_equals_its_central_differences(name, parameters):
    function, jacobian = reference.ACTIVATIONS[name]
    h = 1e-6
    for row in sums().tolist():
        for j, column in enumerate(zip(*jacobian(row, **parameters), strict=True)):
            above, below = ([z + h * (k == j) * s for k, z in enumerate(row)] for s in (1, -1))
            pairs = zip(function(above, **parameters), function(below, **parameters), strict=True)
            numerical = [(a - b) / (2 * h) for a, b in pairs]
            assert column == pytest.approx(numerical, rel=1e-7, abs=1e-8)


@every_case
@both_precisions
def test_forward_equals_the_definition(name, parameters, dtype):
    Z = sums(dtype=dtype)
    expected = [reference.ACTIVATIONS[name][0](row, **parameters) for row in Z.tolist()]
    tolerance = ROUNDINGS.get(name, {}).get(dtype, 8) * np.finfo(dtype).eps
    np.testing.assert_allclose(forward(name, parameters, Z), expected, rtol=tolerance)


@every_case
def test_forward_keeps_the_sums_for_the_backward_pass(name, parameters):
    Z = sums()
    forward(name, parameters, Z)
    np.testing.assert_array_equal(Z, sums())


@every_case
def test_backward_equals_central_differences(name, parameters):
    check_derivative(name, parameters)


@every_case
@both_precisions
def test_backward_equals_the_jacobian_of_the_definition(name, parameters, dtype):
    Z = sums(dtype=dtype)
    dA = np.random.default_rng(3).normal(size=Z.shape).astype(dtype)
    jacobians = [reference.ACTIVATIONS[name][1](row, **parameters) for row in Z.tolist()]
    expected = [row @ np.array(jacobian) for row, jacobian in zip(dA, jacobians, strict=True)]
    tolerance = max(64, ROUNDINGS.get(name, {}).get(dtype, 0)) * np.finfo(dtype).eps
    np.testing.assert_allclose(
        backward(name, parameters, dA, Z), expected, rtol=tolerance, atol=tolerance
    )


@every_case
def test_a_corrupted_derivative_is_found(name, parameters, monkeypatch):
    entry = ACTIVATIONS[name]

    def corrupted(dA, Z, A, out, **settings):
        entry.backward(dA, Z, A, out, **settings)
        corrupt(entry, out, 1e-4)

    monkeypatch.setitem(ACTIVATIONS, name, replace(entry, backward=corrupted))
    with pytest.raises(AssertionError):
        check_derivative(name, parameters)


@every_case
def test_backward_may_write_over_its_gradient(name, parameters):
    Z = sums()
    dA = np.random.default_rng(4).normal(size=Z.shape)
    expected = backward(name, parameters, dA, Z)
    ACTIVATIONS[name].backward(dA, Z.copy(), forward(name, parameters, Z), dA, **parameters)
    np.testing.assert_array_equal(dA, expected)


@every_case
@both_precisions
def test_extreme_sums_stay_finite_without_warnings(name, parameters, dtype):
    Z = extremes(dtype)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        A = forward(name, parameters, Z)
        dZ = backward(name, parameters, np.ones_like(Z), Z)
    assert np.isfinite(A).all()
    assert np.isfinite(dZ).all()
    bound = STEEPEST.get(label(name, parameters), 1) * np.maximum(np.abs(Z), 1)
    assert (np.abs(A) <= bound * (1 + 8 * np.finfo(dtype).eps)).all()


@every_case
@both_precisions
def test_nothing_leaves_the_precision(name, parameters, dtype):
    Z, A = strict(sums(dtype=dtype)), strict(np.empty((6, 5), dtype))
    dA = strict(np.ones((6, 5), dtype))
    entry = ACTIVATIONS[name]
    entry.forward(Z, A, **parameters)
    entry.backward(dA, Z, A, dA, **parameters)
    assert A.dtype == dA.dtype == dtype


def slopes(dtype=np.float64):
    return np.array([-0.75, 0.0, 0.25, 1.0, 2.5], dtype)


@every_learned
@both_precisions
def test_every_unit_has_its_own_slope_in_both_passes(name, dtype):
    Z, slope = sums(dtype=dtype), slopes(dtype)
    dA = np.random.default_rng(5).normal(size=Z.shape).astype(dtype)
    A, dZ = forward(name, {"slope": slope}, Z), backward(name, {"slope": slope}, dA, Z)
    for unit, p in enumerate(slope.tolist()):
        column = slice(unit, unit + 1)
        alone = forward(name, {"slope": p}, Z[:, column])
        np.testing.assert_array_equal(A[:, column], alone)
        alone = backward(name, {"slope": p}, dA[:, column], Z[:, column])
        np.testing.assert_array_equal(dZ[:, column], alone)


def check_slope_gradient(name, dtype=np.float64):
    Z = sums(dtype=dtype)
    dA = np.random.default_rng(6).normal(size=Z.shape).astype(dtype)
    found, h = np.full(Z.shape[1], np.nan, dtype), 1e-6
    A = np.full_like(Z, np.nan)
    ACTIVATIONS[name].slope_gradient(dA, Z, A, found)
    above, below = (forward(name, {"slope": slopes() + step}, Z.astype(float)) for step in (h, -h))
    numerical = (dA * (above - below)).sum(axis=0) / (2 * h)
    tolerance = max(1e-8, 64 * np.finfo(dtype).eps)
    np.testing.assert_allclose(found, numerical, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(Z, sums(dtype=dtype))  # the backward pass needs it


@every_learned
@both_precisions
def test_the_gradient_of_the_slopes_equals_central_differences(name, dtype):
    check_slope_gradient(name, dtype)


@every_learned
def test_a_corrupted_gradient_of_the_slopes_is_found(name, monkeypatch):
    entry = ACTIVATIONS[name]

    def corrupted(dA, Z, A, out):
        entry.slope_gradient(dA, Z, A, out)
        out *= 1.0001

    monkeypatch.setitem(ACTIVATIONS, name, replace(entry, slope_gradient=corrupted))
    with pytest.raises(AssertionError):
        check_slope_gradient(name)


@every_learned
@both_precisions
def test_nothing_in_the_gradient_of_the_slopes_leaves_the_precision(name, dtype):
    Z, A, dA = strict(sums(dtype=dtype)), strict(np.empty((6, 5), dtype)), strict(sums(dtype=dtype))
    out, slope = strict(np.empty(5, dtype)), strict(slopes(dtype))
    ACTIVATIONS[name].forward(Z, A, slope)
    ACTIVATIONS[name].slope_gradient(dA, Z, A, out)
    ACTIVATIONS[name].backward(dA, Z, A, dA, slope)


def test_saturating_activations_are_marked():
    names = [name for name, entry in ACTIVATIONS.items() if entry.responsive]
    assert names == ["sigmoid", "tanh", "softsign"]


@pytest.mark.parametrize("name", [n for n, entry in ACTIVATIONS.items() if entry.responsive])
def test_beyond_the_responsive_sums_the_derivative_is_below_a_tenth(name):
    Z = np.linspace(-12, 12, 4801).reshape(1, -1)
    derivative = backward(name, {}, np.ones_like(Z), Z)
    small = derivative < 0.1 * derivative.max()
    beyond = np.abs(Z) - ACTIVATIONS[name].responsive
    clear = np.abs(beyond) > 1e-9  # at the bound, rounding decides
    np.testing.assert_array_equal((beyond > 0)[clear], small[clear])
    assert SATURATED == 0.1
    assert 0.1 < small.mean() < 0.9


@both_precisions
def test_sigmoid_keeps_the_precision_of_small_values(dtype):
    Z = np.array([[-20.0, -50.0, -80.0]], dtype)
    np.testing.assert_allclose(
        forward("sigmoid", {}, Z), np.exp(Z), rtol=1e-5 if dtype == np.float32 else 1e-8
    )


@both_precisions
def test_sigmoid_lies_between_0_and_1_and_never_falls(dtype):
    Z = np.linspace(-800, 800, 4001, dtype=dtype).reshape(1, -1)
    A = forward("sigmoid", {}, Z)
    assert A.min() >= 0
    assert A.max() <= 1
    assert (np.diff(A) >= 0).all()


@both_precisions
def test_softmax_of_extreme_rows_is_a_distribution(dtype):
    A = forward("softmax", {}, extremes(dtype))
    assert (A >= 0).all()
    np.testing.assert_allclose(A.sum(axis=1), 1, rtol=1e-6)


def test_softmax_does_not_change_when_a_row_is_shifted():
    Z = sums()
    shifted = forward("softmax", {}, Z + 1024)
    np.testing.assert_allclose(shifted, forward("softmax", {}, Z), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("relu", {}, 0.0),
        ("leaky_relu", {"slope": 0.25}, 0.25),
        ("prelu", {"slope": 0.25}, 0.25),
        ("step", {}, 0.0),
        ("elu", {"alpha": 0.5}, 0.5),
        ("sqlu", {"alpha": 0.5}, 0.5),
        ("selu", {}, 1.0507009873554805 * 1.6732632423543772),
    ],
)
def test_at_the_kink_the_derivative_is_the_one_from_below(name, parameters, expected):
    zero = np.zeros((1, 1))
    assert backward(name, parameters, np.ones((1, 1)), zero) == expected


@both_precisions
def test_the_step_is_1_from_0_on_and_nowhere_else_and_has_no_gradient(dtype):
    Z = np.array([[-np.inf, -1e30, -1e-30, -0.0, 0.0, 1e-30, 1e30, np.inf]], dtype)
    np.testing.assert_array_equal(forward("step", {}, Z), [[0, 0, 0, 1, 1, 1, 1, 1]])
    gradient = backward("step", {}, np.full_like(Z, 1e30), Z)
    np.testing.assert_array_equal(gradient, np.zeros_like(Z))


def test_gelu_is_z_times_the_normal_distribution_function():
    Z = np.linspace(-9, 9, 3601).reshape(1, -1)
    exact = np.array([[z * (1 + erf(z / sqrt(2))) / 2 for z in Z[0].tolist()]])
    np.testing.assert_allclose(forward("gelu", {}, Z), exact, rtol=1e-12, atol=1e-15)
    slope = [[(1 + erf(z / sqrt(2))) / 2 + z * exp(-z * z / 2) / sqrt(2 * pi) for z in Z[0]]]
    np.testing.assert_allclose(
        backward("gelu", {}, np.ones_like(Z), Z), slope, rtol=1e-12, atol=1e-15
    )


def test_selu_keeps_mean_0_and_variance_1_of_normal_sums():
    assert forward("selu", {}, np.array([[1.0]])) == pytest.approx(1.0507009873554805, rel=1e-15)
    z, h = np.linspace(-12, 12, 480_001, retstep=True)
    weights = np.exp(-z * z / 2) / sqrt(2 * pi) * h
    A = forward("selu", {}, z.reshape(1, -1))[0]
    assert weights @ A == pytest.approx(0, abs=1e-9)
    assert weights @ A**2 == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("z", "value", "slope"),
    [(-3, -0.5, 0), (-2, -0.5, 0), (-1, -0.375, 0.25), (0, 0, 0.5), (1e-9, 1e-9, 1), (3, 3, 1)],
)
def test_sqlu_is_flat_then_a_parabola_then_a_line(z, value, slope):
    Z = np.array([[float(z)]])
    assert forward("sqlu", {"alpha": 0.5}, Z) == value
    assert backward("sqlu", {"alpha": 0.5}, np.ones((1, 1)), Z) == slope


@pytest.mark.parametrize(
    "name", [name for name, entry in ACTIVATIONS.items() if entry.probabilities]
)
def test_the_sums_of_an_output_of_probabilities_are_their_logits(name):
    Z = sums()  # metrics and predictions compute probabilities from them
    A = forward(name, ACTIVATIONS[name].complete({}), Z)
    if ACTIVATIONS[name].output_only:
        probabilities = class_probabilities(Z, coupled=ACTIVATIONS[name].of_softmax)
        np.testing.assert_allclose(A, probabilities, rtol=1e-12)
    if ACTIVATIONS[name].of_softmax:
        differences = np.log(A[:, 1:] / A[:, :1])
        np.testing.assert_allclose(differences, Z[:, 1:] - Z[:, :1], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(A.sum(axis=1), 1, rtol=1e-12)
    elif not ACTIVATIONS[name].output_only:
        np.testing.assert_allclose(np.log(A / (1 - A)), Z, rtol=1e-12)
