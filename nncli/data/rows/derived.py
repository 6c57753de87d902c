"""Tables made of others while these are read: with other names, or with columns beside."""

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
    """A table whose columns have other names, `header`, in the same order."""

    table: OpenTable
    header: Sequence[str]

    @property
    def name(self) -> str:
        """That of the table."""
        return self.table.name

    def blocks(
        self, *, kinds: Mapping[str, Wanted], used: Collection[str] | None, missing: Sequence[str]
    ) -> Iterator[Table]:
        """Yield the rows as `OpenTable` says."""
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
    """Return a table with the names that a model of an earlier version has for its columns.

    White space around a name was a part of it then, except in CSV.
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
    """A table with further columns, which go before its own of the same names.

    Attributes
    ----------
    columns : mapping of str to array (N,)
    called : str
        What they are called in messages.
    """

    table: OpenTable
    columns: Mapping[str, Cells]
    called: str

    @property
    def name(self) -> str:
        """That of the table."""
        return self.table.name

    @cached_property
    def header(self) -> Sequence[str]:
        """All names, once each."""
        return [*dict.fromkeys((*self.table.header, *self.columns))]

    def blocks(
        self, *, kinds: Mapping[str, Wanted], used: Collection[str] | None, missing: Sequence[str]
    ) -> Iterator[Table]:
        """Yield the rows as `OpenTable` says.

        Raises
        ------
        DataError
            When the table has not as many rows as the columns.
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
    """Return cells as they are, or numbers as text where that is asked for."""
    is_text = cells.dtype.kind == "O"
    return text_cells(cells) if kind == "category" and not is_text else cells
