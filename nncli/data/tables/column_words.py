"""How a column treats blank cells, in a few words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nncli.data.tables.column import Column


def if_missing(column: Column) -> str:
    """Return what replaces a blank cell: a value, an indicator, an error, or no category."""
    if column.missing == "indicator":
        return "indicator"
    if column.fill is None:
        return "all 0" if column.missing == "auto" else column.missing
    if isinstance(column.fill, str):
        return column.fill
    return _date(column.fill, column.parts) if column.kind == "date" else f"{column.fill:.4g}"


def _date(days: float, parts: Sequence[str]) -> str:
    """Return days since 1970 as a date, with the time if the hours of the column vary."""
    day, time = str(np.datetime64(round(days * 1440), "m")).split("T")
    if "hour" not in parts:
        return day
    return time if day == "1970-01-01" else f"{day} {time}"  # a time without a date is of 1970
