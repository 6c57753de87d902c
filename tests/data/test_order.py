"""Every row comes once per epoch; rows of large mapped arrays come in pools of blocks."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from nncli.base.random_streams import Stream
from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory
from nncli.base.storage.npy import map_npy
from nncli.data.drawing import hold_out
from nncli.data.order import Order, random_pools
from nncli.data.scaling import SCALERS, Scaling, fit, robust
from nncli.data.splits import whole
from nncli.engines.batches import Batches, target_codes

COUNT, BATCH_ROWS = 2000, 16
BLOCK_ROWS, POOL_BLOCKS = 20, 10
MEMORY = Memory(
    large_bytes=1000, block_bytes=BLOCK_ROWS * 16, pool_bytes=POOL_BLOCKS * BLOCK_ROWS * 16
)


@pytest.fixture
def split(tmp_path):
    """Return 90 % of the rows of a mapped array; the first input is the row number."""
    inputs = np.random.default_rng(0).normal(50, 2, (COUNT, 4)).astype(np.float32)
    inputs[:, 0] = np.arange(COUNT)
    np.save(tmp_path / "x.npy", inputs)
    labels = np.arange(COUNT) % 3
    return hold_out(whole(map_npy(tmp_path / "x.npy"), labels), COUNT // 10, seed=0)[0]


def in_memory(split):
    return whole(np.array(split.inputs), split.targets).part(split.rows)


def pools(split, seed=0):
    """Return the rows of every pool in their order."""
    found = random_pools(split, BATCH_ROWS, np.random.default_rng(seed), MEMORY)
    return [rows[places] for rows, places in found]


def of(split, batch_rows=BATCH_ROWS, **settings):
    return Order(split, batch_rows, **{"memory": MEMORY, **settings})


def epoch_of(some, epoch=1, first=0, most=1):
    """Return the row numbers of the batches of an epoch, fetched at most `most` at a time."""
    found = []
    for pool, places in some.of_epoch(epoch, first):
        while len(places):
            batches = some.next_batches(places, most)
            assert 1 <= len(batches) <= most
            places = places[batches.size :]
            found += (batches if pool is None else pool[batches]).tolist()
    return found


def rows_of(batches):
    return [*chain.from_iterable(batches)]


def test_every_row_comes_once_and_only_the_last_pool_ends_within_a_batch(split):
    found = pools(split)
    assert sorted(np.concatenate(found).tolist()) == split.rows.tolist()
    assert len(found) == len(split) / (BLOCK_ROWS * POOL_BLOCKS)
    assert all(len(pool) % BATCH_ROWS == 0 for pool in found[:-1])


def test_a_pool_is_bounded_and_has_blocks_from_all_over_which_batches_mix(split):
    for pool in pools(split):
        assert len(pool) < BLOCK_ROWS * POOL_BLOCKS + BATCH_ROWS
        assert np.ptp(pool) > COUNT / 2
    for rows in epoch_of(of(split))[:-1]:
        places = np.searchsorted(split.rows, rows) // BLOCK_ROWS
        assert len(set(places.tolist())) > 4


def test_the_order_depends_on_the_seed_and_another_has_other_blocks_in_a_pool(split):
    first, again, other = pools(split), pools(split), pools(split, seed=1)
    assert [pool.tolist() for pool in first] == [pool.tolist() for pool in again]
    assert len({*first[0].tolist()} & {*other[0].tolist()}) < len(first[0]) / 2


def test_the_pools_of_an_epoch_are_those_of_its_stream(split):
    expected = pools(split, [5, Stream.SHUFFLE, 3])
    assert rows_of(epoch_of(of(split, seed=5), 3)) == np.concatenate(expected).tolist()


def test_a_split_in_memory_has_an_order_of_all_rows(split):
    found = epoch_of(of(in_memory(split), seed=5), 3)
    expected = np.random.default_rng([5, Stream.SHUFFLE, 3]).permutation(split.rows)
    assert rows_of(found) == expected.tolist()


def test_rows_come_with_their_inputs_targets_and_weights(split):
    split = replace(split, weights=np.arange(COUNT) / COUNT)
    found = Batches(split, Scaling(), target_codes(3, 3, np.float32), BATCH_ROWS)
    some, inputs = of(split), np.array(split.inputs)
    count = 0
    for pool, places in some.of_epoch(1):
        found.hold(pool)
        while len(places):
            (batch,) = some.next_batches(places, 1)
            places = places[len(batch) :]
            X, T = found.gather(batch)
            rows = X[:, 0].astype(int)
            np.testing.assert_array_equal(rows, pool[batch])
            np.testing.assert_array_equal(X, inputs[rows])
            np.testing.assert_array_equal(T.argmax(axis=1), split.targets[rows])
            weights = found.weights(batch)
            np.testing.assert_array_equal(weights[:, 0], split.weights[rows].astype("f4"))
            count += len(rows)
    assert count == len(split)


# The three ways to order rows: in memory unshuffled, in memory shuffled, and in pools.


TINY = Memory(large_bytes=1, block_bytes=16, pool_bytes=4 * 16)


def small(way, folder, rows, batch_rows, **settings):
    """Return the order of a few rows, with blocks of one row and pools of four."""
    inputs = np.zeros((rows, 4), np.float32)
    if way == "pools":
        path = folder / f"{rows}.npy"
        if not path.exists():
            np.save(path, inputs)
        inputs = map_npy(path)
    split = whole(inputs, np.zeros(rows, np.uint8))
    return of(split, batch_rows, **{"shuffle": way != "in order", "memory": TINY, **settings})


every_way = pytest.mark.parametrize("way", ["in order", "mixed", "pools"])


@every_way
def test_only_a_large_mapped_split_that_is_shuffled_comes_in_pools(way, tmp_path):
    pools = [pool for pool, _ in small(way, tmp_path, 9, 2).of_epoch(1)]
    assert [len(pool) for pool in pools if pool is not None] == (
        [4, 4, 1] if way == "pools" else []
    )
    assert way == "pools" or len(pools) == 1


@every_way
@pytest.mark.parametrize("batch_rows", [1, 3, 4, 5, 8, 9, 10])
@pytest.mark.parametrize("most", [1, 2, 100])
def test_every_row_comes_once_per_epoch_in_full_batches_except_the_last(
    way, batch_rows, most, tmp_path
):
    some = small(way, tmp_path, 9, batch_rows)
    sizes = [batch_rows] * (9 // batch_rows) + [9 % batch_rows] * (9 % batch_rows > 0)
    assert some.batches == len(sizes)
    assert some.largest_batch == batch_rows
    for epoch in (1, 2):
        found = epoch_of(some, epoch, most=most)
        assert [len(rows) for rows in found] == sizes
        assert sorted(rows_of(found)) == list(range(9))


@every_way
def test_batches_of_one_size_come_as_many_at_once_as_asked_for(way, tmp_path):
    some = small(way, tmp_path, 9, 2)
    one_by_one = epoch_of(some)
    for most in (2, 3, 100):
        assert epoch_of(some, most=most) == one_by_one
    places = np.arange(9)
    assert [some.next_batches(places, most).shape for most in (1, 3, 100)] == [
        (1, 2),
        (3, 2),
        (4, 2),
    ]
    assert some.next_batches(places[8:], 100).tolist() == [[8]]


def test_without_shuffling_the_rows_come_in_order(tmp_path):
    some = small("in order", tmp_path, 9, 4)
    for epoch in (1, 2):
        assert epoch_of(some, epoch) == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]


@pytest.mark.parametrize("way", ["mixed", "pools"])
def test_shuffling_gives_another_order_each_epoch_by_the_seed_and_the_epoch_alone(way, tmp_path):
    def epochs(seed):
        some = small(way, tmp_path, 9, 4, seed=seed)
        return [rows_of(epoch_of(some, epoch)) for epoch in (3, 1, 2)]

    assert epochs(0) == epochs(0)
    assert len({tuple(rows) for rows in (*epochs(0), *epochs(1))}) == 6


@every_way
@pytest.mark.parametrize("batch_rows", [9, 10])
def test_one_batch_of_all_rows_has_them_in_their_order(way, batch_rows, tmp_path):
    some = small(way, tmp_path, 9, batch_rows)
    assert epoch_of(some) == epoch_of(some, 2) == [list(range(9))]
    assert [pool for pool, _ in some.of_epoch(1)] == [None]


@every_way
@pytest.mark.parametrize("rows", [9, 13])
@pytest.mark.parametrize("most", [1, 100])
def test_a_last_batch_of_too_few_rows_is_joined_to_the_previous_one(way, rows, most, tmp_path):
    some = small(way, tmp_path, rows, 4, smallest_batch=2)
    sizes = [4] * (rows // 4 - 1) + [5]
    assert some.batches == len(sizes)
    assert some.largest_batch == 5
    for epoch in range(1, 6):
        found = epoch_of(some, epoch, most=most)
        assert [len(batch) for batch in found] == sizes
        assert sorted(rows_of(found)) == list(range(rows))


@every_way
@pytest.mark.parametrize("batch_rows", [2, 3, 4, 5, 7, 8])
@pytest.mark.parametrize("smallest", [2, 3, 4])
def test_no_batch_has_fewer_rows_than_the_smallest(way, batch_rows, smallest, tmp_path):
    for rows in range(smallest, 24):
        some = small(way, tmp_path, rows, max(batch_rows, smallest), smallest_batch=smallest)
        found = epoch_of(some, 1, most=3)
        assert len(found) == some.batches
        assert sorted(rows_of(found)) == list(range(rows))
        lengths = [len(batch) for batch in found]
        assert set(lengths[:-1]) <= {some.batch_rows}
        assert smallest <= lengths[-1] < some.batch_rows + smallest
        assert max(lengths) <= some.largest_batch <= max(some.batch_rows, lengths[-1])


@every_way
@pytest.mark.parametrize("smallest", [1, 2])
@pytest.mark.parametrize(("rows", "batch_rows"), [(9, 4), (11, 4), (12, 4), (9, 2), (3, 3)])
def test_an_epoch_that_is_resumed_has_the_rest_of_the_same_order(
    way, rows, batch_rows, smallest, tmp_path
):
    some = small(way, tmp_path, rows, batch_rows, smallest_batch=smallest)
    whole_epoch = epoch_of(some)
    for done in range(some.batches + 1):  # also after the last batch, before the epoch ends
        assert epoch_of(some, 1, done) == whole_epoch[done:]


@pytest.mark.parametrize("done", [0, 1, 12, 13, 40, 112, 113])
def test_an_epoch_from_any_batch_on_has_the_batches_of_the_whole(split, done):
    whole_epoch = epoch_of(of(split), 3)
    assert len(whole_epoch) == of(split).batches == 113
    assert epoch_of(of(split), 3, done) == whole_epoch[done:]
    in_order = epoch_of(of(split, shuffle=False), 3, done)
    assert rows_of(in_order) == split.rows[done * BATCH_ROWS :].tolist()
    assert len(in_order) == 113 - done


@pytest.fixture(scope="module")
def long_split():
    """Return a split that is processed in several blocks."""
    count = 3 * mapping.MEMORY.pass_bytes // 16
    inputs = np.random.default_rng(0).normal(50, 2, (count, 4)).astype(np.float32)
    inputs[:, 0] = np.arange(count)
    return hold_out(whole(inputs, np.arange(count) % 3), count // 10, seed=0)[0]


@pytest.mark.parametrize("name", SCALERS)
def test_scaling_fitted_in_blocks_equals_scaling_fitted_at_once(long_split, name):
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
    tolerance = 1e-6 if name == "robust" else 1e-12  # NumPy's percentiles keep the rows' precision
    np.testing.assert_allclose(found.offset, center, rtol=tolerance)
    np.testing.assert_allclose(1 / np.asarray(found.scale), spread, rtol=tolerance)


@pytest.mark.parametrize("columns_bytes", [1, 2 * 4 * 1800, 10**9])
def test_quartiles_do_not_depend_on_the_number_of_columns_at_a_time(split, columns_bytes):
    for found, expected in zip(robust(split, columns_bytes), robust(in_memory(split)), strict=True):
        np.testing.assert_array_equal(found, expected)
