"""Engines report the first numbers that are not finite."""

import numpy as np
import pytest

from nncli.data.scaling import Scaling
from nncli.engines.divergence import is_finite
from nncli.engines.engine import Steps, Sums
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, initial_parameters
from nncli.nn.penalties import Regularization
from tests.engines.engines import (
    arrays_of,
    engine_of,
    every_engine,
    parameters_of,
    set_arrays,
    setup_of,
    take,
    with_plain,
)
from tests.nn.networks import build_layers

RATE = "a smaller training.learning_rate"
SCALE = "data.scale: standard"
ALL = range(4)
LARGE = range(4, 8)  # the same rows with large values
LAYERS = build_layers((2, 3, 2, 1), "relu", "identity")


def new_engine(name, *, largest=1e25, clip_norm=None):
    parameters = initial_parameters(LAYERS, [("constant", {"value": 0.5})] * 3, 0, np.float32)
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    T = np.array([[0], [1], [1], [0]], np.float32)
    setup = setup_of(
        Network(LAYERS, parameters),
        np.concatenate([X, X * np.float32(largest)]),
        np.concatenate([T, T]),
        "mean_squared_error",
        regularization=Regularization(clip_norm=clip_norm),
    )
    return engine_of(name, setup)


def refused(engine, rows=ALL):
    """Return the problem of a refused step, which must change neither parameters nor sums."""
    before, sums = parameters_of(engine), Sums()
    done, problem = engine.steps(np.array([rows]), [0.1], sums)
    assert done == 0
    assert (sums.steps, sums.rows, sums.loss, sums.score, sums.penalty) == (0, 0, 0, 0, 0)
    assert {*sums.squared_norms} == {0}
    assert {*sums.saturated} == {None}
    assert parameters_of(engine).tobytes() == before.tobytes()
    return problem


def spoil(engine, name, place, value):
    """Change one number of an engine's parameters."""
    array = arrays_of(engine, LAYERS)[name]
    array[place] = value
    set_arrays(engine, LAYERS, **{name: array})


@with_plain
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_weights_that_are_not_finite_are_named_by_the_next_step_and_by_the_check(
    engine, layer, value
):
    trained = new_engine(engine)
    take(trained, ALL)
    spoil(trained, f"W{layer}", (-1, -1), value)
    message, second = refused(trained), SCALE if engine == "plain" else "training.clip_norm: 1"
    assert message == (
        f"the loss is {message.split()[3].rstrip(',')}, because the weights of layer {layer} are "
        f"not finite; try {RATE}, or {second}"
    )
    assert trained.problem().startswith(f"the weights of layer {layer} are not finite; try")


@with_plain
def test_bad_weights_that_do_not_affect_the_loss_are_found_by_the_check(engine):
    trained = new_engine(engine)
    take(trained, ALL)
    assert trained.problem() is None
    spoil(trained, "b1", 0, -np.inf)  # a dead ReLU
    assert np.isfinite(take(trained, ALL).loss)
    assert "the weights of layer 1 are not finite" in trained.problem()


@every_engine
def test_a_bad_running_variance_that_does_not_affect_the_loss_is_found_by_the_check(engine):
    layers = [*block(2, 3, "relu", normalization="batch_norm"), *block(3, 1, "identity")]
    parameters = initial_parameters(layers, [("he_normal", {})] * 2, 0, np.float32)
    X = np.random.default_rng(0).normal(0, 1e20, (4, 2)).astype(np.float32)
    T = np.ones((4, 1), np.float32)
    trained = engine_of(engine, setup_of(Network(layers, parameters), X, T, "mean_squared_error"))
    assert trained.problem() is None
    assert np.isfinite(take(trained, ALL).loss)
    assert np.isfinite(parameters_of(trained)).all()
    assert trained.problem() == (
        f"the running variance of layer 1 is not finite; try {SCALE}, or {RATE}"
    )


@every_engine
def test_inputs_that_are_too_large_are_blamed_on_their_scale(engine):
    assert refused(new_engine(engine), LARGE).endswith(f"; try {SCALE}, or {RATE}")
    trained = new_engine(engine)
    take(trained, ALL)
    assert refused(trained, LARGE).endswith(f"; try {SCALE}, or {RATE}")


