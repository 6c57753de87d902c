"""What a data source hands to training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Task = Literal["binary", "multiclass", "regression"]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Shape:
    """What a network for some data looks like from outside.

    Attributes
    ----------
    task : str
    inputs : int
    outputs : int
        Classes of a classification, targets of a regression.
    """

    task: Task
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Split:
    """Some rows of an array: several splits may share one array and copy nothing.

    Attributes
    ----------
    inputs : array (N, I), any numeric dtype; images stay uint8
    targets : array (N,) of integers that index the classes, or array (N, O) of real numbers
    rows : array (B,), the rows of `inputs` and `targets` that belong to the split
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def of_classes(self) -> bool:
        """Whether the targets are classes, not numbers."""
        return self.targets.ndim == 1

    def part(self, rows: Rows) -> "Split":
        """Return a split of other rows of the same arrays."""
        return Split(self.inputs, self.targets, rows)


@dataclass(frozen=True)
class Dataset:
    """A data set, split and described.

    Attributes
    ----------
    task : str
    columns : sequence of str
        Names of the inputs.
    targets : sequence of str
        Names of what is predicted: one for a classification, one or several for a regression.
    classes : sequence of str
        Empty for a regression.
    splits : dict of str to Split
        ``train``, and ``validation`` and ``test`` where there are any rows for them.
    """

    task: Task
    columns: Sequence[str]
    targets: Sequence[str]
    classes: Sequence[str]
    splits: dict[str, Split]

    @property
    def shape(self) -> Shape:
        """What a network for it looks like from outside."""
        return Shape(self.task, len(self.columns), len(self.classes or self.targets))


def whole(inputs: NDArray[Any], targets: NDArray[Any]) -> Split:
    """Return a split that has every row."""
    return Split(inputs, targets, np.arange(len(inputs)))
