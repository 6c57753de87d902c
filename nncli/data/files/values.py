"""Columns of typed values, of Parquet files and of frames, as the cells of a `Table`."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.data.files.table import BLANK_BOOLEAN, NUMBER, Cells

REMEDIES: dict[str, tuple[str, str]] = {
    "nested": ("is nested", "make columns of its parts"),
    "null": ("has no values", "drop it"),
    "wide": ("holds integers of 128 bits", "cast it to 64 bits"),
    "decimal": ("holds decimals", "cast it to double"),
    "temporal": ("holds dates or times", "turn it into numbers, such as year, month and day"),
}

_MOST_EXACT = 2**53


def number_cells(
    values: NDArray[Any], missing: Sequence[float], where: Callable[[int], str]
) -> Cells:
    """Return numbers; whole ones of more than 16 bits in double precision where it holds them.

    Parameters
    ----------
    missing : sequence of float
        Numbers that stand for a blank cell.
    where : function of int to str
        What a row, counted from 0, is called in a message, with its table and column.

    Raises
    ------
    DataError
        For the first number that is infinite.
    """
    if values.dtype.kind == "f" and np.isinf(values).any():
        row = int(np.isinf(values).argmax())
        raise DataError(f"{where(row)}: found {values[row]}; expected a finite number")
    if missing and np.isin(values, missing).any():
        values = np.where(np.isin(values, missing), np.nan, values)
    if values.dtype == BLANK_BOOLEAN:
        return values.astype(np.float32)
    if values.dtype.kind in "iu" and values.dtype.itemsize > 2:
        within = not len(values) or max(-int(values.min()), int(values.max())) <= _MOST_EXACT
        return values.astype(np.float64) if within else values
    return values


def text_cells(values: Iterable[object], missing: Collection[str]) -> Cells:
    """Return text, stripped, and None for what is blank: nothing, or one of `missing`."""
    texts = [None if is_blank(value) else text_of(value) for value in values]
    cells = np.empty(len(texts), object)
    cells[:] = [None if text in missing or not text else text for text in texts]
    return cells


def is_blank(value: object) -> bool:
    """Return whether a value is none: None, NaN, or what pandas has for it."""
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def text_of(value: object) -> str:
    """Return a value as the text of a category: 7.0 and 7 are one."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value).strip()


def numbers_among(texts: Sequence[str]) -> list[float]:
    """Return the values of the texts that are numbers."""
    return [float(text) for text in texts if NUMBER.fullmatch(text)]
