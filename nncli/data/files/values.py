"""Convert typed columns, of Parquet files and frames, to the cells of a `Table`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.data.files.table import BLANK_BOOLEAN, NUMBER, Cells

REMEDIES: dict[str, tuple[str, str]] = {
    "nested": ("is nested", "split it into columns"),
    "wide": ("holds 128-bit integers", "cast it to 64 bits"),
    "decimal": ("holds decimals", "cast it to double"),
    "temporal": ("holds dates or times", "read it as a date, or convert it to numbers"),
    "duration": ("holds durations", "convert it to numbers, such as days"),
}

MOST_EXACT = 2**53  # float64 is exact for all integers up to it


def number_cells(
    values: NDArray[Any], missing: Sequence[float], where: Callable[[int], str]
) -> Cells:
    """Return numbers as cells; integers of more than 16 bits become float64 if that is exact.

    Parameters
    ----------
    missing : sequence of float
        Numbers that mean a blank cell.
    where : function of int to str
        Name of a row, counted from 0, in messages, with its table and column.

    Raises
    ------
    DataError
        For the first infinite number.
    """
    if values.dtype.kind == "f" and np.isinf(values).any():
        row = int(np.isinf(values).argmax())
        raise DataError(f"{where(row)}: found {values[row]}; expected a finite number")
    if missing and np.isin(values, missing).any():
        values = np.where(np.isin(values, missing), np.nan, values)
    values = usual_type(values)
    if values.dtype.kind in "iu" and values.dtype.itemsize > 2:
        within = not len(values) or max(-int(values.min()), int(values.max())) <= MOST_EXACT
        return values.astype(np.float64) if within else values
    return values


def usual_type(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers in a supported type: float16 as float32, longdouble as float64.

    Numbers too large for float64 become infinite, which is refused later.
    """
    if values.dtype == BLANK_BOOLEAN:
        return values.astype(np.float32)
    return without_longdouble(values)


def without_longdouble(values: NDArray[Any]) -> NDArray[Any]:
    """Return longdouble numbers rounded to float64, and others unchanged."""
    if values.dtype.kind != "f" or values.dtype.itemsize <= np.dtype(np.float64).itemsize:
        return values
    with np.errstate(over="ignore"):
        return values.astype(np.float64)


def numbers_among(texts: Sequence[str]) -> list[float]:
    """Return the values of the texts that are numbers."""
    return [float(text) for text in texts if NUMBER.fullmatch(text)]


def median(numbers: NDArray[Any]) -> float:
    """Return the median of numbers of any type without NaN, in double precision."""
    middle = [(len(numbers) - 1) // 2, len(numbers) // 2]
    return float(np.partition(numbers, middle)[middle].astype(np.float64).mean())
