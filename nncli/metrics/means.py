"""Means and quotients over rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]
Numbers = NDArray[np.float64]
Outputs = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]


_ROWS_AT_A_TIME = 1 << 14
_NUMBERS_AT_A_TIME = 1 << 18


def parts(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of rows: an array of all rows and classes would take much memory."""
    step = min(_ROWS_AT_A_TIME, max(1, _NUMBERS_AT_A_TIME // columns))
    for start in range(0, rows, step):
        yield slice(start, start + step)


def mean(values: NDArray[Any]) -> float:
    """Return the mean of numbers or flags (N,), in float64."""
    return float(values.mean(dtype=np.float64))


def quotient(numerator: NDArray[Any], denominator: NDArray[Any]) -> Numbers:
    """Return the quotients, with 0 where the denominator is 0."""
    found = np.zeros(numerator.shape)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found
