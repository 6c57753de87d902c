"""Gather batches in one pass."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.engines.batches import Batches, Gather, Scaled
from nncli.engines.compiled.loops import compiled
from nncli.nn.entries import Array

# Type codes of the numbers that Numba can read, in native byte order.
_READABLE = "?bBhHiIlLqQfd"


@compiled
def _take(inputs, rows, out):
    for i in range(rows.size):
        row = rows[i]
        for j in range(out.shape[1]):
            out[i, j] = out.dtype.type(inputs[row, j])


@compiled
def _take_divided(inputs, rows, divisor, out):
    for i in range(rows.size):
        row = rows[i]
        for j in range(out.shape[1]):
            out[i, j] = out.dtype.type(inputs[row, j]) / divisor


@compiled
def _take_scaled(inputs, rows, offset, scale, out):
    for i in range(rows.size):
        row = rows[i]
        for j in range(out.shape[1]):
            out[i, j] = out.dtype.type((np.float64(inputs[row, j]) - offset[j]) * scale[j])


@compiled
def _take_codes(classes, rows, codes, out):
    for i in range(rows.size):
        chosen = classes[rows[i]]
        for j in range(out.shape[1]):
            out[i, j] = codes[chosen, j]


def input_gather(inputs: NDArray[Any], scaled: Scaled) -> Gather | None:
    """Return a function that gathers inputs in one pass; see `Batches.input_gather`."""
    if not _readable(inputs):
        return None
    inputs = np.asarray(inputs)  # Numba is slow to determine the type of a memmap
    if not scaled.changes:
        return lambda rows, X: _take(inputs, rows, X)
    if (divisor := scaled.divisor) is not None:
        return lambda rows, X: _take_divided(inputs, rows, divisor, X)
    both = (np.broadcast_to(each, inputs.shape[1:]) for each in (scaled.offset, scaled.scale))
    offset, scale = map(np.ascontiguousarray, both)
    return lambda rows, X: _take_scaled(inputs, rows, offset, scale, X)


def target_gather(targets: NDArray[Any], codes: Array) -> Gather | None:
    """Return a function that gathers targets in one pass; see `Batches.target_gather`."""
    if not _readable(targets):
        return None
    targets = np.asarray(targets)
    if targets.ndim == 1:
        return lambda rows, T: _take_codes(targets, rows, codes, T)
    return lambda rows, T: _take(targets, rows, T)


def _readable(array: NDArray[Any]) -> bool:
    return array.dtype.isnative and array.dtype.char in _READABLE


class CompiledBatches(Batches):
    """Batches that are gathered in one pass if Numba can read the arrays."""

    input_gather = staticmethod(input_gather)
    target_gather = staticmethod(target_gather)
