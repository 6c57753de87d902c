"""The best constant guess: a baseline that ignores the inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import columns
from nncli.metrics.classes import classification_metrics, confusion_matrix, confusion_of
from nncli.metrics.labels import label_metrics
from nncli.metrics.regression import mean_of_target, per_target, regression_metrics


@dataclass(frozen=True)
class Guess:
    """The best constant prediction for a set of rows.

    Attributes
    ----------
    values : list of str or float
        The most frequent class; the labels that more than half of the rows have; the mean of each
        target.
    metrics : dict of str to float
        Some of the evaluation's metrics, by the same names.
    mae_of_medians : float or None
        The mean absolute error of the median of each target: no constant has a smaller one. None
        for classes and labels.
    """

    values: list[str] | list[float]
    metrics: dict[str, float]
    mae_of_medians: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the guess as JSON values."""
        found = {"values": self.values, "metrics": self.metrics}
        if self.mae_of_medians is None:
            return found
        return {**found, "mae_of_medians": self.mae_of_medians}


def guessed_class(truth: NDArray[Any], classes: list[str]) -> Guess:
    """Return the most frequent class as the guess.

    Of two classes, the guessed probability is the relative frequency. `truth` (N,) holds indices of
    `classes`.
    """
    counts = np.bincount(truth, minlength=len(classes))
    most = int(counts.argmax())
    confusion = confusion_of(truth, np.full(len(truth), most), len(classes))
    found = classification_metrics(confusion)
    metrics = {name: found[name] for name in ("accuracy", "macro_f1")}
    if len(classes) == 2:
        share = float(counts[1]) / len(truth)
        metrics["brier"] = share * (1 - share)
        if counts.all():  # otherwise undefined
            metrics["roc_auc"] = 0.5
    return Guess([classes[most]], metrics)


def guessed_labels(truth: NDArray[Any], labels: list[str]) -> Guess:
    """Return the labels that most rows have as the guess; `truth` (N, L) holds 0 and 1."""
    right, confusions, values = np.ones(len(truth), np.bool_), [], []
    for label, has in zip(labels, columns(truth), strict=True):
        chosen = bool(2 * np.count_nonzero(has) > len(has))
        right &= (has == 1) == chosen
        confusions.append(confusion_matrix(has, np.full(len(has), int(chosen)), 2))
        values += [label] if chosen else []
    found = label_metrics(right, np.stack(confusions))
    return Guess(values, {name: found[name] for name in ("accuracy", "macro_f1", "micro_f1")})


def guessed_numbers(truth: NDArray[Any]) -> Guess:
    """Return the mean of every target as the guess; `truth` has the shape (N, O)."""
    means = [*map(mean_of_target, columns(truth))]
    metrics = _metrics_of(means, truth)
    if metrics.get("r2", 1.0) < 1:
        metrics["r2"] = 0.0  # by definition; the rounded mean may give another value
    medians = [float(np.median(each.astype(np.float64))) for each in columns(truth)]
    return Guess(means, metrics, _metrics_of(medians, truth)["mae"])


def _metrics_of(constants: list[float], truth: NDArray[Any]) -> dict[str, float]:
    outputs = np.broadcast_to(np.array(constants), truth.shape)
    return regression_metrics(per_target(outputs, truth))
