import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from nncli.nn.activations import ACTIVATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.network import (
    Layer,
    Network,
    layer_slices,
    layer_views,
    named_arrays,
    parameter_count,
)
from tests import reference
from tests.nn.networks import (
    BUFFER_BYTES,
    HIDDEN,
    LOSS_AND_OUTPUT,
    ROWS,
    build_layers,
    corrupt,
    draw_case,
    numerical_gradient,
    objective,
    reference_layers,
    saturated,
)
from tests.nn.strict import strict

# Sizes from the inputs to the outputs.
SIZES = [(3, 4), (3, 1), (3, 5, 2), (3, 5, 4, 3), (2, 4, 3, 1)]

every_hidden = pytest.mark.parametrize("hidden", HIDDEN)
every_loss_and_output = pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
# Every hidden activation with every loss and output in one size; in the others each of them once.
NETWORKS = [
    (sizes, hidden, loss, output)
    for sizes in SIZES
    for hidden in HIDDEN
    for loss, output in LOSS_AND_OUTPUT
    if sizes == (3, 5, 4, 3) or hidden == "tanh" or (loss, output) == LOSS_AND_OUTPUT[0]
]
# What passes have no room for in the buffers: the terms of a series, the factors of a product.
WITH_ARRAYS_OF_ITS_OWN = ("gelu", "mish")

every_network = pytest.mark.parametrize(
    ("sizes", "hidden", "loss", "output"),
    NETWORKS,
    ids=["-".join(["x".join(map(str, sizes)), *names]) for sizes, *names in NETWORKS],
)
with_and_without_slopes = pytest.mark.parametrize("hidden", ["relu", "prelu"])
every_size = pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: "-".join(map(str, sizes)))


def poisoned(network, rows):
    work = network.workspace(rows)
    for buffer in (*work.Z, *work.A, *work.dA, work.scratch):
        buffer.fill(np.nan)
    return work


def loss_and_gradient(network, X, T, loss, work):
    """Return the loss and its flat gradient, from buffers that hold whatever they hold."""
    gradient = np.full_like(network.parameters, np.nan)
    network.logits(X, work)
    value = objective(loss)(network, T, work)
    network.backward(X, work, layer_views(network.layers, gradient))
    return value, gradient


def central_differences(network, X, T, loss):
    """Return the numerical gradient of the loss."""
    work, joined = network.workspace(len(X)), objective(loss)

    def value():
        network.logits(X, work)
        return joined(network, T, work)

    return numerical_gradient(network, value)


def check_gradients(sizes, hidden, output, loss):
    network, X, T = draw_case(sizes, hidden, output, loss)
    _, gradient = loss_and_gradient(network, X, T, loss, poisoned(network, ROWS))
    numerical = central_differences(network, X, T, loss)
    np.testing.assert_allclose(gradient, numerical, rtol=1e-6, atol=1e-8)


def check_against_the_reference(network, X, T, loss, work, tolerance):
    value, gradient = loss_and_gradient(network, X, T, loss, work)
    arguments = X.tolist(), T.tolist(), reference_layers(network), loss
    parameters = LOSSES[loss].complete({})
    expected = reference.loss_value(*arguments, **parameters)
    assert value == pytest.approx(expected, rel=tolerance, abs=tolerance)
    expected = reference.loss_gradients(*arguments, **parameters)
    np.testing.assert_allclose(gradient, expected, rtol=tolerance, atol=tolerance)


@every_network
def test_gradients_equal_central_differences(sizes, hidden, output, loss):
    check_gradients(sizes, hidden, output, loss)


@every_network
def test_loss_and_gradients_equal_the_reference(sizes, hidden, output, loss):
    network, X, T = draw_case(sizes, hidden, output, loss)
    check_against_the_reference(network, X, T, loss, poisoned(network, ROWS), 1e-11)


@every_hidden
@every_loss_and_output
def test_float32_gradients_equal_the_reference(hidden, output, loss):
    network, X, T = draw_case((3, 5, 4, 3), hidden, output, loss, dtype=np.float32)
    check_against_the_reference(network, X, T, loss, poisoned(network, ROWS), 2e-5)


@every_hidden
@every_loss_and_output
def test_a_short_batch_equals_the_reference_and_leaves_the_other_rows(hidden, output, loss):
    network, X, T = draw_case((3, 5, 4, 3), hidden, output, loss)
    work = poisoned(network, 3 * ROWS)
    check_against_the_reference(network, X, T, loss, work.first(ROWS), 1e-11)
    for buffer in (*work.Z, *work.A, *work.dA, work.scratch):
        memory = buffer.ravel(order="K")
        assert np.isnan(memory[ROWS * buffer.shape[1] :]).all()


