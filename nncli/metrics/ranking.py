"""Metrics of how well scores rank positive rows above negative ones."""

from dataclasses import dataclass

import numpy as np

from nncli.metrics.classes import Counts
from nncli.metrics.means import Flags, Outputs, quotient


@dataclass(frozen=True)
class Ranking:
    """Counts of positive and negative rows at or above each distinct score, in falling order.

    Attributes
    ----------
    positives, negatives : array (scores,)
        Cumulative counts; the last ones are the totals.
    """

    positives: Counts
    negatives: Counts


def ranking(positive: Flags, scores: Outputs) -> Ranking:
    """Rank rows by their scores (N,); `positive` (N,) marks the positive rows."""
    order = np.argsort(scores)[::-1]
    falling = scores[order]
    ends = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(scores) - 1)
    of_kind = positive[order]
    positives = np.cumsum(of_kind)[ends]
    return Ranking(positives, ends + 1 - positives)


def ranking_metrics(found: Ranking) -> dict[str, float]:
    """Return ``roc_auc`` and ``average_precision``, if they are defined.

    ``roc_auc`` is the area under the ROC curve by the trapezoidal rule, and needs positive and
    negative rows. ``average_precision`` is Σ (recall_n - recall_{n-1}) · precision_n, and needs a
    positive row.
    """
    metrics: dict[str, float] = {}
    positives, negatives = (each.astype(np.float64) for each in (found.positives, found.negatives))
    gained = np.diff(positives, prepend=0)
    if positives[-1] > 0 and negatives[-1] > 0:
        area = (np.diff(negatives, prepend=0) * (positives - gained / 2)).sum()
        metrics["roc_auc"] = float(area / (positives[-1] * negatives[-1]))
    if positives[-1] > 0:
        precision = quotient(positives, positives + negatives)
        metrics["average_precision"] = float((gained * precision).sum() / positives[-1])
    return metrics
