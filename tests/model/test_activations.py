from dataclasses import replace

import numpy as np
import pytest

from nncli.model.activations import ACTIVATIONS
from tests import reference
from tests.model.strict import strict

CASES = [(name, entry.complete({})) for name, entry in ACTIVATIONS.items()]
CASES += [("leaky_relu", {"slope": slope}) for slope in (0.0, 0.3, 0.99)]
every_case = pytest.mark.parametrize(
    ("name", "parameters"),
    CASES,
    ids=["-".join([name, *map(str, parameters.values())]) for name, parameters in CASES],
)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
EXTREMES = [0.0, 1e-30, 1e-3, 1.0, 50.0, 87.0, 89.0, 104.0, 709.0, 745.0, 1e4, 1e30]


def sums(rows=6, units=5, dtype=np.float64):
    """Return weighted sums on both sides of 0, none nearer to it than 0.05, in random order."""
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
    """Return the derivative of Σ dA · g(Z) by each z."""
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
@both_precisions
def test_forward_equals_the_definition(name, parameters, dtype):
    Z = sums(dtype=dtype)
    expected = [reference.ACTIVATIONS[name][0](row, **parameters) for row in Z.tolist()]
    tolerance = 8 * np.finfo(dtype).eps
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
    tolerance = 64 * np.finfo(dtype).eps
    np.testing.assert_allclose(
        backward(name, parameters, dA, Z), expected, rtol=tolerance, atol=tolerance
    )


@every_case
def test_a_corrupted_derivative_is_found(name, parameters, monkeypatch):
    entry = ACTIVATIONS[name]

    def corrupted(dA, Z, A, out, **settings):
        entry.backward(dA, Z, A, out, **settings)
        out *= 1.0001

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
    assert (np.abs(A) <= np.maximum(np.abs(Z), 1)).all()


@every_case
@both_precisions
def test_nothing_leaves_the_precision(name, parameters, dtype):
    Z, A = strict(sums(dtype=dtype)), strict(np.empty((6, 5), dtype))
    dA = strict(np.ones((6, 5), dtype))
    entry = ACTIVATIONS[name]
    entry.forward(Z, A, **parameters)
    entry.backward(dA, Z, A, dA, **parameters)
    assert A.dtype == dA.dtype == dtype


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
    [("relu", {}, 0.0), ("leaky_relu", {"slope": 0.25}, 0.25)],
)
def test_at_the_kink_the_derivative_is_the_one_from_below(name, parameters, expected):
    zero = np.zeros((1, 1))
    assert backward(name, parameters, np.ones((1, 1)), zero) == expected
