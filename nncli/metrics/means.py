"""Means and quotients of rows, each with a weight."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer[Any]]
Numbers = NDArray[np.float64]
Outputs = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]
Weights = NDArray[np.floating[Any]] | None
"""The weight of each row, positive; None for the same weight everywhere."""


def mean(values: NDArray[Any], weights: Weights) -> float:
    """Return the mean of numbers or flags (N,), in float64."""
    if weights is None:
        return float(values.mean(dtype=np.float64))
    return float(np.average(values, weights=weights))


def quotient(numerator: NDArray[Any], denominator: NDArray[Any]) -> Numbers:
    """Return the quotients, 0 where there is no denominator."""
    found = np.zeros(numerator.shape)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found
