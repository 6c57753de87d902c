"""What outputs choose, and the metric that training shows beside the loss.

A measure ``function(Y, T, scratch, **parameters)`` returns a sum over the rows of the logits or
outputs `Y` (B, O) with the targets `T` (B, O); `scratch`, another such array, is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import log
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    Labels = NDArray[np.integer[Any]]
    Numbers = NDArray[np.float64]
else:
    Array = Labels = Numbers = Any


def correct_rows(Z: Array, T: Array, scratch: Array, margin: float = 0.0) -> float:
    """Count the rows whose logits choose the class that the targets name.

    One output chooses the second class where z > 0, which is a probability over one half (a z so
    small that the probability is rounded to one half does not count); several outputs choose the
    largest. A `margin` is what the logit of the second of two classes must be larger by.
    """
    if Z.shape[1] == 1:
        return float(np.count_nonzero((margin + nothing(Z) < Z) == (T == 1)))
    if margin:
        return float(np.count_nonzero((Z[:, 1] - Z[:, 0] > margin) == (T[:, 1] == 1)))
    return float(np.count_nonzero(Z.argmax(axis=1) == T.argmax(axis=1)))


def correct_label_rows(Z: Array, T: Array, scratch: Array, margin: float = 0.0) -> float:
    """Count the rows whose logits choose exactly the right labels."""
    return float(np.count_nonzero(((margin + nothing(Z) < Z) == (T == 1)).all(axis=1)))


def absolute_errors(A: Array, T: Array, scratch: Array, units: float | Numbers = 1.0) -> float:
    """Return Σ |a - t| u / O over the rows: of each row its mean.

    `units` u, a number or (O,), is what 1 is in the units of each target.
    """
    np.subtract(A, T, out=scratch)
    np.abs(scratch, out=scratch)
    outputs: int = A.shape[1]
    return float((scratch.sum(axis=0) * units).sum()) / outputs  # units may exceed the type of A


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


@dataclass(frozen=True)
class Score:
    """The metric that training shows beside the loss.

    Attributes
    ----------
    name : str
        As in the history and in evaluations.
    label : str
        As in progress lines.
    measure : str
        A name in `MEASURES`.
    of_outputs : bool
        Whether it measures outputs, not logits.
    larger_is_better : bool
    parameters : mapping
        Of the measure.
    """

    name: str
    label: str
    measure: str
    of_outputs: bool
    larger_is_better: bool
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def rises(self, monitored: str) -> bool:
        """Return whether a monitored value, such as ``train_loss``, is better when larger."""
        return self.larger_is_better and monitored.endswith(self.name)


MEASURES: dict[str, Callable[..., float]] = {
    "correct_rows": correct_rows,
    "correct_label_rows": correct_label_rows,
    "absolute_errors": absolute_errors,
}

ACCURACY = Score("accuracy", "acc", "correct_rows", of_outputs=False, larger_is_better=True)
MAE = Score("mae", "mae", "absolute_errors", of_outputs=True, larger_is_better=False)

SCORES: dict[str, Score] = {
    "binary": ACCURACY,
    "multiclass": ACCURACY,
    "multilabel": replace(ACCURACY, measure="correct_label_rows"),
    "regression": MAE,
}

# The tasks in which a probability is compared with a threshold.
WITH_THRESHOLD = ("binary", "multilabel")
DEFAULT_THRESHOLD = 0.5


def score_for(task: str, threshold: float | None, units: float | Numbers = 1.0) -> Score:
    """Return the score of a task.

    Parameters
    ----------
    threshold : float, optional
        The probability over which the second class, or a label, is chosen, as in the evaluation.
    units : number or array (O,)
        What the network's 1 is in the units of each target of a regression.
    """
    score = SCORES[task]
    if score is MAE:
        return score if np.all(units == 1) else replace(score, parameters={"units": units})
    if task == "multiclass" or threshold in (None, 0.5):
        return score
    margin = log(threshold / (1 - threshold))  # p > threshold where z > margin
    return replace(score, parameters={"margin": margin})
