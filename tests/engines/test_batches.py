import numpy as np
import pytest

from nncli.base.storage.mapping import Memory
from nncli.data.scaling import NOT_SCALED, Scaling
from nncli.data.splits import Split, whole
from nncli.engines.batches import (
    Batches,
    Scaled,
    as_seen,
    gathered,
    target_codes,
    with_scaled_targets,
)
from tests.memory import memory_of

ROWS, INPUTS, CLASSES = 23, 4, 3
RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, CLASSES, ROWS).astype(np.uint8)
TABLES = {
    "uint8": RANDOM.integers(0, 256, (ROWS, INPUTS), dtype=np.uint8),
    "int64": RANDOM.integers(-1000, 1000, (ROWS, INPUTS)),
    "float32": RANDOM.normal(5, 3, (ROWS, INPUTS)).astype(np.float32),
    "float64": RANDOM.normal(5, 3, (ROWS, INPUTS)),
}
TABLES["uint8"][0, :2] = 0, 255
SCALINGS = {
    "nothing": Scaling(),
    "scale": Scaling(0.0, 1 / 255),
    "offset": Scaling(3.5, 1.0),
    "columns": Scaling(np.array([0.0, 1.5, -2.25, 100]), np.array([1.0, 0.1, 3, 1e-3])),
    "one column's offset": Scaling(np.array([0.0, 0, 0, 2]), np.ones(4)),
    "one column's scale": Scaling(np.zeros(4), np.array([1.0, 1, 0.5, 1])),
}
every_table = pytest.mark.parametrize("table", TABLES)
every_scaling = pytest.mark.parametrize("scaling", SCALINGS)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def batches_of(
    table="uint8", scaling="scale", dtype=np.float32, rows=None, batch_rows=5, kind=Batches
):
    split = whole(TABLES[table].copy(), LABELS.copy())
    if rows is not None:
        split = Split(split.inputs, split.targets, np.array(rows))
    return kind(split, SCALINGS[scaling], target_codes(CLASSES, CLASSES, dtype), batch_rows)


def in_turn(batches, rows):
    """Yield consecutive batches of some rows."""
    for start in range(0, len(rows), batches.batch_rows):
        yield batches.gather(rows[start : start + batches.batch_rows])


def collected(iterator):
    """Return copies of all batches of an iterator, which reuses its buffers."""
    pairs = [(X.copy(), T.copy()) for X, T in iterator]
    return np.concatenate([X for X, _ in pairs]), np.concatenate([T for _, T in pairs])


@every_table
@every_scaling
@both_precisions
def test_batches_equal_the_plain_expression(table, scaling, dtype):
    X, T = collected(batches_of(table, scaling, dtype).in_order())
    exact = (TABLES[table].astype(np.float64) - SCALINGS[scaling].offset) * SCALINGS[scaling].scale
    np.testing.assert_array_equal(X, exact.astype(dtype))
    np.testing.assert_array_equal(T, np.eye(CLASSES)[LABELS])
    assert X.dtype == T.dtype == dtype


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("whole_number", [2, 3, 127, 255, 4095, 32767, 65535])
@pytest.mark.parametrize("network", [np.float32, np.float64])
def test_every_small_whole_number_is_divided_as_it_is_scaled_in_float64(
    dtype, whole_number, network
):
    limits = np.iinfo(dtype)
    numbers = np.arange(limits.min, limits.max + 1).astype(dtype).reshape(-1, 1)
    scaled = Scaled(Scaling(0.0, 1 / whole_number), dtype, network)
    X = np.empty(numbers.shape, network)
    assert (scaled.divisor is None) == (network == np.float64)
    scaled.write(numbers, X, scaled.scratch(len(X), X))
    np.testing.assert_array_equal(X, (numbers * (1 / whole_number)).astype(network))


@every_table
@every_scaling
@both_precisions
def test_the_type_in_which_inputs_are_stored_makes_no_difference(table, scaling, dtype):
    X, _ = collected(batches_of(table, scaling, dtype).in_order())
    wide = whole(TABLES[table].astype(np.float64), LABELS)
    codes = target_codes(CLASSES, CLASSES, dtype)
    other, _ = collected(Batches(wide, SCALINGS[scaling], codes, 7).in_order())
    np.testing.assert_array_equal(X, other)


