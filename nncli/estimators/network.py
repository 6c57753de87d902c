"""The base class of both estimators: fitting and fitted attributes."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nncli.base.words import count
from nncli.data.weights import given_weights, weight_table
from nncli.estimators.columns import inputs_like
from nncli.estimators.conventions import BaseEstimator, UnfittedError
from nncli.estimators.epochs import Stand, joined, one_epoch
from nncli.estimators.errors import RowsError, RowsTypeError, expected_errors
from nncli.estimators.fitting import Pair, Rows, prepared, trained, warn_if_interrupted
from nncli.estimators.inputs import Inputs, inputs_of
from nncli.estimators.parameters import SECTIONS
from nncli.estimators.settings import config_of
from nncli.estimators.targets import Goal, free_names
from nncli.metrics.names import PENALTY
from nncli.model.model import Model
from nncli.model.prediction import in_one
from nncli.runs.result import Result
from nncli.training.history_file import Table

# scikit-learn's names for output activations.
_OUTPUTS = {"sigmoid": "logistic"}


class NetworkEstimator(BaseEstimator):
    """Multilayer perceptron with scikit-learn's methods.

    Attributes
    ----------
    model_ : Model
        Trained network with its preprocessing.
    history_ : dict of str to list
        Columns of ``history.csv``, one entry per epoch; NaN where an epoch has no value.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : array of str
        Column names seen in `fit`, if any.
    """

    model_: Model
    history_: Table
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    warm_start: bool
    random_state: Any
    threads: int | None
    verbose: bool | int | None
    _stand: Stand | None

    def fit(
        self,
        X: object,
        y: object,
        sample_weight: object = None,
        validation_data: Pair | None = None,
    ) -> Self:
        """Train a new network; with ``warm_start``, train the existing one further.

        Ctrl-C ends training after the current step, with a warning, and keeps the result so far.

        Parameters
        ----------
        X : array (N, I), data frame, list of lists, or list of dict
            Inputs: numbers, Booleans or text. A frame may have missing values.
        y : array, list or series (N,), or (N, O)
            Targets.
        sample_weight : array (N,), optional
            Row weights.
        validation_data : (X, y), optional
            Validation rows; default: a fraction of `X`, see `validation`.

        Raises
        ------
        RowsError, RowsTypeError, ParameterError
            If rows or parameters are invalid: also a `ValueError` or `TypeError`.
        DivergedError
            If a loss, gradient or weight is no longer finite: also a `ValueError`.
        """
        with expected_errors():
            start = self.model_ if self.warm_start and self._is_fitted else None
            goal, targets = self._goal(y, None)
            rows = self._rows(X, goal, targets, sample_weight, goes_on=start is not None)
            validation = None if validation_data is None else self._pair(validation_data, rows)
            config = self._config(rows, len(rows), is_validated=validation is not None)
            parameters = self.get_params(deep=False)
            job = prepared(config, rows, parameters, validation=validation, start=start)
            result = trained(job, threads=self.threads, is_shown=bool(self.verbose))
        self._learn(rows, result, result.history, None)
        return self

    def _go_on(self, X: object, y: object, known: NDArray[Any] | None, weights: object) -> Self:
        """Train for one epoch, from where the previous call ended."""
        start = self.model_ if self._is_fitted else None
        goal, targets = self._goal(y, known)
        rows = self._rows(X, goal, targets, weights, goes_on=start is not None)
        stand: Stand | None = vars(self).get("_stand")
        at, seed = len(rows), {}
        if stand:
            at, seed = stand.rows, stand.seed_parameters(self.random_state)
        config = self._config(rows, at, by_epoch=True, validation=0, early_stopping=False, **seed)
        engine = stand.engine if stand else None
        job = prepared(config, rows, self.get_params(deep=False), start=start, engine=engine)
        job = one_epoch(job, stand, self.n_iter_ if start else 0)
        result = trained(job, threads=self.threads, is_shown=bool(self.verbose))
        history = joined(self.history_ if start else {}, result.history)
        self._learn(rows, result, history, Stand.of(job, at, self.random_state))
        return self

    @abstractmethod
    def _goal(self, y: object, known: NDArray[Any] | None) -> tuple[Goal, NDArray[Any]]:
        """Return the goal, and the targets as an array.

        `known` lists all classes, if given.
        """

    def _rows(
        self, X: object, goal: Goal, y: NDArray[Any], weights: object, *, goes_on: bool = False
    ) -> Rows:
        """Return checked training rows. Raises `RowsError` if the lengths differ."""
        inputs = self._fitted_inputs(X) if goes_on else inputs_of(X)
        if goes_on:
            self._check_goal(goal)
        names = self.model_.targets if goes_on else free_names(goal.targets, inputs.names or ())
        goal = replace(goal, targets=names)
        if len(y) != inputs.count:
            raise RowsError(f"X has {count(inputs.count, 'row')}, but y has {len(y)}")
        counting = None
        if weights is not None:
            values = weights if hasattr(weights, "columns") else np.asarray(weights)
            counting = given_weights(weight_table(values, inputs.count), "weights")
            if not counting.any():
                raise RowsError("sample_weight: all weights are zero; expected a positive one")
        return Rows(inputs, y, goal, counting)

    def _check_goal(self, goal: Goal) -> None:
        """Raise `RowsError` if the model predicts something else."""
        model = self.model_
        found = goal.task, goal.names, goal.outputs
        if found != (model.task, model.classes, len(model.targets)):
            raise RowsError(
                f"y: {type(self).__name__} was fitted with other classes or targets; "
                "set warm_start=False, or create a new estimator"
            )

    def _pair(self, data: object, rows: Rows) -> Pair:
        """Return validation rows, checked against the training rows."""
        if not isinstance(data, tuple | list) or len(data) != 2:
            raise RowsError("validation_data: expected (X, y)")
        like, goal = rows.inputs, rows.goal
        try:
            inputs = inputs_like(data[0], type(self).__name__, like.names, like.width)
            _, targets = self._goal(data[1], goal.classes if goal.names else None)
            if len(targets) != inputs.count:
                raise RowsError(f"X has {count(inputs.count, 'row')}, but y has {len(targets)}")
            return inputs.rows, goal.values(targets)
        except (RowsError, RowsTypeError) as error:
            raise type(error)(f"validation_data: {error}") from error

    def _config(
        self,
        rows: Rows,
        at: int,
        *,
        is_validated: bool = False,
        by_epoch: bool = False,
        **changes: Any,
    ) -> dict[str, Any]:
        """Return the config, with defaults for a table of `at` rows."""
        return config_of(
            {**self.get_params(deep=False), **changes},
            rows.goal.task,
            at,
            rarest=rows.rarest,
            targets=rows.goal.targets,
            is_validated=is_validated,
            by_epoch=by_epoch,
        )

    def _learn(self, rows: Rows, result: Result, history: Table, stand: Stand | None) -> None:
        """Store the result of training; warn if it was interrupted."""
        learned = {"model_": result.model, "history_": history, "_stand": stand}
        vars(self).update(learned, **self._attributes(rows))
        if rows.inputs.names is None:
            vars(self).pop("feature_names_in_", None)
        warn_if_interrupted(result)

    def _attributes(self, rows: Rows) -> dict[str, Any]:
        """Return the attributes that describe the training rows."""
        names = rows.inputs.names
        named = {} if names is None else {"feature_names_in_": np.array(names, object)}
        return {"n_features_in_": rows.inputs.width, **named}

    @property
    def _is_fitted(self) -> bool:
        return "model_" in vars(self)

    @property
    def _fitted(self) -> Model:
        """The model. Raises `UnfittedError` before `fit`."""
        if not self._is_fitted:
            raise UnfittedError(
                f"This {type(self).__name__} instance is not fitted yet; call 'fit' first"
            )
        return self.model_

    def _fitted_inputs(self, X: object) -> Inputs:
        """Return checked inputs. Raises `RowsError` if the columns are not those of `fit`."""
        names = vars(self).get("feature_names_in_")
        return inputs_like(X, type(self).__name__, names, self.n_features_in_)

    def _predicted(
        self, X: object, what: Callable[[Any], NDArray[Any]], *, proba: bool = False
    ) -> NDArray[Any]:
        """Return the part `what` of the predictions for all rows."""
        model = self._fitted
        with expected_errors():
            blocks = model.predictions(self._fitted_inputs(X).rows, proba=proba)
            return in_one(what(block.predictions) for block in blocks)

    def save(self, path: str | Path, *, replace: bool = False) -> None:
        """Write the model to a weights file, which the commands and `nncli.load` read.

        Raises
        ------
        RefusedError
            If `path` exists and `replace` is False.
        OutputError
            If the file cannot be written.
        """
        model = self._fitted
        with expected_errors():
            model.save(path, replace=replace)

    @classmethod
    def from_model(cls, model: Model) -> Self:
        """Return a fitted estimator with a model and its settings.

        Raises
        ------
        RefusedError
            If the estimator does not support the model's task.
        """
        estimator = cls(**_parameters_of(model, cls().get_params(deep=False)))
        with expected_errors():
            estimator._adopt(model)
        return estimator

    def _adopt(self, model: Model) -> None:
        """Adopt a model that was trained elsewhere."""
        encoding = model.preprocessing.encoding
        self.model_, self.history_, self._stand = model, {}, None
        self.n_features_in_ = len(model.preprocessing.columns)
        if encoding is not None:
            self.n_features_in_ = len(encoding.columns)
            self.feature_names_in_ = np.array([each.name for each in encoding.columns], object)

    @property
    def n_iter_(self) -> int:
        """The number of completed epochs."""
        return int(self._fitted.training["epochs"])

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch, with the penalty of the weights, as in scikit-learn."""
        self._fitted  # noqa: B018 - raises
        losses = self.history_.get("train_loss", [])
        added = self.history_.get(PENALTY, [0.0] * len(losses))
        # Epochs without a penalty, of an earlier call of partial_fit, have NaN.
        return [
            loss + (0.0 if isnan(each) else each) for loss, each in zip(losses, added, strict=True)
        ]

    @property
    def loss_(self) -> float:
        """The last of `loss_curve_`; after `from_model`, the loss without penalty."""
        metrics = self._fitted.metrics
        return self.loss_curve_[-1] if self.loss_curve_ else float(metrics["train"]["loss"])

    @property
    def best_loss_(self) -> float | None:
        """The lowest training loss of an epoch; None if validation rows chose the epoch."""
        losses = self.loss_curve_
        return None if "validation" in self._fitted.metrics else min(losses, default=None)

    @property
    def validation_scores_(self) -> list[float] | None:
        """The validation accuracy of each epoch; None without validation, and for a regression."""
        self._fitted  # noqa: B018 - raises
        return self.history_.get("validation_accuracy")

    @property
    def best_validation_score_(self) -> float | None:
        """The highest validation accuracy of an epoch."""
        return max((each for each in self.validation_scores_ or () if each == each), default=None)

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The weights (I, O) of each layer; the first layer expects scaled inputs."""
        return self._arrays("W")

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The biases of each layer."""
        return self._arrays("b")

    def _arrays(self, letter: str) -> list[NDArray[Any]]:
        network = self._fitted.network
        return [network.named[f"{letter}{block.number}"] for block in network.blocks]

    @property
    def n_layers_(self) -> int:
        """The number of layers, including the input layer."""
        return len(self._fitted.network.blocks) + 1

    @property
    def n_outputs_(self) -> int:
        """The number of outputs of the network."""
        return int(self._fitted.network.output.outputs)

    @property
    def out_activation_(self) -> str:
        """The output activation, by scikit-learn's name."""
        kind = self._fitted.network.output.kind
        return _OUTPUTS.get(kind, kind)


def _parameters_of(model: Model, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the estimator's parameters that the config of a model sets."""
    config = model.config
    return {
        key: found[key]
        for key, name in SECTIONS.items()
        if key in defaults and key in (found := config.get(name, {}) if name else config)
    }
