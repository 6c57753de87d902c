"""The guarantees for a new kind of layer, tested with one that is defined for tests."""

import numpy as np
import pytest

from nncli.nn.layers.kinds import block
from nncli.nn.network import (
    Network,
    blocks,
    initial_parameters,
    initial_state,
    parameter_count,
    state_count,
    state_views,
    trained_views,
)
from tests.nn.networks import numerical_gradient, objective
from tests.nn.stretched import stretched_block

LAYERS = [
    *stretched_block(3, 4, "tanh"),
    *block(4, 2, "prelu"),
    *stretched_block(2, 1, "sigmoid"),
]
NAMES = ["W1", "b1", "gain1", "shift1", "W2", "b2", "slope2", "W3", "b3", "gain3", "shift3"]
DRAWS = [("he_normal", {})] * 3


def network_of(layers=LAYERS, dtype=np.float64):
    return Network(layers, initial_parameters(layers, DRAWS, 0, dtype))


def test_its_arrays_are_with_those_of_its_block_under_its_number():
    flat = np.arange(parameter_count(LAYERS), dtype=np.float64)
    views = trained_views(LAYERS, flat)
    assert list(views) == NAMES
    np.testing.assert_array_equal(np.concatenate([each.ravel() for each in views.values()]), flat)
    first, second, third = blocks(LAYERS)
    assert first.names == ["W1", "b1", "gain1", "shift1"]
    assert [each.parameter_count for each in (first, second, third)] == [24, 12, 5]
    assert [each.kind for each in first.between] == ["stretched"]
    assert second.between == ()
    assert (third.inputs, third.outputs, third.activation.kind) == (2, 1, "sigmoid")
    assert [each.flops_per_row for each in (first, second, third)] == [24, 16, 4]


def test_its_state_is_in_a_separate_vector():
    assert state_count(LAYERS) == 2
    assert list(state_views(LAYERS, np.zeros(2))) == ["rows1", "rows3"]
    state = np.array([10.0, 20.0])
    network = Network(LAYERS, np.zeros(parameter_count(LAYERS)), state)
    assert network.state is state
    assert network.named["rows3"].tolist() == [20]
    assert list(network.named) == [*NAMES[:4], "rows1", *NAMES[4:], "rows3"]
    work = network.workspace(5)
    network.logits(np.ones((5, 3)), work, 0)
    assert state.tolist() == [15, 25]
    network.outputs(np.ones((5, 3)), work)
    assert state.tolist() == [15, 25]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_its_arrays_start_from_its_initial_values(dtype):
    network = network_of(dtype=dtype)
    assert network.parameters.dtype == network.state.dtype == dtype
    assert network.arrays["gain1"].tolist() == [2] * 4
    assert network.arrays["shift3"].tolist() == [0.5]
    assert network.state.tolist() == initial_state(LAYERS, dtype).tolist() == [7, 7]


def test_it_does_not_change_the_draws_of_the_weights():
    plain = [layer for layer in LAYERS if layer.kind != "stretched"]
    expected, found = network_of(plain).arrays, network_of().arrays
    for name in ("W1", "W2", "W3"):
        np.testing.assert_array_equal(found[name], expected[name])


def test_networks_of_the_same_layers_do_not_share_arrays():
    one, other = network_of(), network_of()
    one.arrays["gain1"].fill(5)
    one.state.fill(5)
    assert other.arrays["gain1"].tolist() == [2] * 4
    assert other.layers[1].arrays["rows"].tolist() == [7]
    assert LAYERS[1].arrays == {}


def test_its_gradients_and_those_of_earlier_layers_equal_central_differences():
    network, random = network_of(), np.random.default_rng(1)
    network.parameters += random.normal(0, 0.1, network.parameters.shape)
    X, T = random.normal(size=(6, 3)), random.random((6, 1))
    work, joined = network.workspace(9).first(6), objective("sigmoid_cross_entropy")
    gradient = np.full_like(network.parameters, np.nan)

    def loss():
        network.logits(X, work)
        return joined(network, T, work)

    loss()
    network.backward(work, network.by_layer(gradient))
    numerical = numerical_gradient(network, loss)
    np.testing.assert_allclose(gradient, numerical, rtol=1e-6, atol=1e-9)
