"""Tables that do not fit in memory: columns in an unnamed temporary file."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory
from nncli.base.storage.temporary_file import TemporaryFile
from nncli.data.files.table import Cells, Kind, Table, kind_of
from nncli.data.files.table_blocks import compacted, join, joined_places

TAKEN_ROWS = 1 << 14


def collect(tables: Iterable[Table], memory: Memory | None = None) -> Table:
    """Join tables into one, `compacted`; a large one becomes a `StoredTable`.

    Raises
    ------
    OutputError
        When the temporary file cannot be written.
    """
    tables, waiting, size = map(compacted, tables), list[Table](), 0
    for table in tables:
        waiting.append(table)
        size += sum(cells.nbytes for cells in table.columns.values())
        del table
        if size > (memory or mapping.MEMORY).table_bytes:
            return _stored(chain(_emptied(waiting), tables))
    return join(_emptied(waiting))


def _emptied(tables: list[Table]) -> Iterator[Table]:
    """Yield and remove the tables of a list."""
    tables.reverse()
    while tables:
        yield tables.pop()


def _stored(tables: Iterable[Table]) -> "StoredTable":
    name, lengths, places = "", [], []
    columns: dict[str, StoredColumn] = {}
    file = TemporaryFile()
    for table in tables:
        name = table.name
        lengths.append(len(table))
        places.append(table.place)
        for column, cells in table.columns.items():
            columns.setdefault(column, StoredColumn(file)).append(cells)
    for each in columns.values():
        each.complete()
    return StoredTable(name, StoredColumns(columns), joined_places(lengths, places))


class StoredColumn:
    """A column in a file, in pieces; text is stored as indices.

    Attributes
    ----------
    dtype : dtype
        Type of all cells; for several blocks, the type that `join` would give.
    """

    def __init__(self, file: TemporaryFile) -> None:
        self.rows = 0
        self.dtype: np.dtype[Any] = np.dtype(np.bool_)
        self._file = file
        self._starts: list[int] = []
        self._pieces: list[tuple[int, np.dtype[Any]]] = []  # offset in the file, and type
        self._numbers: dict[str | None, int] = {}

    def append(self, cells: Cells) -> None:
        """Append the cells of a block."""
        self.dtype = np.result_type(self.dtype, cells.dtype) if self._pieces else cells.dtype
        if cells.dtype.kind == "O":
            numbers = self._numbers
            found = (numbers.setdefault(cell, len(numbers)) for cell in cells)
            cells = np.fromiter(found, np.int32, len(cells))
        self._starts.append(self.rows)
        self._pieces.append((self._file.append(cells), cells.dtype))
        self.rows += len(cells)

    def complete(self) -> None:
        """Finish the column: build the array of distinct texts."""
        self._texts = np.array([*self._numbers], object)

    def read(self, start: int, stop: int) -> Cells:
        """Return the cells of some rows."""
        cells = np.empty(stop - start, self.dtype)
        at, piece = start, bisect_right(self._starts, start) - 1
        while at < stop:
            end = self._starts[piece + 1] if piece + 1 < len(self._starts) else self.rows
            count = min(end, stop) - at
            place, dtype = self._pieces[piece]
            offset = (at - self._starts[piece]) * dtype.itemsize
            found = self._file.read(place + offset, count, dtype)
            found = self._texts[found] if self.dtype.kind == "O" else found
            cells[at - start : at - start + count] = found
            at, piece = at + count, piece + 1
        return cells


class StoredColumns(Mapping[str, Cells]):
    """The columns of a file by name, each read on every access."""

    def __init__(self, columns: Mapping[str, StoredColumn]) -> None:
        self.stored = columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)

    def __contains__(self, name: object) -> bool:
        return name in self.stored

    def __getitem__(self, name: str) -> Cells:
        column = self.stored[name]
        return column.read(0, column.rows)


@dataclass(frozen=True)
class StoredTable(Table):
    """A table whose columns are read on every access."""

    columns: StoredColumns

    def __len__(self) -> int:
        return next(iter(self.columns.stored.values())).rows

    def kind(self, column: str) -> Kind:
        """Return the kind of a column."""
        return kind_of(self.columns.stored[column].dtype)

    def part(self, start: int, stop: int) -> Table:
        """Return some consecutive rows, in memory."""
        columns = {name: each.read(start, stop) for name, each in self.columns.stored.items()}
        place = self.place
        return Table(self.name, columns, lambda row: place(start + row))

    def take(self, rows: NDArray[np.intp]) -> Table:
        """Return some rows, given by increasing numbers."""
        edges = np.searchsorted(rows, np.arange(0, len(self) + TAKEN_ROWS, TAKEN_ROWS))
        parts = zip(self.parts(TAKEN_ROWS), edges, edges[1:], strict=False)
        taken = collect(
            part.take(rows[low:high] - number * TAKEN_ROWS)
            for number, (part, low, high) in enumerate(parts)
        )
        return replace(taken, numbers=rows if self.numbers is None else self.numbers[rows])
