"""A linear model fitted by least squares: what is known without a network.

Its penalty is fixed, and it may have more columns than rows: fast enough to compare columns. Where
a network is judged by a linear model, `linear_model` chooses the best penalty.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.explain.diagnosis.rules.linear_model import LinearModel, center_and_scale

Numbers = NDArray[np.float64]

_RIDGE = 1e-3  # of the number of rows: keeps columns that depend on each other apart


def fitted_score(X: Numbers, targets: NDArray[Any], X_new: Numbers, truth: NDArray[Any]) -> float:
    """Return how well a linear model of some rows does on other rows.

    Parameters
    ----------
    X, X_new : arrays (N, I) and (M, I)
    targets, truth : arrays (N,) and (M,) of class indices, or (N, O) and (M, O) of numbers

    Returns
    -------
    float
        The accuracy for classes, and the lowest R² of the targets for numbers.
    """
    of_classes = targets.ndim == 1
    found = fitted_outputs(X, np.eye(targets.max() + 1)[targets] if of_classes else targets, X_new)
    if of_classes:
        return float(np.mean(found.argmax(axis=1) == truth))
    errors = np.square(found - truth).mean(axis=0)
    variances = np.maximum(truth.var(axis=0), np.finfo(np.float64).tiny)
    return float((1 - errors / variances).min())


def fitted_outputs(X: Numbers, T: Numbers, X_new: Numbers) -> Numbers:
    """Return the outputs for `X_new` of the least squares fit to `T`, of standardized inputs."""
    center, scale = center_and_scale(X)
    A, offset = (X - center) * scale, T.mean(axis=0)
    ridge = _RIDGE * len(A)
    if len(A) < A.shape[1]:  # the same weights, from the smaller of two matrices
        weights = A.T @ np.linalg.solve(A @ A.T + ridge * np.eye(len(A)), T - offset)
    else:
        weights = np.linalg.solve(A.T @ A + ridge * np.eye(A.shape[1]), A.T @ (T - offset))
    return LinearModel(center, scale, weights, offset)(X_new)
