"""The plain engine computes what the fast engines compute."""

from dataclasses import replace
from math import erfc, exp, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.data.splits import whole
from nncli.engines.engine import Sums
from nncli.engines.plain import activations
from nncli.engines.plain.activations import ACTIVATIONS, through_softmax
from nncli.engines.plain.losses import LOSSES, OF_SUMS, row_loss
from nncli.nn import activations as fast_activations
from nncli.nn import losses as fast_losses
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, parameter_count
from nncli.nn.penalties import Regularization
from tests.engines.engines import copied, engine_of, parameters_of, setup_of
from tests.nn.networks import HIDDEN, LOSS_AND_OUTPUT, ROWS, draw_targets

# The engines add in different orders, so a sum of n terms differs by up to n roundings of its
# largest terms: here up to about 20 terms, through up to 4 layers and in 5 steps. The errors of
# numbers that nearly cancel are measured against 1, the size of inputs and weights.
ROUNDINGS = 2000
TOLERANCES = {kind: ROUNDINGS * float(np.finfo(kind).eps) for kind in (np.float64, np.float32)}
STEPS, RATE = 5, 0.02  # so small that no network diverges, which would amplify the roundings


def draw_network(sizes, hidden, output, seed, dtype):
    layers = []
    for before, units, name in zip(sizes, sizes[1:], [*hidden, output], strict=False):
        layers += block(before, units, name)
    flat = np.random.default_rng(seed).normal(0, 0.5, parameter_count(layers))
    return Network(layers, flat.astype(dtype))


def connected(network, seed):
    """Remove some connections of every layer."""
    random = np.random.default_rng([seed, 1])
    parts = network.blocks
    network.connect_partially(
        {part.weights: random.random((part.inputs, part.outputs)) < 0.7 for part in parts}
    )


def trained(name, setup, steps=STEPS):
    """Return the parameters, the sums and the validation results after some steps."""
    engine, sums = engine_of(name, replace(setup, network=copied(setup.network))), Sums()
    for number in range(steps):
        rows = ROWS - number % 2  # every other batch is short
        engine.steps(np.arange(rows).reshape(1, rows), [RATE], sums)
    return parameters_of(engine), sums, engine.evaluate()


def check_alike(found, expected, dtype):
    tolerance = TOLERANCES[dtype]
    np.testing.assert_allclose(found[0], expected[0], rtol=tolerance, atol=tolerance)
    for name in ("loss", "score", "penalty"):
        one, other = getattr(found[1], name), getattr(expected[1], name)
        assert one == pytest.approx(other, rel=tolerance, abs=tolerance)
    norms = [[layer.gradient_norm for layer in sums.layers()] for _, sums, _ in (found, expected)]
    assert norms[0] == pytest.approx(norms[1], rel=10 * tolerance, abs=10 * tolerance)
    assert found[1].saturated == expected[1].saturated
    assert found[2] == pytest.approx(expected[2], rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
@given(st.data())
@settings(max_examples=5, deadline=None)
def test_it_trains_every_network_as_the_fast_engines_do(loss, output, dtype, data):
    hidden = data.draw(st.lists(st.sampled_from(HIDDEN), max_size=3), label="hidden")
    sizes = data.draw(
        st.lists(st.integers(1, 5), min_size=len(hidden) + 2, max_size=len(hidden) + 2),
        label="sizes",
    )
    seed = data.draw(st.integers(0, 1000), label="seed")
    network = draw_network(sizes, hidden, output, seed, dtype)
    if data.draw(st.booleans(), label="missing connections"):
        connected(network, seed)
    random = np.random.default_rng([seed, 2])
    X = random.normal(size=(ROWS, sizes[0])).astype(dtype)
    T = draw_targets(random, loss, sizes[-1]).astype(dtype)
    weighted = data.draw(st.booleans(), label="row weights")
    split = replace(whole(X, T), weights=random.random(ROWS) if weighted else None)
    penalties = data.draw(st.sampled_from([(0.0, 0.0), (0.01, 0.0), (0.0, 0.1)]), label="l1, l2")
    momentum = data.draw(st.sampled_from([0.0, 0.9]), label="momentum")
    setup = setup_of(
        network,
        X,
        T,
        loss,
        settings={"momentum": momentum},
        regularization=Regularization(*penalties),
        training=split,
        validation=whole(X, T),
    )
    check_plain(setup, dtype)


def check_plain(setup, dtype):
    """Compare the plain engine with the fast ones."""
    found = trained("plain", setup)
    for fast in ("numpy", "compiled"):
        check_alike(found, trained(fast, setup), dtype)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "step"])
