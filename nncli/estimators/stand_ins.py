"""Stand-ins for scikit-learn's base classes, used if it is not installed."""

from collections.abc import Callable
from inspect import signature
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import NncliWarning
from nncli.base.words import did_you_mean


class NotFittedError(ValueError, AttributeError):
    """An estimator is not fitted yet."""


class DataConversionWarning(NncliWarning):
    """The data has an unexpected shape and was converted."""


class BaseEstimator:
    """Estimator whose parameters are its constructor arguments."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all parameters as a dict."""
        return {name: getattr(self, name) for name in _defaults(self)}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters. Raises `ValueError` for an unknown name."""
        names = [*_defaults(self)]
        for name in parameters:
            if name not in names:
                hint = did_you_mean(name, names)
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}{hint}")
        vars(self).update(parameters)
        return self

    def __repr__(self) -> str:
        changed = {
            name: value
            for name, default in _defaults(self).items()
            if repr(value := getattr(self, name)) != repr(default)
        }
        given = ", ".join(f"{name}={value!r}" for name, value in changed.items())
        return f"{type(self).__name__}({given})"


class ClassifierMixin:
    """Mixin with the score of a classifier."""

    predict: Callable[[object], object]

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """Return the accuracy; with several labels, the fraction of rows with all correct."""
        right = np.asarray(self.predict(X)) == np.asarray(y)
        rows = None if sample_weight is None else np.asarray(sample_weight, np.float64)
        return float(np.average(right.reshape(len(right), -1).all(axis=1), weights=rows))


class RegressorMixin:
    """Mixin with the score of a regressor."""

    predict: Callable[[object], object]

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """Return R², averaged over several targets."""
        T, Y = np.asarray(y, np.float64), np.asarray(self.predict(X), np.float64)
        T, Y = T.reshape(len(T), -1), Y.reshape(len(Y), -1)
        rows: NDArray[np.float64] = np.ones(len(T))
        if sample_weight is not None:
            rows = np.asarray(sample_weight, np.float64)
        errors = rows @ (T - Y) ** 2
        spread = rows @ (T - np.average(T, axis=0, weights=rows)) ** 2
        constant = np.where(errors == 0, 1.0, 0.0)
        shares = np.divide(errors, spread, out=1 - constant, where=spread != 0)
        return float(np.mean(1 - shares))


def _defaults(estimator: object) -> dict[str, Any]:
    parameters = signature(type(estimator)).parameters
    return {name: each.default for name, each in parameters.items()}
