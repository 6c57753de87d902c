"""Check the inputs of an estimator as scikit-learn does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.memory.forms import form_of, refuse_masked
from nncli.data.memory.memory_table import MemoryTable
from nncli.estimators.errors import RowsError, RowsTypeError


@dataclass(frozen=True)
class Inputs:
    """Checked inputs.

    Attributes
    ----------
    rows : array, frame or list of dict
    count, width : int
        Number of rows and of columns.
    names : list of str or None
        Column names, if any.
    """

    rows: Any
    count: int
    width: int
    names: list[str] | None = None

    @property
    def unnamed(self) -> Any:
        """The rows without column names."""
        if self.names is None:
            return self.rows
        is_list = isinstance(self.rows, list | tuple)
        return _matrix([[*row.values()] for row in self.rows] if is_list else self.rows)


def inputs_of(X: object, least: int = 1) -> Inputs:
    """Return checked inputs.

    Parameters
    ----------
    X : array, frame, list, or list of dict
        A frame with numbered columns counts as having no names.
    least : int
        Minimum number of rows.

    Raises
    ------
    RowsError, RowsTypeError
        If `X` has an unsupported type, is empty, or contains NaN or infinity.
    """
    refuse_sparse(X, "X")
    rows, names = X, _names(X)
    if names is None:
        rows = _matrix(X)
        count, width = rows.shape
    else:
        form = form_of(X, "X")
        assert isinstance(form, MemoryTable)
        names = form.header
        count, width = form.rows, len(names)
    if count < least:
        raise RowsError(
            f"Found array with {count} sample(s) (shape=({count}, {width})) while a minimum of "
            f"{least} is required."
        )
    if not width:
        raise RowsError(
            f"Found array with 0 feature(s) (shape=({count}, 0)) while a minimum of 1 is required."
        )
    return Inputs(rows, count, width, names)


def refuse_sparse(values: object, name: str) -> None:
    """Raise `RowsTypeError` for a sparse matrix or array."""
    if hasattr(values, "tocsr"):
        raise RowsTypeError(f"{name}: found sparse rows; expected dense: use {name}.toarray()")


def _names(X: object) -> list[str] | None:
    """Return the column names; None if there are none, as in an array."""
    if isinstance(X, list | tuple):
        if X and all(isinstance(row, Mapping) for row in X):
            return list(dict.fromkeys(str(key) for row in X for key in row))
        return None
    columns = getattr(X, "column_names", getattr(X, "columns", None))
    if columns is None or isinstance(X, np.ndarray) or callable(columns):
        return None
    names = list(columns)
    kinds = sorted({type(name).__name__ for name in names})
    if not all(isinstance(name, str) for name in names):
        if "str" in kinds:
            raise RowsTypeError(
                "Feature names are only supported if all input features have string names, but "
                f"your input has {kinds} as feature name / column name types"
            )
        return None
    return names


def _matrix(X: object) -> NDArray[Any]:
    """Return rows without column names as an array (N, I)."""
    refuse_masked(X, "X")
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise RowsError(f"X: rows have different lengths: {error}") from error
    if array.dtype.kind == "c":
        raise RowsError("X: Complex data not supported")
    if array.ndim != 2:
        found = "scalar array" if array.ndim == 0 else f"{array.ndim}D array"
        raise RowsError(
            f"Expected 2D array, got {found} instead. Reshape your data: X.reshape(-1, 1) if it "
            "has a single feature, X.reshape(1, -1) if it is a single sample, "
            "X.reshape(len(X), -1) if each sample is an array"
        )
    if array.dtype.kind == "O":
        array = _numbers_if_all_are(array)
    if array.dtype.kind == "f" and not np.isfinite(array.sum(dtype=np.float64)):
        refuse_not_finite(array, "X")
    return array


def _numbers_if_all_are(array: NDArray[Any]) -> NDArray[Any]:
    numbers = all(isinstance(each, int | float | np.number | np.bool_) for each in array.flat)
    if not numbers:
        return array
    found = array.astype(np.float64)
    return array if np.isnan(found).any() else found


def refuse_not_finite(array: NDArray[Any], name: str) -> None:
    """Raise `RowsError` if an array contains NaN or infinity."""
    if np.isnan(array).any():
        remedy = "; impute missing values first, or pass a data frame" if name == "X" else ""
        raise RowsError(f"Input {name} contains NaN{remedy}")
    if np.isinf(array).any():
        raise RowsError(f"Input {name} contains infinity or a value too large for {array.dtype!r}")
