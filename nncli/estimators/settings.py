"""Make a config from the parameters of an estimator."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.config.defaults import filled_in
from nncli.data.dataset import OF_CLASSES, Task
from nncli.data.division import VALIDATION, row_count, share_to_validate
from nncli.data.files.texts import texts_of
from nncli.estimators.parameters import SECTIONS
from nncli.estimators.scikit_names import translated


def config_of(
    parameters: Mapping[str, Any],
    task: Task,
    rows: int,
    *,
    rarest: int,
    targets: Sequence[str] = (),
    is_validated: bool = False,
    by_epoch: bool = False,
) -> dict[str, Any]:
    """Return a config for rows in memory.

    Parameters
    ----------
    parameters : mapping
        All parameters of an estimator, as given.
    rows, rarest : int
        Number of training rows, and of rows of the rarest class.
    targets : sequence of str
        Names of the targets, if any.
    is_validated : bool
        Whether the user passes validation rows.
    by_epoch : bool
        Whether each call trains one epoch; the learning rate is then constant by default.

    Raises
    ------
    ParameterError
        As for `translated`.
    """
    given = translated(parameters, rows, task)
    seed, stopping, share = (given.pop(key) for key in ("seed", "early_stopping", "validation"))
    sections = _sections(given, task)
    if targets:
        sections["data"]["target"] = list(targets)
    if share is None:
        share = _share(stopping, rows, rarest)
    sections["data"]["validation"] = 0 if is_validated else share
    if share is None:
        share = share_to_validate(rows, of_classes=task in OF_CLASSES)
    validates = is_validated or bool(share)
    training = {**sections["training"], "early_stopping": stopping}
    if by_epoch and training.get("schedule") is None:
        training["schedule"] = "constant"
    sections["training"] = filled_in(training, rows, task, validates=validates)
    return {"seed": seed, **sections}


def _sections(given: Mapping[str, Any], task: Task) -> dict[str, dict[str, Any]]:
    """Return the sections of the config."""
    # As in scikit-learn, validation refuses a class with a single row.
    data = {"task": "multiclass" if task == "binary" else task, "test": 0, "rare": "error"}
    sections: dict[str, dict[str, Any]] = {"data": data, "model": {}, "training": {}}
    for key, value in given.items():
        if value is not None and key in SECTIONS:
            sections[SECTIONS[key]][key] = value
    weights = given.get("class_weight")
    if isinstance(weights, Mapping):
        named = {_class_name(label): each for label, each in weights.items()}
        sections["data"]["class_weight"] = named
    return sections


def _share(stopping: Any, rows: int, rarest: int) -> float | None:
    """Return the default validation fraction; None leaves it to the config."""
    if rarest < 2 or row_count(VALIDATION, rows) < 1:
        return 0
    if stopping is None:
        return None
    monitor = stopping.get("monitor", "") if isinstance(stopping, Mapping) else ""
    return VALIDATION if stopping and not str(monitor).startswith("train") else 0


def _class_name(label: object) -> str:
    (name,) = texts_of(np.asarray([label]))
    return name or ""
