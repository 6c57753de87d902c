"""Compiled loops compared with the NumPy functions and layers that they replace."""

import numpy as np
import pytest

from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.engines.batches import Batches, target_codes
from nncli.engines.engine import Sums
from nncli.metrics.scores import MEASURES, correct_rows, margin_of
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.buffers import NARROW, flat_buffer, shaped
from nncli.nn.layers.dropout import with_dropout
from nncli.nn.layers.kinds import block
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network, parameter_count
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from tests.engines.engines import engine_of, parameters_of, setup_of
from tests.nn.networks import HIDDEN, ROWS, build_layers, draw_case, objective

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled import losses, optimizers
from nncli.engines.compiled.batches import CompiledBatches
from nncli.engines.compiled.layers import (
    BiasedActivation,
    LoopedActivation,
    NarrowDense,
    compiled_layers,
)

# Relative to an array's largest number; one or two roundings may differ.
TOLERANCES = {np.float32: 1e-5, np.float64: 1e-12}
both_precisions = pytest.mark.parametrize("dtype", TOLERANCES)


def check_alike(found, expected, dtype):
    largest = np.abs(expected).max(initial=0.0)
    np.testing.assert_allclose(
        found, expected, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype] * float(largest)
    )


OPTIMIZER_CASES = [(name, {}) for name in OPTIMIZERS]
OPTIMIZER_CASES += [("sgd", {"momentum": 0.9}), ("sgd", {"momentum": 0.9, "nesterov": True})]


def test_every_optimizer_has_a_loop():
    assert optimizers.OPTIMIZERS.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize(("name", "settings"), OPTIMIZER_CASES)
@pytest.mark.parametrize("size", [1, 1003])
@both_precisions
def test_twenty_updates_are_those_of_numpy(name, settings, size, dtype):
    entry, settings = OPTIMIZERS[name], OPTIMIZERS[name].complete(settings)
    start = np.random.default_rng(5).normal(size=size).astype(dtype)
    paths = []
    for update in (entry.update, optimizers.OPTIMIZERS[name]):
        random, w = np.random.default_rng(6), start.copy()
        slots = np.zeros((entry.slots, size), dtype)
        for step in range(1, 21):
            gradient = random.normal(size=size).astype(dtype)
            update(w, gradient, slots, np.full_like(w, np.nan), 0.01, step, **settings)
        paths.append((w, slots))
    for found, expected in zip(paths[1], paths[0], strict=True):
        assert found.dtype == dtype
        check_alike(found, expected, dtype)


@pytest.mark.parametrize(
    ("name", "settings"), [("sgd", {"momentum": 0.9}), ("adam", {}), ("adamw", {}), ("nadam", {})]
)
@both_precisions
def test_decaying_means_become_zero_and_never_denormal(name, settings, dtype):
    entry, settings = OPTIMIZERS[name], OPTIMIZERS[name].complete(settings)
    w, slots = np.ones(5, dtype), np.zeros((entry.slots, 5), dtype)
    smallest = np.finfo(dtype).tiny
    slots[0] = [1.1 * smallest, -1.1 * smallest, 2 * smallest, 0.0, np.nan]
    optimizers.OPTIMIZERS[name](w, np.zeros_like(w), slots, np.empty_like(w), 0.01, 5, **settings)
    np.testing.assert_allclose(slots[0], [0, 0, 1.8 * smallest, 0, np.nan], rtol=1e-6)


