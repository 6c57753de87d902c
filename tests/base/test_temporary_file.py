import numpy as np
import pytest

from nncli.base.storage.mapping import Memory, is_large
from nncli.base.storage.npy import map_npy
from nncli.base.storage.temporary_file import TemporaryFile, row_major, stacked

ROWS = np.random.default_rng(0).normal(size=(500, 7))


def test_arrays_are_read_as_they_were_written():
    file = TemporaryFile()
    arrays = [ROWS[:, 2], np.arange(5, dtype=np.int8), np.array([True, False]), ROWS[3]]
    places = [file.append(each) for each in arrays]
    for place, expected in reversed([*zip(places, arrays, strict=True)]):
        found = file.read(place, len(expected), expected.dtype)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("size", [ROWS.nbytes // 2, ROWS.nbytes // 2 - 1])
def test_blocks_become_one_array_which_is_mapped_if_it_is_large(size):
    memory = Memory(large_bytes=size)
    found = stacked(np.split(ROWS, [3, 200, 499]), ROWS.shape, np.float32, memory)
    np.testing.assert_array_equal(found, ROWS.astype(np.float32))
    assert is_large(found, memory) == (size < ROWS.nbytes // 2)


def test_rows_of_a_large_matrix_are_gathered(tmp_path):
    np.save(tmp_path / "x.npy", np.asfortranarray(ROWS))
    by_column = map_npy(tmp_path / "x.npy")
    assert row_major(by_column) is by_column
    memory = Memory(large_bytes=1000, turned_bytes=7 * 8 * 30)
    found = row_major(by_column, memory)
    np.testing.assert_array_equal(found, ROWS)
    assert found.flags.c_contiguous
    assert is_large(found, memory)
    assert row_major(found, memory) is found
