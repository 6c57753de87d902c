"""Networks with normalized layers: ten steps of both engines against plain Python, and memory."""

import tracemalloc

import numpy as np
import pytest

from nncli.base.threads import limited_threads
from nncli.data.splits import whole
from nncli.nn.network import Network, numbered
from tests import normalization_reference as reference
from tests.engines.engines import take
from tests.normalized import (
    KINDS,
    draw_network,
    draw_rows,
    engine_of,
    every_engine,
    every_kind,
    layers_of,
    network_of,
)

ROWS = 12
BATCHES = [
    *([0, 1, 2, 3, 4], [5, 6], [7, 8, 9, 10, 11], [3, 1, 8], [2, 9, 4, 11]),
    *([10, 0], [6, 7, 5], [0, 2, 4, 6, 8], [1, 3, 5, 7], [9, 11, 10]),
]
OPTIMIZERS = {
    "sgd": ({"momentum": 0.9}, lambda: reference.heavy_ball(0.05, 0.9)),
    "adam": ({}, lambda: reference.adam(0.05)),
}
SETTINGS = {  # settings of normalizations, by optimizer
    "sgd": {},
    "adam": {
        "layer_norm": {"epsilon": 1e-3},
        "batch_norm": {"epsilon": 0.01, "momentum": 0.25},
    },
}
# hidden activations, normalizations, output, loss
CASES = {
    **{kind: (("tanh", "gelu"), kind, "softmax", "cross_entropy") for kind in KINDS},
    "relu layer_norm": (("relu", "relu"), "layer_norm", "identity", "mean_squared_error"),
    "relu batch_norm": (("relu", "relu"), "batch_norm", "identity", "mean_squared_error"),
    "slopes": (("prelu", "leaky_relu"), ("batch_norm", "layer_norm"), "tanh", "half_squared_error"),
    "some": (
        ("sigmoid", "relu", "elu"),
        ("batch_norm", "none", "layer_norm"),
        "sigmoid",
        "sigmoid_cross_entropy",
    ),
}


def as_reference(network):
    """Return the layers in the form of the plain Python reference."""
    found = []
    for block in network.blocks:
        between = block.between[0] if block.between else None
        found.append(
            reference.Normalized(
                between.kind if between else "none",
                block.activation.kind,
                {k: v for k, v in block.activation.parameters.items() if k != "slope"}
                if block.activation.trained
                else dict(block.activation.parameters),
                {
                    name: array.tolist()
                    for layer in block.layers
                    for name, array in layer.arrays.items()
                },
                **(between.parameters if between else {}),
            )
        )
    return found


@every_engine
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_ten_steps_on_batches_of_unequal_size_are_those_of_plain_python(case, optimizer, engine):
    hidden, kinds, output, loss = case
    sizes = (*(3, 6, 5, 4)[: len(hidden) + 1], 2)
    layers = layers_of(sizes, hidden, output, kinds, SETTINGS[optimizer])
    network = draw_network(layers)
    X, T = draw_rows(network, loss, ROWS)
    expected, (given, plain) = as_reference(network), OPTIMIZERS[optimizer]
    trained = engine_of(engine, network, X, T, loss, optimizer=optimizer, settings=given)
    take(trained, *BATCHES, rate=0.05)
    batches = [([X[i].tolist() for i in b], [T[i].tolist() for i in b]) for b in BATCHES]
    reference.train(batches, expected, loss, plain)
    found = network_of(trained, layers)
    for number, layer in numbered(found.layers):
        for name, array in layer.arrays.items():
            wanted = expected[number - 1].arrays[name]
            np.testing.assert_allclose(array, wanted, rtol=1e-9, atol=1e-9, err_msg=name)
            nothing_depends_on_it = name == "b" and "running_mean" in expected[number - 1].arrays
            assert np.array_equal(array, network.named[f"{name}{number}"]) == nothing_depends_on_it
    outputs = reference.outputs(X.tolist(), expected)
    np.testing.assert_allclose(
        found.outputs(X, found.workspace(ROWS)), outputs, rtol=1e-9, atol=1e-9
    )


def test_the_comparison_with_plain_python_can_fail(monkeypatch):
    monkeypatch.setattr(reference, "mean_and_variance", lambda numbers: (sum(numbers), 1.0))
    with pytest.raises(AssertionError):
        test_ten_steps_on_batches_of_unequal_size_are_those_of_plain_python(
            CASES["some"], "sgd", "numpy"
        )


# Both engines


