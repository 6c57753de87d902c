"""scikit-learn's base classes, or stand-ins if it is not installed."""

from typing import TYPE_CHECKING

from nncli.base.errors import UsageError

if TYPE_CHECKING:  # scikit-learn has no types
    from nncli.estimators.stand_ins import (
        BaseEstimator,
        ClassifierMixin,
        DataConversionWarning,
        NotFittedError,
        RegressorMixin,
    )
else:
    try:
        from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
        from sklearn.exceptions import DataConversionWarning, NotFittedError
    except ImportError:
        from nncli.estimators.stand_ins import (
            BaseEstimator,
            ClassifierMixin,
            DataConversionWarning,
            NotFittedError,
            RegressorMixin,
        )

__all__ = [
    "BaseEstimator",
    "ClassifierMixin",
    "DataConversionWarning",
    "RegressorMixin",
    "UnfittedError",
]


class UnfittedError(UsageError, NotFittedError):
    """A method or attribute needs a fitted estimator."""
