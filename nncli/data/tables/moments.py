"""Dates and times as inputs: year or days as a number; month, weekday and hour as cycles.

A cyclic part is a point on a circle, so that December is next to January. It has two inputs, sine
and cosine. The hour includes minutes as a fraction.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.data.files.table import MOMENT, Cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
else:
    Numbers = Any

_MILLISECONDS = 86_400_000  # per day
_EPOCH_WEEKDAY = 3  # the first of January 1970 was a Thursday
CYCLES = {"month": 12, "weekday": 7, "hour": 24}
NUMBERS = ("year", "days")
PARTS = (*NUMBERS, *CYCLES)


def days_of(cells: Cells) -> Numbers:
    """Return dates and times (N,) as days since 1970, NaN for blank cells."""
    days = cells.astype(MOMENT).astype(np.int64) / (1000 * _MILLISECONDS)
    return np.where(np.isnat(cells), np.nan, days)


def varying_parts(days: Numbers) -> tuple[str, ...]:
    """Return the parts that vary: the year, or the days if the year is constant; and cycles.

    If nothing varies, the year is returned, so that there is an input.
    """
    known = days[~np.isnan(days)]
    found = [part for part in PARTS if part != "days" and _varies(_part(known, part))]
    if "year" not in found and _varies(np.floor(known)):
        found.insert(0, "days")
    return tuple(found or ["year"])


def input_names(name: str, parts: Sequence[str]) -> list[str]:
    """Return the input names for the parts of a column."""
    return [
        f"{name}.{part}{end}"
        for part in parts
        for end in ((".sin", ".cos") if part in CYCLES else ("",))
    ]


def encode_parts(days: Numbers, parts: Sequence[str], out: "NDArray[Any]") -> None:
    """Write the inputs of days since 1970 (N,) to `out` (N, inputs)."""
    at = 0
    for part in parts:
        values = _part(days, part)
        if part in CYCLES:
            angles = 2 * np.pi / CYCLES[part] * values
            out[:, at], out[:, at + 1] = np.sin(angles), np.cos(angles)
        else:
            out[:, at] = values
        at += 1 + (part in CYCLES)


def _varies(values: Numbers) -> bool:
    return bool(len(values)) and bool((values != values[0]).any())


def _part(days: Numbers, part: str) -> Numbers:
    """Return a part of days since 1970; months and weekdays start at 0, for January and Monday."""
    if part == "days":
        return days
    milliseconds = np.rint(days * _MILLISECONDS).astype(np.int64)
    whole, rest = np.divmod(milliseconds, _MILLISECONDS)
    if part == "hour":
        return rest / (_MILLISECONDS / 24)
    if part == "weekday":
        return (whole + _EPOCH_WEEKDAY) % 7.0
    months = whole.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 12 * 1970
    return (months // 12 if part == "year" else months % 12).astype(np.float64)
