"""Regression metrics."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import columns
from nncli.metrics.means import Numbers, Outputs, mean

_LARGEST_RATIO = 1e154  # its square is still finite


def per_target(outputs: Outputs, targets: NDArray[Any]) -> list[dict[str, float]]:
    """Return the metrics of every target by name; `outputs` and `targets` have the shape (N, O).

    ``mae`` is the mean absolute error, ``rmse`` the root mean squared error, and ``r2`` the
    fraction of variance explained, which needs at least two rows.
    """
    pairs = zip(columns(outputs), columns(targets), strict=True)
    return [_figures(a.astype(np.float64), t.astype(np.float64)) for a, t in pairs]


def regression_metrics(figures: list[dict[str, float]]) -> dict[str, float]:
    """Return the metrics of a regression by name, each averaged over the targets."""
    return {name: float(np.mean([each[name] for each in figures])) for name in figures[0]}


def mean_of_target(targets: NDArray[Any]) -> float:
    """Return the mean of one target (N,), scaled by a power of two to avoid overflow."""
    _, exponent = np.frexp(np.abs(targets).max())
    return float(np.ldexp(mean(np.ldexp(targets.astype(np.float64), -exponent)), exponent))


def _figures(outputs: Numbers, targets: Numbers) -> dict[str, float]:
    errors = outputs - targets
    rmse = _root_mean_square(errors)
    found = {"mae": mean(np.abs(errors)), "rmse": rmse}
    return found if len(targets) < 2 else {**found, "r2": _r2(rmse, targets)}


def _root_mean_square(numbers: Numbers) -> float:
    """Return the root mean square, scaled by a power of two to avoid underflow and overflow."""
    _, exponent = np.frexp(np.abs(numbers).max())
    return float(np.ldexp(np.sqrt(mean(np.square(np.ldexp(numbers, -exponent)))), exponent))


def _r2(rmse: float, targets: Numbers) -> float:
    """Return 1 - Σ e² / Σ (t - mean)²; for a constant target, 1 without errors and 0 otherwise.

    A target also counts as constant if the quotient would exceed float64.
    """
    from_first = targets - targets[0]  # for a more accurate deviation
    deviation = _root_mean_square(from_first - mean(from_first)) if from_first.any() else 0.0
    if rmse >= _LARGEST_RATIO * deviation:
        return 0.0 if rmse > 0 else 1.0
    return 1 - (rmse / deviation) ** 2
