"""Losses and scores as compiled loops, which replace `nncli.nn.losses` and `metrics.scores`."""

from collections.abc import Callable

import numpy as np

from nncli.engines.compiled.loops import by_row, compiled, compiled_sum
from nncli.metrics import scores
from nncli.nn.entries import Array


@compiled_sum
def _subtract_largest(Z, T, gradient):
    """Write z minus the largest of its row to `gradient`; return -Σ t times that difference."""
    value = Z.dtype.type(0)
    for row in range(Z.shape[0]):
        largest = Z[row, 0]
        for unit in range(1, Z.shape[1]):
            largest = max(largest, Z[row, unit])
        for unit in range(Z.shape[1]):
            z = Z[row, unit] - largest
            value -= T[row, unit] * z
            gradient[row, unit] = z
    return value


@compiled_sum
def _divide_by_sum(T, gradient, share):
    """Replace e^z in `gradient` by (a - t) times `share`; return Σ ln(row sum of e^z)."""
    value = T.dtype.type(0)
    for row in range(T.shape[0]):
        total = T.dtype.type(0)
        for unit in range(T.shape[1]):
            total += gradient[row, unit]
        value += np.log(total)
        factor = share / total
        for unit in range(T.shape[1]):
            gradient[row, unit] = gradient[row, unit] * factor - share * T[row, unit]
    return value


def cross_entropy(Z: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.cross_entropy`; NumPy's exp is vectorized, Numba's is not."""
    rows = len(Z)
    value = _subtract_largest(Z, T, gradient)
    np.exp(gradient, out=gradient)
    value += _divide_by_sum(T, gradient, gradient.dtype.type(1 / rows))
    return float(value) / rows


@compiled
def _negate_size(Z, out):
    z, a = Z.reshape(Z.size), out.reshape(Z.size)
    for i in range(z.size):
        a[i] = -abs(z[i])


@compiled_sum
def _compare_sigmoid(Z, T, gradient, exponentials, share):
    """Return the loss, given e = e^-|z| in `exponentials` and ln(1 + e) in `gradient`."""
    zero, one = Z.dtype.type(0), Z.dtype.type(1)
    value = zero
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            z, t, e = Z[i, j], T[i, j], exponentials[i, j]
            value += ((one if z > 0 else zero) - t) * z + gradient[i, j]
            gradient[i, j] = ((one if z > 0 else e) / (one + e) - t) * share
    return value


def sigmoid_cross_entropy(Z: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.sigmoid_cross_entropy`; loss and sigmoid share e^-|z|."""
    rows = len(Z)
    Z, T, gradient, scratch = by_row(Z, T, gradient, scratch)
    _negate_size(Z, scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=gradient)
    return float(_compare_sigmoid(Z, T, gradient, scratch, gradient.dtype.type(1 / rows))) / rows


@compiled_sum
def _square_errors(A, T, gradient, slope):
    value = A.dtype.type(0)
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            error = A[i, j] - T[i, j]
            value += error * error
            gradient[i, j] = error * slope
    return value


def mean_squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.mean_squared_error`."""
    return _squares(A, T, gradient, factor=1 / A.size)


def squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.squared_error`."""
    return _squares(A, T, gradient, factor=1 / len(A))


def half_squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Replace `nncli.nn.losses.half_squared_error`."""
    return _squares(A, T, gradient, factor=0.5 / len(A))


def _squares(A: Array, T: Array, gradient: Array, factor: float) -> float:
    A, T, gradient = by_row(A, T, gradient)
    return float(_square_errors(A, T, gradient, gradient.dtype.type(2 * factor))) * factor


@compiled
def _count_right_sides(Z, T, margin):
    count = 0
    for row in range(Z.shape[0]):
        count += (Z[row, 0] > margin) == (T[row, 0] == 1)
    return count


@compiled
def _count_largest(Z, T):
    count = 0
    for row in range(Z.shape[0]):
        chosen = right = 0
        for unit in range(1, Z.shape[1]):
            if Z[row, unit] > Z[row, chosen]:
                chosen = unit
            if T[row, unit] > T[row, right]:
                right = unit
        count += chosen == right
    return count


def correct_rows(Z: Array, T: Array, scratch: Array, margin: float | None = 0.0) -> float:
    """Replace `nncli.metrics.scores.correct_rows`."""
    if Z.shape[1] > 1 and not margin:
        return float(_count_largest(Z, T))
    if Z.shape[1] > 1 or margin is None:
        return scores.correct_rows(Z, T, scratch, margin)
    return float(_count_right_sides(Z, T, float(margin + scores.NOTHING)))


LOSSES: dict[str, Callable[..., float]] = {
    "cross_entropy": cross_entropy,
    "sigmoid_cross_entropy": sigmoid_cross_entropy,
    "mean_squared_error": mean_squared_error,
    "squared_error": squared_error,
    "half_squared_error": half_squared_error,
}

MEASURES: dict[str, Callable[..., float]] = {**scores.MEASURES, "correct_rows": correct_rows}
