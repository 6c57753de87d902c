"""How good predictions are. The names and definitions are scikit-learn's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.model.entries import Array
from nncli.model.network import Network, Workspace

Labels = NDArray[np.integer[Any]]
Numbers = NDArray[np.float64]


def count_correct(Z: Array, T: Array) -> int:
    """Count the rows whose logits `Z` (B, O) choose the class that the targets `T` (B, O) name.

    One output chooses the second class where z > 0, which is a probability over one half (a z so
    small that the probability is rounded to one half does not count); several outputs choose the
    largest.
    """
    if Z.shape[1] == 1:
        return int(np.count_nonzero((nothing(Z) < Z) == (T == 1)))
    return int(np.count_nonzero(Z.argmax(axis=1) == T.argmax(axis=1)))


def chosen_classes(Z: Array) -> Labels:
    """Return the class that the logits `Z` (B, O) of each row choose, shape (B,)."""
    if Z.shape[1] == 1:
        return (Z[:, 0] > nothing(Z)).astype(np.intp)
    return np.asarray(Z.argmax(axis=1))


def nothing(Z: Array) -> float:
    """Return a number so small that its sigmoid is rounded to one half."""
    return 2 * float(np.finfo(Z.dtype).eps)


def class_probabilities(A: Array) -> Numbers:
    """Return one probability a class, shape (B, classes), in float64.

    One output is the probability of the second of two classes. Independent sigmoid outputs are
    divided by their sum.
    """
    outputs = A.astype(np.float64)
    if A.shape[1] == 1:
        return np.hstack([1 - outputs, outputs])
    sums = outputs.sum(axis=1, keepdims=True)
    return np.asarray(outputs / np.maximum(sums, np.finfo(np.float64).tiny))


def confusion_matrix(truth: Labels, chosen: Labels, classes: int) -> NDArray[np.intp]:
    """Count rows by true class (row of the matrix) and chosen class (column)."""
    flat = np.bincount(truth.astype(np.intp) * classes + chosen, minlength=classes * classes)
    return flat.reshape(classes, classes)


@dataclass(frozen=True)
class PerClass:
    """Precision, recall, F1 and support of every class, arrays (classes,)."""

    precision: Numbers
    recall: Numbers
    f1: Numbers
    support: NDArray[np.intp]


def per_class(confusion: NDArray[np.intp]) -> PerClass:
    """Return the figures of every class; where a quotient has no denominator it is 0."""
    hits = np.diag(confusion).astype(np.float64)
    chosen, support = confusion.sum(axis=0), confusion.sum(axis=1)
    return PerClass(
        precision=_quotient(hits, chosen),
        recall=_quotient(hits, support),
        f1=_quotient(2 * hits, chosen + support),
        support=support,
    )


def classification_metrics(confusion: NDArray[np.intp]) -> dict[str, float]:
    """Return the metrics of a classifier by name.

    `balanced_accuracy` is the mean recall; the F1 means are over the classes that occur.
    """
    figures = per_class(confusion)
    occur = figures.support > 0
    occurs_or_chosen = occur | (confusion.sum(axis=0) > 0)
    return {
        "accuracy": float(np.trace(confusion) / confusion.sum()),
        "balanced_accuracy": float(figures.recall[occur].mean()),
        "macro_f1": float(figures.f1[occurs_or_chosen].mean()),
        "weighted_f1": float(np.average(figures.f1, weights=figures.support)),
    }


def log_loss(truth: Labels, probabilities: Numbers) -> float:
    """Return -Σ ln p(true class) / N, with p kept from 0 by float64's precision."""
    of_truth = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(of_truth, np.finfo(np.float64).eps)).mean())


@dataclass(frozen=True)
class PerTarget:
    """Errors and R² of every target of a regression, arrays (O,).

    Attributes
    ----------
    mae, rmse : array
        Mean absolute error, and root of the mean squared error.
    r2 : array or None
        The share of the variance that is explained; None with fewer than two rows, which have
        no variance.
    """

    mae: Numbers
    rmse: Numbers
    r2: Numbers | None

    def by_name(self) -> dict[str, Numbers]:
        """Return the figures that there are by the name of the metric."""
        figures = {"mae": self.mae, "rmse": self.rmse}
        return figures if self.r2 is None else {**figures, "r2": self.r2}


def per_target(outputs: Numbers, targets: Numbers) -> PerTarget:
    """Return the figures of every target; `outputs` and `targets` have the shape (N, O)."""
    errors = outputs - targets
    return PerTarget(
        mae=np.abs(errors).mean(axis=0),
        rmse=np.sqrt(np.square(errors).mean(axis=0)),
        r2=_r2(errors, targets) if len(targets) > 1 else None,
    )


def regression_metrics(figures: PerTarget) -> dict[str, float]:
    """Return the metrics of a regression by name: each the mean over targets."""
    return {name: float(values.mean()) for name, values in figures.by_name().items()}


def _r2(errors: Numbers, targets: Numbers) -> Numbers:
    """Return 1 - Σ e² / Σ (t - mean)²; of a constant target 1 without errors, else 0."""
    left = np.square(errors).sum(axis=0)
    spread = np.square(targets - targets.mean(axis=0)).sum(axis=0)
    varies = targets.max(axis=0) > targets.min(axis=0)  # rounding gives constants a spread too
    unexplained = np.where(left > 0, 1.0, 0.0)
    np.divide(left, spread, out=unexplained, where=varies)
    return np.asarray(1 - unexplained)


def _quotient(numerator: Numbers, denominator: NDArray[Any]) -> Numbers:
    quotient = np.zeros_like(numerator)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def correct_rows(network: Network, T: Array, work: Workspace) -> float:
    """Return how many rows the logits in `work` choose the right class for."""
    return count_correct(work.Z[-1], T)


def absolute_errors(network: Network, T: Array, work: Workspace) -> float:
    """Return Σ |a - t| / O over the rows whose logits are in `work`: of each row its mean."""
    A = network.activate_output(work)
    np.subtract(A, T, out=work.scratch)
    np.abs(work.scratch, out=work.scratch)
    outputs: int = A.shape[1]
    return float(work.scratch.sum()) / outputs


@dataclass(frozen=True)
class Score:
    """The metric that training shows beside the loss.

    Attributes
    ----------
    name : str
        As in the history and in evaluations.
    label : str
        As in progress lines.
    sum_over_rows : function
        Takes network, targets and workspace; it must be called after the logits were computed and
        before the objective, which overwrites them.
    larger_is_better : bool
    """

    name: str
    label: str
    sum_over_rows: Callable[[Network, Array, Workspace], float]
    larger_is_better: bool

    def rises(self, monitored: str) -> bool:
        """Return whether a monitored value, such as ``train_loss``, is better when larger."""
        return self.larger_is_better and monitored.endswith(self.name)


ACCURACY = Score("accuracy", "acc", correct_rows, larger_is_better=True)
MAE = Score("mae", "mae", absolute_errors, larger_is_better=False)

SCORES: dict[str, Score] = {"binary": ACCURACY, "multiclass": ACCURACY, "regression": MAE}
