"""The layer that applies an activation."""

import numpy as np
import pytest

from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.activation import SATURATION_ROWS, ActivationLayer
from nncli.nn.workspace import Workspace

every_activation = pytest.mark.parametrize("name", ACTIVATIONS)


def layer_of(name, units=3):
    """Return a layer with default parameters; learned slopes are 0.25."""
    layer = ActivationLayer(name, units, ACTIVATIONS[name].complete({}))
    return layer.bound({array: np.full(shape, 0.25) for array, shape in layer.trained.items()})


def own(layer, rows):
    return Workspace([layer], rows, np.float64).buffers[0]


@every_activation
def test_a_saturating_activation_has_a_saturated_fraction(name):
    layer, Z = layer_of(name), np.zeros((4, 3))
    assert layer.saturates == (ACTIVATIONS[name].responsive is not None)
    assert layer.saturated_share(Z) == (0.0 if layer.saturates else None)
    Z[1:3, 0] = 100.0, -100.0
    assert layer.saturated_share(Z) == (2 / 12 if layer.saturates else None)


@pytest.mark.parametrize("name", [n for n, entry in ACTIVATIONS.items() if entry.responsive])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_unit_is_saturated_where_its_sum_is_beyond_the_responsive_ones(name, sign):
    layer, bound = layer_of(name), ACTIVATIONS[name].responsive
    Z = sign * np.array([[0.0, bound, np.nextafter(bound, np.inf)]])
    assert layer.saturated_share(Z) == 1 / 3
    # At the bound the derivative is a tenth of its maximum.
    below, above = sign * bound * (1 - 1e-6), sign * bound * (1 + 1e-6)
    slopes, A = np.empty((1, 3)), np.empty((1, 3))
    Z = np.array([[0.0, below, above]])
    layer.apply(Z, A)
    layer.multiply(np.ones((1, 3)), Z, A, slopes)
    largest, within, beyond = slopes[0]
    assert beyond < 0.1 * largest < within


def test_only_the_first_rows_count_for_saturation():
    layer = layer_of("tanh", 1)
    Z = np.zeros((3 * SATURATION_ROWS, 1))
    Z[SATURATION_ROWS:] = 100.0
    assert layer.saturated_share(Z) == 0
    Z[: SATURATION_ROWS // 2] = 100.0
    assert layer.saturated_share(Z) == 0.5


@every_activation
def test_the_passes_are_those_of_the_entry(name):
    layer, entry = layer_of(name), ACTIVATIONS[name]
    Z, dA = np.random.default_rng(0).normal(size=(2, 5, 3))
    buffers, expected = own(layer, 5), np.empty((5, 3))
    A = layer.forward(Z.copy(), buffers, None)
    entry.forward(Z, expected, **layer.settings)
    np.testing.assert_array_equal(A, expected)
    assert A is buffers.Y
    given, gradients = dA.copy(), [np.full(each, np.nan) for each in layer.trained.values()]
    assert layer.backward(given, buffers, gradients) is given
    for found in gradients:
        wanted = np.empty(3)
        entry.slope_gradient(dA, Z, expected.copy(), wanted)
        np.testing.assert_array_equal(found, wanted)
    entry.backward(dA, Z, expected, dA, **layer.settings)
    np.testing.assert_array_equal(given, dA)


@every_activation
def test_only_learned_slopes_have_an_array_which_starts_from_the_parameter(name):
    layer = ActivationLayer(name, 3, {"slope": 0.5})
    learns = ACTIVATIONS[name].slope_gradient is not None
    assert layer.trained == ({"slope": (3,)} if learns else {})
    assert layer.starts == ({"slope": 0.5} if learns else {})
    assert layer.state == {}
    assert layer.weights is None
