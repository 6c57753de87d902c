"""Check the targets of an estimator: classes, labels or numbers."""

import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.words import count, listed
from nncli.data.dataset import Task
from nncli.data.files.texts import is_blank, texts_of
from nncli.data.files.values import usual_type
from nncli.data.memory.forms import refuse_masked
from nncli.estimators.conventions import DataConversionWarning
from nncli.estimators.errors import RowsError
from nncli.estimators.inputs import refuse_not_finite, refuse_sparse


@dataclass(frozen=True)
class Goal:
    """The kind of prediction of an estimator.

    Attributes
    ----------
    task : str
    outputs : int
        Number of labels or targets per row.
    classes : array
        Sorted classes; for several labels their numbers; empty for a regression.
    targets : list of str
        Names of the targets, if any.
    """

    task: Task
    outputs: int = 1
    classes: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    targets: Sequence[str] = ()

    @cached_property
    def names(self) -> list[str]:
        """The class names of the model; empty for several labels and for a regression."""
        return [] if self.task in ("multilabel", "regression") else _names_of(self.classes)

    def values(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return targets (N,) or (N, O) as training data: text classes by their model names.

        Raises
        ------
        RowsError
            If a class is unknown, or the number of targets per row differs.
        """
        outputs = 1 if y.ndim == 1 else y.shape[1]
        if outputs != self.outputs:
            raise RowsError(f"y: found {count(outputs, 'value')} per row; expected {self.outputs}")
        if not self.names:
            return y
        _check_kind(y, self.classes)
        places = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
        unknown = self.classes[places] != y
        if unknown.any():
            row = int(unknown.argmax())
            raise RowsError(
                f"y: row {row} (from 0): unknown class {y.tolist()[row]!r}; expected one of "
                f"{self.classes.tolist()}"
            )
        # Numbers and Booleans need no names. Names of text classes have no outer white space.
        return np.asarray(np.array(self.names, object)[places]) if y.dtype.kind in "UO" else y


def classes_of(y: object, known: NDArray[Any] | None = None) -> tuple[Goal, NDArray[Any]]:
    """Return the goal of a classifier, and the targets (N,) or (N, L) as an array.

    Parameters
    ----------
    known : array, optional
        All classes, sorted; default: the classes of `y`.

    Raises
    ------
    RowsError
        If `y` has fractions, missing values, a single class, or labels other than 0 and 1.
    """
    labels = _array(y)
    if labels.dtype.kind == "f" and (labels != np.rint(labels)).any():
        raise RowsError(
            "Unknown label type: continuous. Classes must be text, Booleans or whole numbers; for "
            "other numbers use MLPRegressor"
        )
    if labels.ndim == 2:
        if not np.isin(labels, (0, 1)).all():
            raise RowsError(
                "Unknown label type: multiclass-multioutput. Several labels must each be 0 or 1"
            )
        outputs = labels.shape[1]
        numbers = np.arange(outputs)
        if known is not None and not np.array_equal(known, numbers):
            raise RowsError(
                f"y: found classes={known.tolist()}; expected {numbers.tolist()}, as y has "
                f"{outputs} labels per row"
            )
        return Goal("multilabel", outputs, numbers, _target_names(y)), labels
    classes = np.unique(labels if known is None else known)
    if len(classes) < 2:
        raise RowsError(f"y: found only one class, {classes.tolist()[0]!r}; expected at least two")
    task: Task = "binary" if len(classes) == 2 else "multiclass"
    return Goal(task, 1, classes, _target_names(y)), labels


def different(classes: object) -> NDArray[Any]:
    """Return the sorted unique classes. Raises `RowsError` if they are invalid."""
    return np.unique(_array(classes, "classes"))


def numbers_of(y: object) -> tuple[Goal, NDArray[Any]]:
    """Return the goal of a regression, and the targets (N,) or (N, O) as an array.

    Raises
    ------
    RowsError
        If a target is not a finite number.
    """
    numbers = _array(y)
    if numbers.dtype.kind not in "buif":
        try:
            numbers = numbers.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise RowsError(f"y: expected numbers for a regression: {error}") from error
    outputs = 1 if numbers.ndim == 1 else numbers.shape[1]
    return Goal("regression", outputs, targets=_target_names(y)), numbers


def _array(y: object, name: str = "y") -> NDArray[Any]:
    """Return targets as an array (N,) or (N, O). Raises `RowsError`."""
    if y is None:
        raise RowsError(
            f"the estimator requires {name} to be passed, but the target {name} is None"
        )
    refuse_sparse(y, name)
    refuse_masked(y, name)
    try:
        array = np.asarray(y)
    except ValueError as error:
        raise RowsError(f"{name}: cannot be converted to an array: {error}") from error
    if array.dtype.kind == "U" and isinstance(y, list | tuple):
        _of_values(np.asarray(y, object), name)  # NumPy turns numbers next to text into text
    if array.dtype.kind == "O":
        array = _of_values(array, name)
    if array.dtype.kind == "c":
        raise RowsError(f"{name}: Complex data not supported")
    if array.dtype.kind not in "buifUO" or array.ndim not in (1, 2) or not array.size:
        raise RowsError(
            f"{name}: found {array.dtype} of shape {array.shape}; y should be a 1d array, or a 2d "
            "array of several targets"
        )
    if array.dtype.kind == "f":
        array = usual_type(array)
        refuse_not_finite(array, name)
    if array.ndim == 2 and array.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected: use y.ravel()",
            DataConversionWarning,
            stacklevel=5,
        )
        array = array.ravel()
    return array


def _of_values(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return an array of Python values as numbers, Booleans or text."""
    values = array.ravel().tolist()
    for row, value in enumerate(values):
        if is_blank(value):
            raise RowsError(f"Input {name} contains NaN: row {row} (from 0) has no value")
    if all(isinstance(value, str) for value in values):
        return array
    if all(isinstance(value, bool | int | float | np.number | np.bool_) for value in values):
        return np.array(values).reshape(array.shape)
    kinds = sorted({type(value).__name__ for value in values})
    raise RowsError(
        f"{name}: found mixed types {listed(kinds)}; expected only numbers, Booleans or text"
    )


def _target_names(y: object) -> list[str]:
    """Return the name of a series, or the column names of a frame, if they are text."""
    columns = getattr(y, "columns", None)
    found = [getattr(y, "name", None)] if columns is None else list(columns)
    names = [name.strip() for name in found if isinstance(name, str) and name.strip()]
    return names if len(names) == len(found) else []


def free_names(names: Sequence[str], columns: Collection[str]) -> list[str]:
    """Return target names that no column has, by adding a number where needed."""
    found: list[str] = []
    for name in names:
        number, free = 1, name
        while free in columns or free in found or (number > 1 and free in names):
            number += 1
            free = f"{name}_{number}"
        found.append(free)
    return found


def _names_of(classes: NDArray[Any]) -> list[str]:
    """Return the class names. Raises `RowsError` if two are equal or one is blank."""
    names = [name or "" for name in texts_of(classes)]
    known = set[str]()
    for place, name in enumerate(names):
        if not name or name in known:
            raise RowsError(
                f"y: the class {classes.tolist()[place]!r} "
                + (f"is called {name!r}, like another" if name else "is blank text; give it a name")
            )
        known.add(name)
    return names


def _check_kind(y: NDArray[Any], classes: NDArray[Any]) -> None:
    """Raise `RowsError` if only the classes or only the targets are text."""
    if (y.dtype.kind in "UO") != (classes.dtype.kind in "UO"):
        raise RowsError(f"y: found type {y.dtype}; expected classes among {classes.tolist()}")
