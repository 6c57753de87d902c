"""Numba's kernels against the NumPy functions that they replace."""

import numpy as np
import pytest

from nncli.training.optimizers import OPTIMIZERS

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install 'nncli[fast]'")

from nncli.training.fast_kernels import FAST

# Relative to the largest number of an array, in which one or two roundings may differ.
TOLERANCES = {np.float32: 1e-5, np.float64: 1e-12}
both_precisions = pytest.mark.parametrize("dtype", TOLERANCES)


def check_alike(found, expected, dtype):
    largest = np.abs(expected).max(initial=0.0)
    np.testing.assert_allclose(
        found, expected, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype] * float(largest)
    )


OPTIMIZER_CASES = [(name, {}) for name in OPTIMIZERS]
OPTIMIZER_CASES += [("sgd", {"momentum": 0.9}), ("sgd", {"momentum": 0.9, "nesterov": True})]


def test_every_optimizer_has_a_kernel():
    assert FAST.optimizers.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize(("name", "settings"), OPTIMIZER_CASES)
@pytest.mark.parametrize("size", [1, 1003])
@both_precisions
def test_twenty_updates_are_those_of_numpy(name, settings, size, dtype):
    entry, settings = OPTIMIZERS[name], OPTIMIZERS[name].complete(settings)
    start = np.random.default_rng(5).normal(size=size).astype(dtype)
    paths = []
    for update in (entry.update, FAST.optimizers[name]):
        random, w = np.random.default_rng(6), start.copy()
        slots = np.zeros((entry.slots, size), dtype)
        for step in range(1, 21):
            gradient = random.normal(size=size).astype(dtype)
            update(w, gradient, slots, np.full_like(w, np.nan), 0.01, step, **settings)
        paths.append((w, slots))
    for found, expected in zip(paths[1], paths[0], strict=True):
        assert found.dtype == dtype
        check_alike(found, expected, dtype)
