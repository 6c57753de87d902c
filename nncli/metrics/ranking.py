"""Metrics of the order in which scores bring rows of two kinds."""

from dataclasses import dataclass

import numpy as np

from nncli.metrics.classes import Counts
from nncli.metrics.means import Flags, Outputs, quotient


@dataclass(frozen=True)
class Ranking:
    """How many rows of each kind have at least a score, for every different score downwards.

    Attributes
    ----------
    positives, negatives : array (scores,)
        The last numbers are those of all rows.
    """

    positives: Counts
    negatives: Counts


def ranking(positive: Flags, scores: Outputs) -> Ranking:
    """Sort rows by their scores (N,); `positive` (N,) says which are of the kind that is sought."""
    order = np.argsort(scores)[::-1]
    falling = scores[order]
    ends = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(scores) - 1)
    of_kind = positive[order]
    positives = np.cumsum(of_kind)[ends]
    return Ranking(positives, ends + 1 - positives)


def ranking_metrics(found: Ranking) -> dict[str, float]:
    """Return ``roc_auc`` and ``average_precision``, as far as they are defined.

    ``roc_auc``, the area under the curve of the share of positives over that of negatives, by
    trapezoids, needs rows of both kinds; ``average_precision``, Σ (recall_n - recall_{n-1}) ·
    precision_n, needs a positive one.
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
