"""Arrays in mapped files, which may be larger than memory.

The pages of a map that have been read count as memory of the process, until it gives them back or
the system needs them. So a large map is read in blocks of rows, and given back after each.

What is written to a mapped file changes the array, and to read what was cut off ends the process. A
`MappedFile` knows what its file was, and is asked between one piece of work and the next.
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
    """How many bytes are in memory at a time of what may be larger than it.

    Attributes
    ----------
    large_bytes : int
        What an array in a file may have and still be treated as one in memory.
    pass_bytes : int
        What a pass over all rows takes.
    turned_bytes : int
        What is turned at once from columns that lie together to rows that do.
    table_bytes : int
        What the cells of a table may have before they are put in a file. To write them there takes
        a tenth of the time that it takes to read them from CSV.
    block_bytes : int
        What an epoch in random order reads of consecutive rows.
    pool_bytes : int
        What is mixed of these blocks.
    """

    large_bytes: int = 128 << 20
    pass_bytes: int = 2 << 20
    turned_bytes: int = 32 << 20
    table_bytes: int = 32 << 20
    block_bytes: int = 128 << 10
    pool_bytes: int = 32 << 20


MEMORY = Memory()

# The system may map megabytes around each place that is read, so that rows from all over a file
# have to be given back soon.
_TAKEN_BYTES = 128 << 10


_START_AGAIN = "no result of mixed rows is saved; leave it as it is, and start again"
_MAPPED: WeakSet[MappedFile] = WeakSet()


class MappedFile(mmap.mmap):
    """A file that is mapped to be read, and what it was at that time."""

    _path: Path
    _place: Path
    _stamp: tuple[int, int, int]

    @classmethod
    def of(cls, stream: IO[bytes], path: Path) -> MappedFile:
        """Map the file `path`, which is open. Raises `OSError`, and `ValueError` if it is empty."""
        mapped = cls(stream.fileno(), 0, access=mmap.ACCESS_READ)
        mapped._path, mapped._place = path, path.absolute()  # the working directory may change
        mapped._stamp = _stamp(os.fstat(stream.fileno()))
        _MAPPED.add(mapped)
        if is_program() and hasattr(signal, "SIGBUS"):
            _end_where_a_file_is_cut_off()
        return mapped

    def check(self) -> None:
        """Raise `DataError` when the file has changed, or another has its name.

        One that was renamed or deleted is still there for the map.
        """
        try:
            now = _stamp(self._place.stat())
        except OSError:
            now = self._stamp
        if now != self._stamp or self.size() != self._stamp[0]:
            raise DataError(f"{self._path}: has changed while it was in use; {_START_AGAIN}")

    @property
    def is_cut_off(self) -> bool:
        """Whether less of it is left than is mapped."""
        return self.size() < self._stamp[0]


@cache
def _end_where_a_file_is_cut_off() -> object:
    """Let the program end in one line when it reads what was cut off of a file.

    The system sends a signal to whoever reads there. Python's own handlers run after the
    instruction, which never ends; so this one is the C library's. It runs in the middle of a copy,
    with the interpreter in order.
    """
    import ctypes

    def end(number: int) -> None:
        cut = next((str(each._path) for each in _MAPPED if each.is_cut_off), "a file")
        end_now(f"Error: {cut}: was cut off while it was in use; {_START_AGAIN}", 1)

    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(end)
    ctypes.CDLL(None).signal(int(signal.SIGBUS), handler)
    return handler  # which lives as long as the cache


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def check_unchanged(array: NDArray[Any]) -> None:
    """Raise `DataError` when an array is mapped from a file that has changed since."""
    mapped = _map_of(array)
    if isinstance(mapped, MappedFile):
        mapped.check()


def is_large(array: NDArray[Any], memory: Memory | None = None) -> bool:
    """Return whether an array lies in a mapped file, and is better not in memory as a whole.

    `memory` is `MEMORY` by default, here and everywhere.
    """
    return array.nbytes > (memory or MEMORY).large_bytes and _map_of(array) is not None


def give_back(array: NDArray[Any], memory: Memory | None = None) -> None:
    """Give the memory of a large mapped array back; it is read from its file again when needed."""
    mapped = _map_of(array) if array.nbytes > (memory or MEMORY).large_bytes else None
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):  # Windows has no such call
        mapped.madvise(mmap.MADV_DONTNEED)


def row_bytes(array: NDArray[Any]) -> int:
    """Return how many bytes of memory or file a row of an array (N, ...) spans."""
    return max(array.nbytes // max(len(array), 1), array.strides[0], 1)


def row_blocks(
    array: NDArray[Any],
    rows: NDArray[np.integer[Any]] | None = None,
    size: int | None = None,
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield an array (N, ...), or only some `rows` of it, in blocks of about `size` bytes.

    Yields
    ------
    start : int
        How many rows came before.
    block : array (B, ...)

    Raises
    ------
    DataError
        As `check_unchanged`, before each block.
    """
    step = max(1, (size or MEMORY.pass_bytes) // row_bytes(array))
    for start in range(0, len(array if rows is None else rows), step):
        part = slice(start, start + step)
        check_unchanged(array)
        yield start, array[part if rows is None else rows[part]]
        give_back(array)


def columns(array: NDArray[Any], memory: Memory | None = None) -> Iterator[NDArray[Any]]:
    """Yield the columns (N,) of an array (N, O), of which only some are copied at a time."""
    (rows, outputs), memory = array.shape, memory or MEMORY
    size = memory.turned_bytes if is_large(array, memory) else memory.pass_bytes
    width = max(1, size // max(1, rows * array.itemsize))
    for first in range(0, outputs, width):
        turned = np.empty((min(width, outputs - first), rows), array.dtype)
        for start, block in row_blocks(array):
            turned[:, start : start + len(block)] = block[:, first : first + width].T
        yield from turned


def take_rows(array: NDArray[Any], rows: NDArray[np.integer[Any]]) -> NDArray[Any]:
    """Return some rows of an array (N, ...), in memory."""
    taken = np.empty((len(rows), *array.shape[1:]), array.dtype)
    for start, block in row_blocks(array, rows, _TAKEN_BYTES):
        taken[start : start + len(block)] = block
    return taken


def _map_of(array: NDArray[Any]) -> mmap.mmap | None:
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return owner if isinstance(owner, mmap.mmap) else None
