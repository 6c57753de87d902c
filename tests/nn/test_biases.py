"""Initial biases: drawn by their initializers, each layer from its own stream."""

import numpy as np
import pytest

from nncli.nn.biases import draw_biases
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, initial_parameters

INPUTS, UNITS = 30, 4000


def network(units=UNITS, dtype=np.float64, inputs=INPUTS):
    layers = [*block(inputs, units, "tanh"), *block(units, 3, "tanh")]
    flat = initial_parameters(layers, [("xavier_normal", {})] * 2, 0, dtype)
    return Network(layers, flat)


def drawn(*initializers, seed=0, **sizes):
    found = network(**sizes)
    draw_biases(found, initializers or [("normal", {"scale": 1.0})] * 2, seed)
    return found.arrays


@pytest.mark.parametrize(
    ("name", "parameters", "variance"),
    [
        ("normal", {"scale": 2.0}, 4.0),
        ("uniform", {"scale": 3.0}, 3.0),
        ("he_normal", {}, 2 / INPUTS),
        ("lecun_uniform", {}, 1 / INPUTS),
        ("xavier_normal", {}, 2 / (INPUTS + UNITS)),
        ("orthogonal", {"gain": 1.0}, 1 / UNITS),
    ],
)
def test_biases_have_the_variance_of_the_layers_weights(name, parameters, variance):
    biases = drawn((name, parameters), ("zeros", {}))["b1"]
    assert biases.shape == (UNITS,)
    assert abs(biases.mean()) < 5 * (variance / UNITS) ** 0.5
    assert biases.var() == pytest.approx(variance, rel=5 * (2 / UNITS) ** 0.5)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initializer_draws_finite_biases(name):
    entry = INITIALIZERS[name]
    arrays = drawn(*[(name, entry.complete({}))] * 2, units=5, dtype=np.float32)
    assert all(np.isfinite(arrays[each]).all() for each in ("b1", "b2"))
    assert arrays["b1"].dtype == np.float32


def test_constant_biases_have_their_value_and_zeros_are_zero():
    arrays = drawn(("constant", {"value": 0.25}), ("zeros", {}))
    assert (arrays["b1"] == 0.25).all()
    assert not arrays["b2"].any()


def test_the_weights_stay_the_same():
    arrays, plain = drawn(), network().arrays
    for name in ("W1", "W2"):
        np.testing.assert_array_equal(arrays[name], plain[name])


def test_biases_depend_on_the_seed_and_the_layer_and_are_no_row_of_the_weights():
    sizes = {"units": 3, "inputs": 3}
    arrays, other = drawn(**sizes), drawn(**sizes, seed=1)
    assert (arrays["b1"] != other["b1"]).all()
    assert (arrays["b1"] != arrays["b2"]).all()
    weights = initial_parameters(block(3, 3, "tanh"), [("normal", {"scale": 1.0})], 0, np.float64)
    assert not np.isin(arrays["b1"], weights).any()


def test_float32_biases_are_the_rounded_float64_ones():
    rounded = drawn(dtype=np.float32)["b1"]
    np.testing.assert_array_equal(rounded, drawn()["b1"].astype(np.float32))