@every_kind
@pytest.mark.parametrize(
    ("sizes", "rows"),
    [
        ((2, 3, 1), 40),
        ((2, 3, 3, 1), 3),
        ((3, 1, 2), 9),
        ((3, 1, 1, 1), 50),
        ((20, 30, 12), 7),
        ((12, 10, 11, 3), 60),
    ],
    ids=str,
)
@pytest.mark.parametrize("hidden", ["relu", "tanh"])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 3e-4), ("float64", 1e-10)])
def test_both_engines_agree_up_to_rounding(kind, sizes, rows, hidden, dtype, tolerance):
    network = draw_network(layers_of(sizes, hidden, "sigmoid", kind), np.dtype(dtype))
    X, T = draw_rows(network, "sigmoid_cross_entropy", rows)
    found = []
    for name in ("numpy", "compiled"):
        others = {"settings": {"momentum": 0.9}, "validation": whole(X, T)}
        engine = engine_of(name, network, X, T, "sigmoid_cross_entropy", **others)
        batches = [np.arange(1, rows), np.arange(0, rows, 2), np.arange(rows - 1)]
        sums = take(engine, *batches, rate=0.02)
        found.append((*engine.snapshot().values(), sums.loss / sums.rows, engine.evaluate()))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


# Memory


@every_engine
@every_kind
@pytest.mark.parametrize("rows", [199, 150])
def test_a_step_in_the_steady_state_allocates_nothing_that_lasts(kind, engine, rows):
    layers = layers_of((120, 150, 140, 130), "relu", "sigmoid", kind)
    network = Network(layers, draw_network(layers).parameters.astype(np.float32) / 5)
    X, T = np.ones((200, 120), np.float32), np.ones((200, 130), np.float32)
    X += np.random.default_rng(0).random(X.shape, np.float32)
    trained = engine_of(engine, network, X, T, "sigmoid_cross_entropy", optimizer="adam")
    batches = np.arange(rows)[np.newaxis]
    sums = take(trained, np.arange(1, 200), batches[0])
    with limited_threads(1):  # as in a run
        tracemalloc.start()
        trained.steps(batches, [0.01], sums)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        trained.steps(batches, [0.01], sums)
        after, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert after - before < 1000
    assert peak - before < 50_000 < 150 * 130 * 4


# Evaluation


def batch_normalized(**others):
    """Return an engine and its layers."""
    layers = layers_of((3, 6, 5, 2), "tanh", "softmax", "batch_norm")
    network = draw_network(layers)
    X, T = draw_rows(network, "cross_entropy", ROWS)
    engine = engine_of(
        "numpy", network, X, T, "cross_entropy", optimizer="adam", batch_rows=5, **others
    )
    return engine, layers, X, T


def test_training_does_not_depend_on_evaluation_between_its_steps():
    X, T = np.random.default_rng(1).random((2, 7, 3))
    validation = whole(X, T[:, :2])
    (often, *_), (never, *_) = (batch_normalized(validation=validation) for _ in range(2))
    for batch in BATCHES:
        assert take(often, batch) == take(never, batch)
        first = often.evaluate()
        assert often.evaluate() == first
    for name, array in often.state().items():
        np.testing.assert_array_equal(array, never.state()[name])


def test_an_evaluation_equals_inference_for_any_batch_size(monkeypatch):
    random, found = np.random.default_rng(3), []
    X, T = random.normal(size=(11, 3)), np.eye(2)[random.integers(0, 2, 11)]
    for rows in (500, 5, 1):
        monkeypatch.setattr("nncli.engines.batches.EVALUATION_ROWS", rows)
        engine, layers, *_ = batch_normalized(validation=whole(X, T))
        take(engine, *BATCHES)
        found.append(engine.evaluate())
    network = network_of(engine, layers)
    A = network.outputs(X, network.workspace(11))
    loss = -(T * np.log(A)).sum(axis=1).mean()
    score = (A.argmax(axis=1) == T.argmax(axis=1)).mean()
    for each in found:
        assert each == pytest.approx((loss, score), rel=1e-12)


def test_the_loss_of_a_step_is_that_of_its_batch_normalized_by_itself():
    engine, layers, X, T = batch_normalized()
    network, rows = network_of(engine, layers), [4, 0, 9]
    network.logits(X[rows], work := network.workspace(3), 0)
    A = network.activate_output(work)
    expected = -(T[rows] * np.log(A)).sum()
    assert take(engine, rows).loss == pytest.approx(expected, rel=1e-12)


def test_an_engine_continues_from_its_state_bit_for_bit():
    whole_run, *_ = batch_normalized()
    first, *_ = batch_normalized()
    second, *_ = batch_normalized()
    take(whole_run, *BATCHES)
    take(first, *BATCHES[:4])
    second.restore(first.state())
    take(second, *BATCHES[4:])
    for name, array in whole_run.state().items():
        np.testing.assert_array_equal(array, second.state()[name])


@pytest.mark.parametrize("number", [1, 2])
def test_a_running_variance_that_is_infinite_is_named_with_its_layer(number):
    layers = layers_of((3, 6, 5, 2), "identity", "softmax", "batch_norm")
    network = draw_network(layers, np.float32)
    X, T = draw_rows(network, "cross_entropy", ROWS)
    network.arrays[f"W{number}"][:] *= np.float32(1e25)
    engine = engine_of("numpy", network, X, T, "cross_entropy")
    take(engine, *BATCHES[:2])  # dividing by an infinite variance gives 0
    expected = f"the running variance of layer {number} is not finite; try "
    assert engine.problem().startswith(expected)
