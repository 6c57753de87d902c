"""Probabilities and their metrics, in float64 and from logits, which are more accurate.

The logits `Z` (N, O) are the values before the output activation. A single logit is ln(p / (1 - p))
of the second of two classes, or of a label. Several logits are `coupled` if the probabilities are
their softmax. Otherwise each logit has its own sigmoid, normalized to a sum of 1.
"""

from dataclasses import dataclass

import numpy as np

from nncli.metrics.means import Flags, Labels, Numbers, Outputs, mean, parts

_BINS = 10
_EDGES = np.arange(1, _BINS) / _BINS


def sigmoid(Z: Outputs) -> Numbers:
    """Return 1 / (1 + e^-z), without overflow and accurate for small values."""
    numbers = Z.astype(np.float64)
    small = np.exp(-np.abs(numbers))
    return np.asarray(np.where(numbers < 0, small, 1) / (1 + small))


def class_probabilities(Z: Outputs, *, coupled: bool) -> Numbers:
    """Return the probability of every class, shape (N, classes)."""
    logits = _class_logits(Z, coupled=coupled)
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def _class_logits(Z: Outputs, *, coupled: bool) -> Numbers:
    """Return a new array (N, classes) whose softmax is the class probabilities."""
    logits = Z.astype(np.float64, "C")  # so that row sums do not depend on the number of rows
    if Z.shape[1] == 1:
        return np.hstack([np.zeros_like(logits), logits])
    return logits if coupled else np.minimum(logits, 0) - np.log(1 + np.exp(-np.abs(logits)))


def losses_and_largest(truth: Labels, Z: Outputs, *, coupled: bool) -> tuple[Numbers, Numbers]:
    """Return -ln p(true class) and the largest p of every row: two arrays (N,).

    With m the largest logit and r = Σ e^(zⱼ - m) over the others, the largest p is 1 / (1 + r) and
    -ln p of z is m - z + ln(1 + r). This avoids overflow and cancellation.
    """
    found = [
        _of_rows(truth[part], _class_logits(Z[part], coupled=coupled)) for part in parts(*Z.shape)
    ]
    losses, largest = zip(*found, strict=True)
    return np.concatenate(losses), np.concatenate(largest)


def _of_rows(truth: Labels, logits: Numbers) -> tuple[Numbers, Numbers]:
    rows, best = np.arange(len(truth)), logits.argmax(axis=1)
    largest = logits[rows, best]
    above = largest - logits[rows, truth]
    logits -= largest[:, np.newaxis]
    np.exp(logits, out=logits)
    logits[rows, best] = 0
    others = logits.sum(axis=1)
    return above + np.log1p(others), 1 / (1 + others)


def class_log_odds(Z: Outputs, classes: Labels, *, coupled: bool) -> Numbers:
    """Return ln(p / (1 - p)) of some of more than two classes, shape (N, K).

    With m the largest logit and s the sum of e^(zⱼ - m) over all but class k, it is zₖ - m - ln(s).
    The sum never subtracts the largest term, so it does not cancel. A class that is certain has
    infinite log-odds.
    """
    logits, found = _class_logits(Z, coupled=coupled), np.empty((len(Z), len(classes)))
    rows, best = np.arange(len(Z)), logits.argmax(axis=1)
    logits -= logits[rows, best][:, np.newaxis]
    found[...] = logits[:, classes]
    np.exp(logits, out=logits)
    logits[rows, best] = 0
    others = logits.sum(axis=1)[:, np.newaxis]
    is_best = best[:, np.newaxis] == classes
    with np.errstate(divide="ignore"):
        found -= np.log(np.where(is_best, others, 1 + others - logits[:, classes]))
    return found


def log_loss(occurred: Flags, log_odds: Outputs) -> float:
    """Return the mean of -ln p(outcome) for binary outcomes.

    Parameters
    ----------
    occurred : array (N,)
        Whether each row has the class with probability p.
    log_odds : array (N,)
        ln(p / (1 - p)) of each row.
    """
    of_wrong = np.where(occurred, -log_odds, log_odds).astype(np.float64)
    return mean(np.maximum(of_wrong, 0) + np.log1p(np.exp(-np.abs(of_wrong))))


def brier(occurred: Flags, log_odds: Outputs) -> float:
    """Return the Brier score: the mean squared difference between the probability and 1 or 0.

    Parameters are as for `log_loss`. The difference is the probability of the wrong outcome.
    """
    return mean(np.square(sigmoid(np.where(occurred, -log_odds, log_odds))))


def ece(occurred: Flags, probabilities: Numbers) -> float:
    """Return the expected calibration error, Σ_b n_b / N · abs(o_b - e_b).

    The rows are grouped into ten bins of equal width by probability: bin b has the rows with
    b/10 <= p < (b+1)/10, the last bin also p = 1. Bin b has n_b rows, o_b is the fraction of them
    for which the event occurred, and e_b their mean probability.

    For two classes, p is the probability of the second (Naeini, Cooper and Hauskrecht 2015,
    Obtaining Well Calibrated Probabilities Using Bayesian Binning). For more classes, p is the
    probability of the predicted class, and the event is a correct prediction (Guo, Pleiss, Sun and
    Weinberger 2017, On Calibration of Modern Neural Networks).

    Parameters
    ----------
    occurred : array (N,)
    probabilities : array (N,)
    """
    differences = occurred - probabilities  # Σ over a bin: n_b (o_b - e_b)
    bins = _bins_of(probabilities)
    sums = np.bincount(bins, differences, minlength=_BINS)
    return float(np.abs(sums).sum() / len(bins))


def _bins_of(probabilities: Numbers) -> Labels:
    return np.searchsorted(_EDGES, probabilities, side="right")


@dataclass(frozen=True)
class Calibration:
    """The bins of `ece` that have rows, arrays (bins,).

    Attributes
    ----------
    edges : array (11,)
        The edges of all bins.
    bins : array
        The number of each bin, from 0.
    rows : array
    frequency, probability : array
        The fraction of rows for which the event occurred, and their mean probability.
    """

    edges: Numbers
    bins: Labels
    rows: Labels
    frequency: Numbers
    probability: Numbers


def calibration(occurred: Flags, probabilities: Numbers) -> Calibration:
    """Return the bins of `ece` for the same arguments."""
    of_rows = _bins_of(probabilities)
    rows = np.bincount(of_rows, minlength=_BINS)
    bins = np.flatnonzero(rows)
    frequency, probability = (
        np.bincount(of_rows, values, minlength=_BINS)[bins] / rows[bins]
        for values in (occurred, probabilities)
    )
    edges = np.arange(_BINS + 1) / _BINS
    return Calibration(edges, bins, rows[bins], frequency, probability)