@every_table
@every_scaling
@both_precisions
def test_inputs_that_are_scaled_once_are_those_of_the_batches(table, scaling, dtype):
    split = whole(TABLES[table], LABELS)
    others = split.part(np.array([3, 1]))
    seen, left = as_seen({"train": split, "validation": others}, SCALINGS[scaling], dtype)
    assert (left is NOT_SCALED) == (split.inputs.itemsize >= np.dtype(dtype).itemsize)
    assert seen["train"].inputs is seen["validation"].inputs
    X, _ = collected(Batches(seen["train"], left, target_codes(3, 3, dtype), 5).in_order())
    np.testing.assert_array_equal(X, collected(batches_of(table, scaling, dtype).in_order())[0])


def test_inputs_that_would_take_much_memory_are_scaled_by_batches():
    split = whole(np.ones((100, 4)), np.zeros(100, np.uint8))
    scaling = SCALINGS["columns"]
    for most, expected in ((1600, NOT_SCALED), (1599, scaling)):
        _, left = as_seen({"train": split}, scaling, np.float32, Memory(large_bytes=most))
        assert left is expected


def test_small_differences_next_to_a_large_offset_survive():
    seconds = 1.7e9 + np.linspace(0, 100, ROWS).reshape(-1, 1)
    scaling = Scaling(np.array([1.7e9 + 50]), np.array([1 / 50]))
    codes = target_codes(CLASSES, CLASSES, np.float32)
    X, _ = collected(Batches(whole(seconds, LABELS), scaling, codes, 5).in_order())
    np.testing.assert_allclose(X[:, 0], np.linspace(-1, 1, ROWS), atol=1e-6)


