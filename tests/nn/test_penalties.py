import numpy as np
import pytest

from nncli.nn.network import blocks, parameter_count, trained_views
from nncli.nn.penalties import Regularization
from tests.nn.networks import build_layers
from tests.nn.strict import strict

LAYERS = build_layers((3, 5, 2), "prelu", "identity")
PENALTIES = [{"l1": 0.3}, {"l2": 0.7}, {"l1": 0.05, "l2": 2.0}]
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def matrices(flat):
    """Return the weight matrices of all blocks as views of a flat vector."""
    views = trained_views(LAYERS, flat)
    return [views[each.weights] for each in blocks(LAYERS)]


def draw(seed, dtype=np.float64):
    """Return a flat vector and its weight matrices."""
    flat = np.random.default_rng(seed).normal(size=parameter_count(LAYERS)).astype(dtype)
    return flat, matrices(flat)


def penalty(flat, l1=0.0, l2=0.0):
    weights = np.concatenate([W.ravel() for W in matrices(flat)]).tolist()
    return sum(l1 * abs(w) + l2 / 2 * w**2 for w in weights)


def penalties_added(settings, flat, dtype=np.float64):
    """Return what the penalties add to an existing gradient."""
    gradient, weights = draw(1, dtype)
    before = gradient.copy()
    scratch = matrices(np.full_like(flat, np.nan))
    Regularization(**settings).add_penalties(weights, matrices(flat), scratch)
    return gradient - before


