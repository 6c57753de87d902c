"""What a data source hands to training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Task = Literal["binary", "multiclass", "regression"]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Some rows of an array: several splits may share one array and copy nothing.

    Attributes
    ----------
    inputs : array (N, I), any numeric dtype; images stay uint8
    labels : array (N,), integers that index the classes
    rows : array (B,), the rows of `inputs` and `labels` that belong to the split
    """

    inputs: NDArray[Any]
    labels: NDArray[np.integer[Any]]
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Dataset:
    """A data set, split and described.

    Attributes
    ----------
    task : str
    columns : sequence of str
        Names of the inputs.
    target : str
        Name of what is predicted.
    classes : sequence of str
    splits : dict of str to Split
        ``train``, and ``validation`` and ``test`` where there are any rows for them.
    """

    task: Task
    columns: Sequence[str]
    target: str
    classes: Sequence[str]
    splits: dict[str, Split]


def whole(inputs: NDArray[Any], labels: NDArray[np.integer[Any]]) -> Split:
    """Return a split that has every row."""
    return Split(inputs, labels, np.arange(len(inputs)))
