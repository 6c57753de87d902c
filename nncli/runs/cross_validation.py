"""The results of a cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.splits import Rows
from nncli.model.model import Model
from nncli.model.predicted import (
    Numbers,
    Places,
    Predicted,
    PredictedLabels,
    Predictions,
    class_values,
)
from nncli.runs.result import Result

Columns = list[tuple[str, list[Any] | Numbers]]


@dataclass(frozen=True)
class HeldOut:
    """The rows that a fold's model has not seen, and what it predicts for them.

    Attributes
    ----------
    numbers : array (N,)
        Their places in the data.
    beside : dict of str to list of N
        The id, if there is one.
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
        """About how many columns there are."""
        return self.predictions.width + len(self.targets)

    def columns(self, rows: Places) -> Columns:
        """Return the columns of some of them, in their order."""
        numbers = self.numbers[rows].tolist()
        places = np.arange(len(self))[rows].tolist()
        return [
            ("row", numbers),
            *((name, [cells[at] for at in places]) for name, cells in self.beside.items()),
            *self._truth(rows).items(),
            *self.predictions.part(rows).columns().items(),
        ]

    def _truth(self, rows: Places) -> dict[str, list[Any] | Numbers]:
        """Return ``target``, or ``target_<name>`` of several."""
        values, found = self.truth[rows], self.predictions
        if isinstance(found, Predictions):
            return {"target": [found.classes[index] for index in values.tolist()]}
        values = values.astype(np.intp) if isinstance(found, PredictedLabels) else values
        if len(self.targets) == 1:
            return {"target": values[:, 0]}
        return {f"target_{name}": values[:, n] for n, name in enumerate(self.targets)}


@dataclass(frozen=True)
class FoldResult:
    """The result of a fold.

    Attributes
    ----------
    number : int
        From 1.
    model : Model
    headline : tuple of str
        The metrics that say most.
    rows : dict of str to int
        How many rows each split has.
    held_out : HeldOut
    """

    number: int
    model: Model
    headline: tuple[str, ...]
    rows: dict[str, int]
    held_out: HeldOut = field(repr=False)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Those of each split."""
        return self.model.metrics

    def columns(self, rows: Places) -> Columns:
        """Return of some held-out rows number, fold, the id if there is one, targets, predictions.

        They are in the order of `rows`, places among those that are held out.
        """
        first, *others = self.held_out.columns(rows)
        return [first, ("fold", [self.number] * len(first[1])), *others]


@dataclass(frozen=True)
class CrossValidation:
    """The results of all folds.

    Attributes
    ----------
    folds : list of FoldResult
        Those that are done.
    planned : int
        How many there are to be.
    directory : Path or None
        The run directory, if there is one.
    interrupted_fold : Result or None
        Of the fold that was interrupted or diverged, if one was and has a result.
    trained : bool
        Whether there was anything left to train.
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
    def summaries(self) -> "dict[str, Summary]":
        """The metrics of each split over the folds."""
        return summaries_of(self.folds)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The mean over the folds of every metric of each split."""
        return {split: summary.mean for split, summary in self.summaries.items()}

    @property
    def deviations(self) -> dict[str, dict[str, float]]:
        """The sample standard deviation over the folds of every metric of each split."""
        return {split: summary.deviation for split, summary in self.summaries.items()}

    @property
    def models(self) -> list[Model]:
        """The model of each fold."""
        return [each.model for each in self.folds]

    @property
    def predictions(self) -> dict[str, list[Any]]:
        """Every row as predicted by the model that has not seen it, by column.

        In the order of the rows.
        """
        if not self.folds:
            return {}
        joined: dict[str, list[Any]] = {}
        for same in zip(*(fold.columns(slice(None)) for fold in self.folds), strict=True):
            joined[same[0][0]] = _as_given([value for _, each in same for value in _listed(each)])
        order = np.argsort(joined["row"], kind="stable").tolist()
        return {name: [values[at] for at in order] for name, values in joined.items()}


def _as_given(values: list[Any]) -> list[Any]:
    """Return texts as whole numbers or Booleans where all are such, as `Model.predict` does."""
    if not all(isinstance(value, str) for value in values):
        return values
    names = list(dict.fromkeys(values))
    given = dict(zip(names, class_values(tuple(names)).tolist(), strict=True))
    return [given[value] for value in values]


def _listed(values: list[Any] | Numbers) -> list[Any]:
    """Return values as Python's own, a float32 as the shortest number that gives it back."""
    if isinstance(values, list):
        return values
    numbers = values.astype(str).astype(np.float64) if values.dtype == np.float32 else values
    return list(numbers.tolist())


@dataclass(frozen=True)
class Summary:
    """The metrics of a split over the folds.

    Attributes
    ----------
    mean, deviation : dict of str to float
        Of each metric that is defined in all folds. The deviation is that of a sample: the root
        of the sum of squares divided by the number of folds less one.
    """

    mean: dict[str, float]
    deviation: dict[str, float]


def summaries_of(folds: Sequence[FoldResult]) -> dict[str, Summary]:
    """Return the summary of each split."""
    found = {}
    for split in folds[0].metrics if folds else ():
        each = [fold.metrics[split] for fold in folds]
        known = [name for name in each[0] if all(name in other for other in each)]
        values = {name: [other[name] for other in each] for name in known}
        found[split] = Summary(
            {name: fmean(numbers) for name, numbers in values.items()},
            {name: stdev(numbers) if len(folds) > 1 else 0.0 for name, numbers in values.items()},
        )
    return found
