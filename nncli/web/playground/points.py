"""Points that are added to the rows of a page, or removed: the config then lists all rows."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from nncli.base.errors import UsageError
from nncli.config.training_section import CompleteTraining
from nncli.data.scaling import NOT_SCALED
from nncli.runs.job import Job

MOST_ROWS = 2000  # that a config lists

_LARGEST = 1e6

Values = dict[str, Any]


def with_point(values: Values, job: Job, given: Mapping[str, Any]) -> Values:
    """Return a config with one more row.

    Parameters
    ----------
    given : mapping
        ``inputs``, a number per input, and ``target``: the index of a class, or a number.

    Raises
    ------
    UsageError
        If they do not suit the data, or there are too many rows.
    """
    inputs = given.get("inputs")
    target: Any = given.get("target")
    columns, classes = len(job.dataset.columns), job.dataset.classes
    if not is_row(inputs, columns):
        raise UsageError(f"inputs: expected {columns} numbers of at most {_LARGEST:g}")
    if classes and (type(target) is not int or not 0 <= target < len(classes)):
        raise UsageError(f"target: expected the index of a class, below {len(classes)}")
    if not classes and not _is_number(target):
        raise UsageError(f"target: expected a number of at most {_LARGEST:g}")
    result = _listed(values, job)
    data = result["data"]
    data["inputs"].append(inputs)
    data["labels" if classes else "targets"].append(classes[target] if classes else target)
    return result


def without_point(values: Values, job: Job, row: object) -> Values:
    """Return a config without a training row. Raises `UsageError` if there is no such row."""
    count = len(job.dataset.splits["train"])
    if type(row) is not int or not 0 <= row < count:
        raise UsageError(f"row: expected an integer from 0 to {count - 1}")
    result = _listed(values, job)
    for key in ("inputs", "labels", "targets"):
        if key in result["data"]:
            del result["data"][key][row]
    return result


def is_row(inputs: object, columns: int) -> bool:
    """Return whether something is a list of so many numbers, none of them large."""
    return isinstance(inputs, list) and len(inputs) == columns and all(map(_is_number, inputs))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= _LARGEST


def _listed(values: Values, job: Job) -> Values:
    """Return a config whose data are the training rows, one by one."""
    data, split = job.dataset, job.dataset.splits["train"]
    if len(data.targets) > 1 or data.task == "multilabel":
        raise UsageError("points: expected data with one target")
    if len(split) >= MOST_ROWS:
        raise UsageError(
            f"data.rows: found {len(split):,}; a config lists at most {MOST_ROWS:,}; use fewer"
        )
    if job.target_scaling is not NOT_SCALED:
        raise UsageError(
            "points: the targets of this data are scaled, those that a config lists are not; add "
            "the row to the file"
        )
    targets = split.targets[split.rows]
    listed: Values = {
        "source": "rows",
        "inputs": split.inputs[split.rows].tolist(),
        "columns": [*data.columns],
        "target": data.targets[0],
        "scale": job.config.data.scale.name,
    }
    if "features" in values["data"]:
        listed["features"] = values["data"]["features"]
    if split.of_classes:
        listed["labels"] = [data.classes[each] for each in targets]
        listed["classes"] = [*data.classes]
    else:
        listed["targets"] = targets[:, 0].tolist()
    result = {**deepcopy(values), "data": listed}
    return {**result, "training": _settled(values, job)} if job.config.data.is_own else result


def _settled(values: Values, job: Job) -> Values:
    """Return the section ``training`` with what depends on the number of rows of own data."""
    given = {key: each for key, each in values.get("training", {}).items() if each is not None}
    depends = {*CompleteTraining._fields} - {"early_stopping"}
    used = job.config.model_dump(mode="json", include={"training": depends})["training"]
    if "steps" in given:
        del used["epochs"]
    return {**used, **given}
