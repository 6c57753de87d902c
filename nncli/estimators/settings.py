"""The config of an estimator, from its parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.config.for_tables import VALIDATION, settings_for
from nncli.data.dataset import Task
from nncli.data.files.texts import texts_of
from nncli.data.splitting import row_count
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
) -> dict[str, Any]:
    """Return a config for rows in memory.

    Parameters
    ----------
    parameters : mapping
        All parameters of an estimator, as given.
    rows, rarest : int
        The number of training rows, and of those of the rarest class.
    targets : sequence of str
        The names of the targets, if they have names.
    is_validated : bool
        Whether the user passes rows to validate with.

    Raises
    ------
    ParameterError
        As `translated`.
    """
    given = translated(parameters, rows, task)
    seed, stopping, share = (given.pop(key) for key in ("seed", "early_stopping", "validation"))
    sections = _sections(given, task, rows)
    if targets:
        sections["data"]["target"] = list(targets)
    may_validate = rarest > 1 and row_count(VALIDATION, rows) > 0
    watched, sections["data"]["validation"] = _watched(
        settings_for(rows)["training"]["early_stopping"] if may_validate or is_validated else None,
        stopping,
        share,
        is_validated=is_validated,
    )
    sections["training"]["early_stopping"] = watched
    return {"seed": seed, **sections}


def _sections(given: Mapping[str, Any], task: Task, rows: int) -> dict[str, dict[str, Any]]:
    """Return the sections of a config; what is not given suits a table of `rows`."""
    sections = settings_for(rows)
    sections["data"] = {"task": "multiclass" if task == "binary" else task, "test": 0}
    for key, value in given.items():
        if value is not None and key in SECTIONS:
            sections[SECTIONS[key]][key] = value
    weights = given.get("class_weight")
    if isinstance(weights, Mapping):
        named = {_class_name(label): each for label, each in weights.items()}
        sections["data"]["class_weight"] = named
    return sections


def _watched(
    by_default: dict[str, Any] | None, stopping: Any, share: Any, *, is_validated: bool
) -> tuple[Any, Any]:
    """Return early stopping, and the fraction of the rows to validate with."""
    asked = by_default if stopping is None else stopping or None
    monitor = asked.get("monitor", "validation_loss") if isinstance(asked, Mapping) else ""
    watches = str(monitor).startswith("validation")
    if is_validated:
        return asked, 0
    if share is None:
        share = VALIDATION if watches else 0
    return (None if stopping is None and watches and share == 0 else asked), share


def _class_name(label: object) -> str:
    (name,) = texts_of(np.asarray([label]))
    return name or ""