@pytest.mark.parametrize("batch_rows", [1, 5, 22, 23, 24, 1000])
def test_batches_are_full_except_the_last(batch_rows):
    batches = batches_of(batch_rows=batch_rows)
    for _ in range(2):
        lengths = [len(X) for X, T in batches.in_order() if len(X) == len(T)]
        assert sum(lengths) == ROWS
        assert set(lengths[:-1]) <= {batch_rows}
        assert len(lengths) == -(-ROWS // batch_rows)


@pytest.mark.parametrize("batch_rows", [1, 4, 6, 100])
def test_only_the_rows_of_the_split_are_gathered_in_their_order(batch_rows):
    rows = [22, 3, 3, 0, 17, 8]
    X, T = collected(batches_of(rows=rows, scaling="nothing", batch_rows=batch_rows).in_order())
    np.testing.assert_array_equal(X, TABLES["uint8"][rows])
    np.testing.assert_array_equal(T.argmax(axis=1), LABELS[rows])


@pytest.mark.parametrize("batch_rows", [5, 22])
def test_shuffled_rows_are_gathered_in_the_order_given(batch_rows):
    batches = batches_of(scaling="nothing", batch_rows=batch_rows)
    for seed in (1, 2):
        rows = np.random.default_rng(seed).permutation(ROWS)
        X, T = collected(in_turn(batches, rows))
        np.testing.assert_array_equal(X, TABLES["uint8"][rows])
        np.testing.assert_array_equal(T.argmax(axis=1), LABELS[rows])


def test_bytes_stay_bytes_until_they_are_gathered():
    batches = batches_of("uint8")
    collected(batches.in_order())
    assert batches.split.inputs.dtype == np.uint8
    np.testing.assert_array_equal(batches.split.inputs, TABLES["uint8"])
    assert batches._raw.dtype == np.uint8
    assert batches._raw.shape == (5, INPUTS)


def test_every_batch_lies_in_the_same_buffers():
    batches = batches_of()
    passes = [batches.in_order(), in_turn(batches, batches.split.rows), batches.in_order()]
    addresses = {(X.ctypes.data, T.ctypes.data) for each in passes for X, T in each}
    assert len(addresses) == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_gathering_allocates_no_arrays(dtype):
    split = whole(np.ones((2000, 100), dtype), np.zeros(2000, np.uint8))
    batches = Batches(split, Scaling(0.5, 2.0), target_codes(2, 2, np.float32), 1000)
    batches.gather(split.rows[:1000])
    _, peak = memory_of(lambda: batches.gather(split.rows[1000:]))
    assert peak < 50_000 < batches._raw.nbytes


def test_inputs_as_the_network_sees_them_are_only_taken():
    split = whole(np.ones((9, 20), np.float32), np.zeros(9, np.uint8))
    batches = Batches(split, Scaling(), target_codes(2, 2, np.float32), 4)
    batches._raw = None
    assert batches.gather(split.rows[:4])[0].tolist() == np.ones((4, 20)).tolist()


def counting(counts):
    """Return a class of batches that records the number of rows of each gathering."""

    class CountingBatches(Batches):
        def _take_inputs(self, inputs, rows, X):
            counts.append(len(rows))
            super()._take_inputs(inputs, rows, X)

    return CountingBatches


@pytest.mark.parametrize("batch_rows", [ROWS, ROWS + 1])
def test_a_split_that_fits_one_batch_is_gathered_once(batch_rows):
    counts = []
    batches = batches_of(batch_rows=batch_rows, kind=counting(counts))
    first, *others = (collected(batches.in_order()) for _ in range(3))
    others.append([each.copy() for each in batches.gather(batches.split.rows)])
    assert counts == [ROWS]
    for other in others:
        np.testing.assert_array_equal(other[0], first[0])
        np.testing.assert_array_equal(other[1], first[1])


def test_several_batches_are_gathered_in_every_pass():
    counts = []
    batches = batches_of(batch_rows=12, kind=counting(counts))
    first, second = (collected(batches.in_order()) for _ in range(2))
    assert counts == [12, 11, 12, 11]
    np.testing.assert_array_equal(first[0], second[0])


@pytest.mark.parametrize("short", [1, 7, ROWS - 1])
def test_a_short_batch_comes_between_two_of_all_rows(short):
    batches = batches_of(batch_rows=ROWS)
    first = collected(batches.in_order())
    rows = batches.split.rows[::-1][:short]
    for _ in range(2):
        X, T = batches.gather(rows)
        np.testing.assert_array_equal(X, first[0][rows])
        np.testing.assert_array_equal(T, first[1][rows])
        X, T = collected(batches.in_order())
        np.testing.assert_array_equal(X, first[0])
        np.testing.assert_array_equal(T, first[1])


def test_an_aborted_pass_does_not_affect_the_next():
    for batch_rows in (ROWS, 5):
        batches = batches_of(batch_rows=batch_rows)
        expected = collected(batches_of(batch_rows=batch_rows).in_order())
        next(in_turn(batches, batches.split.rows[:4][::-1]))
        next(batches.in_order())
        np.testing.assert_array_equal(collected(batches.in_order())[0], expected[0])


@both_precisions
@pytest.mark.parametrize("pool", [None, [20, 3, 7, 9]])
def test_every_row_has_its_own_weight(dtype, pool):
    split = Split(TABLES["uint8"], LABELS, np.arange(ROWS), np.linspace(0, 2, ROWS))
    batches = Batches(split, Scaling(), target_codes(CLASSES, CLASSES, dtype), 5)
    rows = places = np.array([2, 0, 1])
    if pool is not None:
        batches.hold(np.array(pool))
        rows = np.array(pool)[places]
    found = batches.weights(places)
    assert found.shape == (3, 1)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[:, 0], split.weights[rows].astype(dtype))


def test_rows_with_equal_weights_have_none():
    assert batches_of().weights(np.array([2, 0, 1])) is None


