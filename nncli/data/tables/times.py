"""Order the rows of a table by numbers or dates in a column."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import yaml_key
from nncli.data.files.dates import Order, is_date, moment_in, order_of
from nncli.data.files.table import NUMBER, Table
from nncli.data.tables.column import blank_cells, found_text


def times_of(
    table: Table, name: str, order: Order | None = None, *, is_open: bool = False
) -> NDArray[Any]:
    """Return a number for each row (N,) that increases with the time in a column.

    Parameters
    ----------
    order : Order, optional
        Order of day and month in text, if it is set.
    is_open : bool
        Whether the text of dates also fits the other order.

    Raises
    ------
    DataError
        If a cell is blank, the cells are neither numbers nor dates of one format, or the order of
        day and month is ambiguous.
    """
    cells = table.columns[name]
    check_no_blank(table, name, "data.time", "a time")
    if is_open:
        raise _open(table, name)
    if table.kind(name) != "category":
        return cells.astype(np.int64) if table.kind(name) == "date" else cells.astype(np.float64)
    texts = {*cells.tolist()}
    if known := _numbers(texts):
        return np.array([known[text] for text in cells.tolist()])
    if order is None and (found := order_of(texts)):
        order, is_open = found
    if is_open:
        raise _open(table, name)
    dates = {text: moment_in(text, order) if order else None for text in texts}
    if None in dates.values():
        wrong = next((each for each in cells.tolist() if not is_date(each)), cells[0])
        raise DataError(
            f"{table.name}: column {name}: found {wrong[:40]!r}; data.time needs numbers, or dates "
            "such as 2024-12-31"
        )
    return np.array([np.datetime64(dates[text]) for text in cells.tolist()])


def _open(table: Table, name: str) -> DataError:
    return DataError(
        f"{table.name}: column {name}: the order of day and month is ambiguous; set data.columns: "
        f"{{{yaml_key(name)}: {{kind: date, order: dmy}}}}, or mdy"
    )


def check_no_blank(table: Table, name: str, key: str, what: str) -> None:
    """Raise `DataError` for a blank cell in a column that a config key names."""
    if (blank := blank_cells(table.columns[name])).any():
        row = int(blank.argmax())
        text = table.no_dates.get(name, {}).get(row)
        found, remedy = ("is blank", "fill") if text is None else (found_text(text), "correct")
        raise DataError(
            f"{table.name}: {table.place(row)}, column {name}: {found}; {key} needs {what} in "
            f"every row; {remedy} it, or remove the row"
        )


def _numbers(texts: Collection[str]) -> dict[str, float]:
    return {text: float(text) for text in texts} if all(map(NUMBER.fullmatch, texts)) else {}