SHAPES = [(1, 1), (7, 1), (64, 10), (10, 64), (5, 10), (128, 37), (1000, 3)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def buffer(shape, dtype, values=np.nan):
    """Return an array with a workspace's memory order, filled with `values`, by default NaN."""
    rows, columns = shape
    array = shaped(flat_buffer(rows + 3, columns, dtype), rows, columns)
    array[...] = values
    return array


def draw(shape, dtype, seed):
    return buffer(shape, dtype, np.random.default_rng(seed).normal(0, 3, shape))


@pytest.mark.parametrize("name", losses.LOSSES)
@every_shape
@both_precisions
def test_a_loss_and_its_gradient_are_those_of_numpy(name, shape, dtype):
    outputs = draw(shape, dtype, 0)
    targets = np.random.default_rng(1).random(shape)
    T = buffer(shape, dtype, targets / targets.sum(axis=1, keepdims=True))
    kept = outputs.copy()
    values, gradients = [], []
    for function in (LOSSES[name].function, losses.LOSSES[name]):
        gradient = buffer(shape, dtype)
        values.append(function(outputs, T, gradient, buffer(shape, dtype)))
        gradients.append(gradient)
    np.testing.assert_array_equal(outputs, kept)
    assert type(values[1]) is float
    assert values[1] == pytest.approx(values[0], rel=TOLERANCES[dtype], abs=TOLERANCES[dtype])
    check_alike(gradients[1], gradients[0], dtype)


@pytest.mark.parametrize("name", ["cross_entropy", "sigmoid_cross_entropy"])
@pytest.mark.parametrize("size", [1e3, 1e30])
@both_precisions
def test_huge_logits_give_what_they_give_with_numpy(name, size, dtype):
    Z = np.array([[size, -size], [-size, size], [size, size]], dtype)
    T = np.array([[1, 0], [1, 0], [0, 1]], dtype)
    found, expected = np.empty_like(Z), np.empty_like(Z)
    value = losses.LOSSES[name](Z, T, found, np.empty_like(Z))
    assert value == pytest.approx(LOSSES[name].function(Z, T, expected, np.empty_like(Z)))
    check_alike(found, expected, dtype)


def settings_of(name):
    return ACTIVATIONS[name].complete({})


FUSED = ["relu", "leaky_relu"]  # fused with the bias before them
LOOPED = ["relu", "leaky_relu", "sigmoid", "tanh"]


def with_loops(network):
    """Return a network with the same arrays and with compiled loops where available."""
    return network.with_layers(compiled_layers(network.layers))


def pair_of(sizes, hidden, output="identity", dtype=np.float64, seed=2):
    """Return a network without and with compiled loops."""
    layers = build_layers(sizes, hidden, output)
    flat = np.random.default_rng(seed).normal(size=parameter_count(layers)).astype(dtype)
    network = Network(layers, flat)
    return network, with_loops(network)


def kinds(network):
    return [type(each).__name__ for each in network.layers]


def test_loops_are_used_where_available():
    dense, narrow, wide = (100, 3), (NARROW, NARROW), (NARROW + 1, 3)
    assert kinds(pair_of((*dense, 3), "relu")[1]) == [
        *("UnbiasedDense", "BiasedActivation"),
        *("NarrowDense", "ActivationLayer"),
    ]
    assert kinds(pair_of((*dense, 3), "sigmoid", "tanh")[1]) == [
        *("Dense", "LoopedActivation"),
        *("NarrowDense", "LoopedActivation"),
    ]
    assert kinds(pair_of((*narrow, 3), "relu")[1])[:2] == ["NarrowDense", "LoopedActivation"]
    assert kinds(pair_of((*wide, 3), "gelu")[1])[:2] == ["Dense", "ActivationLayer"]
    # A loss on logits needs them including the bias, so the output does not add it.
    assert kinds(pair_of((100, 20), "relu", "leaky_relu")[1]) == ["Dense", "LoopedActivation"]


def test_dropout_stays_between_loops():
    layers = with_dropout(build_layers((100, 20, 3), "relu", "softmax"), [0.5], seed=0)
    network = Network(layers, np.ones(parameter_count(layers)))
    assert kinds(with_loops(network)) == [
        *("UnbiasedDense", "BiasedActivation", "Dropout"),
        *("Dense", "ActivationLayer"),
    ]


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("sizes", [(3, 4, 2), (30, 20, 12), (30, 1, 30)], ids=str)
def test_layers_with_loops_are_equal_to_those_without_and_share_their_arrays(hidden, sizes):
    plain, looped = pair_of(sizes, hidden)
    assert looped.layers == plain.layers
    assert looped.parameters is plain.parameters
    X = np.random.default_rng(3).normal(size=(5, sizes[0]))
    before = looped.outputs(X, looped.workspace(5)).copy()
    plain.arrays["b1"] += 1
    plain.arrays["W2"] *= 2
    assert (looped.outputs(X, looped.workspace(5)) != before).any()
    check_alike(
        looped.outputs(X, looped.workspace(5)), plain.outputs(X, plain.workspace(5)), np.float64
    )


def fused(name, units, b):
    """Return a fused layer that adds the biases `b` (O,) and applies an activation."""
    inputs = NARROW + 1
    layers = [*block(inputs, units, name), *block(units, 1, "identity")]
    flat = np.zeros(parameter_count(layers), b.dtype)
    network = Network(layers, flat)
    network.arrays["b1"][...] = b
    layer = with_loops(network).layers[1]
    assert type(layer) is BiasedActivation
    return layer, network.workspace(1).buffers[1]


@pytest.mark.parametrize("name", FUSED)
@every_shape
@both_precisions
def test_bias_and_activation_in_one_are_those_of_numpy(name, shape, dtype):
    products, b = draw(shape, dtype, 2), draw((1, shape[1]), dtype, 3)[0]
    layer, own = fused(name, shape[1], b)
    Z, own.Y = buffer(shape, dtype, products), buffer(shape, dtype)
    A = layer.forward(Z, own, None)
    np.testing.assert_array_equal(Z, products + b)
    assert own.X is Z
    expected = buffer(shape, dtype)
    ACTIVATIONS[name].forward(Z, expected, **settings_of(name))
    np.testing.assert_array_equal(A, expected)


@pytest.mark.parametrize("name", FUSED)
@pytest.mark.parametrize("shape", [(2, 3), (30, 3)], ids=str)
def test_nan_stays_nan(name, shape):
    layer, own = fused(name, 3, np.zeros(3, np.float32))
    Z, own.Y = buffer(shape, np.float32, 1.0), buffer(shape, np.float32)
    Z[1] = np.nan, np.inf, -np.inf
    A = layer.forward(Z, own, None)
    expected = buffer(shape, np.float32)
    ACTIVATIONS[name].forward(Z, expected, **settings_of(name))
    np.testing.assert_array_equal(A, expected)
    assert np.isnan(A[1, 0])


def looped(name, units, dtype):
    """Return an activation layer with a compiled backward pass."""
    network = Network(block(1, units, name), np.zeros(2 * units, dtype))
    layer = with_loops(network).layers[1]
    assert type(layer) is LoopedActivation
    return layer


@pytest.mark.parametrize("name", LOOPED)
@pytest.mark.parametrize("in_place", [True, False])
@every_shape
@both_precisions
def test_the_backward_pass_is_that_of_numpy(name, in_place, shape, dtype):
    entry, gradients = ACTIVATIONS[name], []
    for function in (
        lambda *arrays: entry.backward(*arrays, **settings_of(name)),
        looped(name, shape[1], dtype).multiply,
    ):
        Z, A, dA = draw(shape, dtype, 4), buffer(shape, dtype), draw(shape, dtype, 5)
        entry.forward(Z, A, **settings_of(name))
        out = dA if in_place else buffer(shape, dtype)
        function(dA, Z, A, out)
        gradients.append(out)
    check_alike(gradients[1], gradients[0], dtype)


NARROW_SIZES = [(1, 1), (2, 3), (3, 1), (10, 10)]


@pytest.mark.parametrize(("inputs", "outputs"), NARROW_SIZES)
@pytest.mark.parametrize("rows", [1, 7, 1000])
@both_precisions
def test_narrow_products_are_those_of_numpy(rows, inputs, outputs, dtype):
    X, dZ = draw((rows, inputs), dtype, 0), draw((rows, outputs), dtype, 1)
    _, network = pair_of((inputs, outputs), "identity", dtype=dtype)
    W, b = network.arrays.values()
    layer, work = network.layers[0], network.workspace(rows, input_gradient=True)
    assert type(layer) is NarrowDense
    Z = layer.forward(X, work.buffers[0], None)
    assert Z is work.buffers[0].Y
    check_alike(Z, X @ W + b, dtype)
    dW, db = np.full_like(W, np.nan), np.full_like(b, np.nan)
    dX = layer.backward(dZ.copy(), work.buffers[0], (dW, db))
    check_alike(dW, X.T @ dZ, dtype)
    check_alike(db, dZ.sum(axis=0), dtype)
    check_alike(dX, dZ @ W.T, dtype)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("sizes", [(3, 4, 2), (30, 20, 12), (30, 1, 30)], ids=str)
@both_precisions
def test_gradients_are_those_of_numpy(hidden, sizes, dtype):
    random = np.random.default_rng(4)
    X = random.normal(size=(9, sizes[0])).astype(dtype)
    T, found = random.random((9, sizes[-1])).astype(dtype), []
    for network in pair_of(sizes, hidden, dtype=dtype):
        work, gradient = network.workspace(9), np.full_like(network.parameters, np.nan)
        network.logits(X, work)
        objective("squared_error")(network, T, work)
        network.backward(work, network.by_layer(gradient))
        found.append(gradient)
    check_alike(found[1], found[0], dtype)


@pytest.mark.parametrize(("outputs", "margin"), [(1, 0.0), (2, 0.0), (10, 0.0), (1, 0.7), (2, 0.7)])
@both_precisions
def test_correct_rows_are_counted_as_numpy_does(outputs, margin, dtype):
    Z = np.random.default_rng(4).integers(-2, 3, (501, outputs)).astype(dtype)  # many ties
    codes = target_codes(max(outputs, 2), outputs, dtype)
    T = codes[np.random.default_rng(5).integers(0, len(codes), 501)]
    expected = correct_rows(Z, T, np.empty_like(Z), margin)
    assert 0 < expected < 501
    found = losses.MEASURES["correct_rows"](Z, T, np.empty_like(Z), margin)
    assert found == expected
    assert type(found) is float


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.7])
def test_a_logit_is_compared_with_the_margin_to_all_its_digits(threshold):
    margin = margin_of(threshold)
    Z = np.array([[margin]], np.float32)
    for target in (0, 1):
        T = np.array([[target]], np.float32)
        right = float((float(Z[0, 0]) > margin) == target)
        for measure in (MEASURES["correct_rows"], losses.MEASURES["correct_rows"]):
            assert measure(Z, T, np.empty_like(Z), margin) == right


