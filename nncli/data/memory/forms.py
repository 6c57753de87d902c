"""Convert rows in memory to arrays or tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.data.files.table import Cells, OpenTable
from nncli.data.files.texts import text_cells
from nncli.data.files.value_cells import Place, cells_of
from nncli.data.files.values import MOST_EXACT, usual_type, without_longdouble
from nncli.data.memory.memory_table import MemoryTable, NumberTable, ValueTable, numbered
from nncli.data.memory.memory_table import place as place_of_row

Form = Path | OpenTable | NDArray[Any]


def form_of(rows: object, name: str | None = None, *, of: str = "") -> Form:
    """Convert rows to the path of a file, an array of numbers (N, ...), or a table.

    Parameters
    ----------
    rows : path, array, frame, list, or OpenTable
        A list has one mapping per row, or is any list that `numpy.asarray` takes.
    name : str, optional
        The name of rows in memory in messages; by default ``X`` for an array, else ``data``.
    of : str
        The argument that the rows belong to, such as ``validation_data``. In messages it precedes
        ``X`` and replaces ``data``.

    Raises
    ------
    DataError
        When the type is not supported, or the rows have no readable columns.
    """
    array_name, table_name = name or (f"{of}: X" if of else "X"), name or of or "data"
    if isinstance(rows, str | Path):
        return Path(rows)
    if isinstance(rows, Mapping):
        raise DataError(f"{table_name}: is a single mapping; pass a list with one mapping per row")
    if isinstance(rows, list | tuple):
        if not rows:
            raise DataError(f"{table_name}: has no rows")
        if all(isinstance(row, Mapping) for row in rows):
            return _of_mappings(rows, table_name)
        rows = _array(rows, array_name)
    if isinstance(rows, np.ndarray):
        return _of_array(rows, array_name)
    if isinstance(rows, OpenTable):
        return rows
    from nncli.data.memory.frames import frame_table

    table = frame_table(rows, table_name)
    if table is None:
        raise DataError(
            f"{table_name}: is of type {type(rows).__name__}; expected an array, a data frame, "
            "a list with one dict per row, or the path of a file"
        )
    return table


def column_of(values: object, name: str, place: str | None = None) -> dict[str, Cells]:
    """Return targets or weights (N,) or (N, O) as columns by name.

    A column without a name, or with a number for a name, is called `name`; several are numbered.
    Messages use `place`, by default `name`.

    Raises
    ------
    DataError
        When the type is not supported.
    """
    place = place or name
    if isinstance(values, list | tuple):
        given, values = values, _array(values, place)
        if values.dtype.kind == "f" and not np.abs(values).max(initial=0) < MOST_EXACT:
            values = np.asarray(given, object)  # to check the integers exactly
    if not isinstance(values, np.ndarray):
        from nncli.data.memory.frames import frame_table, series_table

        table = series_table(values, name, place) or frame_table(values, place)
        if table is None and hasattr(values, "tolist"):  # a pandas index or extension array
            return column_of(values.tolist(), name, place)
        if table is None:
            raise DataError(
                f"{place}: is of type {type(values).__name__}; expected an array, a list or a "
                "series"
            )
        named = _whole(table)
        if any(isinstance(each, str) for each in table.own_names):
            return named
        return dict(zip(names_for(name, len(named)), named.values(), strict=True))
    values = _plain(values, place)
    if values.ndim not in (1, 2) or not values.size:
        raise DataError(
            f"{place}: is {values.dtype} of shape {values.shape}; expected one or more "
            "values per row"
        )
    columns = values.reshape(len(values), -1).T
    names = names_for(name, len(columns))
    return {each: _cells(column, place, each) for each, column in zip(names, columns, strict=True)}


def names_for(name: str, columns: int) -> list[str]:
    """Return names for unnamed columns; several are numbered."""
    return [name] if columns == 1 else [f"{name}{number}" for number in range(1, columns + 1)]


def in_order_of(names: Sequence[str], columns: Mapping[str, Cells]) -> dict[str, Cells]:
    """Return the columns by these names: matched by name if all agree, else by order."""
    if {*names} == {*columns}:
        return {name: columns[name] for name in names}
    return dict(zip(names, columns.values(), strict=True))


def _cells(column: NDArray[Any], place: str, called: str) -> Cells:
    if column.dtype.kind in "buif":
        return usual_type(column)
    _check_type(column, place)
    if column.dtype.kind == "U":
        return text_cells(column)
    for row, value in enumerate(column.tolist()):
        if isinstance(value, int) and abs(value) > MOST_EXACT and not _is_exact(value):
            raise DataError(
                f"{place}: {place_of_row(row)}: found {value}, which float64 would round; pass "
                "classes as text, and targets as floats"
            )
    return cells_of(column.tolist(), Place(place, called, place_of_row))


def _is_exact(value: int) -> bool:
    """Return whether float64 holds an integer exactly."""
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def _whole(table: MemoryTable) -> dict[str, Cells]:
    blocks = [*table.blocks(kinds={}, used=None, missing=())]
    if not blocks:
        raise DataError(f"{table.name}: has no rows")
    return {
        column: np.concatenate([block.columns[column] for block in blocks])
        for column in table.header
    }


def _of_mappings(rows: Sequence[Any], name: str) -> ValueTable:
    """Return mappings as a table with a column per key, in order of first appearance."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return ValueTable(name, {key: [row.get(key) for row in rows] for key in keys}, len(rows))


def _of_array(array: NDArray[Any], name: str) -> Form:
    array = _plain(array, name)
    if array.dtype.kind in "buif":
        return array
    _check_type(array, name)
    if array.ndim != 2:
        raise DataError(
            f"{name}: is {array.dtype} of shape {array.shape}; expected numbers, or two "
            "dimensions (rows and columns)"
        )
    columns = dict(zip(numbered(array.shape[1]), array.T.tolist(), strict=True))
    is_text = array.dtype.kind != "O"
    return ValueTable(name, columns, len(array), has_names=False, texts_may_be_numbers=is_text)


def _plain(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return an array of a subclass as a plain array, and bytes as text."""
    refuse_masked(array, name)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "backslashreplace")
    return without_longdouble(np.asarray(array))


def refuse_masked(values: object, name: str) -> None:
    """Raise `DataError` for masked values, which NumPy would use as numbers."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise DataError(f"{name}: has masked values; drop their rows or fill them")


def _check_type(array: NDArray[Any], name: str) -> None:
    if array.dtype.kind not in "OUT":
        raise DataError(f"{name}: holds values of type {array.dtype}; expected numbers")


def _array(values: Sequence[Any], name: str) -> NDArray[Any]:
    """Return a list of rows as an array, of dtype object unless all values are numbers."""
    try:
        array = np.asarray(values)
        return array if array.dtype.kind in "buifc" else np.asarray(values, object)
    except ValueError as error:  # rows of different lengths
        raise DataError(
            f"{name}: its rows have different lengths; give all rows the same number of values"
        ) from error


def as_table(array: NDArray[Any], name: str) -> MemoryTable:
    """Return numbers (N, ...), or a single row (I,), as a table without column names.

    Raises `DataError` when there are no rows.
    """
    if not array.size:
        raise DataError(f"{name}: has no rows")
    rows = array.reshape(1, -1) if array.ndim < 2 else array.reshape(len(array), -1)
    return NumberTable(name, rows)
