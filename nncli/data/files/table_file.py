"""Read a table from a file of any kind: what it is shows in its first bytes, not in its name."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from nncli.base.errors import DataError
from nncli.data.files.csv_file import CsvFile
from nncli.data.files.input_file import Advance, InputFile, open_input, tell_nobody
from nncli.data.files.kinds import SIGNATURES
from nncli.data.files.parquet_file import ParquetFile
from nncli.data.files.stored_table import collect
from nncli.data.files.table import Kind, Table
from nncli.data.files.table_blocks import regroup

_ROWS = 1 << 16
_CELLS = 1 << 21


def read_table(
    path: Path,
    *,
    kinds: Mapping[str, Kind] | None = None,
    used: Collection[str] | None = None,
    missing: Sequence[str] = (),
) -> Table:
    """Read a whole table: CSV of any delimiter, also gzipped, or Parquet; ``-`` is standard input.

    Numbers have single precision where that keeps what they say (see `table_blocks.compact`). What
    is too large for memory lies in a temporary file (see `stored_table`).

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
    return collect(table_blocks(path, rows=rows, kinds=kinds, used=used, missing=missing))


def column_names(path: Path) -> list[str]:
    """Return the names of the columns of a file, in their order. Raises `DataError`."""
    with open_input(path) as file:
        return opened(file)[0]


def table_blocks(
    path: Path,
    *,
    rows: int,
    kinds: Mapping[str, Kind] | None = None,
    used: Collection[str] | None = None,
    missing: Sequence[str] = (),
    advance: Advance = tell_nobody,
) -> Iterator[Table]:
    """Yield a table in blocks of `rows` rows, the last of fewer; memory goes with `rows` alone.

    A block may have a column in single precision that another has in double. Parameters and
    errors are as for `read_table`; `advance` is told how many bytes have been read since it was
    last told.
    """
    with open_input(path, advance) as file:
        _, blocks = opened(file, advance)
        yield from regrouped(file, blocks(kinds=kinds or {}, used=used, missing=missing), rows)


def opened(
    file: InputFile, advance: Advance = tell_nobody
) -> tuple[list[str], Callable[..., Iterator[Table]]]:
    """Return the names of the columns of an open file, and what yields its rows, once.

    That takes `kinds`, `used` and `missing`, as `table_blocks` does. Raises `DataError`.
    """
    if file.kind == "parquet":
        parquet = ParquetFile(file, advance)
        return parquet.header, parquet.blocks
    if file.kind is not None:
        raise DataError(
            f"{file.name}: is {SIGNATURES[file.kind].words}; expected a table, as CSV in UTF-8 or "
            "as Parquet"
        )
    csv = CsvFile(file)
    return csv.header, partial(csv.blocks, csv.header, with_first=False)


def regrouped(file: InputFile, blocks: Iterable[Table], rows: int) -> Iterator[Table]:
    """Yield the rows of a file in tables of `rows` rows. Raises `DataError` if it has none."""
    empty = True
    for table in regroup(blocks, rows):
        yield table
        empty = False
    if empty:
        raise DataError(f"{file.name}: has a header, and no rows; expected rows")
