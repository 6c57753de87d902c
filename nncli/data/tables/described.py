"""Infer the kinds of input columns from a table, and find text that has no categories."""

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
    """Return the columns called `names`, inferred from a table unless the user chose otherwise.

    Parameters
    ----------
    chosen : mapping of str to mapping
        For some columns, ``kind``, ``missing`` and ``fill``.
    missing : str
        How to treat blank cells of columns for which `chosen` does not set it. With ``auto``, in
        columns with blank cells, numbers take the median, and Booleans and text get an indicator
        input.

    Raises
    ------
    DataError
        For dates as text, and text that names rows rather than categories, unless chosen as
        category.
    """
    columns = []
    for name in names:
        settings = dict(chosen.get(name, {}))
        kind = settings.pop("kind", None)
        settings.pop("order", None)  # for dates, which were converted already
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
    """Return the column, or refuse a `missing` policy that does not suit its kind."""
    texts = column.kind == "category"
    problem = None
    if column.kind == "date" and table.kind(column.name) != "date":
        row = int((~blank_cells(table.columns[column.name])).argmax())
        raise DataError(
            f"{table.name}: {table.place(row)}, column {column.name}: found "
            f"{table.columns[column.name][row]!r}; expected a date"
        )
    if column.kind == "date" and column.missing == "constant":
        problem = (
            "dates cannot be filled with a constant; expected median, mean, indicator or error"
        )
    elif texts and column.missing in ("mean", "median"):
        problem = f"text has no {column.missing}; expected constant, indicator or error"
    elif column.missing == "constant" and isinstance(column.fill, str) != texts:
        problem = f"found the constant {column.fill!r}; expected a {KIND_WORDS[column.kind]}"
    if problem:
        raise DataError(f"{table.name}: column {column.name}: {problem} for data.columns.missing")
    return column


def unsuited(table: Table, name: str) -> str | None:
    """Return why a column of text has no categories, with a remedy; None if it has."""
    if table.kind(name) != "category":
        return None
    cells = table.columns[name]
    if (row := row_of_date(cells)) is not None:
        return (
            f"{table.place(row)}: found {cells[row]!r}, a date or time; "
            "convert it to numbers (a year, days since then), or add the column to data.drop"
        )
    if (different := number_of_texts(cells)) is not None:
        known = int(np.count_nonzero(~blank_cells(cells)))
        return (
            f"{different} different texts in {count(known, 'row')}, like names or free "
            f"text; add it to data.drop, or set data.id: {yaml_word(name)} to keep it next to the "
            "predictions"
        )
    return None


def row_of_date(cells: Cells) -> int | None:
    """Return the first row with a date or time, if all texts of a column are dates or times."""
    dates = {text for text in {*cells} - {None} if not is_blank_word(text)}
    if not dates or not all(map(is_date, dates)):
        return None
    return next(row for row, cell in enumerate(cells) if cell in dates)


def number_of_texts(cells: Cells) -> int | None:
    """Return the number of different texts in a column, if too many for categories."""
    known, different = np.count_nonzero(~blank_cells(cells)), len(different_texts(cells))
    return different if different > min(max(FEWEST_TEXTS, known / 2), MOST_CATEGORIES) else None
