from dataclasses import replace

import numpy as np
import pytest

from nncli.engines.plain.engine import layers_of
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.dropout import with_dropout
from nncli.nn.layers.kinds import block
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network, blocks, parameter_count, trained_views
from tests import reference
from tests.memory import memory_of
from tests.nn.networks import (
    BUFFER_BYTES,
    HIDDEN,
    LOSS_AND_OUTPUT,
    ROWS,
    buffers_of,
    build_layers,
    corrupt,
    draw_case,
    numerical_gradient,
    objective,
    saturated,
)
from tests.nn.strict import strict

# Units from the inputs to the outputs.
SIZES = [(3, 4), (3, 1), (3, 5, 2), (3, 5, 4, 3), (2, 4, 3, 1)]

every_hidden = pytest.mark.parametrize("hidden", HIDDEN)
every_loss_and_output = pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
# Every hidden activation with every loss and output for one size; each of them once for the others.
NETWORKS = [
    (sizes, hidden, loss, output)
    for sizes in SIZES
    for hidden in HIDDEN
    for loss, output in LOSS_AND_OUTPUT
    if sizes == (3, 5, 4, 3) or hidden == "tanh" or (loss, output) == LOSS_AND_OUTPUT[0]
]
# Activations with temporary arrays outside the buffers: terms of a series, factors of a product.
WITH_ARRAYS_OF_ITS_OWN = ("gelu", "mish")

every_network = pytest.mark.parametrize(
    ("sizes", "hidden", "loss", "output"),
    NETWORKS,
    ids=["-".join(["x".join(map(str, sizes)), *names]) for sizes, *names in NETWORKS],
)
with_and_without_slopes = pytest.mark.parametrize("hidden", ["relu", "prelu"])
every_size = pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: "-".join(map(str, sizes)))


def poisoned(network, rows, **settings):
    work = network.workspace(rows, **settings)
    for buffer in buffers_of(work):
        buffer.fill(np.nan)
    return work


def loss_and_gradient(network, X, T, loss, work):
    """Return the loss and its flat gradient, from buffers with arbitrary content."""
    gradient = np.full_like(network.parameters, np.nan)
    network.logits(X, work)
    value = objective(loss)(network, T, work)
    network.backward(work, network.by_layer(gradient))
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
    arguments = X.tolist(), T.tolist(), layers_of(network), loss
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
    for buffer in buffers_of(work):
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
    layers = layers_of(network)
    work = poisoned(network, ROWS)
    logits = network.logits(X, work)
    np.testing.assert_allclose(logits, reference.logits(X.tolist(), layers), rtol=1e-11)
    assert logits is work.logits
    assert np.isnan(work.buffers[-1].Y).all()
    outputs = network.outputs(X, work)
    np.testing.assert_allclose(outputs, reference.outputs(X.tolist(), layers), rtol=1e-11)
    assert outputs is work.buffers[-1].Y


