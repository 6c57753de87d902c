"""Engines for small networks, and their steps."""

import numpy as np
import pytest

from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.engines.batches import target_codes
from nncli.engines.choice import choose_engine
from nncli.engines.engine import Setup, Steps, Sums
from nncli.metrics.scores import ACCURACY
from nncli.nn.network import Network, trained_views
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from tests.nn.networks import objective

every_engine = pytest.mark.parametrize("engine", ["numpy", "compiled"])
with_plain = pytest.mark.parametrize("engine", ["numpy", "compiled", "plain"])


def engine_of(name, setup, clock=None):
    """Return an engine by name; skip the test if it is not installed."""
    if name == "compiled":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    return choose_engine(name, steps=0, parameters=0, setup=setup)(setup, clock)


def setup_of(network, X, T, loss, *, optimizer="sgd", settings=None, **others):
    """Return the setup of an engine; the targets `T` are used unchanged."""
    usual = {
        "score": ACCURACY,
        "regularization": Regularization(),
        "training": whole(X, T),
        "validation": None,
        "scaling": Scaling(),
        "codes": target_codes(0, T.shape[1], network.dtype),
        "batch_rows": len(X),
    }
    return Setup(
        network=network,
        objective=objective(loss),
        optimizer=optimizer,
        settings=OPTIMIZERS[optimizer].complete(settings or {}),
        **usual | others,
    )


def copied(network):
    """Return a copy of a network with its own arrays."""
    twin = Network(network.layers, network.parameters.copy(), network.state.copy())
    twin.mask = network.mask
    return twin


def take(engine, *batches, rate=0.1, sums=None):
    """Take a step on each batch of row numbers; return the sums."""
    sums = Sums() if sums is None else sums
    for rows in batches:
        assert engine.steps(np.array([rows]), [rate], sums) == Steps(1)
    return sums


def parameters_of(engine):
    """Return a copy of the flat vector of trained parameters."""
    return engine.snapshot()["parameters"]


def arrays_of(engine, layers):
    """Return copies of all trained arrays, by name."""
    return trained_views(layers, parameters_of(engine))


def set_arrays(engine, layers, **arrays):
    """Set some of the trained arrays, by name."""
    state = engine.state()
    views = trained_views(layers, state["parameters"])
    for name, numbers in arrays.items():
        views[name][...] = numbers
    engine.restore(state)
