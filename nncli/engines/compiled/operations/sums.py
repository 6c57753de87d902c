"""Sums of many numbers; their terms may be added in any order, or they would not be vectorized."""

import numpy as np
from numba.extending import register_jitable

_reordered = register_jitable(fastmath={"reassoc"})


@_reordered
def total(numbers, count):
    """Return Σ x in float64."""
    result = np.float64(0)
    for i in range(count):
        result += numbers[i]
    return result


@_reordered
def sum_of_squares(numbers, count):
    """Return Σ x² in float64: no square of a float32 overflows."""
    result = np.float64(0)
    for i in range(count):
        number = np.float64(numbers[i])
        result += number * number
    return result


@_reordered
def sum_of_sizes(numbers, count):
    """Return Σ |x| in float64."""
    result = np.float64(0)
    for i in range(count):
        result += abs(numbers[i])
    return result


@_reordered
def plain_total(numbers, count):
    """Return Σ x in the precision of the numbers."""
    result = type(numbers[0])(0)
    for i in range(count):
        result += numbers[i]
    return result


@_reordered
def inner(ones, others, count):
    """Return Σ x y in the precision of the numbers."""
    result = type(ones[0])(0)
    for i in range(count):
        result += ones[i] * others[i]
    return result
