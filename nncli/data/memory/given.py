"""Rows in memory to train with: a table with its targets in columns, or arrays."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import count, listed
from nncli.data.arrays import Arrays
from nncli.data.files.table import Cells, OpenTable
from nncli.data.memory.forms import column_of, form_of
from nncli.data.memory.memory_table import MemoryTable
from nncli.data.rows.derived import WithColumns


@dataclass(frozen=True)
class GivenTable:
    """A table in memory for `load_tables`.

    Attributes
    ----------
    table : OpenTable
    targets : list of str
        The columns of the targets that were given beside it; empty where they are among its own.
    weight : str or None
        The column of the weights that were given beside it.
    classes : sequence of str
        Those that there are, in their order, where they are known.
    """

    table: OpenTable
    targets: list[str]
    weight: str | None = None
    classes: Sequence[str] = ()


def given_rows(
    X: object,
    y: object | None = None,
    weights: object | None = None,
    *,
    targets: Sequence[str] = (),
    classes: Sequence[str] = (),
) -> GivenTable | Arrays:
    """Return rows in memory as `load_tables` or `load_arrays` takes them.

    Parameters
    ----------
    X : array, frame, or list
        As `form_of` takes it, but no path. Numbers (N, ...) become `Arrays`, all else a table.
    y : array, list or series, optional
        Targets (N,) or (N, O): in a table, columns called as a series or ``y`` (``y1``, ``y2``),
        and otherwise where that is the name of a column already. A table may have its targets among
        its columns.
    weights : array, list or series (N,), optional
        How much each row counts.
    targets : sequence of str
        What `y` is called, where that is known.
    classes : sequence of str
        Those that there are, in their order, where they are known.

    Raises
    ------
    DataError
        When it is nothing of this kind, or not all of it is of as many rows.
    """
    form = form_of(X)
    if isinstance(form, np.ndarray):
        if y is None:
            raise DataError("X: is an array without targets; give X and y")
        return replace(_arrays(form, column_of(y, "y"), weights, targets), classes=classes)
    if not isinstance(form, MemoryTable):
        raise DataError(f"{X}: is a file; let data.path name it")
    columns = {} if y is None else column_of(y, "y")
    if columns and targets:
        columns = _renamed(columns, targets)
    else:
        columns = {_free(name, form.header): cells for name, cells in columns.items()}
    beside, weight = [*columns], None
    if weights is not None:
        weight = _free("weight", (*form.header, *beside))
        columns[weight] = _weights(weights)
    if not columns:
        return GivenTable(form, [])
    _check_lengths(form.name, form.rows, columns)
    called = "y" if beside else "weights"
    return GivenTable(WithColumns(form, columns, called), beside, weight, classes)


def _arrays(
    X: NDArray[Any],
    columns: dict[str, Cells],
    weights: object | None,
    targets: Sequence[str],
) -> Arrays:
    cells = [*columns.values()]
    name = targets[0] if targets else next(iter(columns))
    return Arrays(
        X,
        cells[0] if len(cells) == 1 else np.column_stack(cells),
        "X",
        "y",
        name if len(cells) == 1 else "y",
        None if weights is None else _weights(weights),
    )


def _weights(weights: object) -> Cells:
    columns = column_of(weights, "weights")
    if len(columns) != 1:
        raise DataError(f"weights: has {len(columns)} values a row; expected one")
    return next(iter(columns.values()))


def _renamed(columns: dict[str, Cells], names: Sequence[str]) -> dict[str, Cells]:
    if len(columns) != len(names):
        raise DataError(
            f"y: {count(len(columns), 'value')} a row; expected {len(names)}: {listed(names)}"
        )
    return dict(zip(names, columns.values(), strict=True))


def _free(name: str, taken: Collection[str]) -> str:
    """Return a name that no column has: the one that is wanted, or with a number behind it."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _check_lengths(name: str, rows: int, columns: dict[str, Cells]) -> None:
    for called, cells in columns.items():
        if len(cells) != rows:
            raise DataError(f"{name}: has {count(rows, 'row')}, and {called} {len(cells)}")
