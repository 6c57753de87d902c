"""The targets of an estimator: classes, labels, or numbers."""

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
    """What an estimator predicts.

    Attributes
    ----------
    task : str
    outputs : int
        Labels or targets per row.
    classes : array
        The user's classes in order; of several labels their numbers; of a regression empty.
    targets : list of str
        The names of the targets, if they have names.
    """

    task: Task
    outputs: int = 1
    classes: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    targets: Sequence[str] = ()

    @cached_property
    def names(self) -> list[str]:
        """The names of the classes in a model; empty for several labels and for a regression."""
        return [] if self.task in ("multilabel", "regression") else _names_of(self.classes)

    def values(self, y: NDArray[Any]) -> NDArray[Any]:
        """Return targets (N,) or (N, O) as nncli takes them: classes by their names.

        Raises
        ------
        RowsError
            For an unknown class, or another number of targets per row.
        """
        outputs = 1 if y.ndim == 1 else y.shape[1]
        if outputs != self.outputs:
            raise RowsError(f"y: {count(outputs, 'value')} a row; expected {self.outputs}")
        if not self.names:
            return y
        _check_kind(y, self.classes)
        places = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
        unknown = self.classes[places] != y
        if unknown.any():
            row = int(unknown.argmax())
            raise RowsError(
                f"y: row {row} (from 0): the class {y.tolist()[row]!r} is not one of the classes "
                f"{self.classes.tolist()}"
            )
        # Numbers and Booleans have one name each; text is compared without blanks around it.
        return np.asarray(np.array(self.names, object)[places]) if y.dtype.kind in "UO" else y


def classes_of(y: object, known: NDArray[Any] | None = None) -> tuple[Goal, NDArray[Any]]:
    """Return the goal of a classifier, and the targets (N,) or (N, L) as an array.

    Parameters
    ----------
    known : array, optional
        All classes in their order; default: those of `y`.

    Raises
    ------
    RowsError
        For numbers with fractions, blanks, or labels other than 0 and 1.
    """
    labels = _array(y)
    if labels.dtype.kind == "f" and (labels != np.rint(labels)).any():
        raise RowsError(
            "Unknown label type: continuous. Classes are names, Booleans or whole numbers; for "
            "other numbers use MLPRegressor"
        )
    if labels.ndim == 2:
        if not np.isin(labels, (0, 1)).all():
            raise RowsError(
                "Unknown label type: multiclass-multioutput. Several labels are 0 or 1 each"
            )
        outputs = labels.shape[1]
        numbers = np.arange(outputs)
        if known is not None and not np.array_equal(known, numbers):
            raise RowsError(
                f"y: the classes of {outputs} labels a row are {numbers.tolist()}; found "
                f"classes={known.tolist()}"
            )
        return Goal("multilabel", outputs, numbers, _target_names(y)), labels
    classes = np.unique(labels if known is None else known)
    if len(classes) < 2:
        raise RowsError(f"y: one class alone, {classes.tolist()[0]!r}; expected two or more")
    task: Task = "binary" if len(classes) == 2 else "multiclass"
    return Goal(task, 1, classes, _target_names(y)), labels


def different(classes: object) -> NDArray[Any]:
    """Return the different classes in order. Raises `RowsError` when they are not classes."""
    return np.unique(_array(classes, "classes"))


def numbers_of(y: object) -> tuple[Goal, NDArray[Any]]:
    """Return the goal of a regression, and the targets (N,) or (N, O) as an array.

    Raises
    ------
    RowsError
        When they are not finite numbers.
    """
    numbers = _array(y)
    if numbers.dtype.kind not in "buif":
        try:
            numbers = numbers.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise RowsError(f"y: a regression needs numbers: {error}") from error
    outputs = 1 if numbers.ndim == 1 else numbers.shape[1]
    return Goal("regression", outputs, targets=_target_names(y)), numbers


def _array(y: object, name: str = "y") -> NDArray[Any]:
    """Return targets as an array (N,), or several (N, O). Raises `RowsError`."""
    if y is None:
        raise RowsError(
            f"the estimator requires {name} to be passed, but the target {name} is None"
        )
    refuse_sparse(y, name)
    refuse_masked(y, name)
    try:
        array = np.asarray(y)
    except ValueError as error:
        raise RowsError(f"{name}: is no array of targets: {error}") from error
    if array.dtype.kind == "U" and isinstance(y, list | tuple):
        _of_values(np.asarray(y, object), name)  # NumPy makes text of numbers beside text
    if array.dtype.kind == "O":
        array = _of_values(array, name)
    if array.dtype.kind == "c":
        raise RowsError(f"{name}: Complex data not supported")
    if array.dtype.kind not in "buifUO" or array.ndim not in (1, 2) or not array.size:
        raise RowsError(
            f"{name}: is {array.dtype} of shape {array.shape}; y should be a 1d array, or have "
            "several targets a row"
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
            raise RowsError(f"Input {name} contains NaN: row {row} (from 0) is blank")
    if all(isinstance(value, str) for value in values):
        return array
    if all(isinstance(value, bool | int | float | np.number | np.bool_) for value in values):
        return np.array(values).reshape(array.shape)
    kinds = sorted({type(value).__name__ for value in values})
    raise RowsError(
        f"{name}: holds values of {listed(kinds)}; expected numbers, Booleans or text alone"
    )


def _target_names(y: object) -> list[str]:
    """Return the name of a series, or the column names of a frame, if these are text."""
    columns = getattr(y, "columns", None)
    found = [getattr(y, "name", None)] if columns is None else list(columns)
    names = [name.strip() for name in found if isinstance(name, str) and name.strip()]
    return names if len(names) == len(found) else []


def free_names(names: Sequence[str], columns: Collection[str]) -> list[str]:
    """Return names for targets that no column has; a number makes a name unique."""
    found: list[str] = []
    for name in names:
        number, free = 1, name
        while free in columns or free in found or (number > 1 and free in names):
            number += 1
            free = f"{name}_{number}"
        found.append(free)
    return found


def _names_of(classes: NDArray[Any]) -> list[str]:
    """Return the names of classes. Raises `RowsError` when two are equal, or one is blank."""
    names = [name or "" for name in texts_of(classes)]
    known = set[str]()
    for place, name in enumerate(names):
        if not name or name in known:
            raise RowsError(
                f"y: the class {classes.tolist()[place]!r} "
                + (f"is called {name!r}, as another" if name else "is blank text; give it a name")
            )
        known.add(name)
    return names


def _check_kind(y: NDArray[Any], classes: NDArray[Any]) -> None:
    """Raise `RowsError` when only one of classes and targets is text."""
    if (y.dtype.kind in "UO") != (classes.dtype.kind in "UO"):
        raise RowsError(f"y: holds values of type {y.dtype}; the classes are {classes.tolist()}")
