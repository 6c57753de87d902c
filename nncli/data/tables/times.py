"""The order in time of the rows of a table, by numbers or dates in a column."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.data.files.dates import is_date, moment_in, order_of
from nncli.data.files.table import NUMBER, Table
from nncli.data.tables.column import blank_cells


def times_of(table: Table, name: str) -> NDArray[Any]:
    """Return a number for each row (N,) that grows with the time in a column.

    Raises
    ------
    DataError
        For a blank cell, and where the cells are neither numbers nor dates of one form.
    """
    cells = table.columns[name]
    check_no_blank(table, name, "data.time", "a time")
    if table.kind(name) != "category":
        return cells.astype(np.int64) if table.kind(name) == "date" else cells.astype(np.float64)
    texts = {*cells.tolist()}
    known = _numbers(texts) or _dates(texts)
    if not known:
        wrong = next((each for each in cells.tolist() if not is_date(each)), cells[0])
        raise DataError(
            f"{table.name}: column {name}: found {wrong[:40]!r}; data.time needs numbers, or dates "
            "such as 2024-12-31"
        )
    return np.array([known[text] for text in cells.tolist()])


def check_no_blank(table: Table, name: str, key: str, what: str) -> None:
    """Raise `DataError` for a blank cell in a column that a key names."""
    if (blank := blank_cells(table.columns[name])).any():
        row = int(blank.argmax())
        raise DataError(
            f"{table.name}: {table.place(row)}, column {name}: is blank; {key} needs {what} in "
            "every row; fill it, or leave the row out"
        )


def _numbers(texts: Collection[str]) -> dict[str, float]:
    return {text: float(text) for text in texts} if all(map(NUMBER.fullmatch, texts)) else {}


def _dates(texts: Collection[str]) -> dict[str, np.datetime64]:
    if (found := order_of(texts)) is None:
        return {}
    return {text: np.datetime64(moment_in(text, found[0])) for text in texts}
