"""Numba's kernels against the NumPy functions that they replace."""

import numpy as np
import pytest

from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.engines.numpy.batches import Batches, target_codes
from nncli.engines.numpy.engine import NumpyEngine
from nncli.engines.scores import correct_rows
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.kernels import NUMPY
from nncli.nn.losses import LOSSES
from nncli.nn.network import Layer, Network
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from tests.nn.networks import ROWS, draw_case, objective

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install 'nncli[fast]'")

from nncli.engines.compiled.kernels import FAST

# Relative to the largest number of an array, in which one or two roundings may differ.
TOLERANCES = {np.float32: 1e-5, np.float64: 1e-12}
both_precisions = pytest.mark.parametrize("dtype", TOLERANCES)


def check_alike(found, expected, dtype):
    largest = np.abs(expected).max(initial=0.0)
    np.testing.assert_allclose(
        found, expected, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype] * float(largest)
    )


OPTIMIZER_CASES = [(name, {}) for name in OPTIMIZERS]
OPTIMIZER_CASES += [("sgd", {"momentum": 0.9}), ("sgd", {"momentum": 0.9, "nesterov": True})]


def test_every_optimizer_has_a_kernel():
    assert FAST.optimizers.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize(("name", "settings"), OPTIMIZER_CASES)
@pytest.mark.parametrize("size", [1, 1003])
@both_precisions
def test_twenty_updates_are_those_of_numpy(name, settings, size, dtype):
    entry, settings = OPTIMIZERS[name], OPTIMIZERS[name].complete(settings)
    start = np.random.default_rng(5).normal(size=size).astype(dtype)
    paths = []
    for update in (entry.update, FAST.optimizers[name]):
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
def test_means_that_fade_become_zero_and_never_denormal(name, settings, dtype):
    entry, settings = OPTIMIZERS[name], OPTIMIZERS[name].complete(settings)
    w, slots = np.ones(5, dtype), np.zeros((entry.slots, 5), dtype)
    smallest = np.finfo(dtype).tiny
    slots[0] = [1.1 * smallest, -1.1 * smallest, 2 * smallest, 0.0, np.nan]
    FAST.optimizers[name](w, np.zeros_like(w), slots, np.empty_like(w), 0.01, 5, **settings)
    np.testing.assert_allclose(slots[0], [0, 0, 1.8 * smallest, 0, np.nan], rtol=1e-6)


SHAPES = [(1, 1), (7, 1), (64, 10), (10, 64), (5, 10), (128, 37), (1000, 3)]
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def buffer(shape, dtype, values=np.nan):
    """Return an array as a workspace has them: poisoned, or with values, in its memory order."""
    rows, columns = shape
    array = shaped(flat_buffer(rows + 3, columns, dtype), rows, columns)
    array[...] = values
    return array


def draw(shape, dtype, seed):
    return buffer(shape, dtype, np.random.default_rng(seed).normal(0, 3, shape))


@pytest.mark.parametrize("name", FAST.losses)
@every_shape
@both_precisions
def test_a_loss_and_its_gradient_are_those_of_numpy(name, shape, dtype):
    outputs = draw(shape, dtype, 0)
    targets = np.random.default_rng(1).random(shape)
    T = buffer(shape, dtype, targets / targets.sum(axis=1, keepdims=True))
    kept = outputs.copy()
    values, gradients = [], []
    for function in (LOSSES[name].function, FAST.losses[name]):
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
    value = FAST.losses[name](Z, T, found, np.empty_like(Z))
    assert value == pytest.approx(LOSSES[name].function(Z, T, expected, np.empty_like(Z)))
    check_alike(found, expected, dtype)


def settings_of(name):
    return ACTIVATIONS[name].complete({})


@pytest.mark.parametrize("name", FAST.biased_forward)
@every_shape
@both_precisions
def test_bias_and_activation_in_one_are_those_of_numpy(name, shape, dtype):
    products, b = draw(shape, dtype, 2), draw((1, shape[1]), dtype, 3)[0]
    Z, A = buffer(shape, dtype, products), buffer(shape, dtype)
    FAST.biased_forward[name](Z, b, A, **settings_of(name))
    np.testing.assert_array_equal(Z, products + b)
    expected = buffer(shape, dtype)
    ACTIVATIONS[name].forward(Z, expected, **settings_of(name))
    np.testing.assert_array_equal(A, expected)


@pytest.mark.parametrize("name", FAST.biased_forward)
@pytest.mark.parametrize("shape", [(2, 3), (30, 3)], ids=str)
def test_what_is_not_a_number_stays_so(name, shape):
    Z, A = buffer(shape, np.float32, 1.0), buffer(shape, np.float32)
    Z[1] = np.nan, np.inf, -np.inf
    FAST.biased_forward[name](Z, np.zeros(3, np.float32), A, **settings_of(name))
    expected = buffer(shape, np.float32)
    ACTIVATIONS[name].forward(Z, expected, **settings_of(name))
    np.testing.assert_array_equal(A, expected)
    assert np.isnan(A[1, 0])


