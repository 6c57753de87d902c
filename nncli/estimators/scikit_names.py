"""Translate scikit-learn's parameters of a multilayer perceptron to config keys.

Each function takes all parameters as given, and returns some config keys.
"""

from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any

import numpy as np

from nncli.config.defaults import batch_size
from nncli.config.training_section import TrainingSection
from nncli.data.dataset import Task
from nncli.estimators.errors import ParameterError
from nncli.estimators.parameters import OF_CLASSIFIERS, SCIKIT_LEARN
from nncli.metrics.scores import SCORES

Given = Mapping[str, Any]

_LARGEST_BATCH = 200
_TOL, _EPOCHS_WITHOUT_CHANGE = 1e-4, 10
_FALL = 0.2  # learning_rate='adaptive' multiplies the rate by this
_ACTIVATIONS = {"logistic": "sigmoid"}
_LOSSES = {"squared_error": "half_squared_error", "log_loss": None}
_SEEDS = 1 << 32


def translated(given: Given, rows: int, task: Task) -> dict[str, Any]:
    """Return the parameters as config keys; None where not given.

    Parameters
    ----------
    given : mapping
        All parameters of an estimator.
    rows : int
        Number of training rows.

    Raises
    ------
    ParameterError
        If both names of a parameter are given, or nncli does not support a value.
    """
    _refuse(given)
    return {
        **{key: value for key, value in given.items() if key not in SCIKIT_LEARN},
        **_renamed(given),
        "activation": _words(given["activation"], _ACTIVATIONS),
        "loss": _words(given["loss"], _LOSSES),
        "optimizer": _optimizer(given),
        **_batches(given, rows),
        **_rate(given),
        **_stopping(given, task),
    }


def _is_given(given: Given, name: str) -> bool:
    value, default = given[name], OF_CLASSIFIERS[name]
    return value is not default and not (isinstance(value, type(default)) and value == default)


def _one_of(given: Given, name: str, other: str, means: Callable[[Any], Any] = lambda v: v) -> Any:
    """Return a parameter, or the translated value of `other`, its name in scikit-learn."""
    if given[other] is None:
        return given[name]
    if _is_given(given, name):
        raise ParameterError(f"{name} and {other} are the same parameter; give only one")
    return means(given[other])


def _refuse(given: Given) -> None:
    """Raise `ParameterError` for unsupported values."""
    for name, (is_wrong, remedy) in _REFUSED.items():
        if is_wrong(given[name]):
            raise ParameterError(f"{name}: found {given[name]!r}; {remedy}")


def _renamed(given: Given) -> dict[str, Any]:
    return {
        "hidden_layers": _one_of(given, "hidden_layers", "hidden_layer_sizes", _sizes),
        "epochs": _one_of(given, "epochs", "max_iter"),
        "seed": _one_of(given, "seed", "random_state", _seed),
    }


def _sizes(value: Any) -> Any:
    return value if np.iterable(value) else [value]


def _seed(value: Any) -> int:
    """Return the seed; a generator draws it."""
    if hasattr(value, "integers"):
        return int(value.integers(_SEEDS))
    if hasattr(value, "randint"):
        return int(value.randint(_SEEDS, dtype=np.uint32))
    return value  # type: ignore[no-any-return]  # the config refuses a wrong one


def _words(value: Any, words: Mapping[str, str | None]) -> Any:
    if isinstance(value, list | tuple):
        return [_words(each, words) for each in value]
    return words.get(value, value) if isinstance(value, str) else value


def _optimizer(given: Given) -> Any:
    solver = _one_of(given, "optimizer", "solver")
    if given["solver"] is None:
        for name in ("momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon"):
            if given[name] is not None and _is_given(given, "optimizer"):
                raise ParameterError(f"{name} conflicts with optimizer; give it in optimizer")
        solver = solver or TrainingSection.model_fields["optimizer"].default
    if solver == "sgd" and given["solver"] is not None:
        momentum = 0.9 if given["momentum"] is None else given["momentum"]
        nesterov = given["nesterovs_momentum"] is not False and momentum > 0
        return {"name": "sgd", "momentum": momentum, "nesterov": nesterov}
    betas = {"beta1": given["beta_1"], "beta2": given["beta_2"], "epsilon": given["epsilon"]}
    chosen = {name: value for name, value in betas.items() if value is not None}
    return {"name": solver, **chosen} if chosen else solver


def _batches(given: Given, rows: int) -> dict[str, Any]:
    """Return the batch size and `l2`: `alpha` divided by the batch size."""
    size = given["batch_size"]
    size = min(_LARGEST_BATCH, rows) if isinstance(size, str) and size == "auto" else size
    in_use = batch_size(rows) if size is None else size
    batch = min(in_use, rows) if isinstance(in_use, Integral) else rows
    return {"batch_size": size, "l2": _one_of(given, "l2", "alpha", lambda alpha: alpha / batch)}


def _rate(given: Given) -> dict[str, Any]:
    rate, schedule = given["learning_rate"], given["schedule"]
    if not isinstance(rate, str):
        return {"learning_rate": _one_of(given, "learning_rate", "learning_rate_init")}
    if _is_given(given, "schedule"):
        raise ParameterError(f"schedule conflicts with learning_rate={rate!r}; give only schedule")
    schedule = "constant"
    if rate == "adaptive" and given["solver"] == "sgd":
        schedule = {"name": "plateau", "factor": _FALL, "patience": _patience(given)}
    return {"learning_rate": given["learning_rate_init"], "schedule": schedule}


def _patience(given: Given) -> int:
    """Return the patience: scikit-learn waits one epoch longer than `n_iter_no_change`."""
    epochs = given["n_iter_no_change"]
    return int(_EPOCHS_WITHOUT_CHANGE if epochs is None else epochs) + 1


def _stopping(given: Given, task: Task) -> dict[str, Any]:
    """Return early stopping and the validation fraction."""
    stopping, says_when = given["early_stopping"], ("tol", "n_iter_no_change")
    asked = [name for name in says_when if given[name] is not None]
    if isinstance(stopping, Mapping) and asked:
        raise ParameterError(f"early_stopping conflicts with {asked[0]}; give only early_stopping")
    if stopping is not True and not asked:
        return {"early_stopping": stopping, "validation": given["validation"]}
    score = "r2" if task == "regression" else SCORES[task].name
    monitor = f"validation_{score}" if stopping else "train_loss"
    change = _TOL if given["tol"] is None else float(given["tol"])
    return {
        "early_stopping": {
            "monitor": monitor,
            "patience": _patience(given),
            "min_change": max(change, 0.0),
        },
        "validation": _one_of(given, "validation", "validation_fraction")
        if stopping
        else given["validation"],
    }


_SCHEDULE = "give schedule, such as {'name': 'inverse_time', 'decay': 0.1}"
_REFUSED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "solver": (
        lambda value: value not in (None, "adam", "sgd"),
        "expected 'adam' or 'sgd', or give optimizer",
    ),
    "learning_rate": (
        lambda value: isinstance(value, str) and value not in ("constant", "adaptive"),
        f"expected a number, 'constant' or 'adaptive', or {_SCHEDULE}",
    ),
    "power_t": (
        lambda value: value is not None,
        f"it belongs to learning_rate='invscaling'; {_SCHEDULE}",
    ),
    "max_fun": (
        lambda value: value is not None,
        "it belongs to solver='lbfgs', which is unsupported; give epochs",
    ),
}
