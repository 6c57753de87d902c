"""Splits of arrays: training, validation and test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.integer[Any]]
else:
    Rows = Any


_MANY_ROWS = 1 << 20

SPLITS = ("train", "validation", "held_out", "test")
UNSEEN_FIRST = ("test", "held_out", "validation", "train")
"""The same names, in the order in which they show how a model does on unseen rows."""


@dataclass(frozen=True)
class Split:
    """Some rows of arrays: several splits can share the arrays without a copy.

    Attributes
    ----------
    inputs : array (N, I), any numeric dtype; images stay uint8
    targets : array (N,) of class indices, or array (N, O) of real numbers
    rows : array (B,), the rows of `inputs` and `targets` in the split
    weights : array (N,) or None
        Weight of each row in training; None for equal weights.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    rows: Rows
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def of_classes(self) -> bool:
        """Whether the targets are classes rather than numbers."""
        return self.targets.ndim == 1

    def part(self, rows: Rows) -> Split:
        """Return a split of other rows of the same arrays."""
        return replace(self, rows=rows)


def in_order(splits: Mapping[str, Split]) -> dict[str, Split]:
    """Return the splits that have rows, in the order of `SPLITS`."""
    return {name: splits[name] for name in SPLITS if len(splits.get(name, ()))}


def row_numbers(count: int) -> Rows:
    """Return the numbers from 0 to `count` - 1, four bytes each if there are very many rows."""
    return np.arange(count, dtype=np.intp if count <= _MANY_ROWS else np.uint32)


def whole(inputs: NDArray[Any], targets: NDArray[Any]) -> Split:
    """Return a split of all rows."""
    return Split(inputs, targets, row_numbers(len(inputs)))
