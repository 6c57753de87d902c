"""A linear model, fitted by ridge regression: a baseline for networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nncli.base.threads import limited_threads

Numbers = NDArray[np.float64]

_PENALTIES = np.logspace(-6, 2, 9)  # times the mean of the squared singular values


@dataclass(frozen=True)
class LinearModel:
    """T = (X - center) · scale @ W + mean.

    Attributes
    ----------
    center, scale : array (I,)
    W : array (I, O)
    mean : array (O,)
    """

    center: Numbers
    scale: Numbers
    W: Numbers
    mean: Numbers

    def __call__(self, X: NDArray[np.floating]) -> Numbers:
        """Return the outputs (B, O) for inputs (B, I)."""
        found: Numbers = ((X - self.center) * self.scale) @ self.W + self.mean
        return found


def center_and_scale(X: NDArray[np.floating]) -> tuple[Numbers, Numbers]:
    """Return the mean of each column, and the factor that gives it variance 1; 0 for constants.

    Rounding may make the variance of a constant differ from 0.
    """
    center, spread = X.mean(axis=0), X.std(axis=0)
    varies = spread > 1e-9 * np.abs(X).max(axis=0, initial=0.0)
    return center, np.where(varies, 1 / np.where(varies, spread, 1.0), 0.0)


def fit_linear(X: NDArray[np.floating], T: NDArray[np.floating]) -> LinearModel:
    """Return the linear model of least squares for inputs (B, I) and targets (B, O).

    Columns are scaled to variance 1, constant ones are left out. The penalty λ is the one with the
    smallest generalized cross-validation error, RSS / (B - d)² with d = 1 + Σ e / (e + λ), where e
    are the squared singular values of the scaled inputs (G. Golub, M. Heath and G. Wahba 1979,
    Generalized Cross-Validation as a Method for Choosing a Good Ridge Parameter).
    """
    X, T = X.astype(np.float64), T.astype(np.float64)
    center, scale = center_and_scale(X)
    mean = T.mean(axis=0)
    S, rest = (X - center) * scale, T - mean
    with limited_threads(1):  # on a busy machine, several took up to 20 times as long
        squares, V = np.linalg.eigh(S.T @ S)
    squares = np.maximum(squares, 0.0)
    projected, moments = S @ V, V.T @ (S.T @ rest)
    best, least = np.zeros_like(moments), np.inf
    for penalty in _PENALTIES * max(float(squares.mean()), np.finfo(float).tiny):
        coordinates = moments / (squares + penalty)[:, np.newaxis]
        freedom = len(X) - 1 - float((squares / (squares + penalty)).sum())
        error = float(np.square(rest - projected @ coordinates).sum()) / max(freedom, 1e-9) ** 2
        if error < least:
            best, least = coordinates, error
    return LinearModel(center, scale, V @ best, mean)
