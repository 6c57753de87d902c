"""Match the columns of a table to those of a model of numeric inputs."""

from collections.abc import Sequence

from nncli.base.errors import DataError
from nncli.base.notes import Note
from nncli.base.words import briefly, count
from nncli.data.files.csv_file import CsvFile
from nncli.data.files.table import OpenTable
from nncli.data.files.table_file import CsvTable
from nncli.data.memory.memory_table import MemoryTable
from nncli.data.names import named_columns
from nncli.data.rows.derived import Renamed


def matched_csv(csv: CsvFile, columns: Sequence[str], note: Note | None = None) -> CsvTable:
    """Return a CSV file, with or without a header, as a table with the model's columns.

    Parameters
    ----------
    note : function of str, optional
        Called with a line when a header has none of the names, so that columns are matched by
        order. Without `note`, this is an error, and so is a missing header.

    Raises
    ------
    DataError
        When columns are missing.
    """
    has_header = csv.has_header() or set(columns) <= set(csv.first)
    header = csv.first if has_header else []
    names = _matched(csv.name, header, len(csv.first), columns, note)
    return CsvTable(csv, names, with_first=not has_header)


def matched(table: OpenTable, columns: Sequence[str], note: Note | None = None) -> OpenTable:
    """Return a table with the model's columns; parameters and errors as in `matched_csv`."""
    if isinstance(table, MemoryTable) and not table.has_names:
        return in_order(table, columns)
    names = _matched(table.name, table.header, len(table.header), columns, note)
    return table if [*names] == [*table.header] else Renamed(table, names)


def in_order(table: OpenTable, columns: Sequence[str]) -> OpenTable:
    """Rename all columns of a table by order. Raises `DataError` if the number differs."""
    if len(table.header) != len(columns):
        raise DataError(
            f"{table.name}: has {count(len(table.header), 'column')}; the model takes "
            f"{len(columns)} ({briefly(columns)})"
        )
    return Renamed(table, columns)


def _matched(
    name: str, header: Sequence[str], width: int, columns: Sequence[str], note: Note | None
) -> Sequence[str]:
    """Return the model's names for the columns of a table; a header may differ in case."""
    if len({each.casefold() for each in header}) == len(header):
        by_case = {each.casefold(): each for each in columns}
        header = [by_case.get(each.casefold(), each) for each in header]
    missing = [column for column in columns if column not in header]
    if not missing:
        return header
    named, unnamed = named_columns(name, header, columns)
    # A header with only some of the names is a mistake, not a custom header.
    named_otherwise = len(missing) == len(columns)
    if (len(named) if header else width) == len(columns) and named_otherwise and note is not None:
        if not header:
            return columns
        note(
            f"{name}: the header has none of the model's names "
            f"({briefly(columns)}); columns are matched by order"
        )
        for line in unnamed:
            note(line)
        rest = iter(columns)
        return [next(rest) if each in named else each for each in header]
    found = count(width, "column")
    lacks = f" and lacks {briefly(missing)}" if header else " and no header"
    hint = ", separated by commas" if width == 1 and len(columns) > 1 else ""
    raise DataError(
        f"{name}: has {found}{lacks}; the model takes {len(columns)} ({briefly(columns)}){hint}"
    )
