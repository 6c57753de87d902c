"""Layer and batch normalization: outputs, derivatives and memory."""

import numpy as np
import pytest

from nncli.nn.layers.batch_norm import BatchNorm
from nncli.nn.layers.kinds import NORMALIZATIONS, block
from nncli.nn.layers.layer_norm import LayerNorm
from nncli.nn.network import Network, initial_parameters, state_views
from tests import normalization_reference as reference
from tests.nn.networks import HIDDEN, LOSS_AND_OUTPUT, buffers_of, numerical_gradient, objective
from tests.nn.strict import strict
from tests.normalized import (
    BOTH,
    KINDS,
    draw_network,
    draw_rows,
    draw_smooth,
    every_kind,
    every_with_variance,
    layers_of,
)

TRAINING, IN_USE = 0, None
ROWS = 5


# Outputs


def normalized_by(kind, Z, step, dtype=np.float64, **settings):
    """Return the output of a layer with gain 1 and shift 0 for sums."""
    layers = block(1, Z.shape[1], "tanh", normalization=kind, settings=settings)
    network = Network(layers, initial_parameters(layers, [("zeros", {})], 0, dtype))
    layer, own = network.layers[1], network.workspace(len(Z)).buffers[1]
    return layer.forward(Z.astype(dtype), own, step), network


