from dataclasses import replace

import numpy as np
import pytest

from nncli.nn.losses import LOSSES
from tests import reference
from tests.nn.strict import strict

CASES = [(name, entry.complete({})) for name, entry in LOSSES.items()]
CASES += [("huber", {"delta": delta}) for delta in (0.05, 0.4)]
PAIRS = [(*case, output) for case in CASES for output in LOSSES[case[0]].outputs]
# The required target values of losses that restrict them.
TARGETS = {"hinge": (-1.0, 1.0), "perceptron": (0.0, 1.0)}


def label(name, parameters, *rest):
    return "-".join([name, *map(str, parameters.values()), *rest])


every_loss = pytest.mark.parametrize(
    ("name", "parameters"), CASES, ids=[label(*case) for case in CASES]
)
every_pair = pytest.mark.parametrize(
    ("name", "parameters", "output"), PAIRS, ids=[label(*pair) for pair in PAIRS]
)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def targets(name, rows, outputs, seed=0):
    """Return valid targets for a loss, including values between 0 and 1."""
    random = np.random.default_rng([7, seed])
    if name in TARGETS:
        return random.choice(TARGETS[name], (rows, outputs))
    T = random.random((rows, outputs))
    return T / T.sum(axis=1, keepdims=True) if name == "cross_entropy" else T


def activated(output, Z):
    return np.array([reference.ACTIVATIONS[output][0](row) for row in Z.tolist()])


def loss_and_gradient(name, X, T, **parameters):
    gradient, scratch = np.full_like(X, np.nan), np.full_like(X, np.nan)
    value = LOSSES[name].function(X, T, gradient, scratch, **parameters)
    return value, gradient


def check_gradient(name, parameters, output):
    """Compare the gradient by the loss's inputs with central differences of its value."""
    Z = np.random.default_rng(3).normal(0, 2, (5, 4))
    X = Z if LOSSES[name].on_logits else activated(output, Z)
    T = targets(name, 5, 4)
    _, gradient = loss_and_gradient(name, X, T, **parameters)
    h = 1e-6
    for place in np.ndindex(X.shape):
        above, below = X.copy(), X.copy()
        above[place] += h
        below[place] -= h
        values = [loss_and_gradient(name, each, T, **parameters)[0] for each in (above, below)]
        numerical = (values[0] - values[1]) / (2 * h)
        assert gradient[place] == pytest.approx(numerical, rel=1e-6, abs=1e-8)


def test_every_loss_has_a_reference():
    assert set(reference.LOSSES) == set(LOSSES)


@every_pair
def test_the_derivative_of_the_definition_equals_its_central_differences(name, parameters, output):
    function, derivative = reference.LOSSES[name]
    Z = np.random.default_rng(8).normal(0, 2, (5, 4))
    X = Z if name in reference.OF_SUMS else activated(output, Z)
    h = 1e-6
    for a, t in zip(X.tolist(), targets(name, 5, 4).tolist(), strict=True):
        for place, slope in enumerate(derivative(a, t, **parameters)):
            above, below = ([*a[:place], a[place] + s, *a[place + 1 :]] for s in (h, -h))
            change = function(above, t, **parameters) - function(below, t, **parameters)
            assert slope == pytest.approx(change / (2 * h), rel=1e-6, abs=1e-8)


@every_pair
@both_precisions
@pytest.mark.parametrize("outputs", [1, 4])
def test_the_value_equals_the_definition(name, parameters, output, dtype, outputs):
    Z = np.random.default_rng(1).normal(0, 2, (6, outputs)).astype(dtype)
    A = activated(output, Z)
    T = targets(name, 6, outputs).astype(dtype)
    X = Z if LOSSES[name].on_logits else A.astype(dtype)
    value, _ = loss_and_gradient(name, X, T, **parameters)
    function, given = reference.LOSSES[name][0], Z if name in reference.OF_SUMS else A
    pairs = zip(given.tolist(), T.tolist(), strict=True)
    rows = [function(each, t, **parameters) for each, t in pairs]
    assert type(value) is float
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    assert value == pytest.approx(sum(rows) / 6, rel=tolerance, abs=tolerance)


@every_pair
def test_the_gradient_equals_central_differences(name, parameters, output):
    check_gradient(name, parameters, output)


@every_pair
def test_a_corrupted_gradient_is_found(name, parameters, output, monkeypatch):
    entry = LOSSES[name]

    def corrupted(X, T, gradient, scratch, **settings):
        value = entry.function(X, T, gradient, scratch, **settings)
        gradient *= 1.001
        return value

    monkeypatch.setitem(LOSSES, name, replace(entry, function=corrupted))
    with pytest.raises(AssertionError):
        check_gradient(name, parameters, output)


@every_loss
def test_outputs_and_targets_are_kept(name, parameters):
    X, T = np.random.default_rng(2).random((3, 4)), targets(name, 3, 4)
    X_before, T_before = X.copy(), T.copy()
    loss_and_gradient(name, X, T, **parameters)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(T, T_before)


@every_loss
def test_the_value_is_a_mean_over_rows(name, parameters):
    X, T = np.random.default_rng(4).random((5, 3)), targets(name, 5, 3)
    value, gradient = loss_and_gradient(name, X, T, **parameters)
    twice_value, twice_gradient = loss_and_gradient(
        name, np.tile(X, (2, 1)), np.tile(T, (2, 1)), **parameters
    )
    assert twice_value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(twice_gradient[:5], gradient / 2, rtol=1e-12)