@every_loss_and_output
def test_a_batch_after_a_longer_one_equals_the_reference(output, loss):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", output, loss)
    work = poisoned(network, ROWS)
    loss_and_gradient(network, X, T, loss, work)
    check_against_the_reference(network, X[:1], T[:1], loss, work.first(1), 1e-11)
    check_against_the_reference(network, X, T, loss, work, 1e-11)


@every_hidden
def test_a_corrupted_derivative_of_a_hidden_layer_is_found(hidden, monkeypatch):
    entry = ACTIVATIONS[hidden]

    def corrupted(dA, Z, A, out, **settings):
        entry.backward(dA, Z, A, out, **settings)
        corrupt(entry, out, 1e-3)

    monkeypatch.setitem(ACTIVATIONS, hidden, replace(entry, backward=corrupted))
    with pytest.raises(AssertionError):
        check_gradients((3, 5, 4, 3), hidden, "identity", "mean_squared_error")


def test_a_corrupted_gradient_of_slopes_is_found(monkeypatch):
    entry = ACTIVATIONS["prelu"]

    def corrupted(dA, Z, A, out):
        entry.slope_gradient(dA, Z, A, out)
        out[0] *= 1.001

    monkeypatch.setitem(ACTIVATIONS, "prelu", replace(entry, slope_gradient=corrupted))
    with pytest.raises(AssertionError):
        check_gradients((3, 5, 4, 3), "prelu", "identity", "mean_squared_error")


@every_loss_and_output
def test_a_corrupted_gradient_of_a_loss_is_found(output, loss, monkeypatch):
    entry = LOSSES[loss]

    def corrupted(outputs, T, gradient, scratch, **settings):
        value = entry.function(outputs, T, gradient, scratch, **settings)
        gradient *= 1.001
        return value

    monkeypatch.setitem(LOSSES, loss, replace(entry, function=corrupted))
    with pytest.raises(AssertionError):
        check_gradients((3, 5, 4, 3), "tanh", output, loss)


@every_hidden
@pytest.mark.parametrize("output", sorted({output for _, output in LOSS_AND_OUTPUT}))
def test_outputs_and_logits_equal_the_reference(hidden, output):
    network, X, _ = draw_case((3, 5, 4, 3), hidden, output, "mean_squared_error")
    layers = reference_layers(network)
    work = poisoned(network, ROWS)
    logits = network.logits(X, work)
    np.testing.assert_allclose(logits, reference.logits(X.tolist(), layers), rtol=1e-11)
    assert logits is work.Z[-1]
    assert np.isnan(work.A[-1]).all()
    outputs = network.outputs(X, work)
    np.testing.assert_allclose(outputs, reference.outputs(X.tolist(), layers), rtol=1e-11)
    assert outputs is work.A[-1]


