"""Arrays in memory-mapped files, which may be larger than memory.

Pages of a map that have been read count as memory of the process until it releases them or the
system needs them. So a large map is read in blocks of rows, and each block is released after use.

Writing to a mapped file changes the array, and reading beyond the end of a truncated file kills the
process. A `MappedFile` remembers the state of its file, so that callers can check it between steps.
"""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from weakref import WeakSet

import numpy as np

from nncli.base.errors import DataError
from nncli.base.signals import end_now, is_program

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Memory:
    """Limits in bytes for processing data that may not fit in memory.

    Attributes
    ----------
    large_bytes : int
        Largest array in a file that is treated as if it were in memory.
    pass_bytes : int
        Size of the blocks in a pass over all rows.
    turned_bytes : int
        Size of the blocks converted from column-major to row-major order.
    table_bytes : int
        Largest table whose cells stay in memory; larger ones go to a file. Writing them takes a
        tenth of the time of reading them from CSV.
    block_bytes : int
        Size of the blocks of consecutive rows that an epoch reads in random order.
    pool_bytes : int
        Size of the pool in which these blocks are shuffled.
    """

    large_bytes: int = 128 << 20
    pass_bytes: int = 2 << 20
    turned_bytes: int = 32 << 20
    table_bytes: int = 32 << 20
    block_bytes: int = 128 << 10
    pool_bytes: int = 32 << 20


MEMORY = Memory()

# The system may map megabytes around each position that is read, so scattered rows must be released
# soon.
_TAKEN_BYTES = 128 << 10


_START_AGAIN = "nothing computed from mixed rows is saved; leave the file unchanged and start again"
_MAPPED: WeakSet[MappedFile] = WeakSet()


class MappedFile(mmap.mmap):
    """A read-only memory map that remembers the state of its file."""

    _path: Path
    _place: Path
    _stamp: tuple[int, int, int]

    @classmethod
    def of(cls, stream: IO[bytes], path: Path) -> MappedFile:
        """Map the open file `path`. Raises `OSError`, and `ValueError` if the file is empty."""
        mapped = cls(stream.fileno(), 0, access=mmap.ACCESS_READ)
        mapped._path, mapped._place = path, path.absolute()  # the working directory may change
        mapped._stamp = _stamp(os.fstat(stream.fileno()))
        _MAPPED.add(mapped)
        if is_program() and hasattr(signal, "SIGBUS"):
            _end_where_a_file_is_cut_off()
        return mapped

    def check(self) -> None:
        """Raise `DataError` if the file has changed or was replaced.

        A renamed or deleted file remains available to the map.
        """
        try:
            now = _stamp(self._place.stat())
        except OSError:
            now = self._stamp
        if now != self._stamp or self.size() != self._stamp[0]:
            raise DataError(f"{self._path}: was changed while in use; {_START_AGAIN}")

    @property
    def is_cut_off(self) -> bool:
        """Whether the file is now shorter than the map."""
        return self.size() < self._stamp[0]


@cache
def _end_where_a_file_is_cut_off() -> object:
    """Make the program end with a one-line message if it reads beyond the end of a truncated file.

    Such a read causes a signal. Python's own handlers only run after the instruction, which never
    completes, so the handler is set through the C library. It runs in the middle of a copy, while
    the interpreter is in a consistent state.
    """
    import ctypes
    from threading import Lock

    ending = Lock()  # several threads may read beyond the end: the first one ends the program

    def end(number: int) -> None:
        ending.acquire()
        cut = next((str(each._path) for each in _MAPPED if each.is_cut_off), "a file")
        end_now(f"Error: {cut}: was truncated while in use; {_START_AGAIN}", 1)

    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(end)
    ctypes.CDLL(None).signal(int(signal.SIGBUS), handler)
    return handler  # the cache keeps it alive


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def check_unchanged(array: NDArray[Any]) -> None:
    """Raise `DataError` if an array is mapped from a file that has changed since."""
    mapped = _map_of(array)
    if isinstance(mapped, MappedFile):
        mapped.check()


def is_large(array: NDArray[Any], memory: Memory | None = None) -> bool:
    """Return whether an array is in a mapped file and too large to be loaded as a whole.

    `memory` is `MEMORY` by default, here and everywhere else.
    """
    return array.nbytes > (memory or MEMORY).large_bytes and _map_of(array) is not None


def give_back(array: NDArray[Any], memory: Memory | None = None) -> None:
    """Release the memory of a large mapped array; it is read from its file again when needed."""
    mapped = _map_of(array) if array.nbytes > (memory or MEMORY).large_bytes else None
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):  # Windows has no such call
        mapped.madvise(mmap.MADV_DONTNEED)


def row_bytes(array: NDArray[Any]) -> int:
    """Return how many bytes a row of an array (N, ...) spans in memory or in a file."""
    return max(array.nbytes // max(len(array), 1), array.strides[0], 1)


def row_blocks(
    array: NDArray[Any],
    rows: NDArray[np.integer[Any]] | None = None,
    size: int | None = None,
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield an array (N, ...), or only its `rows`, in blocks of about `size` bytes.

    Yields
    ------
    start : int
        Number of rows before the block.
    block : array (B, ...)

    Raises
    ------
    DataError
        If the file has changed; see `check_unchanged`.
    """
    step = max(1, (size or MEMORY.pass_bytes) // row_bytes(array))
    for start in range(0, len(array if rows is None else rows), step):
        part = slice(start, start + step)
        check_unchanged(array)
        yield start, array[part if rows is None else rows[part]]
        give_back(array)


def columns(array: NDArray[Any], memory: Memory | None = None) -> Iterator[NDArray[Any]]:
    """Yield the columns (N,) of an array (N, O), copying only a few at once."""
    (rows, outputs), memory = array.shape, memory or MEMORY
    size = memory.turned_bytes if is_large(array, memory) else memory.pass_bytes
    width = max(1, size // max(1, rows * array.itemsize))
    for first in range(0, outputs, width):
        turned = np.empty((min(width, outputs - first), rows), array.dtype)
        for start, block in row_blocks(array):
            turned[:, start : start + len(block)] = block[:, first : first + width].T
        yield from turned


def take_rows(array: NDArray[Any], rows: NDArray[np.integer[Any]]) -> NDArray[Any]:
    """Return a copy of some rows of an array (N, ...), in memory."""
    taken = np.empty((len(rows), *array.shape[1:]), array.dtype)
    for start, block in row_blocks(array, rows, _TAKEN_BYTES):
        taken[start : start + len(block)] = block
    return taken


def _map_of(array: NDArray[Any]) -> mmap.mmap | None:
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return owner if isinstance(owner, mmap.mmap) else None