@pytest.mark.parametrize(
    ("hidden", "loss", "output"),
    [("tanh", *each) for each in LOSS_AND_OUTPUT] + [("prelu", *LOSS_AND_OUTPUT[0])],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_in_a_pass_leaves_the_precision(hidden, output, loss, dtype):
    network, X, T = draw_case((3, 5, 4, 3), hidden, output, loss, dtype=dtype)
    network = Network(network.layers, strict(network.parameters))
    work = network.workspace(ROWS)
    for own in work.buffers:
        vars(own).update({k: strict(each) for k, each in vars(own).items() if each is not None})
    work.gradient, work.scratch = strict(work.gradient), strict(work.scratch)
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
    """Return a steady pass's peak allocation, its remaining memory, and the smallest array."""
    layers = build_layers((120, 150, 130), hidden, output)
    random = np.random.default_rng(12)
    flat = random.normal(0, 0.1, parameter_count(layers)).astype(np.float32)
    network = Network(layers, flat)
    gradients = network.by_layer(np.empty_like(flat))
    X = random.random((200, 120), np.float32)
    T = np.eye(200, 130, dtype=np.float32)
    work, joined = network.workspace(200), objective(loss)

    def one_pass():
        network.logits(X, work)
        joined(network, T, work)
        network.backward(work, gradients)

    one_pass()
    left, peak = memory_of(one_pass)
    return left, peak, min(work.scratch.nbytes, 120 * 150 * 4, 150 * 130 * 4)


@pytest.mark.parametrize(
    ("hidden", "loss", "output"),
    [("tanh", *each) for each in LOSS_AND_OUTPUT]
    + [(name, *LOSS_AND_OUTPUT[0]) for name in HIDDEN if name not in WITH_ARRAYS_OF_ITS_OWN],
)
def test_a_steady_pass_allocates_no_arrays(hidden, output, loss):
    _, peak, smallest = memory_of_a_pass(hidden, output, loss)
    assert peak < BUFFER_BYTES + 8000 < smallest


@every_hidden
def test_a_pass_releases_all_that_it_allocates(hidden):
    left, _, smallest = memory_of_a_pass(hidden, "softmax", "cross_entropy")
    assert left < 8000 < smallest


@every_size
@with_and_without_slopes
def test_the_slices_of_the_blocks_cover_the_flat_vector_exactly_once(sizes, hidden):
    layers = build_layers(sizes, hidden, "identity")
    covered = np.zeros(parameter_count(layers), int)
    for each in blocks(layers):
        covered[each.where] += 1
        assert each.where.stop - each.where.start == each.parameter_count
    assert (covered == 1).all()


@every_size
@with_and_without_slopes
def test_the_flat_vector_holds_w_then_b_then_slopes_of_each_block_in_c_order(sizes, hidden):
    layers = build_layers(sizes, hidden, "identity")
    flat = np.arange(parameter_count(layers), dtype=np.float64)
    views, slopes = trained_views(layers, flat), 0
    for number, each in enumerate(blocks(layers), 1):
        W, b, *learned = (views[name] for name in each.names)
        assert each.number == number
        assert each.names[:2] == [f"W{number}", f"b{number}"]
        assert each.weights == f"W{number}"
        assert W.shape == (each.inputs, each.outputs) == sizes[number - 1 : number + 1]
        assert b.shape == (each.outputs,)
        assert [slope.shape for slope in learned] == (
            [(each.outputs,)] if each.activation.kind == "prelu" else []
        )
        slopes += len(learned)
        joined = np.concatenate([part.ravel() for part in (W, b, *learned)])
        np.testing.assert_array_equal(joined, flat[each.where])
    assert slopes == (len(sizes) - 2 if hidden == "prelu" else 0)
    joined = np.concatenate([part.ravel() for part in views.values()])
    np.testing.assert_array_equal(joined, flat)


def test_the_views_share_the_memory_of_the_flat_vector():
    layers = build_layers((3, 5, 2), "prelu", "identity")
    flat = np.zeros(parameter_count(layers))
    network = Network(layers, flat)
    assert network.parameters is flat
    assert list(network.arrays) == ["W1", "b1", "slope1", "W2", "b2"]
    for number, array in enumerate(network.arrays.values(), start=1):
        array[...] = number
    np.testing.assert_array_equal(flat, [1] * 15 + [2] * 5 + [3] * 5 + [4] * 10 + [5] * 2)
    flat[:] = 7
    assert all((each == 7).all() for each in network.arrays.values())


def test_arrays_have_names_in_the_network_and_in_layers():
    network = Network(build_layers((3, 5, 2), "prelu", "identity"), np.arange(37.0))
    assert list(network.named) == ["W1", "b1", "slope1", "W2", "b2"]
    for name, array in network.named.items():
        assert np.shares_memory(array, network.arrays[name])
        assert array.shape == network.arrays[name].shape
    flat = np.arange(37.0)
    shapes = [[each.shape for each in part] for part in network.by_layer(flat)]
    assert shapes == [[(3, 5), (5,)], [(5,)], [(5, 2), (2,)], []]
    joined = np.concatenate([each.ravel() for part in network.by_layer(flat) for each in part])
    np.testing.assert_array_equal(joined, flat)
    np.testing.assert_array_equal(network.weights(flat)[1], flat[25:35].reshape(5, 2))
    assert [each.shape for each in network.weights(flat)] == [(3, 5), (5, 2)]


def test_a_network_of_other_layers_has_the_same_arrays_and_mask():
    layers = build_layers((3, 5, 2), "tanh", "identity")
    network = Network(layers, np.ones(parameter_count(layers)))
    network.connect_partially({"W1": np.eye(3, 5)})
    other = network.with_layers(with_dropout(layers, [0.5], seed=0))
    assert [each.kind for each in other.layers] == ["dense", "tanh", "dropout", "dense", "identity"]
    assert other.parameters is network.parameters
    assert other.state is network.state
    assert other.mask is network.mask
    network.arrays["W2"].fill(3)
    assert (other.arrays["W2"] == 3).all()


def test_missing_connections_have_weights_of_0_and_a_mask_of_0():
    layers = build_layers((3, 5, 2), "prelu", "identity")
    network = Network(layers, np.full(parameter_count(layers), 2.0))
    assert network.mask is None
    network.connect_partially({"W1": np.eye(3, 5)})
    np.testing.assert_array_equal(network.arrays["W1"], 2 * np.eye(3, 5))
    mask = network.views(network.mask)
    np.testing.assert_array_equal(mask["W1"], np.eye(3, 5))
    for name in ("b1", "slope1", "W2", "b2"):
        assert (mask[name] == 1).all()
        assert (network.arrays[name] == 2).all()


def test_changing_the_parameters_changes_the_outputs():
    network, X, _ = draw_case((3, 5, 2), "tanh", "identity", "mean_squared_error")
    work = network.workspace(ROWS)
    before = network.outputs(X, work).copy()
    network.parameters *= 2
    assert (network.outputs(X, work) != before).all()


def test_changing_the_slopes_changes_the_outputs():
    network, X, _ = draw_case((3, 5, 2), "prelu", "identity", "mean_squared_error")
    work = network.workspace(ROWS)
    network.arrays["slope1"].fill(1)
    W1, b1, _, W2, b2 = network.arrays.values()
    linear = (X @ W1 + b1) @ W2 + b2
    np.testing.assert_allclose(network.outputs(X, work), linear, rtol=1e-12)
    network.parameters[network.blocks[0].where][-5:] = 0
    rectified = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    np.testing.assert_allclose(network.outputs(X, work), rectified, rtol=1e-12)


def test_parameters_and_flops_are_counted():
    layers = build_layers((784, 128, 10), "relu", "softmax")
    assert [each.parameter_count for each in blocks(layers)] == [100480, 1290]
    assert parameter_count(layers) == 101770
    assert [each.flops_per_row for each in blocks(layers)] == [200704, 2560]
    network = Network(layers, np.zeros(101770, np.float32))
    assert network.largest_product(rows=64) == 64 * 200704
    layers = build_layers((784, 128, 10), "prelu", "softmax")
    assert [each.activation.trained for each in blocks(layers)] == [{"slope": (128,)}, {}]
    assert [each.parameter_count for each in blocks(layers)] == [100608, 1290]


def test_the_gradient_by_the_inputs_equals_central_differences():
    network, X, T = draw_case((3, 5, 4, 2), "tanh", "sigmoid", "squared_error")
    work, loss = poisoned(network, ROWS, input_gradient=True), objective("squared_error")
    gradient = np.empty_like(network.parameters)
    network.logits(X, work)
    loss(network, T, work)
    dX = network.backward(work, network.by_layer(gradient)).copy()

    def value(X):
        network.logits(X, work)
        return loss(network, T, work)

    assert dX.shape == X.shape
    for place in np.ndindex(*X.shape):
        step = np.zeros_like(X)
        step[place] = 1e-6
        assert dX[place] == pytest.approx((value(X + step) - value(X - step)) / 2e-6, rel=1e-6)


def test_the_gradient_by_the_inputs_is_optional_and_changes_no_other_gradient():
    network, X, T = draw_case((3, 5, 4, 2), "tanh", "sigmoid", "squared_error")
    with_it, without = (network.workspace(ROWS, input_gradient=asked) for asked in (True, False))
    assert with_it.first(2).buffers[0].dX.shape == (2, 3)
    assert without.buffers[0].dX is None
    found = [loss_and_gradient(network, X, T, "squared_error", each) for each in (with_it, without)]
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_the_saturated_share_of_a_network_made_by_hand_is_exact():
    layers = [*block(1, 2, "sigmoid"), *block(2, 1, "relu"), *block(1, 1, "tanh")]
    network = Network(layers, np.zeros(parameter_count(layers)))
    for name, weights in {"W1": [[1, 0]], "W2": [[1], [0]], "W3": 3}.items():
        network.arrays[name][:] = weights
    X = np.array([[-10.0], [0.0], [10.0], [1.0]])
    # sigmoid(10) = 0.99995 and sigmoid(-10) are saturated (beyond 0.97); the second unit is always
    # 0.5. The inputs of tanh are 0.0001, 1.5, 3 and 2.2; it is saturated beyond 1.82.
    assert saturated(network, X) == [2 / 8, None, 2 / 4]
    work = network.workspace(9)
    for buffer in buffers_of(work):
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
    steep, flat = (block(1, 1, "leaky_relu", {"slope": slope}) for slope in (0.5, 0.25))
    network = Network([*steep, *flat], np.array([1.0, 0.0, 1.0, 0.0]))
    X, work = np.array([[-8.0]]), network.workspace(1)
    assert network.outputs(X, work) == -1
    work.gradient[:] = 1
    network.output.backward(work.gradient, work.buffers[-1], ())
    gradient = np.empty(4)
    network.backward(work, network.by_layer(gradient))
    np.testing.assert_array_equal(gradient, [-8 * 0.5 * 0.25, 0.5 * 0.25, -4 * 0.25, 0.25])
