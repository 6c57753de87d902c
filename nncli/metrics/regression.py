"""Metrics of numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.metrics.means import Numbers, Outputs, mean


def per_target(outputs: Outputs, targets: NDArray[Any]) -> list[dict[str, float]]:
    """Return the figures of every target by name; `outputs` and `targets` have the shape (N, O).

    ``mae`` is the mean absolute error, ``rmse`` the root of the mean squared error, ``r2`` the
    share of the variance that is explained, which fewer than two rows do not have.
    """
    pairs = zip(outputs.T, targets.T, strict=True)
    return [_figures(a.astype(np.float64), t.astype(np.float64)) for a, t in pairs]


def regression_metrics(figures: list[dict[str, float]]) -> dict[str, float]:
    """Return the metrics of a regression by name: each the mean over targets."""
    return {name: float(np.mean([each[name] for each in figures])) for name in figures[0]}


def _figures(outputs: Numbers, targets: Numbers) -> dict[str, float]:
    errors = outputs - targets
    squared = mean(np.square(errors))
    found = {"mae": mean(np.abs(errors)), "rmse": float(np.sqrt(squared))}
    return found if len(targets) < 2 else {**found, "r2": _r2(squared, targets)}


def _r2(squared: float, targets: Numbers) -> float:
    """Return 1 - Σ e² / Σ (t - mean)²; of a constant target 1 without errors, else 0."""
    spread = mean(np.square(targets - mean(targets)))
    if spread == 0 or targets.max() == targets.min():  # rounding gives constants a spread too
        return 0.0 if squared > 0 else 1.0
    return 1 - squared / spread