@pytest.mark.parametrize(
    ("hidden", "loss", "output"),
    [("tanh", *each) for each in LOSS_AND_OUTPUT] + [("prelu", *LOSS_AND_OUTPUT[0])],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_in_a_pass_leaves_the_precision(hidden, output, loss, dtype):
    network, X, T = draw_case((3, 5, 4, 3), hidden, output, loss, dtype=dtype)
    network = Network(network.layers, strict(network.parameters))
    work = network.workspace(ROWS)
    work.Z, work.A, work.dA = ([strict(b) for b in each] for each in (work.Z, work.A, work.dA))
    work.scratch = strict(work.scratch)
    value, gradient = loss_and_gradient(network, strict(X), strict(T), loss, work)
    assert type(value) is float
    assert gradient.dtype == network.dtype == dtype
    assert network.outputs(strict(X), work).dtype == dtype


@every_loss_and_output
def test_inputs_targets_and_parameters_are_kept(output, loss):
    network, X, T = draw_case((3, 5, 4, 3), "relu", output, loss)
    kept = [each.copy() for each in (network.parameters, X, T)]
    loss_and_gradient(network, X, T, loss, network.workspace(ROWS))
    for before, after in zip(kept, (network.parameters, X, T), strict=True):
        np.testing.assert_array_equal(before, after)


def memory_of_a_pass(hidden, output, loss):
    """Return what a steady pass allocates at most, what of it is left, and the smallest array."""
    layers = build_layers((120, 150, 130), hidden, output)
    random = np.random.default_rng(12)
    flat = random.normal(0, 0.1, parameter_count(layers)).astype(np.float32)
    network, gradients = Network(layers, flat), layer_views(layers, np.empty_like(flat))
    X = random.random((200, 120), np.float32)
    T = np.eye(200, 130, dtype=np.float32)
    work, joined = network.workspace(200), objective(loss)

    def one_pass():
        network.logits(X, work)
        joined(network, T, work)
        network.backward(X, work, gradients)

    one_pass()
    tracemalloc.start()
    one_pass()
    left, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return left, peak, min(work.scratch.nbytes, gradients[0].W.nbytes, gradients[1].W.nbytes)


@pytest.mark.parametrize(
    ("hidden", "loss", "output"),
    [("tanh", *each) for each in LOSS_AND_OUTPUT]
    + [(name, *LOSS_AND_OUTPUT[0]) for name in HIDDEN if name not in WITH_ARRAYS_OF_ITS_OWN],
)
def test_a_steady_pass_allocates_no_arrays(hidden, output, loss):
    _, peak, smallest = memory_of_a_pass(hidden, output, loss)
    assert peak < BUFFER_BYTES + 8000 < smallest


@every_hidden
def test_nothing_that_a_pass_allocates_is_left(hidden):
    left, _, smallest = memory_of_a_pass(hidden, "softmax", "cross_entropy")
    assert left < 8000 < smallest


@every_size
@with_and_without_slopes
def test_the_slices_cover_the_flat_vector_exactly_once(sizes, hidden):
    layers = build_layers(sizes, hidden, "identity")
    covered = np.zeros(parameter_count(layers), int)
    for layer, where in zip(layers, layer_slices(layers), strict=True):
        covered[where] += 1
        assert where.stop - where.start == layer.parameter_count
    assert (covered == 1).all()


@every_size
@with_and_without_slopes
def test_the_flat_vector_holds_w_then_b_then_slopes_of_each_layer_in_c_order(sizes, hidden):
    layers = build_layers(sizes, hidden, "identity")
    flat = np.arange(parameter_count(layers), dtype=np.float64)
    views = layer_views(layers, flat)
    for layer, (W, b, slope) in zip(layers, views, strict=True):
        assert W.shape == (layer.inputs, layer.outputs)
        assert b.shape == (layer.outputs,)
        assert slope.shape == (layer.outputs if layer.activation == "prelu" else 0,)
    joined = np.concatenate([part.ravel() for arrays in views for part in arrays])
    np.testing.assert_array_equal(joined, flat)


def test_the_views_share_the_memory_of_the_flat_vector():
    layers = build_layers((3, 5, 2), "prelu", "identity")
    flat = np.zeros(parameter_count(layers))
    network = Network(layers, flat)
    assert network.parameters is flat
    named = named_arrays(network.arrays)
    assert list(named) == ["W1", "b1", "slope1", "W2", "b2"]
    for number, array in enumerate(named.values(), start=1):
        array[...] = number
    np.testing.assert_array_equal(flat, [1] * 15 + [2] * 5 + [3] * 5 + [4] * 10 + [5] * 2)
    flat[:] = 7
    assert all((each == 7).all() for arrays in network.arrays for each in arrays)


def test_changing_the_parameters_changes_the_outputs():
    network, X, _ = draw_case((3, 5, 2), "tanh", "identity", "mean_squared_error")
    work = network.workspace(ROWS)
    before = network.outputs(X, work).copy()
    network.parameters *= 2
    assert (network.outputs(X, work) != before).all()


def test_changing_the_slopes_changes_the_outputs():
    network, X, _ = draw_case((3, 5, 2), "prelu", "identity", "mean_squared_error")
    work = network.workspace(ROWS)
    network.arrays[0].slope.fill(1)
    (first, second), outputs = network.arrays, network.outputs(X, work)
    linear = (X @ first.W + first.b) @ second.W + second.b
    np.testing.assert_allclose(outputs, linear, rtol=1e-12)
    network.parameters[layer_slices(network.layers)[0]][-5:] = 0
    rectified = np.maximum(X @ first.W + first.b, 0) @ second.W + second.b
    np.testing.assert_allclose(network.outputs(X, work), rectified, rtol=1e-12)


def test_parameters_and_flops_are_counted():
    layers = build_layers((784, 128, 10), "relu", "softmax")
    assert [layer.parameter_count for layer in layers] == [100480, 1290]
    assert parameter_count(layers) == 101770
    assert [layer.flops_per_row for layer in layers] == [200704, 2560]
    layers = build_layers((784, 128, 10), "prelu", "softmax")
    assert [layer.slopes for layer in layers] == [128, 0]
    assert [layer.parameter_count for layer in layers] == [100608, 1290]


def test_the_gradient_by_the_inputs_equals_central_differences():
    network, X, T = draw_case((3, 5, 4, 2), "tanh", "sigmoid", "squared_error")
    work, loss = poisoned(network, ROWS), objective("squared_error")
    dX, gradient = np.full_like(X, np.nan), np.empty_like(network.parameters)
    network.logits(X, work)
    loss(network, T, work)
    network.backward(X, work, layer_views(network.layers, gradient), dX=dX)

    def value(X):
        network.logits(X, work)
        return loss(network, T, work)

    for place in np.ndindex(*X.shape):
        step = np.zeros_like(X)
        step[place] = 1e-6
        assert dX[place] == pytest.approx((value(X + step) - value(X - step)) / 2e-6, rel=1e-6)


def test_the_saturated_share_of_a_network_made_by_hand_is_exact():
    layers = [Layer(1, 2, "sigmoid"), Layer(2, 1, "relu"), Layer(1, 1, "tanh")]
    network = Network(layers, np.zeros(parameter_count(layers)))
    first, second, third = network.arrays
    first.W[:], second.W[:], third.W[:] = [[1, 0]], [[1], [0]], 3
    X = np.array([[-10.0], [0.0], [10.0], [1.0]])
    # sigmoid(10) = 0.99995 and sigmoid(-10) are beyond 0.97; the second unit is 0.5 on every row.
    # tanh has 0.0001, 1.5, 3 and 2.2 to work on; it is saturated beyond 1.82.
    assert saturated(network, X) == [2 / 8, None, 2 / 4]
    work = network.workspace(9)
    for buffer in (*work.Z, *work.A):
        buffer.fill(1e9)
    network.logits(X[:3], work.first(3))
    assert network.saturated_shares(work.first(3)) == [2 / 6, None, 1 / 3]


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "softsign"])
def test_large_weights_saturate_a_deep_network_and_small_ones_do_not(hidden):
    layers = build_layers((5, *[20] * 8, 1), hidden, "sigmoid")
    random = np.random.default_rng(4)
    flat, X = random.normal(size=parameter_count(layers)), random.normal(size=(50, 5))
    large = saturated(Network(layers, 1000 * flat), X)
    assert all(share > 0.95 for share in large)
    small = saturated(Network(layers, 0.01 * flat), X)
    assert small == [0] * 9


