"""Metrics of predicted classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.metrics.means import Flags, Labels, Numbers, Outputs, quotient

Counts = NDArray[np.integer[Any]]

MOST_IN_MATRIX = 100  # classes; with more, a confusion matrix would be nearly all zeros


@dataclass(frozen=True)
class ConfusionPairs:
    """The pairs of predicted and true class that occur, sorted.

    Attributes
    ----------
    predicted, actual, count : array (P,)
        Class indices, and the number of rows for each pair.
    classes : int
        Number of classes.
    """

    predicted: Counts
    actual: Counts
    count: Counts
    classes: int

    @classmethod
    def of(cls, truth: NDArray[Any], chosen: NDArray[Any], classes: int) -> "ConfusionPairs":
        """Count rows by predicted and true class (N,)."""
        pairs, count = np.unique(chosen.astype(np.intp) * classes + truth, return_counts=True)
        return cls(pairs // classes, pairs % classes, count, classes)


Confusion = Counts | ConfusionPairs


def confusion_of(truth: NDArray[Any], chosen: NDArray[Any], classes: int) -> Confusion:
    """Return the confusion matrix, or the pairs if there are more than `MOST_IN_MATRIX` classes."""
    if classes > MOST_IN_MATRIX:
        return ConfusionPairs.of(truth, chosen, classes)
    return confusion_matrix(truth, chosen, classes)


def confusion_matrix(truth: NDArray[Any], chosen: NDArray[Any], classes: int) -> Counts:
    """Count rows by true class (row of the matrix) and predicted class (column)."""
    pairs = truth.astype(np.intp) * classes + chosen
    flat = np.bincount(pairs, minlength=classes * classes)
    return flat.reshape(classes, classes)


def pairs_of(found: Confusion) -> list[tuple[int, int, int]]:
    """Return predicted class, actual class and count for every pair that occurs, sorted."""
    if not isinstance(found, ConfusionPairs):
        predicted, actual = np.nonzero(found.T)
        found = ConfusionPairs(predicted, actual, found[actual, predicted], len(found))
    columns = (each.tolist() for each in (found.predicted, found.actual, found.count))
    return [*zip(*columns, strict=True)]


def _counts(found: Confusion) -> tuple[Counts, Counts, Counts]:
    """Return how often each class is predicted correctly, is predicted, and occurs."""
    if not isinstance(found, ConfusionPairs):
        return np.diag(found), found.sum(axis=0), found.sum(axis=1)
    hits, chosen, support = np.zeros((3, found.classes), np.intp)
    right = found.predicted == found.actual
    hits[found.actual[right]] = found.count[right]
    np.add.at(chosen, found.predicted, found.count)
    np.add.at(support, found.actual, found.count)
    return hits, chosen, support


@dataclass(frozen=True)
class PerClass:
    """Precision, recall, F1 and support of every class, arrays (classes,).

    A ratio with a zero denominator is 0.
    """

    precision: Numbers
    recall: Numbers
    f1: Numbers
    support: Counts

    @classmethod
    def of_counts(cls, hits: Counts, chosen: Counts, support: Counts) -> "PerClass":
        """Return the metrics from the counts of correct predictions, predictions and rows."""
        return cls(
            precision=quotient(hits, chosen),
            recall=quotient(hits, support),
            f1=quotient(2 * hits, chosen + support),
            support=support,
        )

    def rows(self) -> list[dict[str, float]]:
        """Return the metrics of each class by name."""
        columns = [each.tolist() for each in vars(self).values()]
        return [dict(zip(vars(self), row, strict=True)) for row in zip(*columns, strict=True)]


def per_class(confusion: Confusion) -> PerClass:
    """Return the metrics of every class."""
    return PerClass.of_counts(*_counts(confusion))


def classification_metrics(confusion: Confusion) -> dict[str, float]:
    """Return the metrics of a classifier by name.

    ``balanced_accuracy`` is the mean recall of the classes that occur. ``macro_f1`` is the mean F1
    of the classes that occur or are predicted, ``weighted_f1`` the mean F1 weighted by support.
    """
    hits, chosen, support = _counts(confusion)
    figures = PerClass.of_counts(hits, chosen, support)
    occur = support > 0
    occurs_or_chosen = occur | (chosen > 0)
    return {
        "accuracy": float(hits.sum() / support.sum()),
        "balanced_accuracy": float(figures.recall[occur].mean()),
        "macro_f1": float(figures.f1[occurs_or_chosen].mean()),
        "weighted_f1": float(np.average(figures.f1, weights=figures.support)),
    }


def among_largest(truth: Labels, outputs: Outputs, k: int) -> Flags:
    """Return for each row whether the true class has one of the `k` largest outputs.

    In a tie, the later class counts as larger, as in scikit-learn.

    Parameters
    ----------
    truth : array (N,)
    outputs : array (N, classes)
    """
    column = truth[:, np.newaxis]
    of_truth = np.take_along_axis(outputs, column.astype(np.intp), axis=1)
    later = np.arange(outputs.shape[1]) > column
    ahead = np.where(later, outputs >= of_truth, outputs > of_truth)
    return np.asarray(np.count_nonzero(ahead, axis=1) < k)
