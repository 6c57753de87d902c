"""Views of tables with other column names or additional columns."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from nncli.base.errors import DataError
from nncli.base.words import count
from nncli.data.files.table import Cells, OpenTable, Table, Wanted
from nncli.data.files.texts import text_cells
from nncli.data.names import OwnNames, plain_name


@dataclass(frozen=True)
class Renamed:
    """A table with its columns renamed to `header`, in the same order."""

    table: OpenTable
    header: Sequence[str]

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.table.name

    def blocks(
        self, *, kinds: Mapping[str, Wanted], used: Collection[str] | None, missing: Sequence[str]
    ) -> Iterator[Table]:
        """Yield the rows; see `OpenTable`."""
        own = dict(zip(self.header, self.table.header, strict=True))
        names = [*own] if used is None else list(used)
        tables = self.table.blocks(
            kinds={own[name]: kind for name, kind in kinds.items() if name in own},
            used=[own[name] for name in names],
            missing=missing,
        )
        for table in tables:
            yield replace(table, columns={name: table.columns[own[name]] for name in names})


def as_named_before(table: OpenTable, names: Iterable[str]) -> OpenTable:
    """Return a table with the column names of a model from an earlier version.

    Such names include surrounding white space, except in CSV.
    """
    known, own = {*names}, table.own_names if isinstance(table, OwnNames) else table.header
    others = {plain_name(name): name for name in known.difference(own)}
    header = [
        name if name in known else others.get(plain, plain)
        for name, plain in zip(own, table.header, strict=True)
    ]
    if header == [*table.header]:
        return table
    return table.with_header(header) if isinstance(table, OwnNames) else Renamed(table, header)


@dataclass(frozen=True)
class WithColumns:
    """A table with additional columns, which replace its own of the same names.

    Attributes
    ----------
    columns : mapping of str to array (N,)
    called : str
        Name of the columns in messages.
    """

    table: OpenTable
    columns: Mapping[str, Cells]
    called: str

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.table.name

    @cached_property
    def header(self) -> Sequence[str]:
        """The names of all columns, without duplicates."""
        return [*dict.fromkeys((*self.table.header, *self.columns))]

    def blocks(
        self, *, kinds: Mapping[str, Wanted], used: Collection[str] | None, missing: Sequence[str]
    ) -> Iterator[Table]:
        """Yield the rows; see `OpenTable`.

        Raises
        ------
        DataError
            When the table and the columns differ in length.
        """
        names = self.header if used is None else list(used)
        own = [name for name in names if name not in self.columns]
        start, rows = 0, len(next(iter(self.columns.values())))
        for table in self.table.blocks(kinds=kinds, used=own, missing=missing):
            stop = start + len(table)
            if stop <= rows:
                cells = {
                    name: table.columns[name]
                    if name in table.columns
                    else _as_kind(self.columns[name][start:stop], kinds.get(name))
                    for name in names
                }
                yield replace(table, columns=cells)
            start = stop
        if start != rows:
            raise DataError(f"{self.name}: has {count(start, 'row')}, and {self.called} {rows}")


def _as_kind(cells: Cells, kind: Wanted | None) -> Cells:
    """Return cells, with numbers as text if `kind` is category."""
    is_text = cells.dtype.kind == "O"
    return text_cells(cells) if kind == "category" and not is_text else cells
