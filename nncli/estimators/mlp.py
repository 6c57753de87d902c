"""The two estimators: `MLPClassifier` and `MLPRegressor`."""

from typing import Any, Self, Unpack

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import UsageError
from nncli.estimators.conventions import ClassifierMixin, RegressorMixin
from nncli.estimators.errors import RowsError, expected_errors
from nncli.estimators.fitting import Rows
from nncli.estimators.network import NetworkEstimator
from nncli.estimators.parameters import (
    OF_CLASSIFIERS,
    OF_REGRESSORS,
    ClassifierParameters,
    NetworkParameters,
    completed,
    takes,
)
from nncli.estimators.targets import Goal, classes_of, different, numbers_of
from nncli.model.model import Model
from nncli.model.predicted import class_values
from nncli.model.thresholds import gives_probabilities


class MLPClassifier(ClassifierMixin, NetworkEstimator):
    """Multilayer perceptron classifier, also for several labels per row.

    Parameters
    ----------
    **parameters
        Keys of the config: the sections ``model`` and ``training``, and ``seed``, ``validation``,
        ``scale``, ``class_weight``, ... (``nncli config schema --markdown`` lists them). Defaults
        are those of the config; None means the value that ``nncli init`` writes for this number
        of rows. scikit-learn's names also work: see ``docs/scikit-learn.md``.

    Attributes
    ----------
    classes_ : array
        Sorted classes of `y`; for several labels their numbers 0, 1, ...
    """

    classes_: NDArray[Any]

    @takes(OF_CLASSIFIERS)
    def __init__(self, **parameters: Unpack[ClassifierParameters]) -> None:
        vars(self).update(completed(type(self).__name__, OF_CLASSIFIERS, {**parameters}))

    def partial_fit(
        self, X: object, y: object, classes: object = None, sample_weight: object = None
    ) -> Self:
        """Train for one epoch, exactly from where the previous call ended.

        The scaling and categories of the inputs are learned in the first call only.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array, optional
            All classes; required in the first call. For several labels: 0, 1, ...

        Raises
        ------
        RowsError, RowsTypeError, ParameterError, DivergedError
            As for `fit`.
        """
        with expected_errors():
            if not self._is_fitted and classes is None:
                raise RowsError("classes must be passed on the first call to partial_fit")
            known = self.classes_ if classes is None else different(classes)
            if self._is_fitted and not np.array_equal(known, self.classes_):
                raise RowsError(
                    f"classes={known.tolist()} is not the same as on the last call to "
                    f"partial_fit, was: {self.classes_.tolist()}"
                )
            return self._go_on(X, y, known, sample_weight)

    def predict(self, X: object) -> NDArray[Any]:
        """Return the class of each row (N,), or a 0 or 1 per label (N, L).

        Raises
        ------
        UnfittedError
            Before `fit`.
        RowsError, RowsTypeError
            If the columns are not those of `fit`.
        """
        chosen = self._predicted(X, lambda found: found.chosen.astype(np.intp, copy=False))
        return chosen if chosen.ndim == 2 else self.classes_[chosen]

    def predict_proba(self, X: object) -> NDArray[np.floating[Any]]:
        """Return the class probabilities (N, classes), or the label probabilities (N, L).

        Raises
        ------
        RefusedError
            If the outputs of the network are not probabilities.
        UnfittedError, RowsError, RowsTypeError
            As for `predict`.
        """
        with expected_errors():
            if not gives_probabilities(self._fitted.network):
                raise UsageError("the outputs of the network are not probabilities; use predict")
        return self._predicted(X, lambda predictions: predictions.probabilities, proba=True)

    def predict_log_proba(self, X: object) -> NDArray[np.floating[Any]]:
        """Return the logarithm of the probabilities; errors are as for `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def _goal(self, y: object, known: NDArray[Any] | None) -> tuple[Goal, NDArray[Any]]:
        return classes_of(y, known)

    def _attributes(self, rows: Rows) -> dict[str, Any]:
        return {**super()._attributes(rows), "classes_": rows.goal.classes}

    def _adopt(self, model: Model) -> None:
        if model.task == "regression":
            raise UsageError(f"{model.called}: the task is regression; use MLPRegressor")
        super()._adopt(model)
        several = model.task == "multilabel"
        names = tuple(model.classes)
        self.classes_ = np.arange(len(model.targets)) if several else class_values(names).copy()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # scikit-learn's, if installed
        tags.classifier_tags.multi_label = True
        tags.input_tags.string = True
        return tags


class MLPRegressor(RegressorMixin, NetworkEstimator):
    """Multilayer perceptron regressor, for one or several targets.

    Parameters
    ----------
    **parameters
        As for `MLPClassifier`, except `threshold` and `class_weight`.
    """

    @takes(OF_REGRESSORS)
    def __init__(self, **parameters: Unpack[NetworkParameters]) -> None:
        vars(self).update(completed(type(self).__name__, OF_REGRESSORS, {**parameters}))

    def partial_fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Train for one epoch, exactly from where the previous call ended.

        Scaling and categories are learned in the first call only. Parameters and errors are as for
        `fit`.
        """
        with expected_errors():
            return self._go_on(X, y, None, sample_weight)

    def predict(self, X: object) -> NDArray[np.floating[Any]]:
        """Return the predicted targets (N,), or (N, O) for several targets.

        Raises
        ------
        UnfittedError
            Before `fit`.
        RowsError, RowsTypeError
            If the columns are not those of `fit`.
        """
        numbers = self._predicted(X, lambda predictions: predictions.array())
        return numbers.astype(np.float64, copy=False)  # as in scikit-learn

    def _goal(self, y: object, known: NDArray[Any] | None) -> tuple[Goal, NDArray[Any]]:
        return numbers_of(y)

    def _adopt(self, model: Model) -> None:
        if model.task != "regression":
            raise UsageError(f"{model.called}: the task is {model.task}; use MLPClassifier")
        super()._adopt(model)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # scikit-learn's, if installed
        tags.target_tags.multi_output = True
        tags.input_tags.string = True
        return tags
