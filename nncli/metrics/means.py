"""Means and quotients over rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]
Numbers = NDArray[np.float64]
Outputs = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]


def mean(values: NDArray[Any]) -> float:
    """Return the mean of numbers or flags (N,), in float64."""
    return float(values.mean(dtype=np.float64))


def quotient(numerator: NDArray[Any], denominator: NDArray[Any]) -> Numbers:
    """Return the quotients, 0 where there is no denominator."""
    found = np.zeros(numerator.shape)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found
