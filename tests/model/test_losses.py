from dataclasses import replace

import numpy as np
import pytest

from nncli.model.losses import LOSSES
from tests import reference
from tests.model.strict import strict

every_loss = pytest.mark.parametrize("name", LOSSES)
every_pair = pytest.mark.parametrize(
    ("name", "output"), [(name, each) for name, loss in LOSSES.items() for each in loss.outputs]
)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def targets(name, rows, outputs, seed=0):
    """Return targets that a loss can have, also between 0 and 1."""
    T = np.random.default_rng([7, seed]).random((rows, outputs))
    return T / T.sum(axis=1, keepdims=True) if name == "cross_entropy" else T


def activated(output, Z):
    return np.array([reference.ACTIVATIONS[output][0](row) for row in Z.tolist()])


def loss_and_gradient(name, X, T):
    gradient, scratch = np.full_like(X, np.nan), np.full_like(X, np.nan)
    value = LOSSES[name].function(X, T, gradient, scratch)
    return value, gradient


def check_gradient(name, output):
    """Compare the gradient by what the loss takes with central differences of its value."""
    Z = np.random.default_rng(3).normal(0, 2, (5, 4))
    X = Z if LOSSES[name].on_logits else activated(output, Z)
    T = targets(name, 5, 4)
    _, gradient = loss_and_gradient(name, X, T)
    h = 1e-6
    for place in np.ndindex(X.shape):
        above, below = X.copy(), X.copy()
        above[place] += h
        below[place] -= h
        change = loss_and_gradient(name, above, T)[0] - loss_and_gradient(name, below, T)[0]
        assert gradient[place] == pytest.approx(change / (2 * h), rel=1e-6, abs=1e-8)


def test_every_loss_has_a_reference():
    assert set(reference.LOSSES) == set(LOSSES)


@every_pair
@both_precisions
@pytest.mark.parametrize("outputs", [1, 4])
def test_the_value_equals_the_definition(name, output, dtype, outputs):
    Z = np.random.default_rng(1).normal(0, 2, (6, outputs)).astype(dtype)
    A = activated(output, Z)
    T = targets(name, 6, outputs).astype(dtype)
    value, _ = loss_and_gradient(name, Z if LOSSES[name].on_logits else A.astype(dtype), T)
    rows = [reference.LOSSES[name][0](a, t) for a, t in zip(A.tolist(), T.tolist(), strict=True)]
    assert type(value) is float
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    assert value == pytest.approx(sum(rows) / 6, rel=tolerance, abs=tolerance)


@every_pair
def test_the_gradient_equals_central_differences(name, output):
    check_gradient(name, output)


@every_pair
def test_a_corrupted_gradient_is_found(name, output, monkeypatch):
    entry = LOSSES[name]

    def corrupted(X, T, gradient, scratch):
        value = entry.function(X, T, gradient, scratch)
        gradient *= 1.001
        return value

    monkeypatch.setitem(LOSSES, name, replace(entry, function=corrupted))
    with pytest.raises(AssertionError):
        check_gradient(name, output)


@every_loss
def test_outputs_and_targets_are_kept(name):
    X, T = np.random.default_rng(2).random((3, 4)), targets(name, 3, 4)
    X_before, T_before = X.copy(), T.copy()
    loss_and_gradient(name, X, T)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(T, T_before)


@every_loss
def test_the_value_is_a_mean_over_rows(name):
    X, T = np.random.default_rng(4).random((5, 3)), targets(name, 5, 3)
    value, gradient = loss_and_gradient(name, X, T)
    twice_value, twice_gradient = loss_and_gradient(name, np.tile(X, (2, 1)), np.tile(T, (2, 1)))
    assert twice_value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(twice_gradient[:5], gradient / 2, rtol=1e-12)


@every_loss
@both_precisions
def test_nothing_leaves_the_precision(name, dtype):
    X = strict(np.random.default_rng(5).random((5, 3)).astype(dtype))
    T = strict(targets(name, 5, 3).astype(dtype))
    gradient, scratch = strict(np.empty_like(X)), strict(np.empty_like(X))
    LOSSES[name].function(X, T, gradient, scratch)
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
def test_a_perfect_answer_has_no_loss_and_no_gradient(name):
    T = np.eye(3)
    X = 1e3 * (2 * T - 1) if LOSSES[name].on_logits else T.copy()
    value, gradient = loss_and_gradient(name, X, T)
    assert 0 <= value < 1e-30
    np.testing.assert_allclose(gradient, 0, atol=1e-30)