def test_every_measure_has_a_loop():
    assert losses.MEASURES.keys() == MEASURES.keys()


SCALINGS = {
    "nothing": Scaling(),
    "number": Scaling(0.0, 1 / 255),
    "numbers": Scaling(3.5, 0.1),
    "columns": Scaling(np.array([0.0, 1.5, -2.25, 100]), np.array([1.0, 0.1, 3, 1e-3])),
    "scale of columns": Scaling(0.0, np.array([1.0, 0.1, 3, 1e-3])),
}
INPUT_TYPES = ["bool", "uint8", "int16", "int64", "float16", ">i2", ">f4", "float32", "float64"]


def batches_in_both(split, scaling, codes, batch_rows):
    """Return copies of all batches, gathered with NumPy and with loops; some are short."""
    rows = np.random.default_rng(7).permutation(split.rows)
    parts = [rows[start : start + batch_rows] for start in range(0, len(rows), batch_rows)]
    return [
        [
            (X.copy("A"), T.copy("A"))
            for X, T in map(kind(split, scaling, codes, batch_rows).gather, parts)
        ]
        for kind in (Batches, CompiledBatches)
    ]


def check_batches_equal(split, scaling, codes, batch_rows):
    expected, found = batches_in_both(split, scaling, codes, batch_rows)
    for pair, other in zip(found, expected, strict=True):
        for array, wanted in zip(pair, other, strict=True):
            assert array.dtype == codes.dtype
            np.testing.assert_array_equal(array, wanted)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("kind", INPUT_TYPES)
