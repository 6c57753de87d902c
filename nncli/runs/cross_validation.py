"""The results of a cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from nncli.model.model import Model
from nncli.model.predicted import Numbers, class_values
from nncli.runs.result import Result

Columns = list[tuple[str, list[Any] | Numbers]]


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
    columns : list of (str, list or array)
        Of the held-out rows: number, fold, the id if there is one, targets, predictions.
    """

    number: int
    model: Model
    headline: tuple[str, ...]
    rows: dict[str, int]
    columns: Columns = field(repr=False)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Those of each split."""
        return self.model.metrics


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
        for same in zip(*(fold.columns for fold in self.folds), strict=True):
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
