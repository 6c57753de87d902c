"""Curves of a classifier over all thresholds."""

from dataclasses import dataclass

import numpy as np

from nncli.metrics.means import Flags, Numbers, Outputs, quotient
from nncli.metrics.ranking import Ranking
from nncli.metrics.scores import NOTHING


def roc_curve(found: Ranking) -> tuple[Numbers, Numbers]:
    """Return the false and the true positive rates at every distinct score, from (0, 0) to (1, 1).

    Needs positive and negative rows.
    """
    counts = found.negatives, found.positives
    false, true = (np.append(0.0, each / each[-1]) for each in counts)
    return false, true


def precision_recall_curve(found: Ranking) -> tuple[Numbers, Numbers]:
    """Return recall and precision at every distinct score, from recall 0; needs a positive row.

    The first point repeats the precision of the second, as no row is at a recall of 0.
    """
    recall = found.positives / found.positives[-1]
    precision = quotient(found.positives, found.positives + found.negatives)
    return np.append(0.0, recall), np.append(precision[:1], precision)


@dataclass(frozen=True)
class AtThresholds:
    """Metrics at each of some thresholds, arrays (T,).

    `precision` is NaN where no row is predicted as positive, `recall` where none is positive.
    """

    precision: Numbers
    recall: Numbers
    f1: Numbers
    accuracy: Numbers


def at_thresholds(positive: Flags, log_odds: Outputs, thresholds: Numbers) -> AtThresholds:
    """Return the metrics of predicting as positive what has a larger probability than a threshold.

    Parameters
    ----------
    positive : array (N,)
        Whether each row is positive.
    log_odds : array (N,)
        ln(p / (1 - p)) of each row.
    thresholds : array (T,)
        Probabilities from 0 to 1, both included.
    """
    with np.errstate(divide="ignore"):
        margins = np.log(thresholds) - np.log1p(-thresholds) + NOTHING
    above = [
        len(scores) - np.searchsorted(np.sort(scores.astype(np.float64)), margins, side="right")
        for scores in (log_odds[positive], log_odds[~positive])
    ]
    hits, false, support = *above, np.count_nonzero(positive)
    chosen = hits + false
    with np.errstate(invalid="ignore"):
        precision, recall = hits / chosen, hits / np.float64(support)
    right = hits + (len(positive) - support - false)
    return AtThresholds(
        precision, recall, quotient(2 * hits, chosen + support), right / len(positive)
    )
