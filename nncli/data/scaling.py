"""Scale inputs: a network sees (x - offset) * scale, computed in float64 and rounded once.

Each function takes the training rows, a `Split` with inputs (N, I), and returns `offset` and
`scale`, numbers or arrays (I,). A constant column gets scale 1, so that it stays finite. The rows
are never all in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from sys import float_info
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.base.errors import DataError
from nncli.base.storage.mapping import row_blocks, take_rows
from nncli.data.splits import Rows, Split
from nncli.nn.entries import Entry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncli.data.features import Features

    Numbers = NDArray[Any]
    OffsetAndScale = tuple[float | NDArray[np.float64], float | NDArray[np.float64]]
else:
    Numbers = OffsetAndScale = Any


_COLUMNS_BYTES = 64 << 20
_SMALLEST_SQUARED = 2.0**-500  # squares of smaller numbers lose precision or underflow
_ENLARGED = 2.0**700  # makes the square of even the smallest float64, 2**-1074, representable
_LEAST_SPREAD = float_info.min  # the inverse of a smaller number may overflow


@dataclass(frozen=True)
class Scaling:
    """``(x - offset) * scale``; both are numbers or arrays (I,).

    With `features`, x are the features of a row instead of its inputs.
    """

    offset: float | NDArray[np.float64] = 0.0
    scale: float | NDArray[np.float64] = 1.0
    features: Features | None = None


NOT_SCALED = Scaling()


def none(rows: Split) -> OffsetAndScale:
    """Leave the inputs as they are."""
    return 0.0, 1.0


def unit(rows: Split) -> OffsetAndScale:
    """Divide by the largest value of the type: 255 for bytes; floats stay as they are."""
    dtype = rows.inputs.dtype
    if np.issubdtype(dtype, np.integer):
        return 0.0, 1.0 / float(np.iinfo(dtype).max)
    return 0.0, 1.0


def standard(rows: Split) -> OffsetAndScale:
    """Scale every column to mean 0 and standard deviation 1."""
    mean, deviation = _moments(rows.inputs, rows.rows)
    underflowed = (deviation < _SMALLEST_SQUARED) & (deviation >= 0)
    if underflowed.any():
        _, enlarged = _moments(rows.inputs[:, underflowed] * _ENLARGED, rows.rows)
        deviation[underflowed] = enlarged / _ENLARGED
    return mean, _inverse(deviation)


def _moments(inputs: Numbers, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and standard deviation of every column; -1 for a constant column.

    Both are computed from differences to the first row, which keep more digits. Means m and sums of
    squared deviations S of blocks are combined: with d the difference of two means,
    n S = n (S1 + S2) + n1 n2 d² (Chan, Golub and LeVeque 1983, Algorithms for Computing the Sample
    Variance).
    """
    first = inputs[rows[:1]].astype(np.float64)
    mean = squares = np.zeros(inputs.shape[1])
    changes = np.zeros(len(mean), np.bool_)
    for start, block in row_blocks(inputs, rows):
        share = len(block) / (start + len(block))
        shifted = np.subtract(block, first, dtype=np.float64)
        changes |= shifted.any(axis=0)
        block_mean = shifted.mean(axis=0)
        shifted -= block_mean
        difference = block_mean - mean
        squares = squares + np.square(shifted, out=shifted).sum(axis=0)
        squares += np.square(difference) * (start * share)
        mean = mean + difference * share
    return first[0] + mean, np.where(changes, np.sqrt(squares / len(rows)), -1.0)


def minmax(rows: Split) -> OffsetAndScale:
    """Scale every column to the range 0 to 1."""
    lowest, highest = extremes(rows)
    return lowest, _inverse(highest - lowest)


def extremes(rows: Split) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the minimum and maximum of every column, (I,)."""
    blocks = row_blocks(rows.inputs, rows.rows)
    ranges = [(block.min(axis=0), block.max(axis=0)) for _, block in blocks]
    low, high = (np.array(each, np.float64) for each in zip(*ranges, strict=True))
    return low.min(axis=0), high.max(axis=0)


def robust(rows: Split, columns_bytes: int = _COLUMNS_BYTES) -> OffsetAndScale:
    """Scale every column to median 0 and interquartile range 1.

    Columns of up to `columns_bytes`, but at least one, are in memory at once.
    """
    inputs, count = rows.inputs, len(rows)
    columns = max(1, columns_bytes // (count * np.dtype(np.float64).itemsize))
    quartiles = np.empty((3, inputs.shape[1]))
    for first in range(0, inputs.shape[1], columns):
        some = inputs[:, first : first + columns]
        numbers = take_rows(some, rows.rows).astype(np.float64, copy=False)
        quartiles[:, first : first + columns] = np.percentile(
            numbers, [25, 50, 75], axis=0, overwrite_input=True
        )
    low, middle, high = quartiles
    return middle, _inverse(high - low)


def _inverse(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 / np.where(spread > 0, np.maximum(spread, _LEAST_SPREAD), 1.0)


@dataclass(frozen=True)
class Scaler(Entry):
    """A scaling method; `fit` is described in the module docstring."""

    fit: Callable[[Split], OffsetAndScale]


SCALERS: dict[str, Scaler] = {
    "none": Scaler("the inputs as they are", none),
    "unit": Scaler("divided by the type's largest value: 255 for bytes", unit),
    "standard": Scaler("mean 0 and standard deviation 1, by column", standard),
    "minmax": Scaler("0 to 1, by column", minmax),
    "robust": Scaler("median 0 and interquartile range 1, by column", robust),
}


def fit(name: str, split: Split, scaled: Sequence[bool] | None = None) -> Scaling:
    """Fit the scaler called `name` to the training split.

    Parameters
    ----------
    scaled : sequence of bool, optional
        Whether to scale each input; by default all.
    """
    offset, scale = SCALERS[name].fit(split)
    if scaled is None or all(scaled):
        return Scaling(offset, scale)
    return Scaling(np.where(scaled, offset, 0.0), np.where(scaled, scale, 1.0))


def check_spread(scaling: Scaling, names: Sequence[str], remedy: str) -> None:
    """Raise `DataError` for columns whose values differ by too little to be scaled."""
    too_large = np.broadcast_to(scaling.scale, len(names)) >= 1.0 / _LEAST_SPREAD
    if too_large.any():
        raise DataError(
            f"column {names[int(too_large.argmax())]}: its values in the training rows differ by "
            f"less than {_LEAST_SPREAD:.1e}, too little to scale in float64; multiply it by a "
            f"large number{remedy}"
        )


def fit_targets(split: Split) -> Scaling:
    """Return the scaling of regression targets to mean 0 and standard deviation 1."""
    return Scaling(*standard(replace(split, inputs=split.targets)))


def scaled_targets(targets: Numbers, scaling: Scaling) -> NDArray[np.float64]:
    """Return numeric targets (N, O) as the network learns them."""
    return np.asarray((targets - scaling.offset) * scaling.scale)


def unscaled(outputs: Numbers, scaling: Scaling) -> NDArray[np.float64]:
    """Return the outputs of a network with scaled targets, in the units of the targets."""
    return np.asarray(outputs, np.float64) / scaling.scale + scaling.offset
