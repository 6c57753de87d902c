"""Metrics of probabilities."""

import numpy as np

from nncli.metrics.means import Flags, Labels, Numbers, Outputs, mean

_BINS = 10
_EDGES = np.arange(1, _BINS) / _BINS


def log_loss(truth: Labels, probabilities: Outputs) -> float:
    """Return the mean of -ln p(true class), with p kept from 0 by float64's precision.

    Parameters
    ----------
    truth : array (N,), indices of the classes
    probabilities : array (N, classes), or (N,): those of the second of two classes
    """
    if probabilities.ndim == 1:
        of_second = probabilities.astype(np.float64)
        of_truth = np.where(truth == 1, of_second, 1 - of_second)
    else:
        of_truth = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return mean(-np.log(np.maximum(of_truth, np.finfo(np.float64).eps)))


def brier(occurred: Flags, probabilities: Outputs) -> float:
    """Return the Brier score: the mean squared difference of a probability and 1 or 0.

    Parameters
    ----------
    occurred : array (N,)
        Whether the row is of the class that the probabilities (N,) are of.
    """
    return mean(np.square(np.subtract(probabilities, occurred, dtype=np.float64)))


def ece(occurred: Flags, probabilities: Outputs) -> float:
    """Return the expected calibration error, Σ_b n_b / N · abs(o_b - e_b).

    The rows are put into ten bins of equal width by their probability: bin b has those with
    b/10 <= p < (b+1)/10, and the last one p = 1 too. n_b rows are in a bin, o_b is the share of
    them for which it occurred, and e_b their mean probability.

    Naeini, Cooper and Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using Bayesian
    Binning, for two classes, with the probability of the second. For more classes it is taken of
    the chosen class: its probability, and whether it was right (Guo, Pleiss, Sun and Weinberger
    2017, On Calibration of Modern Neural Networks).

    Parameters
    ----------
    occurred : array (N,)
    probabilities : array (N,)
    """
    p: Numbers = probabilities.astype(np.float64)
    differences = occurred - p  # Σ over a bin: n_b (o_b - e_b)
    sums = np.bincount(np.searchsorted(_EDGES, p, side="right"), differences, minlength=_BINS)
    return float(np.abs(sums).sum() / len(p))