@every_table
@every_scaling
def test_places_in_a_pool_are_rows_of_it_until_there_is_none(table, scaling):
    batches = batches_of(table, scaling)
    pool, places = np.array([20, 3, 7, 9]), np.array([2, 0, 3])
    expected = [each.copy() for each in batches.gather(pool[places])]
    batches.hold(pool)
    for found, wanted in zip(batches.gather(places), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
    batches.hold(None)
    for found, wanted in zip(batches.gather(pool[places]), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@every_table
@every_scaling
def test_some_rows_of_a_split_are_gathered_by_their_places_in_it(table, scaling):
    split = whole(TABLES[table], LABELS).part(np.array([22, 3, 3, 0, 17, 8]))
    codes = target_codes(CLASSES, CLASSES, np.float32)
    X, T = gathered(split, SCALINGS[scaling], codes, [4, 0])
    expected, _ = collected(batches_of(table, scaling).in_order())
    np.testing.assert_array_equal(X, expected[[17, 22]])
    np.testing.assert_array_equal(T.argmax(axis=1), LABELS[[17, 22]])


@both_precisions
def test_several_outputs_have_a_1_at_their_class(dtype):
    codes = target_codes(3, 3, dtype)
    np.testing.assert_array_equal(codes, [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert codes.dtype == dtype


@both_precisions
def test_one_output_is_0_for_the_first_class_and_1_for_the_second(dtype):
    codes = target_codes(2, 1, dtype)
    np.testing.assert_array_equal(codes, [[0], [1]])
    assert codes.dtype == dtype


@both_precisions
@pytest.mark.parametrize("low", [-1.0, 0.0, 0.1])
def test_other_classes_have_the_low_target(dtype, low):
    codes = target_codes(3, 3, dtype, low)
    np.testing.assert_array_equal(
        codes, np.array([[1, low, low], [low, 1, low], [low, low, 1]], dtype)
    )
    assert codes.dtype == dtype
    single = target_codes(2, 1, dtype, low)
    np.testing.assert_array_equal(single, np.array([[low], [1]], dtype))


def test_a_single_target_column_is_gathered():
    labels = (LABELS > 0).astype(np.uint8)
    split = whole(TABLES["float32"], labels)
    _, T = collected(Batches(split, Scaling(), target_codes(2, 1, np.float32), 5).in_order())
    np.testing.assert_array_equal(T[:, 0], labels)


NUMBERS = {
    "float64": RANDOM.normal(0, 9, (ROWS, 2)),
    "float32": RANDOM.normal(0, 9, (ROWS, 2)).astype(np.float32),
    "int64": RANDOM.integers(-99, 99, (ROWS, 2)),
    "one column": RANDOM.normal(0, 9, (ROWS, 1)),
}


def batches_of_numbers(targets, dtype, rows=None, batch_rows=5):
    split = whole(TABLES["float32"], targets)
    if rows is not None:
        split = split.part(np.array(rows))
    return Batches(split, Scaling(), target_codes(0, targets.shape[1], dtype), batch_rows)


@both_precisions
@pytest.mark.parametrize("numbers", NUMBERS)
def test_numeric_targets_are_gathered_unchanged(numbers, dtype):
    rows = [22, 3, 3, 0, 17, 8]
    targets = NUMBERS[numbers]
    _, T = collected(batches_of_numbers(targets, dtype, rows).in_order())
    np.testing.assert_array_equal(T, targets[rows].astype(dtype))
    assert T.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gathering_numbers_allocates_no_arrays_and_leaves_the_targets(dtype):
    targets = np.ones((2000, 100), dtype)
    batches = Batches(
        whole(np.ones((2000, 1), np.float32), targets),
        Scaling(),
        target_codes(0, 100, np.float32),
        1000,
    )
    _, first = batches.gather(batches.split.rows[:1000])
    first[:] = 5
    _, peak = memory_of(lambda: batches.gather(batches.split.rows[1000:]))
    _, second = batches.gather(batches.split.rows[1000:])
    assert peak < 50_000 < second.nbytes
    assert (targets == 1).all()
    assert (second == 1).all()


def test_rows_without_targets_give_their_inputs():
    _, T = collected(batches_of_numbers(np.empty((ROWS, 0)), np.float32).in_order())
    assert T.shape == (ROWS, 0)


def test_targets_that_splits_share_are_scaled_once_and_too_large_ones_are_left_to_the_loss():
    both = whole(np.ones((3, 1)), np.array([[1.0], [3.0], [1e40]]))
    splits = {"train": both.part(np.array([0, 1])), "validation": both.part(np.array([2]))}
    found = with_scaled_targets(splits, Scaling(2.0, 0.5), np.float32)
    assert found["train"].targets is found["validation"].targets
    assert found["train"].targets.dtype == np.float32
    assert found["train"].targets.tolist() == [[-0.5], [0.5], [np.inf]]
