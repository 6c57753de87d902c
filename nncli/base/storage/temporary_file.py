"""Arrays in unnamed temporary files, for data that does not fit in memory."""

import math
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nncli.base.errors import OutputError, os_errors_as
from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory


class TemporaryFile:
    """An unnamed file for arrays, in the folder set by TMPDIR or the system's default.

    Where the system supports it, the file disappears with the process, however it ends.
    """

    def __init__(self) -> None:
        with _storing():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object
        weakref.finalize(self, self._file.close)
        self._size = 0

    def append(self, array: NDArray[Any]) -> int:
        """Write an array at the end; return its offset. Raises `OutputError`."""
        place = self._size
        with _storing():
            self._file.seek(place)
            self._file.write(np.ascontiguousarray(array).view(np.uint8).data)
        self._size += array.nbytes
        return place

    def read(self, place: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return `count` values, starting at an offset."""
        values = np.empty(count, dtype)
        with _storing():
            self._file.seek(place)
            self._file.readinto(values.view(np.uint8).data)
        return values

    def map(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return the whole content as one array, read-only and mapped."""
        with _storing():
            self._file.flush()
        return np.memmap(self._file, dtype, "r", 0, shape).view(np.ndarray)  # a plain array


def stacked(
    blocks: Iterable[NDArray[Any]],
    shape: tuple[int, ...],
    dtype: DTypeLike,
    memory: Memory | None = None,
) -> NDArray[Any]:
    """Return blocks of rows as one array; map a large one from a temporary file.

    Raises
    ------
    OutputError
        If the temporary file cannot be written.
    """
    large_bytes = (memory or mapping.MEMORY).large_bytes
    if math.prod(shape) * np.dtype(dtype).itemsize <= large_bytes:
        whole, start = np.empty(shape, dtype), 0
        for block in blocks:
            whole[start : start + len(block)] = block
            start += len(block)
        return whole
    file = TemporaryFile()
    for block in blocks:
        file.append(block.astype(dtype, copy=False))
    return file.map(shape, dtype)


class Stack:
    """Blocks of rows (B, I) that become one array, stored in a file if they are large."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._most = (memory or mapping.MEMORY).large_bytes
        self._waiting: list[NDArray[Any]] = []
        self._size = self._rows = 0
        self._file: TemporaryFile | None = None

    def append(self, block: NDArray[Any]) -> None:
        """Add a block; the first decides the type. Raises `OutputError`; see `stacked`."""
        self._rows += len(block)
        self._size += block.nbytes
        self._waiting.append(block)
        if self._file is None and (self._size <= self._most or len(self._waiting) < 2):
            return
        if self._file is None:
            self._file, self._form = TemporaryFile(), self._waiting[0][:0]
        for each in self._waiting:
            self._file.append(each.astype(self._form.dtype, copy=False))
        self._waiting = []

    def array(self) -> NDArray[Any]:
        """Return all blocks as one array; there must be at least one."""
        if self._file is not None:
            return self._file.map((self._rows, *self._form.shape[1:]), self._form.dtype)
        return self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)


def joined(blocks: Iterable[NDArray[Any]], memory: Memory | None = None) -> NDArray[Any]:
    """Return one or more blocks of rows (B, I) as one array; see `Stack`."""
    stack = Stack(memory)
    for block in blocks:
        stack.append(block)
    return stack.array()


def row_major(array: NDArray[Any], memory: Memory | None = None) -> NDArray[Any]:
    """Return a large mapped matrix (N, I) in row-major order.

    Other arrays are returned unchanged. Raises `OutputError`; see `stacked`.
    """
    if array.flags.c_contiguous or not mapping.is_large(array, memory):
        return array
    rows = max(1, (memory or mapping.MEMORY).turned_bytes // mapping.row_bytes(array))
    return stacked(_with_rows_together(array, rows), array.shape, array.dtype, memory)


def _with_rows_together(array: NDArray[Any], step: int) -> Iterator[NDArray[Any]]:
    for start in range(0, len(array), step):
        block = np.empty_like(array[start : start + step], order="C")
        for column in range(array.shape[1]):
            block[:, column] = array[start : start + step, column]
            mapping.give_back(array)
        yield block


@contextmanager
def temporary_stream() -> Iterator[BinaryIO]:
    """Open an unnamed temporary file. Raises `OutputError` for system errors in the block."""
    with _storing(), tempfile.TemporaryFile() as stream:
        yield cast(BinaryIO, stream)


def _storing() -> AbstractContextManager[None]:
    """Turn the system's errors in the block into an `OutputError` that names the folder."""
    remedy = "set TMPDIR to a writable folder with free space"
    with os_errors_as(OutputError, "temporary files", "cannot be written", remedy):
        folder = tempfile.gettempdir()
    return os_errors_as(OutputError, folder, "cannot store a temporary file", remedy)
