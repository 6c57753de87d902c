"""Sums over very many rows keep the digits of single precision."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.data.splits import whole
from nncli.engines.engine import Sums
from nncli.nn.network import state_views, trained_views
from tests.engines.compiled.parity import Case, case_setup
from tests.engines.engines import engine_of

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

ROWS = 60_000


def gradient_and_state(engine, case, dtype):
    """Return the gradient and the state by name, in float64, after a step on all rows."""
    random = np.random.default_rng(0)
    X = random.normal(100, 0.3, (ROWS, case.sizes[0])).astype(np.float32)
    T = random.normal(100, 1, (ROWS, case.sizes[-1])).astype(np.float32)
    given = case_setup(case, dtype)
    given = replace(given, training=whole(X, T), validation=None, batch_rows=ROWS)
    trained = engine_of(engine, given)
    before = trained.state()
    trained.steps(np.arange(ROWS)[np.newaxis], [1.0], Sums())
    after, layers = trained.state(), given.network.layers
    change = before["parameters"].astype(float) - after["parameters"]
    return trained_views(layers, change) | state_views(layers, after["state"].astype(float))


@pytest.mark.parametrize("normalization", ["batch_norm", "layer_norm"])
@pytest.mark.parametrize("units", [4, 40])
def test_normalization_adds_up_rows_as_precisely_as_numpy(normalization, units):
    case = Case((5, units, 3), "relu", normalization=normalization)
    exact = gradient_and_state("numpy", case, np.float64)
    errors = [
        {
            name: np.abs(found[name] - exact[name]).max() / np.abs(exact[name]).max()
            for name in ("shift1", "running_mean1", "running_variance1")
            if name in exact
        }
        for found in (gradient_and_state(each, case, np.float32) for each in ("numpy", "compiled"))
    ]
    for name, error in errors[1].items():
        assert error < 3 * errors[0][name] + 3e-6, name
