"""Batches gathered in one pass."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.engines.batches import Batches, Gather
from nncli.engines.compiled.loops import compiled
from nncli.nn.entries import Array

# The types of numbers, in the processor's order of bytes, that Numba can read.
_READABLE = "?bBhHiIlLqQfd"


@compiled
def _take_scaled(inputs, rows, scale, out):
    for i in range(rows.size):
        row = rows[i]
        for j in range(out.shape[1]):
            out[i, j] = out.dtype.type(inputs[row, j]) * scale[j]


@compiled
def _take_shifted(inputs, rows, offset, scale, out):
    for i in range(rows.size):
        row = rows[i]
        for j in range(out.shape[1]):
            shifted = offset.dtype.type(inputs[row, j]) - offset[j]
            out[i, j] = out.dtype.type(shifted) * scale[j]


@compiled
def _take_codes(classes, rows, codes, out):
    for i in range(rows.size):
        chosen = classes[rows[i]]
        for j in range(out.shape[1]):
            out[i, j] = codes[chosen, j]


def input_gather(inputs: NDArray[Any], offset: Array, scale: Array) -> Gather | None:
    """Return what gathers inputs in one pass, as `Batches.input_gather`."""
    if not _readable(inputs):
        return None
    inputs = np.asarray(inputs)  # Numba takes long over the type of a memmap
    columns = inputs.shape[1:]
    scales = np.ascontiguousarray(np.broadcast_to(scale, columns))
    if not offset.any():
        return lambda rows, X: _take_scaled(inputs, rows, scales, X)
    offsets = np.ascontiguousarray(np.broadcast_to(offset, columns))
    return lambda rows, X: _take_shifted(inputs, rows, offsets, scales, X)


def target_gather(targets: NDArray[Any], codes: Array) -> Gather | None:
    """Return what gathers targets in one pass, as `Batches.target_gather`."""
    if not _readable(targets):
        return None
    targets = np.asarray(targets)
    if targets.ndim == 1:
        return lambda rows, T: _take_codes(targets, rows, codes, T)
    ones = np.ones(targets.shape[1], codes.dtype)
    return lambda rows, T: _take_scaled(targets, rows, ones, T)


def _readable(array: NDArray[Any]) -> bool:
    return array.dtype.isnative and array.dtype.char in _READABLE


class CompiledBatches(Batches):
    """Batches that are gathered in one pass where Numba can read the arrays."""

    input_gather = staticmethod(input_gather)
    target_gather = staticmethod(target_gather)