def test_a_wrong_derivative_of_an_activation_is_found(name, monkeypatch):
    output = name if name in {each for _, each in LOSS_AND_OUTPUT} else "identity"
    network = draw_network((3, 4, 2), [name], output, 0, np.float64)
    X, T = np.random.default_rng(1).normal(size=(2, ROWS, 3))
    setup = setup_of(network, X, T[:, :2], "squared_error", validation=whole(X, T[:, :2]))
    check_plain(setup, np.float64)
    entry = ACTIVATIONS[name]

    def wrong(z, **parameters):
        return 1.0001 * entry.derivative(z, **parameters)

    monkeypatch.setitem(ACTIVATIONS, name, entry._replace(derivative=wrong))
    with pytest.raises(AssertionError):
        check_plain(setup, np.float64)


def test_it_has_every_activation_and_loss():
    assert {*ACTIVATIONS, "softmax", "normalized_sigmoid"} == {*fast_activations.ACTIVATIONS}
    assert {*LOSSES, "cross_entropy"} == {*fast_losses.LOSSES}
    assert {*OF_SUMS} == {name for name, each in fast_losses.LOSSES.items() if each.on_logits}


EXTREMES = [0.0, 1e-30, 1.0, 36.0, 710.0, 1e4, 1e30, 1e200]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_sum_overflows_an_activation(name):
    defaults = fast_activations.ACTIVATIONS[name].complete({})
    for z in [*EXTREMES, *(-each for each in EXTREMES)]:
        found = [function(z, **defaults) for function in ACTIVATIONS[name]]
        assert np.isfinite(found).all()


@pytest.mark.parametrize("name", fast_losses.LOSSES)
def test_no_sum_overflows_a_loss(name):
    defaults = fast_losses.LOSSES[name].complete({})
    for z in [-1e100, -800.0, 0.0, 800.0, 1e100]:
        value, derivatives = row_loss(name, [z, 1.0], [1.0, 0.0], **defaults)
        assert np.isfinite([value, *derivatives]).all()
        assert value >= 0


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_not_a_number_is_not_hidden(name):
    defaults = fast_activations.ACTIVATIONS[name].complete({})
    if name != "step":  # its loss multiplies by z
        assert np.isnan(ACTIVATIONS[name].function(np.nan, **defaults))


def test_the_derivatives_of_cross_entropies_follow_from_the_chain_rule():
    """With ∂L/∂a = -t/a of softmax, and (a - t) / (a (1 - a)) of sigmoid."""
    z, t = [0.3, -1.2, 2.0], [0.2, 0.5, 0.3]
    a = activations.softmax(z)
    through = through_softmax(a, [-ti / ai for ti, ai in zip(t, a, strict=True)])
    assert row_loss("cross_entropy", z, t)[1] == pytest.approx(through, rel=1e-12)
    a = [activations.sigmoid(each) for each in z]
    by_outputs = [(ai - ti) / (ai * (1 - ai)) for ti, ai in zip(t, a, strict=True)]
    derivative = ACTIVATIONS["sigmoid"].derivative
    through = [by * derivative(each) for by, each in zip(by_outputs, z, strict=True)]
    assert row_loss("sigmoid_cross_entropy", z, t)[1] == pytest.approx(through, rel=1e-12)


def test_selu_has_the_constants_that_keep_mean_0_and_variance_1():
    """Derive λ and α (Klambauer et al., 2017) from moments of a standard normal z.

    E[max(z, 0)] = 1 / √(2π), E[eᶻ; z < 0] = √e Φ(-1) and E[e²ᶻ; z < 0] = e² Φ(-2).
    """
    once, twice = sqrt(exp(1)) * erfc(1 / sqrt(2)) / 2, exp(2) * erfc(sqrt(2)) / 2
    alpha = 1 / sqrt(2 * pi) / (1 / 2 - once)
    scale = 1 / sqrt(1 / 2 + alpha**2 * (twice - 2 * once + 1 / 2))
    selu = ACTIVATIONS["selu"].function
    assert selu(1.0) == pytest.approx(scale, rel=1e-14)
    assert selu(-800.0) == pytest.approx(-scale * alpha, rel=1e-14)


def test_in_float32_only_the_parameters_are_rounded():
    network = draw_network((3, 4, 2), ["tanh"], "identity", 0, np.float32)
    X, T = np.random.default_rng(1).normal(size=(2, ROWS, 3)).astype(np.float32)
    setup = setup_of(network, X, T[:, :2], "squared_error", validation=whole(X, T[:, :2]))
    wide = Network(network.layers, network.parameters.astype(np.float64))
    same = setup_of(
        wide,
        X.astype(np.float64),
        T[:, :2].astype(np.float64),
        "squared_error",
        validation=whole(X.astype(np.float64), T[:, :2].astype(np.float64)),
    )
    (short, sums, _), (parameters, exact, _) = (trained("plain", each, 1) for each in (setup, same))
    assert sums.loss == exact.loss
    assert sums.squared_norms == exact.squared_norms
    np.testing.assert_array_equal(short, parameters.astype(np.float32))
