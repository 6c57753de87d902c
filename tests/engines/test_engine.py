"""A step of the engine: gradient with penalties, the perceptron learning rule, ten steps."""

import tracemalloc
from dataclasses import replace
from math import cos, pi

import numpy as np
import pytest

from nncli.engines.numpy.engine import NumpyEngine
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.network import Layer, Network, parameter_count
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from nncli.nn.schedules import SCHEDULES, rate_function
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

PENALTIES = {"l1": 0.02, "l2": 0.3}


def make_engine(
    network, loss, *, optimizer="sgd", batch_rows=ROWS, settings=None, **regularization
):
    return NumpyEngine(
        network,
        objective(loss),
        optimizer=optimizer,
        settings=OPTIMIZERS[optimizer].complete(settings or {}),
        regularization=Regularization(**regularization),
        batch_rows=batch_rows,
    )


def penalty(network, l1, l2):
    return sum(l1 * np.abs(W).sum() + l2 / 2 * (W**2).sum() for W, *_ in network.arrays)


def check_engine_gradient(hidden, loss, output):
    """Compare the step with rate 1 with the central differences of loss and penalties."""
    network, X, T = draw_case((3, 5, 4, 3), hidden, output, loss)
    work, joined = network.workspace(ROWS), objective(loss)

    def value():
        network.logits(X, work)
        return joined(network, T, work) + penalty(network, **PENALTIES)

    numerical = numerical_gradient(network, value)
    before = network.parameters.copy()
    make_engine(network, loss, batch_rows=3 * ROWS, **PENALTIES).step(X, T, 1.0)
    np.testing.assert_allclose(before - network.parameters, numerical, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_the_gradient_with_penalties_of_a_short_batch_equals_central_differences(
    hidden, loss, output
):
    check_engine_gradient(hidden, loss, output)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_corrupted_derivative_is_found(hidden, monkeypatch):
    entry = ACTIVATIONS[hidden]

    def corrupted(dA, Z, A, out, **settings):
        entry.backward(dA, Z, A, out, **settings)
        corrupt(entry, out, 1e-3)

    monkeypatch.setitem(ACTIVATIONS, hidden, replace(entry, backward=corrupted))
    with pytest.raises(AssertionError):
        check_engine_gradient(hidden, *LOSS_AND_OUTPUT[0])


def perceptron(inputs, outputs, seed=0):
    random = np.random.default_rng(seed)
    return Network([Layer(inputs, outputs, "step")], random.normal(size=(inputs + 1) * outputs))


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("rate", [1.0, 0.1])
def test_a_step_on_one_row_is_the_perceptron_learning_rule(outputs, rate):
    network, random = perceptron(4, outputs), np.random.default_rng(1)
    engine = make_engine(network, "perceptron", batch_rows=1)
    wrong = 0
    for _ in range(40):
        x, t = random.normal(size=4), random.integers(0, 2, outputs).astype(float)
        (W, b, _), expected = network.arrays[0], []
        for unit in range(outputs):
            z = sum(W[i, unit] * x[i] for i in range(4)) + b[unit]
            error = t[unit] - (1.0 if z > 0 else 0.0)
            wrong += error != 0
            new = [W[i, unit] + rate * (error * x[i]) for i in range(4)]
            expected.append([*new, b[unit] + rate * error])
        engine.step(x.reshape(1, -1), t.reshape(1, -1), rate)
        np.testing.assert_array_equal(np.vstack([W, b]).T, expected)
    assert 0 < wrong < 40 * outputs


@pytest.mark.parametrize("targets", [[0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]])
def test_a_perceptron_learns_a_gate_that_can_be_separated_and_then_stays(targets):
    rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    network = perceptron(2, 1)
    engine = make_engine(network, "perceptron", batch_rows=1)
    for _ in range(50):
        before = network.parameters.copy()
        for x, t in zip(rows, targets, strict=True):
            engine.step(x.reshape(1, 2), np.array([[float(t)]]), 0.5)
    outputs = network.outputs(rows, network.workspace(4))
    np.testing.assert_array_equal(outputs[:, 0], targets)
    np.testing.assert_array_equal(network.parameters, before)


def test_ten_steps_with_a_schedule_and_weight_decay_follow_the_equations():
    """Follow w ← w - η(t) ((w x + b - t) x + λ w) and b ← b - η(t) (w x + b - t) in floats."""
    network = Network([Layer(1, 1, "identity")], np.array([0.7, -0.2]))
    engine = make_engine(network, "half_squared_error", batch_rows=1, l2=0.1)
    rate = rate_function("cosine", SCHEDULES["cosine"].complete({}), 0.3, 10)
    w, b = 0.7, -0.2
    for epoch in range(10):
        x, t = 0.3 * epoch - 1, 0.5 * epoch
        engine.step(np.array([[x]]), np.array([[t]]), rate(epoch, 1.0))
        eta, error = 0.3 * (1 + cos(pi * epoch / 10)) / 2, w * x + b - t
        w, b = w - eta * (error * x + 0.1 * w), b - eta * error
        np.testing.assert_allclose(network.parameters, [w, b], rtol=1e-12)


def test_ten_steps_teach_every_unit_its_own_slope_as_plain_python_says():
    network, X, T = draw_case((3, 5, 4, 2), "prelu", "sigmoid", "sigmoid_cross_entropy")
    for arrays in network.arrays[:2]:
        arrays.slope.fill(0.25)
    expected = network.parameters.copy()
    engine = make_engine(network, "sigmoid_cross_entropy")
    for _ in range(10):
        layers = reference_layers(Network(network.layers, expected))
        gradient = reference.loss_gradients(X.tolist(), T.tolist(), layers, "sigmoid_cross_entropy")
        expected -= 0.5 * np.array(gradient)
        engine.step(X, T, 0.5)
    np.testing.assert_allclose(network.parameters, expected, rtol=1e-10, atol=1e-12)
    for arrays in network.arrays[:2]:
        assert (arrays.slope != 0.25).all()
        assert len(set(arrays.slope.tolist())) == len(arrays.slope)


@pytest.mark.parametrize("hidden", ["tanh", "prelu"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_steady_step_allocates_no_arrays(hidden, optimizer):
    layers = build_layers((120, 150, 130), hidden, "sigmoid")
    flat = np.random.default_rng(3).normal(0, 0.1, parameter_count(layers)).astype(np.float32)
    engine = make_engine(
        Network(layers, flat), "sigmoid_cross_entropy", optimizer=optimizer, batch_rows=200
    )
    X, T = np.ones((200, 120), np.float32), np.ones((200, 130), np.float32)
    engine.step(X, T, 0.01)
    tracemalloc.start()
    engine.step(X, T, 0.01)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < BUFFER_BYTES + 8000 < 120 * 150 * 4


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_clips_the_gradient_and_then_limits_the_norms(optimizer):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "identity", "squared_error")
    engines = []
    for settings in ({"clip_norm": 1e-3, "max_norm": 0.5}, {}):
        copy = Network(network.layers, network.parameters.copy())
        engines.append(make_engine(copy, "squared_error", optimizer=optimizer, **settings))
    for engine in engines:
        engine.step(X, T, 0.1)
    clipped, unclipped = engines
    for W, *_ in clipped.network.arrays:
        assert (np.sqrt((W**2).sum(axis=0)) <= 0.5 * (1 + 1e-12)).all()
    assert (clipped.network.parameters != unclipped.network.parameters).any()
    # The norms that are reported are those before clipping.
    assert clipped.layer_statistics() == unclipped.layer_statistics()


def test_the_statistics_are_those_since_the_last_call():
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    network.parameters *= 4
    engine = make_engine(network, "sigmoid_cross_entropy")
    before = saturated(network, X)
    for _ in range(3):
        engine.step(X, T, 1.0)
    statistics = engine.layer_statistics()
    assert [layer.saturated for layer in statistics] == before != saturated(network, X)
    assert all(layer.gradient_norm > 0 for layer in statistics)
    assert [tuple(layer) for layer in engine.layer_statistics()] == [(0.0, None)] * 3


def test_measuring_saturation_changes_no_step():
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "sigmoid", "sigmoid_cross_entropy")
    networks = [Network(network.layers, network.parameters.copy()) for _ in range(2)]
    often, once = (make_engine(each, "sigmoid_cross_entropy") for each in networks)
    for _ in range(3):
        assert often.step(X, T, 0.1) == once.step(X, T, 0.1)
        often.layer_statistics()
    np.testing.assert_array_equal(*(each.parameters for each in networks))


@pytest.mark.parametrize("rates", [(), (0.5, 0.5)])
def test_units_that_dropout_leaves_out_count_by_their_activation(rates):
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "identity", "squared_error")
    expected = saturated(network, X)[0]
    engine = NumpyEngine(
        network,
        objective("squared_error"),
        optimizer="sgd",
        settings=OPTIMIZERS["sgd"].complete({}),
        regularization=Regularization(),
        dropout=rates,
        batch_rows=ROWS,
    )
    engine.step(X, T, 0.1)
    first, _, output = engine.layer_statistics()
    assert (first.saturated, output.saturated) == (expected, None)
    assert expected > 0


def test_a_clipped_step_of_gradient_descent_has_the_length_of_the_norm():
    network, X, T = draw_case((3, 5, 4, 3), "tanh", "identity", "squared_error")
    before = network.parameters.copy()
    make_engine(network, "squared_error", clip_norm=1e-3).step(X, T, 0.1)
    assert np.linalg.norm(network.parameters - before) == pytest.approx(1e-4, rel=1e-9)
