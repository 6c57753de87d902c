"""Large mapped arrays come in pools of blocks; every row once an epoch."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory
from nncli.base.storage.npy import map_npy
from nncli.data.order import random_pools
from nncli.data.scaling import SCALERS, Scaling, fit, robust
from nncli.data.splits import whole
from nncli.data.splitting import hold_out
from nncli.engines.numpy.batches import Batches, target_codes

COUNT, BATCH_ROWS = 2000, 16
BLOCK_ROWS, POOL_BLOCKS = 20, 10
MEMORY = Memory(
    large_bytes=1000, block_bytes=BLOCK_ROWS * 16, pool_bytes=POOL_BLOCKS * BLOCK_ROWS * 16
)


@pytest.fixture
def split(tmp_path):
    """Return nine tenths of the rows of a mapped array, whose first input is their number."""
    inputs = np.random.default_rng(0).normal(50, 2, (COUNT, 4)).astype(np.float32)
    inputs[:, 0] = np.arange(COUNT)
    np.save(tmp_path / "x.npy", inputs)
    labels = np.arange(COUNT) % 3
    return hold_out(whole(map_npy(tmp_path / "x.npy"), labels), COUNT // 10, seed=0)[0]


@pytest.fixture
def batches(monkeypatch):
    """Return a function that makes batches of a split, for which a kilobyte is much.

    Batches ask for themselves what is large: here alone it cannot be handed to them.
    """
    monkeypatch.setattr(mapping, "MEMORY", MEMORY)
    codes = target_codes(3, 3, np.float32)
    return lambda split: Batches(split, Scaling(), codes, BATCH_ROWS)


def in_memory(split):
    return whole(np.array(split.inputs), split.targets).part(split.rows)


def pools(split, seed=0):
    """Return the rows of every pool in the order in which they come."""
    found = random_pools(split, BATCH_ROWS, np.random.default_rng(seed), MEMORY)
    return [rows[places] for rows, places in found]


def numbers(iterator):
    """Return the first input of the rows of every batch."""
    return [X[:, 0].astype(int).tolist() for X, _ in iterator]


def test_every_row_comes_once_and_only_the_last_pool_ends_within_a_batch(split):
    found = pools(split)
    assert sorted(np.concatenate(found).tolist()) == split.rows.tolist()
    assert len(found) == len(split) / (BLOCK_ROWS * POOL_BLOCKS)
    assert all(len(pool) % BATCH_ROWS == 0 for pool in found[:-1])


def test_a_pool_is_bounded_and_has_blocks_from_all_over_which_batches_mix(split, batches):
    for pool in pools(split):
        assert len(pool) < BLOCK_ROWS * POOL_BLOCKS + BATCH_ROWS
        assert np.ptp(pool) > COUNT / 2
    for rows in numbers(batches(split).in_random_order(np.random.default_rng(0)))[:-1]:
        places = np.searchsorted(split.rows, rows) // BLOCK_ROWS
        assert len(set(places.tolist())) > 4


def test_the_order_depends_on_the_seed_and_another_has_other_blocks_in_a_pool(split):
    first, again, other = pools(split), pools(split), pools(split, seed=1)
    assert [pool.tolist() for pool in first] == [pool.tolist() for pool in again]
    assert len({*first[0].tolist()} & {*other[0].tolist()}) < len(first[0]) / 2


def test_a_split_in_memory_has_an_order_of_all_rows(split, batches):
    found = numbers(batches(in_memory(split)).in_random_order(np.random.default_rng(0)))
    expected = np.random.default_rng(0).permutation(split.rows)
    assert [*chain.from_iterable(found)] == expected.tolist()


def test_rows_come_with_their_inputs_targets_and_weights(split, batches):
    split = replace(split, weights=np.arange(COUNT) / COUNT)
    found = batches(split)
    for X, T in found.in_random_order(np.random.default_rng(0)):
        rows = X[:, 0].astype(int)
        np.testing.assert_array_equal(X, np.array(split.inputs)[rows])
        np.testing.assert_array_equal(T.argmax(axis=1), split.targets[rows])
        np.testing.assert_array_equal(found.weights[:, 0], split.weights[rows].astype("f4"))


@pytest.mark.parametrize("done", [0, 1, 12, 13, 40, 112])
def test_batches_from_any_on_are_those_of_the_whole_epoch(split, batches, done):
    whole_epoch = numbers(batches(split).in_random_order(np.random.default_rng(3)))
    rest = numbers(batches(split).in_random_order(np.random.default_rng(3), done))
    assert len(whole_epoch) == len(batches(split)) == 113
    assert rest == whole_epoch[done:]
    in_order = numbers(batches(split).in_order(done))
    assert [*chain.from_iterable(in_order)] == split.rows[done * BATCH_ROWS :].tolist()
    assert len(in_order) == 113 - done


@pytest.fixture(scope="module")
def long_split():
    """Return a split that passes over rows go by in several blocks."""
    count = 3 * mapping.MEMORY.pass_bytes // 16
    inputs = np.random.default_rng(0).normal(50, 2, (count, 4)).astype(np.float32)
    inputs[:, 0] = np.arange(count)
    return hold_out(whole(inputs, np.arange(count) % 3), count // 10, seed=0)[0]


@pytest.mark.parametrize("name", SCALERS)
def test_scaling_is_fitted_block_by_block_as_at_once(long_split, name):
    found = fit(name, long_split)
    rows = long_split.inputs[long_split.rows].astype(np.float64)
    center, spread = {
        "none": (0, 1),
        "unit": (0, 1),
        "standard": (rows.mean(axis=0), rows.std(axis=0)),
        "minmax": (rows.min(axis=0), np.ptp(rows, axis=0)),
        "robust": (
            np.median(rows, axis=0),
            np.diff(np.quantile(rows, [0.25, 0.75], axis=0), axis=0)[0],
        ),
    }[name]
    tolerance = 1e-6 if name == "robust" else 1e-12  # NumPy's percentiles have the rows' precision
    np.testing.assert_allclose(found.offset, center, rtol=tolerance)
    np.testing.assert_allclose(1 / np.asarray(found.scale), spread, rtol=tolerance)


@pytest.mark.parametrize("columns_bytes", [1, 2 * 4 * 1800, 10**9])
def test_quartiles_are_the_same_of_any_number_of_columns_at_a_time(split, columns_bytes):
    for found, expected in zip(robust(split, columns_bytes), robust(in_memory(split)), strict=True):
        np.testing.assert_array_equal(found, expected)