def test_layer_norm_gives_every_row_mean_0_and_variance_1():
    Z = np.random.default_rng(0).normal(7, 3, (6, 40))
    Y, _ = normalized_by("layer_norm", Z, TRAINING, epsilon=1e-12)
    np.testing.assert_allclose(Y.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(Y.var(axis=1), 1, rtol=1e-10)


def test_batch_norm_gives_every_unit_mean_0_and_variance_1():
    Z = np.random.default_rng(0).normal(7, 3, (40, 6))
    Y, _ = normalized_by("batch_norm", Z, TRAINING, epsilon=1e-12)
    np.testing.assert_allclose(Y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Y.var(axis=0), 1, rtol=1e-10)


@every_with_variance
def test_epsilon_is_added_to_the_variance(kind):
    Z = np.array([[1.0, 5.0], [5.0, 1.0]])  # mean 3 and variance 4, by row and by column
    Y, _ = normalized_by(kind, Z, TRAINING, epsilon=5.0)
    np.testing.assert_allclose(Y, (Z - 3) / 3, rtol=1e-15)


@every_with_variance
def test_the_default_epsilon_is_that_of_pytorch(kind):
    assert NORMALIZATIONS[kind].complete({})["epsilon"] == 1e-5


def test_a_row_whose_variance_overflows_is_not_finite_and_no_other_is():
    Z = np.array([[1e30, -1e30, 0.0], [1.0, 2.0, 4.0]])
    with np.errstate(over="ignore", invalid="ignore"):
        Y, _ = normalized_by("layer_norm", Z, TRAINING, np.float32)
    assert np.isnan(Y[0]).all()
    np.testing.assert_array_equal(Y[1:], normalized_by("layer_norm", Z[1:], None, np.float32)[0])


@every_with_variance
def test_equal_sums_become_the_shift(kind):
    layers = block(3, 4, "identity", normalization=kind)
    network = draw_network(layers)
    network.arrays["W1"].fill(0)
    network.arrays["b1"].fill(2.5)
    A = network.logits(np.ones((ROWS, 3)), network.workspace(ROWS), TRAINING)
    np.testing.assert_array_equal(A, np.tile(network.arrays["shift1"], (ROWS, 1)))


def test_layer_norm_of_a_single_unit_is_its_shift_and_passes_nothing_back():
    network = draw_network(layers_of((3, 1, 2), "tanh", "identity", "layer_norm"))
    X, _ = draw_rows(network, "squared_error", ROWS)
    work, gradient = network.workspace(ROWS), np.full_like(network.parameters, np.nan)
    network.logits(X, work, TRAINING)
    np.testing.assert_array_equal(work.buffers[1].Y, np.full((ROWS, 1), network.arrays["shift1"]))
    work.gradient.fill(1)
    network.backward(work, network.by_layer(gradient))
    found = network.views(gradient)
    assert not any(found[name].any() for name in ("W1", "b1", "gain1"))
    assert found["shift1"].all()


def test_layer_norm_does_the_same_in_training_and_inference():
    network = draw_network(layers_of((3, 6, 2), "tanh", "identity", "layer_norm"))
    X, _ = draw_rows(network, "squared_error", ROWS)
    found = [network.logits(X, network.workspace(ROWS), step) for step in (TRAINING, IN_USE)]
    np.testing.assert_array_equal(*found)


# The running mean and variance


def test_a_training_pass_updates_the_running_mean_and_variance():
    Z = np.array([[1.0, -1.0], [3.0, 0.0], [8.0, 7.0]])  # means 4 and 2, unbiased variances 13, 19
    _, network = normalized_by("batch_norm", Z, TRAINING)
    np.testing.assert_allclose(network.named["running_mean1"], [0.4, 0.2], rtol=1e-15)
    np.testing.assert_allclose(network.named["running_variance1"], [0.9 + 1.3, 0.9 + 1.9])


def test_momentum_is_the_weight_of_the_batch():
    Z = np.array([[1.0, -1.0], [3.0, 0.0], [8.0, 7.0]])
    _, network = normalized_by("batch_norm", Z, TRAINING, momentum=1)
    np.testing.assert_array_equal(network.named["running_mean1"], [4, 2])
    np.testing.assert_allclose(network.named["running_variance1"], [13, 19], rtol=1e-15)
    assert NORMALIZATIONS["batch_norm"].complete({})["momentum"] == 0.1


def test_running_statistics_approach_those_of_all_rows():
    random = np.random.default_rng(2)
    network = Network(block(1, 3, "tanh", normalization="batch_norm"), np.ones(12))
    layer, own = network.layers[1], network.workspace(16).buffers[1]
    for _ in range(2000):
        layer.forward(random.normal([1, -2, 0], [0.5, 1, 2], (16, 3)), own, TRAINING)
    np.testing.assert_allclose(network.named["running_mean1"], [1, -2, 0], atol=0.4)
    np.testing.assert_allclose(network.named["running_variance1"], [0.25, 1, 4], rtol=0.35)


def batch_normalized(rows=9, dtype=np.float64):
    network = draw_network(layers_of((3, 5, 4, 2), "tanh", "identity", "batch_norm"), dtype)
    return network, draw_rows(network, "squared_error", rows)[0]


def test_in_inference_a_row_alone_has_the_output_of_any_batch():
    network, X = batch_normalized()
    together = network.outputs(X, network.workspace(9)).copy()
    for rows in ([0], [3], [8, 2], [4, 4, 4], [7, 6, 5, 4, 3, 2, 1, 0]):
        alone = network.outputs(X[rows], network.workspace(len(rows)))
        np.testing.assert_allclose(alone, together[rows], rtol=1e-12, atol=1e-12)


def test_inference_uses_the_running_statistics_and_keeps_them():
    network, X = batch_normalized()
    work, before = network.workspace(9), network.state.copy()
    first = network.outputs(X, work).copy()
    np.testing.assert_array_equal(network.state, before)
    for name in ("running_mean1", "running_variance2"):
        network.named[name][0] += 0.5
        assert not np.isclose(network.outputs(X, work), first).any()
        network.named[name][0] -= 0.5
    np.testing.assert_allclose(network.outputs(X, work), first, rtol=1e-12)


def test_in_training_outputs_do_not_depend_on_the_running_statistics():
    network, X = batch_normalized()
    first = network.logits(X, network.workspace(9), TRAINING).copy()
    network.state[:] = 17
    np.testing.assert_array_equal(network.logits(X, network.workspace(9), TRAINING), first)


def test_running_statistics_are_state_and_not_trained_parameters():
    layers = layers_of((3, 5, 4, 2), "tanh", "identity", BOTH)
    network = Network(layers, np.zeros(3 * 5 + 5 + 10 + 5 * 4 + 4 + 8 + 4 * 2 + 2))
    assert list(network.arrays) == [
        *("W1", "b1", "gain1", "shift1"),
        *("W2", "b2", "gain2", "shift2"),
        *("W3", "b3"),
    ]
    found = state_views(layers, network.state)
    assert {name: each.tolist() for name, each in found.items()} == {
        "running_mean1": [0.0] * 5,
        "running_variance1": [1.0] * 5,
    }


# Derivatives


def gradient_of(network, joined, X, T):
    work, gradient = network.workspace(len(X)), np.full_like(network.parameters, np.nan)
    network.logits(X, work, TRAINING)
    joined(network, T, work)
    network.backward(work, network.by_layer(gradient))
    return gradient


def check_gradient(layers, loss, rows=ROWS, *, by=None):
    """Compare the gradient of a training pass with central differences.

    `by` is a number of random directions in the space of all parameters; None checks the
    derivative by each parameter.
    """
    network, X, T = draw_smooth(layers, loss, rows)
    work, joined = network.workspace(rows), objective(loss)

    def value():
        network.logits(X, work, TRAINING)
        return joined(network, T, work)

    found = gradient_of(network, joined, X, T)
    if by is None:
        expected = numerical_gradient(network, value)
    else:
        random = np.random.default_rng(by)
        directions = random.choice([-1, 1], (by, found.size)) / found.size**0.5
        expected = [slope(network.parameters, each, value) for each in directions]
        found = directions @ found
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-8)