@every_loss
@both_precisions
def test_nothing_leaves_the_precision(name, parameters, dtype):
    X = strict(np.random.default_rng(5).random((5, 3)).astype(dtype))
    T = strict(targets(name, 5, 3).astype(dtype))
    gradient, scratch = strict(np.empty_like(X)), strict(np.empty_like(X))
    LOSSES[name].function(X, T, gradient, scratch, **parameters)
    assert gradient.dtype == dtype


@both_precisions
@pytest.mark.parametrize(
    ("logit", "target", "value", "slope"),
    [
        (1e4, 1, 0, 0),
        (1e4, 0, 1e4, 1),
        (-1e4, 0, 0, 0),
        (-1e4, 1, 1e4, -1),
        (-1e4, 0.5, 5e3, -0.5),
        (0, 0, np.log(2), 0.5),
    ],
)
def test_sigmoid_cross_entropy_of_extreme_logits(dtype, logit, target, value, slope):
    Z, T = np.array([[logit]], dtype), np.array([[target]], dtype)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        found, gradient = loss_and_gradient("sigmoid_cross_entropy", Z, T)
    assert found == pytest.approx(value, rel=1e-6, abs=1e-30)
    assert gradient[0, 0] == pytest.approx(slope, rel=1e-6, abs=1e-30)


@both_precisions
@pytest.mark.parametrize("right", [0, 1, 2])
def test_cross_entropy_of_extreme_logits(dtype, right):
    Z, T = np.array([[1e4, -1e4, 0]], dtype), np.eye(3, dtype=dtype)[[right]]
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        found, gradient = loss_and_gradient("cross_entropy", Z, T)
    assert found == pytest.approx([0, 2e4, 1e4][right], rel=1e-6)
    np.testing.assert_allclose(gradient, np.eye(3)[[0]] - T, rtol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(1, 4), (4, 8), (8, 12), (12, 20)])
def test_the_small_sigmoid_cross_entropy_of_right_answers_is_exact(low, high):
    random = np.random.default_rng(6)
    T = random.integers(0, 2, (1000, 1)).astype(np.float32)
    Z = random.uniform(low, high, (1000, 1)).astype(np.float32) * (2 * T - 1)
    value, _ = loss_and_gradient("sigmoid_cross_entropy", Z, T)
    exact = np.log1p(np.exp(-np.abs(Z.astype(np.float64)))).mean()
    assert value == pytest.approx(exact, rel=1e-4, abs=0)


@every_loss
def test_a_perfect_answer_has_no_loss_and_no_gradient(name, parameters):
    T = 2 * np.eye(3) - 1 if name == "hinge" else np.eye(3)
    X = 1e3 * (2 * T - 1) if LOSSES[name].on_logits else T.copy()
    value, gradient = loss_and_gradient(name, X, T, **parameters)
    assert 0 <= value < 1e-30
    np.testing.assert_allclose(gradient, 0, atol=1e-30)


@pytest.mark.parametrize(
    ("name", "parameters", "expected", "slopes"),
    [
        ("mean_squared_error", {}, 13 / 2, [3, -2]),
        ("squared_error", {}, 13, [6, -4]),
        ("half_squared_error", {}, 13 / 2, [3, -2]),
        ("mean_absolute_error", {}, 5 / 2, [0.5, -0.5]),
        ("huber", {"delta": 2.5}, (2.5 * (3 - 1.25) + 2) / 2, [1.25, -1]),
    ],
)
def test_errors_of_3_and_2_in_one_row(name, parameters, expected, slopes):
    A, T = np.array([[3.5, -1.0]]), np.array([[0.5, 1.0]])
    value, gradient = loss_and_gradient(name, A, T, **parameters)
    assert value == pytest.approx(expected, rel=1e-15)
    np.testing.assert_allclose(gradient, [slopes], rtol=1e-15)


def test_at_a_right_answer_the_absolute_error_has_no_gradient():
    _, gradient = loss_and_gradient("mean_absolute_error", np.ones((2, 2)), np.ones((2, 2)))
    assert not gradient.any()


def test_hinge_asks_for_a_margin_of_1():
    A = np.array([[2.0], [1.0], [0.25], [-1.0]])
    for sign in (1, -1):
        value, gradient = loss_and_gradient("hinge", sign * A, np.full_like(A, sign))
        assert value == (0.75 + 2) / 4
        np.testing.assert_array_equal(gradient, -sign * np.array([[0], [0], [0.25], [0.25]]))


def test_the_perceptron_criterion_counts_wrong_outputs_by_their_sums():
    Z = np.array([[3.0], [-3.0], [0.0], [0.0]])
    for T, value, slopes in [([0, 1, 0, 1], 1.5, [1, -1, 1, 0]), ([1, 0, 1, 1], 0, [0] * 4)]:
        found, gradient = loss_and_gradient("perceptron", Z, np.array(T, float).reshape(-1, 1))
        assert found == value
        np.testing.assert_array_equal(gradient[:, 0] * 4, slopes)


@every_loss
@both_precisions
def test_extreme_outputs_give_finite_losses_without_warnings(name, parameters, dtype):
    A = np.array([[1e15, -1e15, 0.0, 1e-30]], dtype)
    for T in (np.eye(4, dtype=dtype)[[0]], np.eye(4, dtype=dtype)[[1]]):
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            value, gradient = loss_and_gradient(name, A, T, **parameters)
        assert 0 <= value < np.inf
        assert np.isfinite(gradient).all()
        assert gradient.dtype == dtype
