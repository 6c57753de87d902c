"""Read a table from a file of any kind, detected by its first bytes, not its name."""

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

# CSV has no characteristic first bytes: see `table_in`.
_READERS: Mapping[FileKind | None, Callable[[InputFile, Hints], OpenTable]] = {
    "parquet": ParquetFile,
    "feather": FeatherFile,
    "json lines": JsonFile,
    "json": JsonFile,
    "sqlite": SqliteFile,
    "workbook": ExcelFile,
}
_OF_TABLES = ("sqlite", "workbook")  # kinds that may have several tables
_ROWS = 1 << 16
_CELLS = 1 << 21


def read_table(
    source: TableInput,
    *,
    kinds: Mapping[str, Wanted] | None = None,
    used: Collection[str] | None = None,
    missing: Sequence[str] = (),
) -> Table:
    """Read a whole table from a file of any kind or from memory.

    The path ``-`` is standard input. Numbers have single precision if that is exact for a whole
    column. A table that does not fit in memory is stored in a temporary file (see `stored_table`).

    Parameters
    ----------
    kinds : mapping of str to str, optional
        Known kinds of columns; others are inferred (see `csv_file`).
    used : collection of str, optional
        The columns to read, in this order; by default all.
    missing : sequence of str
        Texts that mean a blank cell, in addition to empty text.

    Raises
    ------
    DataError
        When the file or a cell is invalid.
    """
    rows = _ROWS if used is None else max(1, min(_ROWS, _CELLS // max(1, len(used))))
    return collect(table_blocks(source, rows=rows, kinds=kinds, used=used, missing=missing))


def column_names(source: TableInput) -> list[str]:
    """Return the names of the columns of a table, in order. Raises `DataError`."""
    with open_table(source) as table:
        return list(table.header)


def name_of(source: TableInput) -> str:
    """Return the name of a table for messages."""
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
    """Yield a table in blocks of `rows` rows; memory depends on `rows` only.

    Parameters and errors are as in `read_table`; `advance` is called with the number of bytes read
    since the last call.
    """
    with open_table(source, advance) as table:
        blocks = table.blocks(kinds=kinds or {}, used=used, missing=missing)
        yield from regrouped(table.name, blocks, rows)


@contextmanager
def open_table(source: TableInput, advance: Advance = tell_nobody) -> Iterator[OpenTable]:
    """Open a file as a table; a table in memory is returned as is. Raises `DataError`."""
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
        Names of columns: a first row with all of them is a header, even if all are numbers.

    Raises
    ------
    DataError
        When the file is not a table.
    """
    if hints.table is not None and hints.are_of_this and file.kind not in _OF_TABLES:
        raise DataError(
            f"{file.name}: has a single table without a name; data.table is for databases "
            "and workbooks; remove it"
        )
    if file.kind in _READERS:
        return _READERS[file.kind](file, hints)
    if file.kind is not None:
        signature = SIGNATURES[file.kind]
        if file.kind == "zip":
            arrays_in(file)  # raises if the archive is damaged
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
    """A CSV file with given names of its columns.

    Attributes
    ----------
    header : sequence of str
        Names; usually those in the first row.
    with_first : bool
        Whether the first row has values.
    """

    csv: CsvFile
    header: Sequence[str]
    with_first: bool = False

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.csv.name

    def blocks(
        self,
        *,
        kinds: Mapping[str, Wanted],
        used: Collection[str] | None,
        missing: Sequence[str],
    ) -> Iterator[Table]:
        """Yield the rows, once; see `OpenTable`. Numbers are float64."""
        return self.csv.blocks(
            self.header, with_first=self.with_first, kinds=kinds, used=used, missing=missing
        )


def regrouped(name: str, blocks: Iterable[Table], rows: int) -> Iterator[Table]:
    """Yield the rows of a table, by `regroup`. Raises `DataError` if there are none."""
    empty = True
    for table in regroup(blocks, rows):
        yield table
        empty = False
    if empty:
        raise DataError(f"{name}: has a header but no rows; expected rows")
