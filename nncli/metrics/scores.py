"""Predictions from logits, and the metric that training reports with the loss.

A measure ``function(Y, T, scratch, **parameters)`` returns a sum over the rows of the logits or
outputs `Y` (B, O) with the targets `T` (B, O). It overwrites `scratch`, an array of the same shape.
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
    Flags = NDArray[np.bool_]
    Labels = NDArray[np.integer[Any]]
    Numbers = NDArray[np.float64]
else:
    Array = Flags = Labels = Numbers = Any


# A logit up to this size means a probability of one half: it is within the rounding error of double
# precision, in which metrics and predictions compute probabilities.
NOTHING = 2.0**-51


def chosen_classes(Z: Array, margin: float | None = 0.0) -> Labels:
    """Return the class predicted by the logits `Z` (B, O) of each row, shape (B,).

    A single output predicts the second class like a label. Several outputs predict the class of the
    largest, in a tie the first. With a `margin` from `margin_of`, the second of two outputs must
    exceed the first by more than the margin.
    """
    if Z.shape[1] == 1 or margin:
        return chosen_labels(log_odds(Z), margin).astype(np.intp)
    return np.asarray(Z.argmax(axis=1))


def chosen_labels(Z: Array, margin: float | None = 0.0) -> Flags:
    """Return which labels are predicted: logits `Z` (B, L) above the `margin` from `margin_of`.

    Without a margin, those from 0 on.
    """
    if margin is None:
        return np.greater_equal(Z, 0)
    return np.greater(Z, margin + NOTHING)


def log_odds(Z: Array) -> Array:
    """Return ln(p / (1 - p)) of the second of two classes, shape (B,), from one or two logits."""
    return Z[:, 0] if Z.shape[1] == 1 else np.subtract(Z[:, 1], Z[:, 0], dtype=np.float64)


def margin_of(threshold: float | None, *, chosen_at_0: bool = False) -> float | None:
    """Return the logit of a threshold, ln(t / (1 - t)), or 0 without a threshold.

    None if the second class is chosen at 0; such an output has no threshold. A NumPy double
    compares exactly with logits of any precision; a Python float would be rounded to their
    precision.
    """
    if threshold is None:
        return None if chosen_at_0 else 0.0
    return np.float64(log(threshold / (1 - threshold)))


def correct_rows(Z: Array, T: Array, scratch: Array, margin: float | None = 0.0) -> float:
    """Count the rows whose logits predict the target class."""
    if Z.shape[1] == 1:
        return float(np.count_nonzero(chosen_labels(Z, margin) == (T == 1)))
    return float(np.count_nonzero(chosen_classes(Z, margin) == T.argmax(axis=1)))


def correct_label_rows(Z: Array, T: Array, scratch: Array, margin: float = 0.0) -> float:
    """Count the rows whose logits predict all labels correctly."""
    return float(np.count_nonzero((chosen_labels(Z, margin) == (T == 1)).all(axis=1)))


def absolute_errors(A: Array, T: Array, scratch: Array, units: float | Numbers = 1.0) -> float:
    """Return Σ |a - t| u / O over the rows: the sum of each row's mean error.

    `units` u, a number or (O,), is the size of 1 in the units of each target.
    """
    np.subtract(A, T, out=scratch)
    np.abs(scratch, out=scratch)
    outputs: int = A.shape[1]
    return float((scratch.sum(axis=0) * units).sum()) / outputs  # units may not fit the type of A


@dataclass(frozen=True)
class Score:
    """The metric that training reports with the loss.

    Attributes
    ----------
    name : str
        Name in the history and in evaluations.
    label : str
        Name in progress lines.
    measure : str
        Key of `MEASURES`.
    of_outputs : bool
        Whether the measure takes outputs instead of logits.
    parameters : mapping
        Parameters of the measure.
    """

    name: str
    label: str
    measure: str
    of_outputs: bool
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


MEASURES: dict[str, Callable[..., float]] = {
    "correct_rows": correct_rows,
    "correct_label_rows": correct_label_rows,
    "absolute_errors": absolute_errors,
}

ACCURACY = Score("accuracy", "acc", "correct_rows", of_outputs=False)
MAE = Score("mae", "mae", "absolute_errors", of_outputs=True)

SCORES: dict[str, Score] = {
    "binary": ACCURACY,
    "multiclass": ACCURACY,
    "multilabel": replace(ACCURACY, measure="correct_label_rows"),
    "regression": MAE,
}

# The tasks that compare probabilities with a threshold.
WITH_THRESHOLD = ("binary", "multilabel")
DEFAULT_THRESHOLD = 0.5


def score_for(
    task: str,
    threshold: float | None,
    units: float | Numbers = 1.0,
    *,
    chosen_at_0: bool = False,
) -> Score:
    """Return the score of a task.

    Parameters
    ----------
    threshold : float, optional
        Probability above which the second class or a label is predicted, as in the evaluation.
    units : number or array (O,)
        Size of the network's 1 in the units of each target, for a regression.
    chosen_at_0 : bool
        As for `margin_of`.
    """
    score = SCORES[task]
    if score is MAE:
        return score if np.all(units == 1) else replace(score, parameters={"units": units})
    if task == "multiclass" or (threshold in (None, 0.5) and not chosen_at_0):
        return score
    margin = margin_of(threshold, chosen_at_0=chosen_at_0)
    return replace(score, parameters={"margin": margin})