def slope(parameters, direction, value, h=1e-6):
    """Return the central difference of ``value()`` in a direction; restore the parameters."""
    kept, values = parameters.copy(), []
    for way in (h, -h):
        np.add(kept, way * direction, out=parameters)
        values.append(value())
    np.copyto(parameters, kept)
    return (values[0] - values[1]) / (2 * h)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_gradients_equal_central_differences(hidden, loss, output):
    check_gradient(layers_of((2, 3, 4, 2), hidden, output, BOTH), loss, by=6)


@pytest.mark.parametrize("kinds", [BOTH, BOTH[::-1], *([each] * 2 for each in KINDS)], ids=str)
@pytest.mark.parametrize("rows", [2, 12])
def test_gradients_equal_central_differences_by_each_parameter(kinds, rows):
    check_gradient(layers_of((3, 5, 6, 2), "tanh", "softmax", kinds), "cross_entropy", rows)


def _without_means(layer, dY, own, gradients):
    """Treat mean and variance as constants."""
    d_gain, d_shift = gradients
    d_gain[:], d_shift[:] = (dY * own.normalized).sum(axis=0), dY.sum(axis=0)
    return dY * layer.arrays["gain"] * own.inverse


def _without_a_mean(layer, dY, own, gradients):
    """Treat the variance as a constant."""
    dX = _without_means(layer, dY, own, gradients)
    return dX - dX.mean(axis=1 if isinstance(layer, LayerNorm) else 0, keepdims=True)


def _with_a_wrong_gain(layer, dY, own, gradients):
    dX = RIGHT[type(layer)](layer, dY, own, gradients)
    gradients[0][...] *= 1.001
    return dX


RIGHT = {each: each.backward for each in (LayerNorm, BatchNorm)}
WRONG = [_without_means, _without_a_mean, _with_a_wrong_gain]


@pytest.mark.parametrize("by", [None, 6])
@pytest.mark.parametrize("kind", RIGHT)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_gradient_is_found(monkeypatch, kind, wrong, by):
    monkeypatch.setattr(kind, "backward", wrong)
    with pytest.raises(AssertionError):
        check_gradient(layers_of((2, 3, 4, 2), "tanh", "identity", BOTH), "squared_error", by=by)


