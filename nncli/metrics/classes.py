"""Metrics of chosen classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.metrics.means import Labels, Numbers, Outputs, mean, parts, quotient

Counts = NDArray[np.integer[Any]]


def confusion_matrix(truth: NDArray[Any], chosen: NDArray[Any], classes: int) -> Counts:
    """Count rows by true class (row of the matrix) and chosen class (column)."""
    pairs = truth.astype(np.intp) * classes + chosen
    flat = np.bincount(pairs, minlength=classes * classes)
    return flat.reshape(classes, classes)


@dataclass(frozen=True)
class PerClass:
    """Precision, recall, F1 and support of every class, arrays (classes,).

    Where a quotient has no denominator it is 0.
    """

    precision: Numbers
    recall: Numbers
    f1: Numbers
    support: Counts

    @classmethod
    def of_counts(cls, hits: Counts, chosen: Counts, support: Counts) -> "PerClass":
        """Return the figures of classes that were chosen rightly, chosen, and there so often."""
        return cls(
            precision=quotient(hits, chosen),
            recall=quotient(hits, support),
            f1=quotient(2 * hits, chosen + support),
            support=support,
        )

    def rows(self) -> list[dict[str, float]]:
        """Return the figures of each class by name."""
        columns = [each.tolist() for each in vars(self).values()]
        return [dict(zip(vars(self), row, strict=True)) for row in zip(*columns, strict=True)]


def per_class(confusion: Counts) -> PerClass:
    """Return the figures of every class."""
    return PerClass.of_counts(np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1))


def classification_metrics(confusion: Counts) -> dict[str, float]:
    """Return the metrics of a classifier by name.

    ``balanced_accuracy`` is the mean recall of the classes that occur, ``macro_f1`` the mean F1 of
    those that occur or are chosen, ``weighted_f1`` the mean F1 weighted by support.
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


def top_k_accuracy(truth: Labels, outputs: Outputs, k: int) -> float:
    """Return the share of the rows whose true class is among those of the `k` largest outputs.

    Of equal outputs that of the later class counts as larger, as in scikit-learn.

    Parameters
    ----------
    truth : array (N,)
    outputs : array (N, classes)
    """
    hits = [_among_largest(truth[part], outputs[part], k) for part in parts(len(truth))]
    return mean(np.concatenate(hits))


def _among_largest(truth: Labels, outputs: Outputs, k: int) -> NDArray[np.bool_]:
    column = truth[:, np.newaxis]
    of_truth = np.take_along_axis(outputs, column.astype(np.intp), axis=1)
    later = np.arange(outputs.shape[1]) > column
    ahead = np.where(later, outputs >= of_truth, outputs > of_truth)
    return np.asarray(np.count_nonzero(ahead, axis=1) < k)