def test_parameters_of_an_activation_reach_both_passes():
    steep, flat = (Layer(1, 1, "leaky_relu", {"slope": slope}) for slope in (0.5, 0.25))
    network = Network([steep, flat], np.array([1.0, 0.0, 1.0, 0.0]))
    X, work = np.array([[-8.0]]), network.workspace(1)
    assert network.outputs(X, work) == -1
    work.dA[-1][:] = 1
    network.activation_backward(1, work)
    gradient = np.empty(4)
    network.backward(X, work, layer_views(network.layers, gradient))
    np.testing.assert_array_equal(gradient, [-8 * 0.5 * 0.25, 0.5 * 0.25, -4 * 0.25, 0.25])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_workspace_has_the_shapes_and_precision_of_the_network(dtype):
    layers = build_layers((3, 5, 2), "relu", "identity")
    work = Network(layers, np.zeros(parameter_count(layers), dtype)).workspace(6)
    assert work.rows == 6
    for buffers in (work.Z, work.A, work.dA):
        assert [each.shape for each in buffers] == [(6, 5), (6, 2)]
        assert {each.dtype for each in buffers} == {np.dtype(dtype)}
    assert work.scratch.shape == (6, 2)
    assert work.scratch.dtype == dtype


def test_a_shorter_workspace_is_a_cut_of_the_same_memory_made_once():
    work = Network(build_layers((3, 5, 2), "relu", "identity"), np.zeros(32)).workspace(6)
    short = work.first(4)
    assert short.rows == 4
    assert work.first(4) is short
    assert work.first(6) is work
    assert work.first(3) is not short
    cuts, buffers = ((*each.Z, *each.A, *each.dA, each.scratch) for each in (short, work))
    for cut, buffer in zip(cuts, buffers, strict=True):
        assert cut.shape == (4, buffer.shape[1])
        assert cut.ctypes.data == buffer.ctypes.data
