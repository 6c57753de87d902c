"""Small networks with normalized hidden layers, and engines to train them."""

import numpy as np
import pytest

from nncli.nn.layers.kinds import NORMALIZATIONS, block
from nncli.nn.network import Network, parameter_count
from tests.engines import engines
from tests.nn.networks import KINKS, ROWS, draw_targets

KINDS = tuple(name for name, entry in NORMALIZATIONS.items() if entry.layer)
BOTH = ("batch_norm", "layer_norm")  # for two hidden layers

every_kind = pytest.mark.parametrize("kind", KINDS)
every_with_variance = pytest.mark.parametrize(
    "kind", [name for name in KINDS if "epsilon" in NORMALIZATIONS[name].parameters]
)
every_engine = pytest.mark.parametrize("engine", ["numpy", "compiled"])


def layers_of(sizes, hidden, output, kinds, settings=None):
    """Return layers; `hidden` and `kinds` have one name for all hidden layers, or one for each."""
    count = len(sizes) - 2
    activations = [*_one_each(hidden, count), output]
    normalizations = [*_one_each(kinds, count), "none"]
    return [
        layer
        for inputs, outputs, activation, kind in zip(
            sizes, sizes[1:], activations, normalizations, strict=False
        )
        for layer in block(
            inputs, outputs, activation, normalization=kind, settings=(settings or {}).get(kind)
        )
    ]


def _one_each(names, count):
    return [names] * count if isinstance(names, str) else names


def draw_network(layers, dtype=np.float64, seed=5):
    """Return a network with random arrays, including the running statistics."""
    random = np.random.default_rng(seed)
    network = Network(layers, random.normal(0, 0.7, parameter_count(layers)).astype(dtype))
    for name, array in network.named.items():
        if name.startswith("gain"):
            array[:] = random.uniform(0.5, 1.5, array.shape)
        elif name.startswith("running"):
            array[:] = random.uniform(0.2, 2.0, array.shape)
    return network


def draw_rows(network, loss, rows, seed=6):
    """Return inputs (rows, I) and valid targets (rows, O) for a loss."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, network.layers[0].inputs))
    outputs = network.layers[-1].outputs
    T = np.vstack([draw_targets(random, loss, outputs) for _ in range(0, rows, ROWS)])[:rows]
    return X.astype(network.dtype), T.astype(network.dtype)


def draw_smooth(layers, loss, rows):
    """Return network, inputs and targets away from all kinks of a training pass."""
    for seed in range(1000):
        network = draw_network(layers, seed=seed)
        X, T = draw_rows(network, loss, rows, seed)
        work = network.workspace(rows)
        network.logits(X, work, 0)
        A = network.activate_output(work)
        from_kinks = [own.X for _, own in work.activations[:-1]]
        from_kinks += [KINKS[loss](work.logits, A, T)] if loss in KINKS else []
        if min(np.abs(each).min() for each in from_kinks) > 1e-3:
            return network, X, T
    raise AssertionError("every draw is near a kink")


def engine_of(name, network, X, T, loss, **others):
    """Return an engine for a copy of the network; skip the test if Numba is missing."""
    return engines.engine_of(name, engines.setup_of(engines.copied(network), X, T, loss, **others))


def network_of(engine, layers):
    """Return a network with copies of the engine's current arrays."""
    found = engine.snapshot()
    return Network(layers, found["parameters"], found["state"])
