"""Scale inputs: a network sees (x - offset) * scale.

Each function takes the training rows, shape (N, I), and returns `offset` and `scale`, numbers or
arrays (I,). A column that never changes gets the scale 1, so that it stays finite.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.dataset import Split
from nncli.model.entries import Entry

Numbers = NDArray[Any]
OffsetAndScale = tuple[float | NDArray[np.float64], float | NDArray[np.float64]]


@dataclass(frozen=True)
class Scaling:
    """``(x - offset) * scale``; both are numbers or arrays (I,)."""

    offset: float | NDArray[np.float64] = 0.0
    scale: float | NDArray[np.float64] = 1.0


NOT_SCALED = Scaling()


def none(rows: Numbers) -> OffsetAndScale:
    """Leave the inputs as they are."""
    return 0.0, 1.0


def unit(rows: Numbers) -> OffsetAndScale:
    """Divide by the largest value of the type: 255 for bytes; floats stay as they are."""
    if np.issubdtype(rows.dtype, np.integer):
        return 0.0, 1.0 / float(np.iinfo(rows.dtype).max)
    return 0.0, 1.0


def standard(rows: Numbers) -> OffsetAndScale:
    """Bring every column to mean 0 and standard deviation 1."""
    deviation = rows.std(axis=0, dtype=np.float64)
    changes = rows.max(axis=0) > rows.min(axis=0)  # rounding gives constants a deviation too
    return rows.mean(axis=0, dtype=np.float64), _inverse(deviation * changes)


def minmax(rows: Numbers) -> OffsetAndScale:
    """Bring every column to the range 0 to 1."""
    low = rows.min(axis=0).astype(np.float64)
    return low, _inverse(rows.max(axis=0).astype(np.float64) - low)


def robust(rows: Numbers) -> OffsetAndScale:
    """Bring every column to median 0 and interquartile range 1."""
    low, middle, high = np.percentile(rows, [25, 50, 75], axis=0)
    return middle, _inverse(high - low)


def _inverse(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    smallest = np.finfo(np.float32).tiny  # the inverse of less overflows float32
    return 1.0 / np.where(spread > smallest, spread, 1.0)


@dataclass(frozen=True)
class Scaler(Entry):
    """A way to scale; `fit` is as the module says."""

    fit: Callable[[Numbers], OffsetAndScale]


SCALERS: dict[str, Scaler] = {
    "none": Scaler("as they are", none),
    "unit": Scaler("divided by the type's largest value: 255 for bytes", unit),
    "standard": Scaler("mean 0 and standard deviation 1, by column", standard),
    "minmax": Scaler("0 to 1, by column", minmax),
    "robust": Scaler("median 0 and interquartile range 1, by column", robust),
}


def fit(name: str, split: Split, scaled: Sequence[bool] | None = None) -> Scaling:
    """Fit the scaler called `name` on the rows of the training split.

    Parameters
    ----------
    scaled : sequence of bool, optional
        Which of the inputs it is for; the others stay as they are.
    """
    needs_values = name not in ("none", "unit")
    rows = split.inputs[split.rows] if needs_values else split.inputs[:0]
    offset, scale = SCALERS[name].fit(rows)
    if scaled is None or all(scaled):
        return Scaling(offset, scale)
    return Scaling(np.where(scaled, offset, 0.0), np.where(scaled, scale, 1.0))


def fit_targets(split: Split) -> Scaling:
    """Return the scaling that brings every target of a regression to mean 0 and deviation 1."""
    return Scaling(*standard(split.targets[split.rows]))


def with_scaled_targets(split: Split, scaling: Scaling) -> Split:
    """Return the split with its targets, numbers (N, O), scaled."""
    return replace(split, targets=(split.targets - scaling.offset) * scaling.scale)


def unscaled(outputs: Numbers, scaling: Scaling) -> NDArray[np.float64]:
    """Return outputs of a network that has learned scaled targets, in the units of the targets."""
    return np.asarray(outputs / scaling.scale + scaling.offset, np.float64)