@pytest.mark.parametrize("settings", PENALTIES)
def test_the_gradient_of_the_penalties_equals_central_differences(settings):
    flat, _ = draw(0)
    found, h = penalties_added(settings, flat), 1e-6
    for index in range(len(flat)):
        above, below = flat.copy(), flat.copy()
        above[index] += h
        below[index] -= h
        numerical = (penalty(above, **settings) - penalty(below, **settings)) / (2 * h)
        assert found[index] == pytest.approx(numerical, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("settings", PENALTIES)
def test_biases_and_slopes_are_exempt_from_the_penalties_and_parameters_are_kept(settings):
    flat, _ = draw(0)
    kept = flat.copy()
    added = trained_views(LAYERS, penalties_added(settings, flat))
    assert list(added) == ["W1", "b1", "slope1", "W2", "b2"]
    for name, each in added.items():
        assert each.all() if name in ("W1", "W2") else not each.any()
    np.testing.assert_array_equal(flat, kept)


@pytest.mark.parametrize("settings", PENALTIES)
def test_the_penalty_is_the_sum_over_all_weights(settings):
    flat, weights = draw(0)
    found = Regularization(**settings).penalty(weights)
    assert type(found) is float
    assert found == pytest.approx(penalty(flat, **settings), rel=1e-12)
    assert Regularization().penalty(weights) == 0


@both_precisions
@pytest.mark.parametrize("settings", PENALTIES)
def test_the_penalty_is_returned_with_its_gradient(settings, dtype):
    flat, weights = draw(0, dtype)
    _, gradients = draw(1, dtype)
    scratch = matrices(np.full_like(flat, np.nan))
    found = Regularization(**settings).add_penalties(gradients, weights, scratch)
    assert type(found) is float
    assert found == pytest.approx(penalty(flat, **settings), rel=10 * float(np.finfo(dtype).eps))


def test_a_penalty_whose_squares_overflow_is_finite():
    flat = np.full(parameter_count(LAYERS), 1e20, np.float32)
    weights, gradients, scratch = matrices(flat), matrices(0 * flat), matrices(0 * flat)
    both = Regularization(l1=0.5, l2=0.25)
    with np.errstate(over="ignore"):
        found = both.add_penalties(gradients, weights, scratch)
    assert found == pytest.approx(25 * (0.5 * 1e20 + 0.125 * 1e40), rel=1e-6)
    assert both.penalty(weights) == found


def test_a_weight_of_0_has_no_penalty():
    assert not penalties_added({"l1": 1.0, "l2": 1.0}, np.zeros(parameter_count(LAYERS))).any()


def test_values_are_clipped():
    gradient = np.array([-5.0, -0.5, 0.0, 0.5, 5.0])
    Regularization(clip_value=0.75).clip(gradient)
    np.testing.assert_array_equal(gradient, [-0.75, -0.5, 0, 0.5, 0.75])


def test_a_long_gradient_is_scaled_to_the_norm_and_a_short_one_kept():
    gradient = np.array([3.0, 4.0])
    Regularization(clip_norm=5.0).clip(gradient)
    np.testing.assert_array_equal(gradient, [3, 4])
    Regularization(clip_norm=2.5).clip(gradient)
    np.testing.assert_allclose(gradient, [1.5, 2], rtol=1e-15)


def test_values_are_clipped_before_the_norm():
    gradient = np.array([3.0, 400.0])
    Regularization(clip_value=4.0, clip_norm=2.5).clip(gradient)
    np.testing.assert_allclose(gradient, [1.5, 2], rtol=1e-15)


@both_precisions
def test_a_gradient_whose_squares_overflow_is_scaled_too(dtype):
    size = np.finfo(dtype).max ** dtype(0.6)
    gradient = np.array([3 * size, 4 * size], dtype)
    with np.errstate(over="ignore"):
        Regularization(clip_norm=2.5).clip(gradient)
    np.testing.assert_allclose(gradient, [1.5, 2], rtol=1e-5)


def test_a_gradient_of_0_is_kept():
    gradient = np.zeros(3)
    Regularization(clip_value=1.0, clip_norm=1.0).clip(gradient)
    assert not gradient.any()


def test_weights_into_a_unit_are_scaled_to_the_maximum_norm_and_others_kept():
    flat, weights = draw(2)
    before, after = (trained_views(LAYERS, each) for each in (flat.copy(), flat))
    Regularization(max_norm=1.2).limit_norms(weights)
    scaled = 0
    for name in ("b1", "slope1", "b2"):
        np.testing.assert_array_equal(after[name], before[name])
    for W, W_before in ((after[name], before[name]) for name in ("W1", "W2")):
        for unit in range(W.shape[1]):
            norm = sum(w**2 for w in W_before[:, unit].tolist()) ** 0.5
            expected = W_before[:, unit] * (1.2 / norm if norm > 1.2 else 1)
            np.testing.assert_allclose(W[:, unit], expected, rtol=1e-14)
            scaled += norm > 1.2
    assert 0 < scaled < 7


@both_precisions
def test_a_limited_norm_does_not_come_out_above_the_limit(dtype):
    _, weights = draw(3, dtype)
    for W in weights:
        W *= 100
    Regularization(max_norm=0.5).limit_norms(weights)
    for W in weights:
        norms = np.sqrt((W.astype(np.float64) ** 2).sum(axis=0))
        np.testing.assert_allclose(norms, 0.5, rtol=4 * np.finfo(dtype).eps)


def test_a_unit_without_weights_causes_no_division_by_zero():
    weights = matrices(np.zeros(parameter_count(LAYERS)))
    Regularization(max_norm=1.0).limit_norms(weights)
    assert not any(W.any() for W in weights)


@both_precisions
def test_nothing_happens_when_nothing_is_set(dtype):
    flat, weights = draw(4, dtype)
    gradient, gradients = draw(5, dtype)
    kept = flat.copy(), gradient.copy()
    plain = Regularization()
    assert plain.add_penalties(gradients, weights, matrices(np.empty_like(flat))) == 0
    plain.clip(gradient)
    plain.limit_norms(weights)
    np.testing.assert_array_equal(flat, kept[0])
    np.testing.assert_array_equal(gradient, kept[1])


@both_precisions
def test_nothing_leaves_the_precision(dtype):
    (flat, _), (gradient, _) = draw(6, dtype), draw(7, dtype)
    every = Regularization(l1=0.1, l2=0.1, clip_norm=1.0, clip_value=0.5, max_norm=0.3)
    gradients, weights = matrices(strict(gradient)), matrices(strict(flat))
    every.add_penalties(gradients, weights, matrices(strict(np.empty_like(flat))))
    every.clip(strict(gradient))
    every.limit_norms(weights)
    assert flat.dtype == gradient.dtype == dtype
