"""Mapped arrays are read in blocks, whose memory is released."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from nncli.base.storage.mapping import Memory, give_back, is_large, row_blocks
from nncli.base.storage.npy import map_npy

ROWS = np.random.default_rng(0).normal(size=(1000, 3)).astype(np.float32)


SMALL = Memory(large_bytes=1000)


@pytest.fixture
def mapped(tmp_path):
    """Return a mapped array that is large for a `SMALL` memory."""
    np.save(tmp_path / "rows.npy", ROWS)
    return map_npy(tmp_path / "rows.npy")


def test_an_array_is_large_by_its_bytes_if_it_is_mapped(mapped):
    assert is_large(mapped, SMALL)
    assert is_large(mapped[5:].reshape(-1, 1)[::2], SMALL)  # a view of the array
    assert not is_large(mapped[:10], SMALL)
    assert not is_large(ROWS, SMALL)
    assert not is_large(mapped, Memory(large_bytes=mapped.nbytes))
    assert not is_large(mapped)


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("rows", [None, np.arange(7, 900, 2), np.array([5, 3, 999, 3])])
@pytest.mark.parametrize("size", [1, 500, 1 << 20])
def test_blocks_have_all_rows_in_order(order, rows, size):
    array = np.asarray(ROWS, order=order)
    starts, blocks = zip(*row_blocks(array, rows, size), strict=True)
    np.testing.assert_array_equal(np.concatenate(blocks), ROWS if rows is None else ROWS[rows])
    assert [*starts] == np.cumsum([0, *map(len, blocks[:-1])]).tolist()
    assert max(map(len, blocks)) * 12 <= max(size, 12)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux tells what is in memory")
def test_released_memory_is_not_resident_and_is_read_again(mapped):
    mapped.sum()
    assert resident_kilobytes() >= ROWS.nbytes // 1024
    give_back(mapped)  # has no effect, as the array is small
    assert resident_kilobytes() >= ROWS.nbytes // 1024
    give_back(mapped, SMALL)
    assert resident_kilobytes() == 0
    np.testing.assert_array_equal(mapped, ROWS)


def test_a_system_without_such_a_call_keeps_the_memory(mapped, monkeypatch):
    monkeypatch.delattr(mmap, "MADV_DONTNEED", raising=False)
    give_back(mapped, SMALL)
    np.testing.assert_array_equal(mapped, ROWS)


def resident_kilobytes(name="rows.npy"):
    """Return the resident size of a mapped file in this process."""
    lines = iter(Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.endswith(f"/{name}"):
            return next(int(each.split()[1]) for each in lines if each.startswith("Rss:"))
    raise AssertionError("the file is not mapped")
