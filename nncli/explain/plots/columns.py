"""The columns of a table from its inputs: a category is one column, not its one-hot inputs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.tables.column import LARGEST, Column
from nncli.data.tables.encoding import Encoding
from nncli.data.tables.moments import CYCLES
from nncli.explain.plots.names import number_text, short

Numbers = NDArray[np.float64]

_BLANK = "(missing)"
_SMALLEST_RANGE = 1e-9  # as a fraction of the values
_GRID = 160  # values of a number on an axis
_NAMED_PARTS = {
    "month": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "weekday": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}  # both start at 0
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_897  # years 1 to 9999, in days since 1970


@dataclass(frozen=True)
class PlotColumn:
    """A column, or a part of a date.

    Attributes
    ----------
    name : str
        Short, printable name.
    where : slice
        The inputs of the column.
    labels : tuple of str
        The texts of a category or Boolean; empty for numbers.
    blank : int or None
        The input that marks missing numbers or dates; all parts of a date share it.
    period : int or None
        The period of a cycle whose inputs are sine and cosine.
    part : str
        The part of a date, such as ``month``; empty for other columns.
    """

    name: str
    where: slice
    labels: tuple[str, ...] = ()
    blank: int | None = None
    period: int | None = None
    part: str = ""

    @property
    def ticks(self) -> tuple[str, ...]:
        """Texts for the values 0, 1, ...; empty if the values are any numbers."""
        return self.labels or _NAMED_PARTS.get(self.part, ())

    def values(self, inputs: NDArray[Any]) -> Numbers:
        """Return the values (N,): numbers, or indices into `labels`; NaN if missing or unknown."""
        own = inputs[:, self.where].astype(np.float64)
        if not self.labels:
            values = own[:, 0]
            if self.period:
                values = np.arctan2(own[:, 0], own[:, 1]) / (2 * np.pi) * self.period % self.period
            if self.blank is not None:
                values = np.where(inputs[:, self.blank] == 1, np.nan, values)
            return np.asarray(values)
        if own.shape[1] == 1:
            return np.asarray(np.where(np.isin(own[:, 0], (0, 1)), own[:, 0], np.nan))
        return np.where(own.any(axis=1), own.argmax(axis=1), np.nan)

    def inputs(self, values: NDArray[Any]) -> Numbers:
        """Return the inputs (N, width) of values, the inverse of `values`."""
        own = np.zeros((len(values), self.where.stop - self.where.start))
        if self.period:
            angles = 2 * np.pi / self.period * values
            own[:, 0], own[:, 1] = np.sin(angles), np.cos(angles)
        elif not self.labels or own.shape[1] == 1:
            own[:, 0] = values
        else:
            own[np.arange(len(values)), values.astype(np.intp)] = 1
        return own

    def write(self, values: NDArray[Any], rows: NDArray[Any]) -> None:
        """Write the inputs of known values (N,) into rows (N, I)."""
        if self.blank is not None:
            rows[:, self.blank] = 0
        rows[:, self.where] = self.inputs(values)

    def typical(self, values: Numbers) -> float:
        """Return the most frequent text, or the median of numbers; NaN if all are missing.

        Of a cycle, it is the value with the smallest distance from the others on average.
        """
        known, times = np.unique(values[~np.isnan(values)], return_counts=True)
        if not len(known):
            return np.nan
        if self.labels:
            return float(known[times.argmax()])
        if not self.period:
            return float(np.nanmedian(values))
        away = np.abs(known[:, np.newaxis] - known)
        return float(known[(np.minimum(away, self.period - away) @ times).argmin()])

    def axis(self, seen: Numbers) -> Numbers:
        """Return the values for an axis: all labels, or numbers over the range of those seen."""
        if self.labels:
            return np.arange(len(self.labels), dtype=np.float64)
        low, high = spread(seen, 0.08)
        return np.linspace(max(low, -LARGEST), min(high, LARGEST), _GRID)

    def text(self, value: float) -> str:
        """Return a value as text."""
        if np.isnan(value):
            return _BLANK
        if self.labels:
            return self.labels[int(value)]
        if self.ticks:
            return self.ticks[round(value) % len(self.ticks)]
        if self.part == "days" and _FIRST_DAY <= value < _LAST_DAY:
            return str(np.datetime64(int(value), "D"))
        return number_text(value)


def spread(values: Numbers, margin: float) -> tuple[float, float]:
    """Return the range of known values with a margin, so that it is never empty.

    Parameters
    ----------
    margin : float
        Fraction of the range; a single value gets one like its size.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    size = max(abs(low), abs(high))
    added = margin * (high - low)
    if high - low <= _SMALLEST_RANGE * size:  # also a single value
        added = size or 1.0
    return low - added, high + added


def columns_of(names: Sequence[str], encoding: Encoding | None) -> list[PlotColumn]:
    """Return the columns of inputs.

    Parameters
    ----------
    names : sequence of str
        Names of the inputs.
    """
    if encoding is None:
        return [PlotColumn(short(name), slice(at, at + 1)) for at, name in enumerate(names)]
    found: list[PlotColumn] = []
    for column in encoding.columns:
        start = found[-1].where.stop if found else 0
        found += _of_date(column, start) if column.kind == "date" else [_of_cells(column, start)]
    return found


def _of_cells(column: Column, start: int) -> PlotColumn:
    where, has_blank = slice(start, start + len(column.inputs)), column.missing == "indicator"
    blank = where.stop - 1 if has_blank and column.kind != "category" else None
    labels: tuple[str, ...] = ()
    if column.kind == "category":
        labels = tuple(short(each) for each in column.categories) + (_BLANK,) * has_blank
    elif column.kind == "boolean" and not has_blank:
        labels = ("false", "true")
    return PlotColumn(short(column.name), where, labels, blank)


def _of_date(column: Column, start: int) -> list[PlotColumn]:
    found = []
    for part in column.parts:
        period = CYCLES.get(part)
        stop = start + (2 if period else 1)
        name = f"{short(column.name)} {part}"
        found.append(PlotColumn(name, slice(start, stop), period=period, part=part))
        start = stop
    if column.missing == "indicator":
        found = [replace(each, blank=start) for each in found]
        last = found[-1].where  # the parts together have all inputs of the column
        found[-1] = replace(found[-1], where=slice(last.start, start + 1))
    return found
