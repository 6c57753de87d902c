"""Targets of rows for a model: in a column, or given beside the inputs."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import briefly, count, did_you_mean
from nncli.data.files.table import Cells, Kind
from nncli.data.memory.forms import column_of, in_order_of
from nncli.data.tables.targets import Targets, class_names


def class_indices(
    targets: Targets, cells: Cells, place: Callable[[int], str]
) -> NDArray[np.unsignedinteger[Any]]:
    """Return the index of each cell's class (N,). Raises `DataError` for one unknown."""
    if cells.dtype.kind == "O":
        cells = np.where(cells == None, "", cells)  # noqa: E711 - cell by cell
    codes = targets.codes(cells)
    unknown = codes == len(targets.classes)
    if unknown.any():
        row = int(unknown.argmax())
        (text,) = class_names(cells[row : row + 1])
        raise DataError(
            f"{place(row)}: the class {text!r} is not one of the model's: "
            + ", ".join(targets.classes)
        )
    return codes


def target_kinds(targets: Targets | None) -> dict[str, Kind]:
    """Return what target columns are to be taken for: classes are names, whatever they look like.

    So a class is the same in any file.
    """
    return dict.fromkeys(targets.names, "category") if targets and targets.classes else {}


def check_there(name: str, targets: Sequence[str], header: Collection[str]) -> None:
    """Raise `DataError` for a target that no column is called by."""
    for target in targets:
        if target not in header:
            raise DataError(
                f"{name}: has no column {target!r} to compare with"
                + did_you_mean(target, [*header])
            )


def given_columns(y: object, names: Sequence[str]) -> dict[str, Cells]:
    """Return targets (N,) or (N, O) that are given beside the inputs, by the names of a model's.

    Raises
    ------
    DataError
        When they are no targets, or not as many a row.
    """
    columns = column_of(y, "y")
    if len(columns) != len(names):
        raise DataError(
            f"y: {count(len(columns), 'value')} a row; the model predicts {len(names)} "
            f"({briefly(names)})"
        )
    return in_order_of(names, columns)


def as_array(columns: dict[str, Cells]) -> NDArray[Any]:
    """Return columns side by side (N, O), or the only one (N,)."""
    cells = [*columns.values()]
    return cells[0] if len(cells) == 1 else np.column_stack(cells)
