"""Arrays in an unnamed temporary file, for what is too large for memory."""

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
    """An unnamed file for arrays, in the folder that TMPDIR names, or the system's own.

    It is gone with the process, however that ends, where the system allows it.
    """

    def __init__(self) -> None:
        with _storing():
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as what it holds
        weakref.finalize(self, self._file.close)
        self._size = 0

    def append(self, array: NDArray[Any]) -> int:
        """Write an array at the end; return its place. Raises `OutputError`."""
        place = self._size
        with _storing():
            self._file.seek(place)
            self._file.write(np.ascontiguousarray(array).view(np.uint8).data)
        self._size += array.nbytes
        return place

    def read(self, place: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return `count` values from a place on."""
        values = np.empty(count, dtype)
        with _storing():
            self._file.seek(place)
            self._file.readinto(values.view(np.uint8).data)
        return values

    def map(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return all that was written as one array, read-only, mapped and not read."""
        with _storing():
            self._file.flush()
        return np.memmap(self._file, dtype, "r", 0, shape).view(np.ndarray)  # memory is no storage


def stacked(
    blocks: Iterable[NDArray[Any]],
    shape: tuple[int, ...],
    dtype: DTypeLike,
    memory: Memory | None = None,
) -> NDArray[Any]:
    """Return blocks of rows as one array; a large one is mapped from a temporary file.

    Raises
    ------
    OutputError
        When the temporary file cannot be written.
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
    """Blocks of rows (B, I) that become one array; of many only a few are in memory."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._most = (memory or mapping.MEMORY).large_bytes
        self._waiting: list[NDArray[Any]] = []
        self._size = self._rows = 0
        self._file: TemporaryFile | None = None

    def append(self, block: NDArray[Any]) -> None:
        """Add a block; the first decides the type. Raises `OutputError` as `stacked`."""
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
        """Return all blocks, of which there is one or more; a single one as it is."""
        if self._file is not None:
            return self._file.map((self._rows, *self._form.shape[1:]), self._form.dtype)
        return self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)


def joined(blocks: Iterable[NDArray[Any]], memory: Memory | None = None) -> NDArray[Any]:
    """Return blocks of rows (B, I), one or more, as one array: a `Stack` of them."""
    stack = Stack(memory)
    for block in blocks:
        stack.append(block)
    return stack.array()


def row_major(array: NDArray[Any], memory: Memory | None = None) -> NDArray[Any]:
    """Return a large mapped matrix (N, I) whose columns lie together as one whose rows do.

    Others are returned as they are. Raises `OutputError` as `stacked`.
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
    """Open an unnamed temporary file. Raises `OutputError` for what goes wrong in the block."""
    with _storing(), tempfile.TemporaryFile() as stream:
        yield cast(BinaryIO, stream)


def _storing() -> AbstractContextManager[None]:
    """Turn the system's errors in the block into an `OutputError` that names the folder."""
    remedy = "let TMPDIR name a folder with room that you may write to"
    with os_errors_as(OutputError, "temporary files", "cannot be written", remedy):
        folder = tempfile.gettempdir()
    return os_errors_as(OutputError, folder, "cannot hold a temporary file", remedy)
