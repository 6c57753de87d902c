"""The results of a cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.splits import Rows
from nncli.model.predicted import (
    Numbers,
    Places,
    Predicted,
    PredictedLabels,
    Predictions,
    class_values,
)
from nncli.runs.result import Result
from nncli.runs.several_results import PartResult, SeveralResults

Columns = list[tuple[str, list[Any] | Numbers]]


@dataclass(frozen=True)
class HeldOut:
    """The held-out rows of a fold, and the predictions of its model for them.

    Attributes
    ----------
    numbers : array (N,)
        Row numbers in the data.
    beside : dict of str to list of N
        Name and cells of the ID column, if there is one.
    truth : array (N,) of class indices, or (N, O) of numbers
    targets : list of str
    predictions : Predicted
    """

    numbers: Rows
    beside: dict[str, list[Any]]
    truth: NDArray[Any]
    targets: list[str]
    predictions: Predicted

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def width(self) -> int:
        """The approximate number of columns."""
        return self.predictions.width + len(self.targets)

    def columns(self, rows: Places) -> Columns:
        """Return the columns of some of the rows, in order."""
        numbers = self.numbers[rows].tolist()
        places = np.arange(len(self))[rows].tolist()
        return [
            ("row", numbers),
            *((name, [cells[at] for at in places]) for name, cells in self.beside.items()),
            *self._truth(rows).items(),
            *self.predictions.part(rows).columns().items(),
        ]

    def _truth(self, rows: Places) -> dict[str, list[Any] | Numbers]:
        """Return the target columns: ``target``, or ``target_<name>`` for several."""
        values, found = self.truth[rows], self.predictions
        if isinstance(found, Predictions):
            return {"target": [found.classes[index] for index in values.tolist()]}
        values = values.astype(np.intp) if isinstance(found, PredictedLabels) else values
        if len(self.targets) == 1:
            return {"target": values[:, 0]}
        return {f"target_{name}": values[:, n] for n, name in enumerate(self.targets)}


@dataclass(frozen=True)
class FoldResult(PartResult):
    """The result of a fold.

    Attributes
    ----------
    number : int
        Number of the fold, from 1.
    model : Model
    headline : tuple of str
        Names of the most important metrics.
    rows : dict of str to int
        Number of rows of each split.
    held_out : HeldOut
    """

    held_out: HeldOut = field(repr=False)

    def columns(self, rows: Places) -> Columns:
        """Return the columns of some held-out rows: row, fold, ID if any, targets, predictions.

        The order is that of `rows`, which are positions among the held-out rows.
        """
        first, *others = self.held_out.columns(rows)
        return [first, ("fold", [self.number] * len(first[1])), *others]


@dataclass(frozen=True)
class CrossValidation(SeveralResults):
    """The results of all folds.

    Attributes
    ----------
    folds : list of FoldResult
        Finished folds.
    planned : int
        Number of all folds.
    directory : Path or None
        Run directory, if there is one.
    interrupted_fold : Result or None
        Result of the fold that was interrupted or diverged, if there is one.
    trained : bool
        Whether anything was left to train.
    """

    folds: list[FoldResult]
    planned: int
    directory: Path | None = None
    interrupted_fold: Result | None = None
    trained: bool = True

    def __repr__(self) -> str:
        place = f"; in {self.directory}" if self.directory else ""
        return f"<CrossValidation: {len(self.folds)} of {self.planned} folds{place}>"

    @property
    def parts(self) -> Sequence[FoldResult]:
        """The finished folds."""
        return self.folds

    @property
    def predictions(self) -> dict[str, list[Any]]:
        """The predictions for each row by the model that was not trained on it, by column.

        They are in the order of the rows.
        """
        if not self.folds:
            return {}
        joined: dict[str, list[Any]] = {}
        for same in zip(*(fold.columns(slice(None)) for fold in self.folds), strict=True):
            joined[same[0][0]] = _as_given([value for _, each in same for value in _listed(each)])
        order = np.argsort(joined["row"], kind="stable").tolist()
        return {name: [values[at] for at in order] for name, values in joined.items()}


def _as_given(values: list[Any]) -> list[Any]:
    """Return texts as whole numbers or Booleans if all are, as `Model.predict` does."""
    if not all(isinstance(value, str) for value in values):
        return values
    names = list(dict.fromkeys(values))
    given = dict(zip(names, class_values(tuple(names)).tolist(), strict=True))
    return [given[value] for value in values]


def _listed(values: list[Any] | Numbers) -> list[Any]:
    """Return values as Python objects; each float32 becomes the shortest number that equals it."""
    if isinstance(values, list):
        return values
    numbers = values.astype(str).astype(np.float64) if values.dtype == np.float32 else values
    return list(numbers.tolist())