@every_with_variance
def test_the_gradient_by_the_sums_is_that_of_the_papers(kind):
    random = np.random.default_rng(8)
    network = draw_network(block(1, 4, "tanh", normalization=kind))
    layer, own = network.layers[1], network.workspace(6).buffers[1]
    Z, dY = random.normal(size=(2, 6, 4))
    by_hat = dY * network.arrays["gain1"]
    if kind == "layer_norm":
        rows = zip(Z.tolist(), by_hat.tolist(), strict=True)
        expected = np.array([reference.through_a_row(*each, 1e-5) for each in rows])
    else:
        units = zip(Z.T.tolist(), by_hat.T.tolist(), strict=True)
        expected = np.array([reference.through_a_batch(*each, 1e-5) for each in units]).T
    layer.forward(Z, own, TRAINING)
    found = layer.backward(dY.copy(), own, np.empty((2, 4)))
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@every_kind
def test_the_gradient_by_the_inputs_of_a_network_is_available_too(kind):
    network = draw_network(layers_of((3, 5, 2), "tanh", "identity", kind))
    X, T = draw_rows(network, "squared_error", ROWS)
    work, joined = network.workspace(ROWS, input_gradient=True), objective("squared_error")

    def value(X):
        network.logits(X, work, TRAINING)
        return joined(network, T, work)

    value(X)
    found = network.backward(work, network.by_layer(np.empty_like(network.parameters))).copy()
    for place in np.ndindex(X.shape):
        step = np.zeros_like(X)
        step[place] = 1e-6
        expected = (value(X + step) - value(X - step)) / 2e-6
        assert found[place] == pytest.approx(expected, rel=1e-6, abs=1e-8)


# Memory


@every_kind
@pytest.mark.parametrize("step", [TRAINING, IN_USE])
@pytest.mark.parametrize("rows", [3, 50])
@pytest.mark.parametrize("width", [1, 4, 10, 11, 30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_old_content_of_the_buffers_does_not_matter(kind, step, rows, width, dtype):
    layers, joined = layers_of((3, width, width, 2), "tanh", "sigmoid", kind), objective("huber")
    found = []
    for poison in (0.0, np.nan, 7.0):
        network = draw_network(layers, dtype)
        X, T = draw_rows(network, "huber", rows)
        work, gradient = network.workspace(rows), np.zeros_like(network.parameters)
        for buffer in buffers_of(work):
            buffer.fill(poison)
        outputs = network.logits(X, work, step).ravel().copy()
        if step is not None:
            gradient.fill(poison)
            joined(network, T, work)
            network.backward(work, network.by_layer(gradient))
        found.append(np.concatenate([outputs, gradient, network.state]))
    assert np.isfinite(found[0]).all()
    for each in found[1:]:
        np.testing.assert_array_equal(each, found[0])


@every_kind
@pytest.mark.parametrize("width", [1, 4, 30])
def test_a_shorter_batch_gives_the_same_in_the_memory_of_a_longer_one(kind, width):
    network = draw_network(layers_of((3, width, 2), "tanh", "identity", kind))
    X, _ = draw_rows(network, "squared_error", 20)
    long = network.workspace(20)
    network.logits(X, long, TRAINING)
    for rows in (19, 7, 2):
        found = network.logits(X[:rows], long.first(rows), TRAINING).copy()
        expected = network.logits(X[:rows], network.workspace(rows), TRAINING)
        np.testing.assert_array_equal(found, expected)


@every_kind
def test_the_inputs_of_a_pass_are_left_as_they_are(kind):
    Z = np.random.default_rng(1).normal(size=(6, 4))
    kept = Z.copy()
    normalized_by(kind, Z, TRAINING)
    np.testing.assert_array_equal(Z, kept)


@every_kind
@pytest.mark.parametrize("step", [TRAINING, IN_USE])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_leaves_the_precision(kind, step, dtype):
    network = draw_network(layers_of((3, 5, 2), "tanh", "sigmoid", kind), dtype)
    layer, own = network.layers[1], network.workspace(6).buffers[1]
    for name, each in vars(own).items():
        if isinstance(each, np.ndarray):
            setattr(own, name, strict(each))
    layer.arrays = {name: strict(each) for name, each in layer.arrays.items()}
    Z, dY = (strict(np.random.default_rng(5).normal(size=(6, 5)).astype(dtype)) for _ in range(2))
    gradients = [strict(np.full(5, np.nan, dtype)) for _ in layer.trained]
    assert layer.forward(Z, own, step).dtype == dtype
    assert layer.backward(dY, own, gradients) is dY
    assert all(np.isfinite(each).all() for each in (dY, *gradients))
