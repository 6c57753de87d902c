"""What is said where numbers are no longer finite, by the engine that comes to them."""

import numpy as np
import pytest

from nncli.engines.divergence import NotFinite, is_finite
from nncli.engines.numpy.engine import NumpyEngine
from nncli.nn.network import Layer, Network, Objective, initial_parameters
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization

RATE = "a smaller training.learning_rate"
SCALE = "data.scale: standard"


def new_engine(*, optimizer="sgd", dtype=np.float32, activation="relu", clip_norm=None):
    layers = [Layer(2, 3, activation), Layer(3, 2, activation), Layer(2, 1, "identity")]
    parameters = initial_parameters(layers, [("constant", {"value": 0.5})] * 3, 0, dtype)
    return NumpyEngine(
        Network(layers, parameters),
        Objective("mean_squared_error", {}),
        optimizer=optimizer,
        settings=OPTIMIZERS[optimizer].complete({}),
        regularization=Regularization(clip_norm=clip_norm),
        batch_rows=4,
    )


def batch(largest=1.0, dtype=np.float32):
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype) * dtype(largest)
    return X, np.array([[0], [1], [1], [0]], dtype)


def refused(engine, X, T, rate=0.1):
    before = engine.parameters()
    with pytest.raises(NotFinite) as caught:
        engine.step(X, T, rate)
    assert engine.parameters().tobytes() == before.tobytes()
    return str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_weights_that_are_not_finite_are_named_by_the_next_step_and_by_the_check(layer, value):
    engine = new_engine()
    engine.step(*batch(), 0.1)
    engine.network.arrays[layer - 1].W[-1, -1] = value
    message = refused(engine, *batch())
    assert message == (
        f"the loss is {message.split()[3].rstrip(',')}, the weights of layer {layer} are not "
        f"finite; try {RATE}, or training.clip_norm: 1"
    )
    with pytest.raises(NotFinite, match=f"^the weights of layer {layer} are not finite; try"):
        engine.check_finite()


def test_weights_that_no_loss_shows_are_found_by_the_check():
    engine = new_engine()
    engine.step(*batch(), 0.1)
    engine.network.arrays[0].b[0] = -np.inf  # a ReLU that is dead for ever
    loss, _ = engine.step(*batch(), 0.1)
    assert np.isfinite(loss)
    with pytest.raises(NotFinite, match="the weights of layer 1 are not finite"):
        engine.check_finite()


def test_inputs_that_are_too_large_are_blamed_on_their_scale():
    assert refused(new_engine(), *batch(1e25)).endswith(f"; try {SCALE}, or {RATE}")
    engine = new_engine()
    engine.step(*batch(), 0.1)
    assert refused(engine, *batch(1e25)).endswith(f"; try {SCALE}, or {RATE}")


def test_sums_that_overflow_are_named_by_layer():
    engine = new_engine()
    engine.network.arrays[1].W[:] = 3e38
    message = refused(engine, *batch())
    assert message.startswith("the loss is ")
    assert ", the sums of layer 2 are too large; try " in message


def test_a_loss_that_overflows_alone_is_that_of_the_outputs():
    engine = new_engine()
    engine.network.arrays[2].W[:] = 1e25
    message = refused(engine, *batch())
    assert message.startswith(
        "the loss is inf, the outputs of layer 3 are too far from the targets"
    )


def test_a_gradient_that_overflows_names_its_layer():
    engine = new_engine()
    for arrays, weight in zip(engine.network.arrays, (1e6, 1e-36, 1e34), strict=True):
        arrays.W[:] = weight
    assert refused(engine, *batch()).startswith("the gradient of layer 2 is not finite; try ")


def test_with_clipping_the_scale_is_the_second_remedy():
    engine = new_engine(clip_norm=1.0)
    engine.step(*batch(), 0.1)
    engine.network.arrays[0].W[0, 0] = np.nan
    assert refused(engine, *batch()).endswith(f"; try {RATE}, or {SCALE}")


def test_a_gradient_whose_square_alone_overflows_is_clipped_and_followed():
    engine = new_engine(clip_norm=1.0)
    engine.network.arrays[2].W[:] = 1e18
    before = engine.parameters()
    engine.step(*batch(), 0.5)
    assert np.isfinite(engine.parameters()).all()
    assert not np.array_equal(engine.parameters(), before)
    norms = [each.gradient_norm for each in engine.layer_statistics()]
    assert max(norms) > 1e19
    assert np.isfinite(norms).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_that_is_not_finite_is_seen(value, dtype):
    array = np.full((3, 5), np.finfo(dtype).max, dtype)
    assert is_finite(array)
    assert is_finite(np.zeros(0, dtype))
    array[2, 3] = value
    assert not is_finite(array)
