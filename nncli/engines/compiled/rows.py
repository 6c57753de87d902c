"""Arrays of rows as compiled code reads them."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import give_back, is_large
from nncli.data.splits import Split
from nncli.engines.compiled.batch import strides_of
from nncli.engines.compiled.program import Compiled
from nncli.engines.compiled.state import (
    COLUMN_STEP,
    INPUTS,
    POOL,
    ROW_STEP,
    TARGETS,
    WEIGHTS,
)
from nncli.engines.engine import Setup


def with_readable_rows(setup: Setup) -> Setup:
    """Return a setup whose arrays compiled code can read; splits still share them.

    Raises
    ------
    IndexError
        If a split has a row or a class that does not exist.
    """
    arrays: dict[int, NDArray[Any]] = {}

    def read(split: Split) -> Split:
        for each in (split.inputs, split.targets):
            if id(each) not in arrays:
                arrays[id(each)] = readable(each)
        weights = None if split.weights is None else np.ascontiguousarray(split.weights, float)
        check_range("row", split.rows, len(split.inputs))
        if split.of_classes:
            check_range("class", split.targets[split.rows], len(setup.codes))
        inputs, targets = arrays[id(split.inputs)], arrays[id(split.targets)]
        return replace(split, inputs=inputs, targets=targets, weights=weights)

    validation = read(setup.validation) if setup.validation else None
    return replace(setup, training=read(setup.training), validation=validation)


def readable(array: NDArray[Any]) -> NDArray[Any]:
    """Return numbers as compiled code can read them: aligned, and of a type that it knows.

    It knows how a matrix lies in memory, but expects the numbers of a vector one after the other.
    """
    kind = _readable_type(array.dtype)
    return np.require(array, kind, ["ALIGNED", "C"] if array.ndim == 1 else ["ALIGNED"])


def _readable_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in native byte order; of real numbers, compiled code knows two."""
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        return np.dtype(np.float32 if dtype.itemsize == 2 else np.float64)
    return dtype.newbyteorder("=")


def is_too_large_to_copy(array: NDArray[Any]) -> bool:
    """Return whether an array must stay in its file, and compiled code cannot read it there."""
    return is_large(array) and array.dtype != _readable_type(array.dtype)


def batches_at_once(split: Split, count: int) -> int:
    """Return how many of `count` batches a call may read: only one if they are in a large file.

    Pages of the file count as memory of the process until `release`.
    """
    return 1 if is_large(split.inputs) else count


def release(split: Split) -> None:
    """Release the pages of large files that a call has read."""
    give_back(split.inputs)
    give_back(split.targets)


def connect(compiled: Compiled, split: Split) -> None:
    """Give a program the addresses of the arrays of a split."""
    compiled.point(TARGETS, split.targets)
    compiled.point(WEIGHTS, split.weights)
    compiled.point(POOL, None)
    connect_inputs(compiled, split.inputs)


def connect_inputs(compiled: Compiled, inputs: NDArray[Any]) -> None:
    """Give a program the address of inputs (N, I), and how they lie in memory."""
    compiled.point(INPUTS, inputs)
    compiled.state[[ROW_STEP, COLUMN_STEP]] = strides_of(inputs)


def check_range(name: str, numbers: NDArray[np.integer[Any]], count: int) -> None:
    """Raise `IndexError` unless numbers are from 0 to `count` - 1: compiled code trusts them."""
    if numbers.size and (numbers.min() < 0 or numbers.max() >= count):
        wrong = numbers.min() if numbers.min() < 0 else numbers.max()
        raise IndexError(f"{name} {wrong}: does not exist; there are {count}, from 0")
