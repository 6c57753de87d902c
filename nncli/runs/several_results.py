"""The results of several models of one config, and their means and deviations."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from nncli.model.model import Model
from nncli.runs.result import Result

if TYPE_CHECKING:
    from nncli import Diagnosis


@dataclass(frozen=True)
class PartResult:
    """The result of one of several models.

    Attributes
    ----------
    number : int
        Number of the fold, from 1, or the seed.
    model : Model
    headline : tuple of str
        Names of the most important metrics.
    rows : dict of str to int
        Number of rows of each split.
    training : Result or None
        Result of the training; None if the model was trained before and read from its file.
    """

    number: int
    model: Model
    headline: tuple[str, ...]
    rows: dict[str, int]
    training: Result | None = field(default=None, repr=False, kw_only=True)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The metrics of each split."""
        return self.model.metrics


@dataclass(frozen=True)
class Summary:
    """The metrics of a split over the folds or seeds.

    Attributes
    ----------
    mean, deviation : dict of str to float
        Mean and sample standard deviation of each metric that is defined for all models. The
        deviation divides by the number of models minus one.
    """

    mean: dict[str, float]
    deviation: dict[str, float]


class SeveralResults(ABC):
    """The results of several models, with a summary of each split.

    Attributes
    ----------
    directory : Path or None
        Run directory, if there is one.
    """

    directory: Path | None

    @property
    @abstractmethod
    def parts(self) -> Sequence[PartResult]:
        """The results of the finished models."""

    @property
    def summaries(self) -> dict[str, Summary]:
        """The mean and deviation of each split's metrics over the models."""
        return summaries_of(self.parts)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The means of each split's metrics over the models."""
        return {split: summary.mean for split, summary in self.summaries.items()}

    @property
    def deviations(self) -> dict[str, dict[str, float]]:
        """The sample standard deviations of each split's metrics over the models."""
        return {split: summary.deviation for split, summary in self.summaries.items()}

    @property
    def models(self) -> list[Model]:
        """The finished models, one per fold or seed."""
        return [each.model for each in self.parts]

    def diagnose(self, **settings: Any) -> "Diagnosis":
        """Return why training went as it did, over all models, and what to change.

        Settings are the keyword arguments of `nncli.diagnose`.
        """
        import nncli  # a later package diagnoses

        return nncli.diagnose(self, **settings)


def summaries_of(parts: Sequence[PartResult]) -> dict[str, Summary]:
    """Return the summary of each split."""
    found = {}
    for split in parts[0].metrics if parts else ():
        each = [part.metrics[split] for part in parts]
        known = [name for name in each[0] if all(name in other for other in each)]
        values = {name: [other[name] for other in each] for name in known}
        found[split] = Summary(
            {name: fmean(numbers) for name, numbers in values.items()},
            {name: stdev(numbers) if len(parts) > 1 else 0.0 for name, numbers in values.items()},
        )
    return found
