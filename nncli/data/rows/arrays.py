"""Arrays, from a file or in memory, for a model of unnamed numeric inputs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.mapping import check_unchanged, give_back, row_blocks
from nncli.base.words import briefly, count
from nncli.data.files.input_file import Advance, tell_nobody
from nncli.data.memory.forms import column_of
from nncli.data.rows.blocks import Asked, RowBlock
from nncli.data.tables.column import LARGEST, suits, unsuited_numbers
from nncli.data.tables.targets import Targets

Numbers = NDArray[Any]


@dataclass(frozen=True)
class ArrayRows:
    """Inputs (N, ...), and optional targets (N,) or (N, O).

    Attributes
    ----------
    name : str
        Name of the inputs in messages: a file, or ``X``.
    in_memory : bool
        Whether the arrays are not from a file.
    advance : function of int
        Called with the number of bytes of each block read.
    """

    X: Numbers
    y: Numbers | None
    name: str
    in_memory: bool = False
    advance: Advance = tell_nobody

    @property
    def y_name(self) -> str:
        """The name of the targets in messages."""
        return "y" if self.in_memory else f"{self.name}: y"

    def place(self, row: int) -> str:
        """Return the name of a row for messages."""
        return f"row {row} (from 0)" if self.in_memory else f"row {row}"

    def label_place(self, row: int) -> str:
        """Return the name of a label for messages."""
        return f"y: {self.place(row)}" if self.in_memory else f"{self.name}: y[{row}]"


def array_blocks(arrays: ArrayRows, columns: Sequence[str], asked: Asked) -> Iterator[RowBlock]:
    """Yield rows for a model with these input columns; numbers keep their dtype.

    Raises
    ------
    DataError
        When shapes, lengths or values are wrong.
    """
    matrix = _matrix(arrays.X, arrays.name, columns)
    values = None
    if asked.wanted is not None and arrays.y is not None:
        _check_lengths(arrays, matrix)
        values = _targets(arrays, arrays.y, asked.wanted)
        for start, part in row_blocks(matrix):
            _check_numbers(arrays, part, columns, start)
    step = asked.rows or len(matrix)
    for start in range(0, len(matrix), step):
        part = matrix[start : start + step]
        check = partial(_check_numbers, arrays, part, columns, start)
        if not arrays.in_memory:
            check()
        targets = None if values is None else values[start : start + step]
        truth = () if asked.truth is None or targets is None else _shown(targets, asked.truth)
        yield RowBlock(part, targets=targets, truth=truth, check=check)
        give_back(matrix)
        check_unchanged(matrix)
        arrays.advance(part.nbytes)


def _shown(values: Numbers, targets: Targets) -> list[Numbers]:
    """Return targets as columns, of class names or of numbers."""
    if targets.classes:
        return [np.array(targets.classes, object)[values]]
    return [*values.T.astype(np.float64)]


def _check_lengths(arrays: ArrayRows, matrix: Numbers) -> None:
    X, y = arrays.X, arrays.y
    if y is None or not X.ndim or not y.ndim:
        return
    if arrays.in_memory and len(matrix) != len(y):
        raise DataError(f"{arrays.name}: has {count(len(matrix), 'row')}, and y {len(y)}")
    if len(X) != len(y):
        raise DataError(
            f"{arrays.name}: {count(len(X), 'row')} in X, {len(y)} in y; expected equal numbers"
        )


def _targets(arrays: ArrayRows, y: Numbers, targets: Targets) -> Numbers:
    if targets.classes:
        if y.ndim and y.size != len(y):
            raise DataError(f"{arrays.y_name}: has shape {y.shape}; expected one class per row")
        (cells,) = column_of(y, "y", arrays.y_name).values()
        return targets.indices(cells, arrays.label_place)
    one_a_row = y.reshape(-1, 1) if y.ndim < 2 else y
    values = _matrix(one_a_row, arrays.y_name, targets.names, verb="predicts", shape=y.shape)
    for start, part in row_blocks(values):
        _check_numbers(arrays, part, targets.names, start, arrays.y_name)
    return values


def _matrix(
    array: Numbers,
    name: str,
    columns: Sequence[str],
    *,
    verb: str = "takes",
    shape: tuple[int, ...] | None = None,
) -> Numbers:
    """Return an array as numbers of shape (N, len(columns)).

    For messages, `verb` is what the model does with the numbers, and `shape` the original shape.
    """
    if array.dtype.kind not in "buif":
        raise DataError(f"{name}: holds values of type {array.dtype}; expected numbers")
    if array.ndim > 1 and len(array) == 0:
        raise DataError(f"{name}: has no rows")
    rows = array.reshape(1, -1) if array.ndim < 2 else array.reshape(len(array), -1)
    if rows.shape[1] != len(columns):
        raise DataError(
            f"{name}: has shape {array.shape if shape is None else shape}, "
            f"{count(rows.shape[1], 'number')} per row; the model {verb} {len(columns)} "
            f"({briefly(columns)})"
        )
    return rows.view(np.uint8) if rows.dtype.kind == "b" else rows


def _check_numbers(
    arrays: ArrayRows, part: Numbers, columns: Sequence[str], first: int, name: str | None = None
) -> None:
    """Raise `DataError` for the first number that is not finite or too large."""
    if not suits(part):
        row, column = np.argwhere(unsuited_numbers(part))[0]
        found = part[row, column]
        bounds = f"number from {-LARGEST:g} to {LARGEST:g}"
        raise DataError(
            f"{name or arrays.name}: {arrays.place(int(first + row))}, column {columns[column]}: "
            f"found {found}; expected a {bounds if np.isfinite(found) else 'finite number'}"
        )
