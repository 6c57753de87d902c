"""Read ``metrics.json``, the results that a run saved; it may be damaged or not nncli's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from nncli.base.errors import DataError, os_errors_as
from nncli.base.storage.directory import Entry
from nncli.base.storage.regular_file import read_regular
from nncli.base.storage.run_files import CONFIG, METRICS
from nncli.base.storage.strict_json import parse_any_json

_MOST_BYTES = {CONFIG: 1 << 20, METRICS: 3 << 22}
SPLITS = ("train", "validation", "test", "held_out")
_MOST = 10**12  # rows, epochs or seconds
_PARTS = {"classes": "class", "labels": "label", "targets": "target"}


@dataclass(frozen=True)
class SavedSplit:
    """The metrics of a split.

    Attributes
    ----------
    rows : int
    metrics : dict of str to float
    guess : list of str or float
        Values of the best constant guess; empty if the run did not save it.
    guess_metrics : dict of str to float
    mae_of_medians : float or None
        The least mean absolute error of a constant; None if the run did not save it.
    part : str
        What `figures` are of: ``class``, ``label`` or ``target``; empty without them.
    figures : dict of str to dict of str to float
        Metrics of each class, label or target, if there are several.
    confusion : list of (int, int, int)
        True class, predicted class and number of rows, for pairs that occur.
    """

    rows: int
    metrics: dict[str, float]
    guess: list[str | float]
    guess_metrics: dict[str, float]
    mae_of_medians: float | None
    part: str
    figures: dict[str, dict[str, float]]
    confusion: list[tuple[int, int, int]]


def saved_split(values: Mapping[str, Any]) -> SavedSplit:
    """Return the metrics of a split of ``metrics.json``. Raises `ValueError` if one is invalid."""
    guess = values.get("constant_guess", {"values": [], "metrics": {}})
    if not isinstance(guess, Mapping) or not isinstance(guess.get("values"), list):
        raise ValueError("has no valid constant_guess")
    guessed = [each for each in guess["values"] if isinstance(each, str) or _is_number(each)]
    part = next((part for names, part in _PARTS.items() if f"per_{part}" in values), "")
    return SavedSplit(
        rows_of(values),
        numbers_of(values, "metrics"),
        guessed,
        numbers_of(guess, "metrics"),
        _optional_number(guess, "mae_of_medians"),
        part,
        _figures(values, part) if part else {},
        _confusion(values),
    )


def _optional_number(values: Mapping[str, Any], key: str) -> float | None:
    number = values.get(key)
    if number is None:
        return None
    if not _is_number(number):
        raise ValueError(f"has no valid {key}")
    return float(number)


def _figures(values: Mapping[str, Any], part: str) -> dict[str, dict[str, float]]:
    key = f"per_{part}"
    found = values[key]
    figures: dict[str, dict[str, float]] = {}
    for each in found if isinstance(found, list) else [None]:
        if not isinstance(each, Mapping) or not isinstance(each.get(part), str):
            raise ValueError(f"has no valid {key}")
        numbers = {name: value for name, value in each.items() if name != part}
        figures[each[part]] = numbers_of({key: numbers}, key)
    return figures


def _confusion(values: Mapping[str, Any]) -> list[tuple[int, int, int]]:
    """Return the pairs of a matrix by true and predicted class, or of a list of pairs."""
    matrix, pairs = values.get("confusion_matrix", []), values.get("confusion_pairs", [])
    try:
        found = [(true, chosen, rows) for chosen, true, rows in pairs]
        found += [
            (true, chosen, rows)
            for true, row in enumerate(matrix)
            for chosen, rows in enumerate(row)
            if rows
        ]
    except (TypeError, ValueError) as error:
        raise ValueError("has no valid confusion of classes") from error
    classes = values.get("classes", [])
    most = len(classes) if isinstance(classes, list) else 0
    if not all(type(each) is int and 0 <= each <= _MOST for pair in found for each in pair) or any(
        max(true, chosen) >= most for true, chosen, _ in found
    ):
        raise ValueError("has no valid confusion of classes")
    return found


def read_text(entry: Entry, name: str) -> str:
    """Return the text of a file. Raises `DataError`."""
    with os_errors_as(DataError, name):
        content = read_regular(entry, _MOST_BYTES[entry.name])
    if len(content) > _MOST_BYTES[entry.name]:
        raise DataError(f"{name}: is larger than nncli writes; train anew")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: is not UTF-8 text; restore it, or train anew") from error


def read_values(entry: Entry, name: str) -> dict[str, Any]:
    """Return the content of ``metrics.json``. Raises `DataError`."""
    try:
        found = parse_any_json(read_text(entry, name))
        if isinstance(found, dict):
            return found
        raise ValueError("is not a JSON object")
    except ValueError as error:
        raise DataError(f"{name}: {error}; restore it, or train anew") from error


def splits_of(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the part of each split. Raises `ValueError` if there is none."""
    found = {name: each for name in SPLITS if isinstance(each := values.get(name), Mapping)}
    if not found:
        raise ValueError("has no metrics")
    return found


def rows_of(values: Mapping[str, Any]) -> int:
    """Return the number of rows. Raises `ValueError`."""
    rows = values.get("rows")
    if type(rows) is not int or not 0 <= rows <= _MOST:
        raise ValueError("has no valid number of rows")
    return rows


def numbers_of(values: Mapping[str, Any], key: str) -> dict[str, float]:
    """Return numbers by name. Raises `ValueError` if `key` has anything else."""
    found = values.get(key)
    if not isinstance(found, Mapping) or not all(map(_is_number, found.values())):
        raise ValueError(f"has no valid {key}")
    return dict(found)


def number_of(values: Mapping[str, Any], key: str) -> float | None:
    """Return a number of epochs or seconds; None if it is missing or impossible."""
    found: Any = values.get(key)
    return found if _is_number(found) and 0 <= found <= _MOST else None


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)
