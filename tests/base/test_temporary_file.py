import numpy as np
import pytest

from nncli.base.storage import mapping, temporary_file
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
def test_blocks_become_one_array_which_is_mapped_if_it_is_large(monkeypatch, size):
    monkeypatch.setattr(mapping, "LARGE_BYTES", size)
    found = stacked(np.split(ROWS, [3, 200, 499]), ROWS.shape, np.float32)
    np.testing.assert_array_equal(found, ROWS.astype(np.float32))
    assert mapping.is_large(found) == (size < ROWS.nbytes // 2)


def test_rows_of_a_large_matrix_are_brought_together(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", np.asfortranarray(ROWS))
    by_column = map_npy(tmp_path / "x.npy")
    assert row_major(by_column) is by_column
    monkeypatch.setattr(mapping, "LARGE_BYTES", 1000)
    monkeypatch.setattr(temporary_file, "_TURNED_BYTES", 7 * 8 * 30)
    found = row_major(by_column)
    np.testing.assert_array_equal(found, ROWS)
    assert found.flags.c_contiguous
    assert mapping.is_large(found)
    assert row_major(found) is found
