"""Tables as read from a file, before any encoding."""

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
# Kinds to read a column as. With "written", text stays text, and values keep their types.
Wanted = Literal["number", "boolean", "category", "written"]

MOMENT = "datetime64[us]"
BLANK_BOOLEAN = "float16"  # used by no other column, to distinguish them from numbers

# A cell that is a number; other syntax of Python's float is not accepted.
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Table:
    """Named columns of equal length.

    Attributes
    ----------
    name : str
        Name of the file, for messages.
    columns : mapping of str to array (N,)
        Numbers of any type except `BLANK_BOOLEAN`, with NaN for blank cells; Booleans, or with
        blank cells 1, 0 and NaN of type `BLANK_BOOLEAN`; dates and times of type `MOMENT`, with NaT
        for blank cells; or text: an array of objects, each a str, or None for a blank cell.
    place : function of int to str
        Name of a row, counted from 0, in messages, such as ``line 17``.
    numbers : array (N,) or None
        Numbers of the rows in the file, from 0; None for all rows.
    no_dates : mapping of str to mapping of int to str
        Other texts in columns of dates, by column and row; their cells are blank.
    """

    name: str
    columns: Mapping[str, Cells]
    place: Callable[[int], str]
    numbers: NDArray[np.intp] | None = None
    no_dates: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def kind(self, column: str) -> Kind:
        """Return the kind of a column."""
        return kind_of(self.columns[column].dtype)

    def part(self, start: int, stop: int) -> Table:
        """Return some consecutive rows, without copying the cells."""
        columns = {name: cells[start:stop] for name, cells in self.columns.items()}
        place = self.place  # a reference to self would keep the cells
        numbers = np.arange(start, stop) if self.numbers is None else self.numbers[start:stop]
        kept = {
            name: {row - start: each for row, each in texts.items() if start <= row < stop}
            for name, texts in self.no_dates.items()
        }
        return Table(self.name, columns, lambda row: place(start + row), numbers, kept)

    def parts(self, rows: int) -> Iterator[Table]:
        """Yield all rows in parts of `rows` rows; the last may be shorter."""
        for start in range(0, len(self), rows):
            yield self.part(start, min(start + rows, len(self)))

    def take(self, rows: NDArray[np.intp]) -> Table:
        """Return some rows, given by increasing numbers."""
        columns = {name: cells[rows] for name, cells in self.columns.items()}
        place, numbers = self.place, rows if self.numbers is None else self.numbers[rows]
        kept = {
            name: {n: texts[row] for n, row in enumerate(rows.tolist()) if row in texts}
            for name, texts in self.no_dates.items()
        }
        return Table(self.name, columns, lambda row: place(int(rows[row])), numbers, kept)


@runtime_checkable
class OpenTable(Protocol):
    """A readable table: once from a file, any number of times in memory."""

    @property
    def name(self) -> str:
        """The name of the table in messages."""
        ...

    @property
    def header(self) -> Sequence[str]:
        """The names of the columns."""
        ...

    def blocks(
        self,
        *,
        kinds: Mapping[str, Wanted],
        used: Collection[str] | None,
        missing: Sequence[str],
    ) -> Iterator[Table]:
        """Yield the rows in tables of any length.

        Parameters
        ----------
        kinds : mapping of str to str
            Kinds to read columns as; others are inferred from cells or types. A ``written`` column
            has typed numbers, dates or Booleans, or is an array of objects: text, None, and other
            values in a mixed column.
        used : collection of str, optional
            The columns to read, in this order; by default all.
        missing : sequence of str
            Texts that mean a blank cell, in addition to empty text.
        """
        ...


def kind_of(dtype: np.dtype[Any]) -> Kind:
    """Return the kind of cells of a type."""
    return _KINDS.get(dtype.kind, "number")


_KINDS: dict[str, Kind] = {"O": "category", "b": "boolean", "M": "date"}
