"""Read a table from a file of any kind: what it is shows in its first bytes, not in its name."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nncli.base.errors import DataError
from nncli.data.files.array_file import arrays_in
from nncli.data.files.csv_file import CsvFile
from nncli.data.files.excel_file import ExcelFile
from nncli.data.files.feather_file import FeatherFile
from nncli.data.files.hints import NO_HINTS, HintedFile, Hints
from nncli.data.files.input_file import Advance, InputFile, open_input, tell_nobody
from nncli.data.files.json_file import JsonFile
from nncli.data.files.kinds import SIGNATURES, FileKind
from nncli.data.files.parquet_file import ParquetFile
from nncli.data.files.sqlite_file import SqliteFile
from nncli.data.files.stored_table import collect
from nncli.data.files.table import OpenTable, Table, Wanted
from nncli.data.files.table_blocks import regroup

TableInput = Path | HintedFile | OpenTable

# What text is read by has no first bytes of its own: see `table_in`.
_READERS: Mapping[FileKind | None, Callable[[InputFile, Hints], OpenTable]] = {
    "parquet": ParquetFile,
    "feather": FeatherFile,
    "json lines": JsonFile,
    "json": JsonFile,
    "sqlite": SqliteFile,
    "workbook": ExcelFile,
}
_OF_TABLES = ("sqlite", "workbook")  # which may have several
_ROWS = 1 << 16
_CELLS = 1 << 21


def read_table(
    source: TableInput,
    *,
    kinds: Mapping[str, Wanted] | None = None,
    used: Collection[str] | None = None,
    missing: Sequence[str] = (),
) -> Table:
    """Read a whole table: a file of any kind that `table_in` reads, or one in memory.

    The path ``-`` is standard input. Numbers have single precision where that holds all of a
    column exactly. What is too large for memory lies in a temporary file (see `stored_table`).

    Parameters
    ----------
    kinds : mapping of str to str, optional
        What is known of columns; the others are inferred (see `csv_file`).
    used : collection of str, optional
        The columns to read, in this order; by default all.
    missing : sequence of str
        Texts that stand for a blank cell, beside none.

    Raises
    ------
    DataError
        With the file, the line or row, the column, what was found and what was expected.
    """
    rows = _ROWS if used is None else max(1, min(_ROWS, _CELLS // max(1, len(used))))
    return collect(table_blocks(source, rows=rows, kinds=kinds, used=used, missing=missing))


def column_names(source: TableInput) -> list[str]:
    """Return the names of the columns of a table, in their order. Raises `DataError`."""
    with open_table(source) as table:
        return list(table.header)


def name_of(source: TableInput) -> str:
    """Return what a table is called in messages."""
    if isinstance(source, HintedFile):
        return "standard input" if source.content is not None else str(source.path)
    return str(source) if isinstance(source, Path) else source.name


def table_blocks(
    source: TableInput,
    *,
    rows: int,
    kinds: Mapping[str, Wanted] | None = None,
    used: Collection[str] | None = None,
    missing: Sequence[str] = (),
    advance: Advance = tell_nobody,
) -> Iterator[Table]:
    """Yield a table in blocks of `rows` rows, the last of fewer; memory goes with `rows` alone.

    Parameters and errors are as for `read_table`; `advance` is told how many bytes of a file have
    been read since it was last told.
    """
    with open_table(source, advance) as table:
        blocks = table.blocks(kinds=kinds or {}, used=used, missing=missing)
        yield from regrouped(table.name, blocks, rows)


@contextmanager
def open_table(source: TableInput, advance: Advance = tell_nobody) -> Iterator[OpenTable]:
    """Open a file as a table; one in memory is open already. Raises `DataError`."""
    if isinstance(source, OpenTable):
        yield source
        return
    hinted = source if isinstance(source, HintedFile) else HintedFile(source, NO_HINTS)
    with open_input(hinted.path, advance, content=hinted.content) as file:
        yield table_in(file, hinted.hints)


def table_in(file: InputFile, hints: Hints = NO_HINTS, *, known: Collection[str] = ()) -> OpenTable:
    """Return the table in an open file.

    Parameters
    ----------
    known : collection of str
        Names of columns: a first row that has them all is a header, even of numbers alone.

    Raises
    ------
    DataError
        When the file holds something else.
    """
    if hints.table is not None and hints.are_of_this and file.kind not in _OF_TABLES:
        raise DataError(
            f"{file.name}: has one table, without a name; data.table is for databases and "
            "workbooks; leave it out"
        )
    if file.kind in _READERS:
        return _READERS[file.kind](file, hints)
    if file.kind is not None:
        signature = SIGNATURES[file.kind]
        if file.kind == "zip":
            arrays_in(file)  # raises an error if it is damaged
        raise DataError(
            f"{file.name}: is {signature.words}; expected a table: CSV, Parquet, Feather, Excel, "
            "SQLite, JSON lines or a JSON array of objects"
            + (signature.remedy and f"; {signature.remedy}")
        )
    csv = CsvFile(file, hints)
    has_known = known and {*known} <= {*csv.first}
    return CsvTable(csv, csv.first if has_known else csv.header)


@dataclass(frozen=True)
class CsvTable:
    """A CSV file with the names of its columns.

    Attributes
    ----------
    header : sequence of str
        The names; mostly those in the first row.
    with_first : bool
        Whether the first row has values.
    """

    csv: CsvFile
    header: Sequence[str]
    with_first: bool = False

    @property
    def name(self) -> str:
        """The file."""
        return self.csv.name

    def blocks(
        self,
        *,
        kinds: Mapping[str, Wanted],
        used: Collection[str] | None,
        missing: Sequence[str],
    ) -> Iterator[Table]:
        """Yield the rows, once, as `OpenTable` says; numbers are float64."""
        return self.csv.blocks(
            self.header, with_first=self.with_first, kinds=kinds, used=used, missing=missing
        )


def regrouped(name: str, blocks: Iterable[Table], rows: int) -> Iterator[Table]:
    """Yield the rows of a table, by `regroup`. Raises `DataError` if it has none."""
    empty = True
    for table in regroup(blocks, rows):
        yield table
        empty = False
    if empty:
        raise DataError(f"{name}: has a header, and no rows; expected rows")
