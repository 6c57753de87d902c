"""Where the numbers of a program lie, and how they are cut into parts.

The parts depend on sizes alone, never on the number of threads: BLAS may give other last digits for
other widths.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.engines.compiled.state import ROW_MAJOR, UNIT_MAJOR

_LINE = 64  # bytes of a cache line; alignment to it speeds up large products
_MULTIPLE = 16  # units: parts then begin at a cache line

NARROW = 10  # units; a wider matrix is at least as fast row by row

UNITS_OF_A_PART, _MANY_UNITS = 64, 512
_ROWS_OF_A_PART = 32
_MOST_ROW_PARTS = 8
_LITTLE_WORK = 1 << 16  # floating-point operations of a step, which one thread does sooner
_FLAT_PARTS = 8
_MOST_NUMBERS_OF_A_PART = 1 << 16


@dataclass(frozen=True)
class Matrix:
    """A matrix of rows and units in the memory.

    Attributes
    ----------
    offset : int
        Element of the memory at which it begins.
    units : int
    layout : int
        `ROW_MAJOR`, or `UNIT_MAJOR`: all rows of the first unit first.
    stride : int
        Elements from a row to the next, or from a unit to the next.
    """

    offset: int
    units: int
    layout: int
    stride: int


class Memory:
    """Claim places in one array, then allocate it.

    Parameters
    ----------
    rows : int
        Rows of the largest batch.
    """

    def __init__(self, dtype: np.dtype[Any], rows: int) -> None:
        self.dtype, self.rows, self.size = dtype, rows, 0
        self._multiple = _LINE // dtype.itemsize

    def claim(self, count: int) -> int:
        """Return the offset of `count` numbers that begin at a cache line."""
        offset = self.size
        self.size += -(-count // self._multiple) * self._multiple
        return offset

    def matrix(self, units: int, *, by_row: bool = False) -> Matrix:
        """Claim a matrix; few units are in unit-major order unless `by_row`."""
        offset = self.claim(self.rows * units)
        if units <= NARROW and not by_row:
            return Matrix(offset, units, UNIT_MAJOR, self.rows)
        return Matrix(offset, units, ROW_MAJOR, units)

    def like(self, matrix: Matrix) -> Matrix:
        """Claim another matrix of the same shape and order."""
        offset = self.claim(self.rows * matrix.units)
        return Matrix(offset, matrix.units, matrix.layout, matrix.stride)

    def allocate(self) -> NDArray[Any]:
        """Return the memory, all zeros, aligned to a cache line."""
        raw = np.zeros(self.size * self.dtype.itemsize + _LINE, np.uint8)
        start = -raw.__array_interface__["data"][0] % _LINE
        return raw[start : start + self.size * self.dtype.itemsize].view(self.dtype)


def bounds(count: int, parts: int) -> list[int]:
    """Return where each of `parts` parts begins, and the end; parts begin at multiples of 16."""
    return [count * part // parts // _MULTIPLE * _MULTIPLE for part in range(parts)] + [count]


def unit_bounds(units: int) -> list[int]:
    """Return the bounds of the parts of a layer's units."""
    return bounds(units, 1 if units < UNITS_OF_A_PART else 2 if units < _MANY_UNITS else 4)


def row_bounds(rows: int, flops_per_row: int) -> list[int]:
    """Return the bounds of the parts of a batch; a small one has one part."""
    if rows * flops_per_row < _LITTLE_WORK:
        return [0, rows]
    return bounds(rows, min(_MOST_ROW_PARTS, max(1, rows // _ROWS_OF_A_PART)))


def flat_bounds(size: int) -> list[int]:
    """Return the bounds of the parts of a vector of parameters."""
    return bounds(size, 1 if size < _MULTIPLE * _FLAT_PARTS * 16 else _FLAT_PARTS)


def cut(first: int, last: int) -> list[int]:
    """Return where the parts of a range begin, each of at most 65,536 numbers."""
    parts = -(-(last - first) // _MOST_NUMBERS_OF_A_PART)
    return [first + each for each in bounds(last - first, parts)[:-1]]