@with_plain
@pytest.mark.parametrize(("scale", "remedy"), [(1.0, "unit"), (1 / 255, "standard")])
def test_pixels_that_are_too_large_are_scaled_by_their_largest_value(engine, scale, remedy):
    layers = build_layers((2, 1), "identity", "identity")
    network = Network(
        layers, initial_parameters(layers, [("constant", {"value": 1e200})], 0, np.float64)
    )
    X, T = np.array([[0, 255], [255, 0]], np.uint8), np.ones((2, 1))
    setup = setup_of(network, X, T, "mean_squared_error", scaling=Scaling(0.0, scale))
    message = refused(engine_of(engine, setup), range(2))
    assert message.endswith(f"; try data.scale: {remedy}, or {RATE}")


@every_engine
def test_sums_that_overflow_are_named_by_layer(engine):
    trained = new_engine(engine)
    set_arrays(trained, LAYERS, W2=3e38)
    message = refused(trained)
    assert message.startswith("the loss is ")
    assert ", because the pre-activations of layer 2 are too large; try " in message


@every_engine
def test_an_overflow_of_only_the_loss_is_blamed_on_the_outputs(engine):
    trained = new_engine(engine)
    set_arrays(trained, LAYERS, W3=1e25)
    assert refused(trained).startswith(
        "the loss is inf, because the outputs of layer 3 are too far from the targets"
    )


@every_engine
def test_a_gradient_that_overflows_names_its_layer(engine):
    trained = new_engine(engine)
    set_arrays(trained, LAYERS, W1=1e6, W2=1e-36, W3=1e34)
    assert refused(trained).startswith("the gradient of layer 2 is not finite; try ")


@every_engine
def test_a_penalty_that_alone_overflows_is_named(engine):
    layers = build_layers((2, 3, 1), "tanh", "sigmoid")
    parameters = initial_parameters(layers, [("constant", {"value": 1e155})] * 2, 0, np.float64)
    setup = setup_of(
        Network(layers, parameters),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
        np.array([[1.0], [1.0]]),
        "sigmoid_cross_entropy",
        regularization=Regularization(l2=1e-5),
    )
    message = refused(engine_of(engine, setup), [0, 1])
    assert message.startswith("the penalty of the weights is not finite; try data.scale: standard")


@every_engine
def test_with_clipping_the_scale_is_the_second_remedy(engine):
    trained = new_engine(engine, clip_norm=1.0)
    take(trained, ALL)
    spoil(trained, "W1", (0, 0), np.nan)
    assert refused(trained).endswith(f"; try {RATE}, or {SCALE}")


@every_engine
def test_a_gradient_whose_square_alone_overflows_is_clipped_and_followed(engine):
    trained = new_engine(engine, clip_norm=1.0)
    set_arrays(trained, LAYERS, W3=1e18)
    before = parameters_of(trained)
    sums = take(trained, ALL, rate=0.5)
    assert np.isfinite(parameters_of(trained)).all()
    assert not np.array_equal(parameters_of(trained), before)
    norms = [each.gradient_norm for each in sums.layers()]
    assert max(norms) > 1e19
    assert np.isfinite(norms).all()


@every_engine
def test_the_steps_before_a_refused_one_are_taken_and_counted(engine):
    trained, other = new_engine(engine), new_engine(engine)
    sums, batches = Sums(), np.array([ALL, ALL, LARGE, ALL])
    done, problem = trained.steps(batches, [0.1] * 4, sums)
    assert (done, problem.split()[:3]) == (2, ["the", "loss", "is"])
    expected = take(other, ALL, ALL)
    assert (sums.steps, sums.rows, sums.loss, sums.score) == (
        expected.steps,
        expected.rows,
        expected.loss,
        expected.score,
    )
    np.testing.assert_array_equal(parameters_of(trained), parameters_of(other))
    assert Steps(2).problem is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_that_is_not_finite_is_detected(value, dtype):
    array = np.full((3, 5), np.finfo(dtype).max, dtype)
    assert is_finite(array)
    assert is_finite(np.zeros(0, dtype))
    array[2, 3] = value
    assert not is_finite(array)
