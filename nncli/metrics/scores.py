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
    Flags = NDArray[np.bool_]
    Labels = NDArray[np.integer[Any]]
    Numbers = NDArray[np.float64]
else:
    Array = Flags = Labels = Numbers = Any


# A logit of at most this says one half: it is a rounding error of double precision, in which
# metrics and predictions compute probabilities from logits of either precision.
NOTHING = 2.0**-51


def chosen_classes(Z: Array, margin: float = 0.0) -> Labels:
    """Return the class that the logits `Z` (B, O) of each row choose, shape (B,).

    One output chooses the second class as a label; several choose the largest, of equals the
    first. With a `margin` of `margin_of` the second of two outputs must be larger by more than it.
    """
    if Z.shape[1] == 1 or margin:
        return chosen_labels(log_odds(Z), margin).astype(np.intp)
    return np.asarray(Z.argmax(axis=1))


def chosen_labels(Z: Array, margin: float = 0.0) -> Flags:
    """Return which labels the logits `Z` (B, L) choose: those over the `margin` of `margin_of`."""
    return np.greater(Z, margin + NOTHING)


def log_odds(Z: Array) -> Array:
    """Return ln(p / (1 - p)) of the second of two classes, shape (B,), from one or two logits."""
    return Z[:, 0] if Z.shape[1] == 1 else np.subtract(Z[:, 1], Z[:, 0], dtype=np.float64)


def margin_of(threshold: float | None) -> float:
    """Return what z must be over for p to be over a threshold: ln(t / (1 - t)); without one 0.

    It is a NumPy number of double precision, so that logits of any precision are compared with
    it exactly; Python's number would be rounded to theirs.
    """
    return 0.0 if threshold is None else np.float64(log(threshold / (1 - threshold)))


def correct_rows(Z: Array, T: Array, scratch: Array, margin: float = 0.0) -> float:
    """Count the rows whose logits choose the class that the targets name."""
    if Z.shape[1] == 1:
        return float(np.count_nonzero(chosen_labels(Z, margin) == (T == 1)))
    return float(np.count_nonzero(chosen_classes(Z, margin) == T.argmax(axis=1)))


def correct_label_rows(Z: Array, T: Array, scratch: Array, margin: float = 0.0) -> float:
    """Count the rows whose logits choose exactly the right labels."""
    return float(np.count_nonzero((chosen_labels(Z, margin) == (T == 1)).all(axis=1)))


def absolute_errors(A: Array, T: Array, scratch: Array, units: float | Numbers = 1.0) -> float:
    """Return Σ |a - t| u / O over the rows: of each row its mean.

    `units` u, a number or (O,), is what 1 is in the units of each target.
    """
    np.subtract(A, T, out=scratch)
    np.abs(scratch, out=scratch)
    outputs: int = A.shape[1]
    return float((scratch.sum(axis=0) * units).sum()) / outputs  # units may exceed the type of A


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
    parameters : mapping
        Of the measure.
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
    return replace(score, parameters={"margin": margin_of(threshold)})
