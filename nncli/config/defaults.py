"""Default settings that depend on the number of rows.

They apply to the user's own data; the built-in data sets, which are for lessons, have fixed ones.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any

from nncli.config.schema import Config
from nncli.config.training_section import TrainingSection
from nncli.data.dataset import OF_CLASSES, Task
from nncli.data.division import ROWS_TO_TEST, TEST, VALIDATION, share_to_validate

_FIXED: dict[str, Any] = {
    "learning_rate": 0.001,
    "batch_size": 64,
    "epochs": 10,
    "schedule": "constant",
    "l2": 0.0,
}
_LENGTH = ("epochs", "steps")
_DECAY = 4.0  # best of 0.5, 1, 2, 4 and 8 on 67 tables overall
_DECAY_OF_NUMBERS, _MANY_OF_NUMBERS = 6.0, 150  # best of 3, 6 and 13 on 45 regression tables
_BATCHES = ((1_000_000, 1024), (250_000, 512), (50_000, 256), (15_000, 128), (5_000, 64), (0, 32))
_MANY_OF_CLASSES = 500
_STEPS_OF_NUMBERS, _EPOCHS = 2000, 40


def training_defaults(rows: int, task: Task, *, validates: bool) -> dict[str, Any]:
    """Return the settings of the section ``training`` that suit a number of rows.

    Small tables use all rows for training, with a fixed number of steps. Larger tables hold out
    validation rows and stop early.

    Parameters
    ----------
    rows : int
        Number of training and validation rows.
    validates : bool
        Whether there are validation rows.
    """
    is_many = share_to_validate(rows, of_classes=task in OF_CLASSES) > 0
    is_noisy = task == "regression" and rows >= _MANY_OF_NUMBERS
    decay = _DECAY_OF_NUMBERS if is_noisy else _DECAY
    return {
        **(_of_many(validates=validates) if is_many else _of_few(rows, task)),
        "batch_size": batch_size(rows),
        "schedule": "cosine",
        # The loss is a mean over rows, so a fixed prior on the weights scales with 1 / rows.
        "l2": float(f"{decay / rows:.1g}") if rows >= ROWS_TO_TEST else 0.0,
    }


def batch_size(rows: int) -> int:
    """Return the batch size that suits a number of rows."""
    return next(size for least, size in _BATCHES if rows >= least)


def _of_few(rows: int, task: Task) -> dict[str, Any]:
    if task in OF_CLASSES:
        many = rows >= _MANY_OF_CLASSES
        length = {"steps": 3000 if many else 1500}
        return {"learning_rate": 0.002 if many else 0.001, **length, "early_stopping": False}
    few = rows < _STEPS_OF_NUMBERS * batch_size(rows) / _EPOCHS
    length = {"steps": _STEPS_OF_NUMBERS} if few else {"epochs": _EPOCHS}
    return {"learning_rate": 0.002, **length, "early_stopping": False}


def _of_many(*, validates: bool) -> dict[str, Any]:
    if validates:
        return {"learning_rate": 0.003, "epochs": 150, "early_stopping": True}
    return {"learning_rate": 0.003, "epochs": _EPOCHS, "early_stopping": False}


def filled_in(
    given: Mapping[str, Any], rows: int, task: Task, *, validates: bool, is_own: bool = True
) -> dict[str, Any]:
    """Return the section ``training`` with the defaults that depend on the rows.

    If epochs or steps are given, the learning rate is constant and nothing stops early, unless
    these are given, too: training for more epochs later then equals training for them at once.

    Parameters
    ----------
    given : mapping
        The given settings as plain values; None counts as not given.
    is_own : bool
        Whether the rows are the user's own.
    """
    said = {key: each for key, each in given.items() if each is not None}
    defaults = training_defaults(rows, task, validates=validates) if is_own else {**_FIXED}
    if any(key in said for key in _LENGTH):
        defaults = {key: each for key, each in defaults.items() if key not in _LENGTH}
        defaults["schedule"] = "constant"
        defaults.pop("early_stopping", None)
    return {**defaults, **said}


def completed(config: Config, task: Task, rows: Mapping[str, int]) -> Config:
    """Return a config without settings that depend on the rows.

    Parameters
    ----------
    rows : mapping of str to int
        Number of rows in each split.
    """
    train, validation = rows["train"], rows.get("validation", 0)
    values = filled_in(
        config.training.model_dump(),
        train + validation,
        task,
        validates=validation > 0,
        is_own=config.data.is_own,
    )
    if "steps" in values:
        batch = train if values["batch_size"] == "full" else min(values["batch_size"], train)
        values["epochs"] = ceil(values.pop("steps") / ceil(train / batch))
    data, shares = config.data.model_dump(), {"test": TEST, "validation": VALIDATION}
    parts = {
        part: share if part in rows else 0
        for part, share in shares.items()
        if part in data and data[part] is None
    }
    update = {
        "data": config.data.model_copy(update=parts),
        "training": TrainingSection.model_validate(values),
    }
    return config.model_copy(update=update)
