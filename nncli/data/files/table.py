"""Columns as a file holds them, before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Cells = NDArray[Any]
else:
    Cells = Any

Kind = Literal["number", "boolean", "category", "date"]
# What a column is asked for as; as it is written, text stays text, and values keep their types.
Wanted = Literal["number", "boolean", "category", "written"]

MOMENT = "datetime64[us]"
BLANK_BOOLEAN = "float16"  # the type of no other column, to tell them from numbers

# A cell that is a number: what Python's float takes besides is none here.
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Table:
    """Named columns of equal length.

    Attributes
    ----------
    name : str
        The file, for messages.
    columns : mapping of str to array (N,)
        Numbers of any type but `BLANK_BOOLEAN`, NaN where a cell is blank; Booleans, or where cells
        are blank 1, 0 and NaN of that type; dates and times of the type `MOMENT`, NaT where a
        cell is blank; or text: an array of objects, each a str, or None where a cell is blank.
    place : function of int to str
        What a row, counted from 0, is called in a message: ``line 17``.
    numbers : array (N,) or None
        Which rows of the file, from 0, these are; None for all.
    no_dates : mapping of str to mapping of int to str
        Texts in columns of dates that are no dates, by column and row; their cells are blank.
    """

    name: str
    columns: Mapping[str, Cells]
    place: Callable[[int], str]
    numbers: NDArray[np.intp] | None = None
    no_dates: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def kind(self, column: str) -> Kind:
        """Return what the cells of a column are."""
        return kind_of(self.columns[column].dtype)

    def part(self, start: int, stop: int) -> Table:
        """Return some consecutive rows; the cells are not copied."""
        columns = {name: cells[start:stop] for name, cells in self.columns.items()}
        place = self.place  # not the table, whose cells it would keep
        numbers = np.arange(start, stop) if self.numbers is None else self.numbers[start:stop]
        kept = {
            name: {row - start: each for row, each in texts.items() if start <= row < stop}
            for name, texts in self.no_dates.items()
        }
        return Table(self.name, columns, lambda row: place(start + row), numbers, kept)

    def parts(self, rows: int) -> Iterator[Table]:
        """Yield all rows in parts of `rows` rows, the last of fewer."""
        for start in range(0, len(self), rows):
            yield self.part(start, min(start + rows, len(self)))

    def take(self, rows: NDArray[np.intp]) -> Table:
        """Return some rows, which have rising numbers."""
        columns = {name: cells[rows] for name, cells in self.columns.items()}
        place, numbers = self.place, rows if self.numbers is None else self.numbers[rows]
        kept = {
            name: {n: texts[row] for n, row in enumerate(rows.tolist()) if row in texts}
            for name, texts in self.no_dates.items()
        }
        return Table(self.name, columns, lambda row: place(int(rows[row])), numbers, kept)


@runtime_checkable
class OpenTable(Protocol):
    """A table whose rows can be read; of a file once, of one in memory again and again."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        ...

    @property
    def header(self) -> Sequence[str]:
        """The names of its columns."""
        ...

    def blocks(
        self,
        *,
        kinds: Mapping[str, Wanted],
        used: Collection[str] | None,
        missing: Sequence[str],
    ) -> Iterator[Table]:
        """Yield the rows in tables of no particular length.

        Parameters
        ----------
        kinds : mapping of str to str
            What columns are to be taken for; the others show in their cells or types. One that is
            asked for as ``written`` has typed numbers, dates or Booleans, or an array of objects:
            text, None, and in a mixed column other values.
        used : collection of str, optional
            The columns to read, in this order; by default all.
        missing : sequence of str
            Texts that stand for a blank cell, beside none.
        """
        ...


def kind_of(dtype: np.dtype[Any]) -> Kind:
    """Return what cells of a type are."""
    return _KINDS.get(dtype.kind, "number")


_KINDS: dict[str, Kind] = {"O": "category", "b": "boolean", "M": "date"}
