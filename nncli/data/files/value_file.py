"""Tables from files with Python values, possibly mixed: see `value_cells`.

The kind of a column is inferred from its first block, as for a list of rows in memory; a later
value that does not fit is an error.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from nncli.data.files.table import BLANK_BOOLEAN, Cells, Table, Wanted, kind_of
from nncli.data.files.value_cells import Place, cells_of
from nncli.data.names import OwnNames

BLOCK_ROWS = 1 << 13  # Python values take ten times the memory of cells
BLOCK_BYTES = 8 << 20


class ValueBlock(NamedTuple):
    """Some rows: a function that names them in messages, and the values of columns."""

    place: Callable[[int], str]
    columns: Sequence[Sequence[object]]


class ValueFile(OwnNames, ABC):
    """A table of Python values, read once."""

    def blocks(
        self,
        *,
        kinds: Mapping[str, Wanted],
        used: Collection[str] | None,
        missing: Sequence[str],
    ) -> Iterator[Table]:
        """Yield the rows, once; see `OpenTable`."""
        columns = self.header if used is None else list(used)
        known = dict(kinds)
        for place, values in self._value_blocks([self.place_of(each) for each in columns]):
            cells = {}
            for column, each in zip(columns, values, strict=True):
                where = Place(self.name, column, place)
                cells[column] = cells_of(each, where, known.get(column), missing)
                known.setdefault(column, _kind(cells[column]))
            yield Table(self.name, cells, place)

    @abstractmethod
    def _value_blocks(self, places: Sequence[int]) -> Iterator[ValueBlock]:
        """Yield the columns at these places, in blocks of at most `BLOCK_ROWS` rows."""


def _kind(cells: Cells) -> Wanted:
    kind = "boolean" if cells.dtype == BLANK_BOOLEAN else kind_of(cells.dtype)
    return "written" if kind == "date" else kind
