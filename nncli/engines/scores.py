"""What outputs choose, and the metric that training shows beside the loss."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.nn.entries import Array
from nncli.nn.network import Network, Workspace

Labels = NDArray[np.integer[Any]]
Numbers = NDArray[np.float64]


def count_correct(Z: Array, T: Array, margin: float = 0.0) -> int:
    """Count the rows whose logits `Z` (B, O) choose the class that the targets `T` (B, O) name.

    One output chooses the second class where z > 0, which is a probability over one half (a z so
    small that the probability is rounded to one half does not count); several outputs choose the
    largest. A `margin` is what the logit of the second of two classes must be larger by.
    """
    if Z.shape[1] == 1:
        return int(np.count_nonzero((margin + nothing(Z) < Z) == (T == 1)))
    if margin:
        return int(np.count_nonzero((Z[:, 1] - Z[:, 0] > margin) == (T[:, 1] == 1)))
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


def correct_rows(network: Network, T: Array, work: Workspace, margin: float = 0.0) -> float:
    """Return how many rows the logits in `work` choose the right class for."""
    return count_correct(work.Z[-1], T, margin)


def correct_label_rows(network: Network, T: Array, work: Workspace, margin: float = 0.0) -> float:
    """Return how many rows the logits in `work` choose exactly the right labels for."""
    Z = work.Z[-1]
    return float(np.count_nonzero(((margin + nothing(Z) < Z) == (T == 1)).all(axis=1)))


def absolute_errors(
    network: Network, T: Array, work: Workspace, units: float | Numbers = 1.0
) -> float:
    """Return Σ |a - t| u / O over the rows whose logits are in `work`: of each row its mean.

    `units` u, a number or (O,), is what 1 is in the units of each target.
    """
    A = network.activate_output(work)
    np.subtract(A, T, out=work.scratch)
    np.abs(work.scratch, out=work.scratch)
    np.multiply(work.scratch, np.asarray(units, A.dtype), out=work.scratch)
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


def score_for(task: str, threshold: float | None) -> Score:
    """Return the score of a task, where it has a threshold by that of its evaluation."""
    score = SCORES[task]
    if task not in ("binary", "multilabel") or threshold in (None, 0.5):
        return score
    margin = log(threshold / (1 - threshold))  # p > threshold where z > margin
    function: Callable[..., float] = score.sum_over_rows
    return replace(score, sum_over_rows=partial(function, margin=margin))


ACCURACY = Score("accuracy", "acc", correct_rows, larger_is_better=True)
MAE = Score("mae", "mae", absolute_errors, larger_is_better=False)

LABELS = replace(ACCURACY, sum_over_rows=correct_label_rows)

SCORES: dict[str, Score] = {
    "binary": ACCURACY,
    "multiclass": ACCURACY,
    "multilabel": LABELS,
    "regression": MAE,
}


def in_units(score: Score, units: float | Numbers) -> Score:
    """Return the score of a regression in units of which the network's 1 is so many."""
    if score is not MAE or np.all(units == 1):
        return score
    return replace(score, sum_over_rows=partial(absolute_errors, units=units))