@pytest.mark.parametrize("batch_rows", [3, 7, 100])
@both_precisions
def test_batches_are_exactly_those_of_numpy(scaling, kind, batch_rows, dtype):
    random = np.random.default_rng(8)
    inputs = random.integers(0, 2 if kind == "bool" else 120, (23, 4)).astype(kind)
    labels = random.integers(0, 3, 23).astype(np.uint8)
    codes = target_codes(3, 3, dtype)
    check_batches_equal(whole(inputs, labels), SCALINGS[scaling], codes, batch_rows)


@pytest.mark.parametrize("columns", [1, 2, 12])
@pytest.mark.parametrize("kind", ["float32", "float64", ">f8", "int32"])
@both_precisions
def test_numeric_targets_are_exactly_those_of_numpy(columns, kind, dtype):
    targets = np.random.default_rng(9).normal(0, 50, (23, columns)).astype(kind)
    inputs = np.ones((23, 2), np.float32)
    codes = target_codes(0, columns, dtype)
    check_batches_equal(whole(inputs, targets), Scaling(), codes, 5)


def test_inputs_of_a_file_that_is_mapped_read_only_are_gathered(tmp_path):
    np.arange(40, dtype=np.uint8).tofile(tmp_path / "inputs")
    inputs = np.memmap(tmp_path / "inputs", np.uint8, "r", shape=(10, 4))
    labels = np.arange(10, dtype=np.uint8) % 2
    labels.flags.writeable = False
    codes = target_codes(2, 1, np.float32)
    check_batches_equal(whole(inputs, labels), SCALINGS["number"], codes, 4)


