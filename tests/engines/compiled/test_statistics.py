"""Sums and statistics of an epoch are those of its own steps, as with NumPy."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.data.splits import whole
from nncli.engines.engine import Sums
from tests.engines.compiled.parity import Case, case_setup
from tests.engines.engines import copied, engine_of

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")


def both_engines(case, dtype=np.float32, *, rows=200, batch_rows=128, changes=None):
    """Return engines with NumPy and compiled steps for random rows, and nothing to validate."""
    given = case_setup(case, dtype)
    for name, value in (changes or {}).items():
        given.network.arrays[name][...] = value
    X = np.random.default_rng(0).normal(size=(rows, case.sizes[0])).astype(dtype)
    split = whole(X, np.zeros((rows, case.sizes[-1]), dtype))
    given = replace(given, training=split, validation=None, batch_rows=batch_rows)
    return [
        engine_of(name, replace(given, network=copied(given.network)))
        for name in ("numpy", "compiled")
    ]


def test_an_epoch_that_begins_with_fewer_rows_counts_only_their_saturated_units():
    case, found = Case(sizes=(200, 40, 3), size=30.0), []
    for engine in both_engines(case):
        for rows in (128, 20):  # four parts, then one
            sums = Sums()
            engine.steps(np.arange(rows).reshape(1, -1), [1e-4], sums)
            found.append(sums.saturated)
    assert found[2:] == found[:2]
    assert found[0][0] > 0.9


def test_norms_whose_sum_over_the_epoch_overflows_end_training_as_with_numpy():
    case, found = Case(sizes=(1, 1), loss="squared_error"), []
    for engine in both_engines(case, np.float64, rows=9, changes={"W1": 0, "b1": -3.5e153}):
        sums = Sums()
        found.append((engine.steps(np.zeros((9, 1), int), [0.0] * 9, sums), sums.steps))
    assert found[1] == found[0]
    assert 1 <= found[0][0].done < 9
