"""Training rows in memory: arrays, or a table with its targets in columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import count, listed
from nncli.data.arrays import Arrays, input_names
from nncli.data.files.table import Cells, OpenTable
from nncli.data.memory.forms import column_of, form_of, in_order_of, names_for
from nncli.data.memory.memory_table import MemoryTable
from nncli.data.rows.derived import WithColumns


@dataclass(frozen=True)
class GivenTable:
    """A table in memory for `load_tables`.

    Attributes
    ----------
    table : OpenTable
    targets : list of str
        Columns of targets that were passed separately; empty if the table has its own.
    weight : str or None
        Column of weights that were passed separately.
    classes : sequence of str
        Class names in order, if known.
    shared : sequence of str
        Names of separate targets that are also names of columns.
    """

    table: OpenTable
    targets: list[str]
    weight: str | None = None
    classes: Sequence[str] = ()
    shared: Sequence[str] = ()


def given_rows(
    X: object,
    y: object | None = None,
    weights: object | None = None,
    *,
    targets: Sequence[str] = (),
    classes: Sequence[str] = (),
    of: str = "",
) -> GivenTable | Arrays:
    """Return rows in memory for `load_tables` or `load_arrays`.

    Parameters
    ----------
    X : array, frame, or list
        Rows as for `form_of`, except paths. Numbers (N, ...) become `Arrays`, others a table.
    y : array, list or series, optional
        Targets (N,) or (N, O), named after the series or the columns of the frame, else ``y``
        (``y1``, ``y2``); a number is added if an input has that name. Omitted if the targets are
        columns of `X`.
    weights : array, list or series (N,), optional
        Weight of each row.
    targets, classes : sequence of str
        Names of the targets in `y`, and class names in order, if known.
    of : str
        The argument that the rows belong to, such as ``validation_data``, for messages.

    Raises
    ------
    DataError
        When a type is not supported, lengths differ, or a target has the name of an input.
    """
    form, y_name = form_of(X, of=of), f"{of}: y" if of else "y"
    if not isinstance(form, np.ndarray | MemoryTable):
        raise DataError(f"{X}: is a file; set data.{_KEYS.get(of, 'path')} to it")
    if isinstance(form, np.ndarray) and y is None:
        raise DataError(f"{of + ': ' if of else ''}X: is an array without targets; pass X and y")
    header = input_names(form) if isinstance(form, np.ndarray) else form.header
    columns = {} if y is None else column_of(y, "y", y_name)
    usual = names_for("y", len(columns))
    shared = [name for name in columns if name in header and not targets and name not in usual]
    columns = _named(columns, targets, header, y_name, of or "data.target")
    counting = None if weights is None else _weights(weights)
    if isinstance(form, np.ndarray):
        return _arrays(form, columns, counting, classes, of)
    return replace(_table(form, columns, counting, classes, y_name), shared=shared)


def _arrays(
    X: NDArray[Any],
    columns: dict[str, Cells],
    weights: Cells | None,
    classes: Sequence[str],
    of: str,
) -> Arrays:
    cells, place = [*columns.values()], f"{of}: " if of else ""
    return Arrays(
        X,
        cells[0] if len(cells) == 1 else np.column_stack(cells),
        f"{place}X",
        f"{place}y",
        [*columns],
        weights,
        classes=classes,
    )


def _table(
    table: MemoryTable,
    columns: dict[str, Cells],
    weights: Cells | None,
    classes: Sequence[str],
    y_name: str,
) -> GivenTable:
    beside, weight = [*columns], None
    if weights is not None:
        weight = _free("weight", (*table.header, *beside))
        columns = {**columns, weight: weights}
    if not columns:
        return GivenTable(table, [])
    _check_lengths(table.name, table.rows, columns)
    called = y_name if beside else "weights"
    return GivenTable(WithColumns(table, columns, called), beside, weight, classes)


def _weights(weights: object) -> Cells:
    columns = column_of(weights, "weights")
    if len(columns) != 1:
        raise DataError(f"weights: has {len(columns)} values per row; expected one")
    return next(iter(columns.values()))


def _named(
    columns: dict[str, Cells],
    names: Sequence[str],
    header: Collection[str],
    y_name: str,
    place: str,
) -> dict[str, Cells]:
    """Return targets by `names` if given, else by unused names.

    Raises
    ------
    DataError
        When the number of names is wrong, or an input has the same name.
    """
    if not columns or not names:
        return {_free(name, header): cells for name, cells in columns.items()}
    if len(columns) != len(names):
        raise DataError(
            f"{y_name}: {count(len(columns), 'value')} per row; expected {len(names)}: "
            f"{listed(names)}"
        )
    for name in names:
        if name in header:
            raise DataError(
                f"{place}: {name} is also a column of the rows; drop that column, omit y, or "
                "choose another name"
            )
    return in_order_of(names, columns)


def _free(name: str, taken: Collection[str]) -> str:
    """Return `name` if unused, else with a number appended."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _check_lengths(name: str, rows: int, columns: dict[str, Cells]) -> None:
    for called, cells in columns.items():
        if len(cells) != rows:
            raise DataError(f"{name}: has {count(rows, 'row')}, and {called} {len(cells)}")


_KEYS = {"validation_data": "validation", "test_data": "test"}