@pytest.mark.parametrize("name", FAST.backward)
@pytest.mark.parametrize("in_place", [True, False])
@every_shape
@both_precisions
def test_the_backward_pass_is_that_of_numpy(name, in_place, shape, dtype):
    entry, gradients = ACTIVATIONS[name], []
    for function in (entry.backward, FAST.backward[name]):
        Z, A, dA = draw(shape, dtype, 4), buffer(shape, dtype), draw(shape, dtype, 5)
        entry.forward(Z, A, **settings_of(name))
        out = dA if in_place else buffer(shape, dtype)
        function(dA, Z, A, out, **settings_of(name))
        gradients.append(out)
    check_alike(gradients[1], gradients[0], dtype)


NARROW_SIZES = [(1, 1), (2, 3), (3, 1), (10, 10)]


@pytest.mark.parametrize(("inputs", "outputs"), NARROW_SIZES)
@pytest.mark.parametrize("rows", [1, 7, 1000])
@both_precisions
def test_narrow_products_are_those_of_numpy(rows, inputs, outputs, dtype):
    A, dZ = draw((rows, inputs), dtype, 0), draw((rows, outputs), dtype, 1)
    W, b = draw((inputs, outputs), dtype, 2).copy("C"), draw((outputs, 1), dtype, 3)[:, 0].copy()
    Z, dA = buffer((rows, outputs), dtype), buffer((rows, inputs), dtype)
    dW, db = np.full_like(W, np.nan), np.full_like(b, np.nan)
    FAST.narrow.forward(A, W, b, Z)
    FAST.narrow.gradients(A, dZ, dW, db)
    FAST.narrow.backward(dZ, W, dA)
    check_alike(Z, A @ W + b, dtype)
    check_alike(dW, A.T @ dZ, dtype)
    check_alike(db, dZ.sum(axis=0), dtype)
    check_alike(dA, dZ @ W.T, dtype)


@pytest.mark.parametrize("outputs", [1, 2, 10])
@both_precisions
def test_correct_rows_are_counted_as_numpy_does(outputs, dtype):
    network = Network([Layer(1, outputs, "identity")], np.zeros(2 * outputs, dtype))
    work = network.workspace(501)
    work.Z[-1][...] = np.random.default_rng(4).integers(-2, 3, (501, outputs))  # many ties
    codes = target_codes(max(outputs, 2), outputs, dtype)
    T = codes[np.random.default_rng(5).integers(0, len(codes), 501)]
    expected = correct_rows(network, T, work)
    assert 0 < expected < 501
    assert FAST.scores[correct_rows](network, T, work) == expected


SCALINGS = {
    "nothing": Scaling(),
    "number": Scaling(0.0, 1 / 255),
    "numbers": Scaling(3.5, 0.1),
    "columns": Scaling(np.array([0.0, 1.5, -2.25, 100]), np.array([1.0, 0.1, 3, 1e-3])),
    "scale of columns": Scaling(0.0, np.array([1.0, 0.1, 3, 1e-3])),
}
INPUT_TYPES = ["bool", "uint8", "int16", "int64", "float16", ">i2", ">f4", "float32", "float64"]


def batches_in_both(split, scaling, codes, batch_rows):
    """Return all batches, copied, gathered with NumPy and with Numba."""
    rows = np.random.default_rng(7).permutation(split.rows)
    return [
        [
            (X.copy("A"), T.copy("A"))
            for X, T in Batches(split, scaling, codes, batch_rows, kernels).shuffled(rows)
        ]
        for kernels in (NUMPY, FAST)
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
def test_targets_that_are_numbers_are_exactly_those_of_numpy(columns, kind, dtype):
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
    ("prelu", "sigmoid", "squared_error"),  # learns slopes, which no kernel knows of
    ("gelu", "identity", "huber"),  # has no kernel
]


def trained(case, optimizer, kernels, dtype, steps=20):
    """Return the parameters after some steps, with dropout and a mask, and the last loss."""
    network, X, T = draw_case((3, 12, 5, 2), *case, dtype)
    network.connect_partially({0: np.arange(36).reshape(3, 12) % 4 > 0})
    engine = NumpyEngine(
        network,
        objective(case[2]),
        optimizer=optimizer,
        settings=OPTIMIZERS[optimizer].complete({}),
        regularization=Regularization(l2=0.01),
        dropout=[0.3, 0.0],
        batch_rows=ROWS,
        kernels=kernels,
    )
    for step in range(steps):
        rows = ROWS - step % 2  # every other batch is a short one
        loss, _ = engine.step(X[:rows], T[:rows], 0.01)
    assert (network.parameters == 0).any()
    return network.parameters, loss


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("case", CASES, ids="-".join)
@both_precisions
def test_twenty_steps_lead_where_numpy_leads(optimizer, case, dtype):
    expected, loss = trained(case, optimizer, NUMPY, dtype)
    found, fast_loss = trained(case, optimizer, FAST, dtype)
    assert fast_loss == pytest.approx(loss, rel=TOLERANCES[dtype])
    check_alike(found, expected, dtype)