CASES = [
    ("relu", "softmax", "cross_entropy"),
    ("leaky_relu", "sigmoid", "sigmoid_cross_entropy"),
    ("tanh", "identity", "mean_squared_error"),
    ("sigmoid", "tanh", "half_squared_error"),
    ("prelu", "sigmoid", "squared_error"),  # learns slopes, which no loop supports
    ("gelu", "identity", "huber"),  # has no loop
]


def trained(name, case, optimizer, dtype, steps=20):
    """Return the parameters after some steps, with dropout and a mask, and the last loss."""
    network, X, T = draw_case((3, 12, 5, 2), *case, dtype)
    network.connect_partially({"W1": np.arange(36).reshape(3, 12) % 4 > 0})
    setup = setup_of(
        network,
        X,
        T,
        case[2],
        optimizer=optimizer,
        regularization=Regularization(l2=0.01),
        dropout=[0.3, 0.0],
    )
    engine = engine_of(name, setup)
    for step in range(steps):
        rows, sums = ROWS - step % 2, Sums()  # every other batch is short
        engine.steps(np.arange(rows).reshape(1, rows), [0.01], sums)
    assert (parameters_of(engine) == 0).any()
    return parameters_of(engine), sums.loss


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("case", CASES, ids="-".join)
@both_precisions
def test_twenty_steps_lead_where_numpy_leads(optimizer, case, dtype):
    expected, loss = trained("numpy", case, optimizer, dtype)
    found, compiled_loss = trained("compiled", case, optimizer, dtype)
    assert compiled_loss == pytest.approx(loss, rel=TOLERANCES[dtype])
    check_alike(found, expected, dtype)
