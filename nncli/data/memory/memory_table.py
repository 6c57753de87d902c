"""Tables in memory: the base class, and tables of Python values and of numbers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.data.files.table import Cells, Table, Wanted
from nncli.data.files.texts import text_cells
from nncli.data.files.value_cells import Place, cells_of
from nncli.data.files.values import number_cells, numbers_among, usual_type
from nncli.data.names import OwnNames

Reader = Callable[[int, int], Cells]

_ROWS = 1 << 14


def place(row: int) -> str:
    """Return the name of a row, counted from 0, for messages."""
    return f"row {row} (from 0)"


class MemoryTable(OwnNames, ABC):
    """A table in memory, read in blocks any number of times.

    Attributes
    ----------
    rows : int
        Number of rows.
    has_names : bool
        Whether the columns have names; if not, they are matched by order.
    """

    def __init__(
        self, name: str, names: Iterable[object], rows: int, *, has_names: bool = True
    ) -> None:
        super().__init__(name, names)
        self.rows, self.has_names = rows, has_names

    def blocks(
        self, *, kinds: Mapping[str, Wanted], used: Collection[str] | None, missing: Sequence[str]
    ) -> Iterator[Table]:
        """Yield the rows; see `OpenTable`."""
        if not self.rows:
            raise DataError(f"{self.name}: has no rows")
        columns = self.header if used is None else list(used)
        readers = {each: self._reader(each, kinds.get(each), missing) for each in columns}
        for start in range(0, self.rows, _ROWS):
            stop = min(start + _ROWS, self.rows)
            cells = {column: read(start, stop) for column, read in readers.items()}
            yield Table(self.name, cells, partial(_later_place, start))

    def _reader(self, column: str, kind: Wanted | None, missing: Sequence[str]) -> Reader:
        return self._reader_at(
            self.place_of(column), Place(self.name, column, place), kind, missing
        )

    @abstractmethod
    def _reader_at(
        self, at: int, where: Place, kind: Wanted | None, missing: Sequence[str]
    ) -> Reader:
        """Return a function that reads the cells from start to stop of column `at`.

        `kind` is the kind to read it as; None to infer it from the values.
        """


class ValueTable(MemoryTable):
    """A table with columns (N,) of Python values, possibly mixed.

    `texts_may_be_numbers` reads numeric text as numbers, since an array of text turns numbers into
    text.
    """

    def __init__(
        self,
        name: str,
        columns: Mapping[Any, Sequence[object]],
        rows: int,
        *,
        has_names: bool = True,
        texts_may_be_numbers: bool = False,
    ) -> None:
        super().__init__(name, columns, rows, has_names=has_names)
        self._columns, self._texts_may_be_numbers = [*columns.values()], texts_may_be_numbers

    def _reader_at(
        self, at: int, where: Place, kind: Wanted | None, missing: Sequence[str]
    ) -> Reader:
        cells = cells_of(
            self._columns[at],
            where,
            kind,
            missing,
            texts_may_be_numbers=self._texts_may_be_numbers,
        )
        return lambda start, stop: cells[start:stop]


class NumberTable(MemoryTable):
    """A matrix (N, I) of numbers or Booleans as a table without column names."""

    def __init__(self, name: str, matrix: NDArray[Any]) -> None:
        super().__init__(name, numbered(matrix.shape[1]), len(matrix), has_names=False)
        self._matrix = matrix

    def _reader_at(
        self, at: int, where: Place, kind: Wanted | None, missing: Sequence[str]
    ) -> Reader:
        cells = self._matrix[:, at]
        if kind == "category":
            return lambda start, stop: text_cells(usual_type(cells[start:stop]), missing)
        blanks = numbers_among(missing)
        return lambda start, stop: number_cells(
            cells[start:stop], blanks, lambda row: where.of(start + row)
        )


def numbered(columns: int) -> list[str]:
    """Return names for unnamed columns: x1, x2 and so on."""
    return [f"x{number}" for number in range(1, columns + 1)]


def _later_place(start: int, row: int) -> str:
    return place(start + row)
