"""What columns are as a table shows them: inputs of which kind, or text that is no category."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nncli.base.errors import DataError
from nncli.base.words import count, yaml_word
from nncli.data.files.dates import is_date
from nncli.data.files.numerals import is_blank_word
from nncli.data.files.table import BLANK_BOOLEAN, Cells, Kind, Table
from nncli.data.tables.column import (
    KIND_WORDS,
    Column,
    Missing,
    blank_cells,
    check_texts,
    different_texts,
)

MOST_CATEGORIES = 1000
FEWEST_TEXTS = 10  # fewer are categories, however often each occurs


def described(
    table: Table,
    names: Sequence[str],
    chosen: Mapping[str, Mapping[str, Any]],
    *,
    missing: Missing = "error",
) -> list[Column]:
    """Return the columns called `names` as a table shows them, except where the user chose.

    Parameters
    ----------
    chosen : mapping of str to mapping
        Of some columns ``kind``, ``missing`` and ``fill``.
    missing : str
        What blank cells are in columns of which `chosen` does not say it. With ``auto`` numbers
        take the median where a cell of the table is blank, and Booleans and text have an input of
        their own.

    Raises
    ------
    DataError
        For dates, and text that names its row instead of a category, unless chosen as category.
    """
    columns = []
    for name in names:
        settings = dict(chosen.get(name, {}))
        kind = settings.pop("kind", None)
        settings.pop("order", None)  # of dates, which are read
        if kind is None and (problem := unsuited(table, name)):
            raise DataError(f"{table.name}: column {name}: {problem}")
        kind, settings = kind or table.kind(name), {"missing": missing, **settings}
        if settings["missing"] == "auto":
            kind, settings["missing"] = _filled(table.columns[name], kind)
        check_texts(table, name)
        columns.append(_checked(Column(name, kind, **settings), table))
    return columns


def _filled(cells: Cells, kind: Kind) -> tuple[Kind, Missing]:
    if cells.dtype == BLANK_BOOLEAN:
        return "boolean", "indicator"
    if not blank_cells(cells).any():
        return kind, "auto"
    return kind, "median" if kind in ("number", "date") else "indicator"


def _checked(column: Column, table: Table) -> Column:
    """Refuse a policy that cells of this kind do not have."""
    texts = column.kind == "category"
    problem = None
    if column.kind == "date" and table.kind(column.name) != "date":
        row = int((~blank_cells(table.columns[column.name])).argmax())
        raise DataError(
            f"{table.name}: {table.place(row)}, column {column.name}: found "
            f"{table.columns[column.name][row]!r}; expected a date"
        )
    if column.kind == "date" and column.missing == "constant":
        problem = "dates have no constant; expected median, mean, indicator or error"
    elif texts and column.missing in ("mean", "median"):
        problem = f"text has no {column.missing}; expected constant, indicator or error"
    elif column.missing == "constant" and isinstance(column.fill, str) != texts:
        problem = f"found the constant {column.fill!r}; expected a {KIND_WORDS[column.kind]}"
    if problem:
        raise DataError(f"{table.name}: column {column.name}: {problem}, as data.columns.missing")
    return column


def unsuited(table: Table, name: str) -> str | None:
    """Return why the text of a column makes no categories, and the remedy, if it makes none."""
    if table.kind(name) != "category":
        return None
    cells = table.columns[name]
    if (row := row_of_date(cells)) is not None:
        return (
            f"{table.place(row)}: found {cells[row]!r}, a date or time; "
            "make numbers of it (a year, days since then), or add the column to data.drop"
        )
    if (different := number_of_texts(cells)) is not None:
        known = int(np.count_nonzero(~blank_cells(cells)))
        return (
            f"{different} different texts in {count(known, 'row')}, as of names or free "
            "text; add it to data.drop, or to keep it beside the predictions say "
            f"data.id: {yaml_word(name)}"
        )
    return None


def row_of_date(cells: Cells) -> int | None:
    """Return the first row with a text, if all texts of a column are dates or times."""
    dates = {text for text in {*cells} - {None} if not is_blank_word(text)}
    if not dates or not all(map(is_date, dates)):
        return None
    return next(row for row, cell in enumerate(cells) if cell in dates)


def number_of_texts(cells: Cells) -> int | None:
    """Return how many different texts a column has, if too many for categories."""
    known, different = np.count_nonzero(~blank_cells(cells)), len(different_texts(cells))
    return different if different > min(max(FEWEST_TEXTS, known / 2), MOST_CATEGORIES) else None
