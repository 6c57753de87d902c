"""Read a table from a file of any kind: what it is shows in its first bytes, not in its name."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from nncli.data.csv_file import CsvFile
from nncli.data.input_file import open_input, tell_nobody
from nncli.data.table import Kind, Table
from nncli.data.table_blocks import join, regroup
from nncli.errors import DataError

_ROWS = 1 << 16


def read_table(
    path: Path,
    *,
    kinds: Mapping[str, Kind] | None = None,
    used: Collection[str] | None = None,
    missing: Sequence[str] = (),
    advance: Callable[[int], object] = tell_nobody,
) -> Table:
    """Read a whole table: CSV of any delimiter, also gzipped; ``-`` is standard input.

    Numbers have single precision where that keeps what they say (see `table_blocks.compact`).

    Parameters
    ----------
    kinds : mapping of str to str, optional
        What is known of columns; the others are inferred (see `csv_file`).
    used : collection of str, optional
        The columns to read, in this order; by default all.
    missing : sequence of str
        Texts that stand for a blank cell, beside none.
    advance : function of int
        Told the number of bytes that have been read since it was last told.

    Raises
    ------
    DataError
        With the file, the line or row, the column, what was found and what was expected.
    """
    return join(
        table_blocks(path, rows=_ROWS, kinds=kinds, used=used, missing=missing, advance=advance)
    )


def column_names(path: Path) -> list[str]:
    """Return the names of the columns of a file, in their order. Raises `DataError`."""
    with open_input(path) as file:
        return _columns(file)


def table_blocks(
    path: Path,
    *,
    rows: int,
    kinds: Mapping[str, Kind] | None = None,
    used: Collection[str] | None = None,
    missing: Sequence[str] = (),
    advance: Callable[[int], object] = tell_nobody,
) -> Iterator[Table]:
    """Yield a table in blocks of `rows` rows, the last of fewer; memory goes with `rows` alone.

    A block may have a column in single precision that another has in double. Parameters and
    errors as for `read_table`.
    """
    with open_input(path, advance) as file:
        csv = CsvFile(file)
        blocks = csv.blocks(
            csv.header, with_first=False, kinds=kinds or {}, used=used, missing=missing
        )
        name = file.name
        empty = True
        for table in regroup(blocks, rows):
            yield table
            empty = False
    if empty:
        raise DataError(f"{name}: has no rows below its header")
