"""Targets of rows for a model: in columns, or passed separately."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import briefly, count, did_you_mean
from nncli.data.files.table import Cells, Table, Wanted
from nncli.data.memory.forms import column_of, in_order_of
from nncli.data.rows.blocks import Asked
from nncli.data.tables.column import blank_cells, check_size
from nncli.data.tables.targets import LeftOut, Targets


def labelled(tables: Iterable[Table], asked: Asked) -> Iterator[Table]:
    """Yield the rows that have all requested targets; report the others at the end.

    Raises
    ------
    DataError
        When no rows are left.
    """
    left_out, left = LeftOut(asked.targets.names if asked.targets else []), 0
    for table in tables:
        kept = left_out.without(table)
        left += len(kept)
        if len(kept):
            yield kept
    for line in left_out.notes(left):
        (asked.left_out or asked.note)(line)


def check_given(name: str, columns: Mapping[str, Cells], place: Callable[[int], str]) -> None:
    """Raise `DataError` for the first target of an array that is missing or infinite."""
    for column, cells in columns.items():
        if (blank := blank_cells(cells)).any():
            raise DataError(
                f"{name}: {place(int(blank.argmax()))}: is blank; drop rows without a target"
            )
        if cells.dtype.kind == "f" and np.isinf(cells).any():
            check_size(Table(name, {}, place), column, cells)


def truth_of(block: Table, targets: Targets) -> list[Cells]:
    """Return the targets of some rows to print, one column each, blank where unknown.

    Classes have the model's names, or the file's if unknown to the model. Blank numbers are NaN.

    Raises
    ------
    DataError
        As in `Targets.values` for numbers.
    """
    if not targets.classes:
        return [_known_numbers(block, targets, name) for name in targets.names]
    cells = block.columns[targets.names[0]]
    codes = targets.codes(cells)
    names = np.array([*targets.classes, None], object)
    return [np.where(codes == len(targets.classes), cells, names[codes])]


def _known_numbers(block: Table, targets: Targets, name: str) -> Cells:
    known = np.flatnonzero(~blank_cells(block.columns[name]))
    numbers = np.full(len(block), np.nan)
    if len(known):
        numbers[known] = replace(targets, names=[name]).values(block.take(known))[:, 0]
    return numbers


def target_kinds(targets: Targets | None) -> dict[str, Wanted]:
    """Return the kinds to read target columns as: classes are always text.

    This way, a class has the same name in every file.
    """
    return dict.fromkeys(targets.names, "category") if targets and targets.classes else {}


def check_there(name: str, targets: Sequence[str], header: Collection[str]) -> None:
    """Raise `DataError` for a target without a column."""
    for target in targets:
        if target not in header:
            raise DataError(
                f"{name}: has no column {target!r} to compare with"
                + (did_you_mean(target, [*header]) or "; add it, or predict without it")
            )


def given_columns(y: object, names: Sequence[str]) -> dict[str, Cells]:
    """Return separately passed targets (N,) or (N, O) by the model's target names.

    Raises
    ------
    DataError
        When the type is not supported, or the number per row is wrong.
    """
    columns = column_of(y, "y")
    if len(columns) != len(names):
        raise DataError(
            f"y: {count(len(columns), 'value')} per row; the model predicts {len(names)} "
            f"({briefly(names)})"
        )
    return in_order_of(names, columns)


def as_array(columns: dict[str, Cells]) -> NDArray[Any]:
    """Return the columns as an array (N, O), or a single column as (N,)."""
    cells = [*columns.values()]
    return cells[0] if len(cells) == 1 else np.column_stack(cells)
