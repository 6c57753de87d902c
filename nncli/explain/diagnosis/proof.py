"""A proof: the results of brief trainings with and without a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from nncli.base.words import count
from nncli.explain.diagnosis.finding import Change
from nncli.metrics.names import rises

LEAST_GAIN = 0.01
"""Smallest share of a loss or an error by which a change must lower it to count as a help: a change
that repairs something does more, and the metrics of two trainings always differ a little."""


@dataclass(frozen=True)
class Proof:
    """Results with and without the change of a finding, for the same rows and several seeds.

    Attributes
    ----------
    code : str
        Code of the finding.
    change : Change
    metric, split : str
        What was measured, and on which rows: ``loss`` and ``train``.
    seeds : list of int
    without, changed : list of (float or None)
        The metric of each seed, without and with the change; None if training diverged.
    epochs : tuple of int
        Most epochs of a training, and how many the config plans.
    refused : str
        Why the config cannot be trained with or without the change; else empty.
    """

    code: str
    change: Change
    metric: str = ""
    split: str = ""
    seeds: Sequence[int] = ()
    without: Sequence[float | None] = ()
    changed: Sequence[float | None] = ()
    epochs: tuple[int, int] = (0, 0)
    refused: str = ""

    @property
    def better(self) -> int:
        """The number of seeds with a better result after the change."""
        pairs = zip(self.without, self.changed, strict=True)
        return sum(_is_better(self.metric, *pair) for pair in pairs)

    @property
    def helps(self) -> bool:
        """Whether the change helps with every seed."""
        return bool(self.seeds) and self.better == len(self.seeds)

    @property
    def verdict(self) -> str:
        """Whether the change helps, in words."""
        if self.refused:
            return f"cannot be shown: {self.refused}"
        if self.helps:
            return f"helps on {self.better} of {count(len(self.seeds), 'seed')}"
        return f"does not help: better on {self.better} of {count(len(self.seeds), 'seed')}"

    def as_json(self) -> dict[str, Any]:
        """Return the proof as JSON values."""
        return {
            "code": self.code,
            "change": {"key": self.change.key, "value": self.change.value},
            "metric": self.metric,
            "split": self.split,
            "epochs": self.epochs[0],
            "seeds": [*self.seeds],
            "without": [*self.without],
            "with": [*self.changed],
            "helps": self.helps if self.seeds else None,
            "verdict": self.verdict,
        }


def mean_of(values: Sequence[float | None]) -> float | None:
    """Return the mean; None if a training diverged."""
    there = [value for value in values if value is not None]
    return fmean(there) if len(there) == len(values) else None


def _is_better(metric: str, without: float | None, changed: float | None) -> bool:
    """Return whether a change improves a metric; a training that diverged is the worst."""
    if changed is None or without is None:
        return changed is not None
    if rises(metric):
        return changed > without
    return changed < without - LEAST_GAIN * abs(without)
