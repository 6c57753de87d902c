"""Rows that are arrays, of a file or in memory, for a model of numbers in order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.mapping import give_back, row_blocks, take_rows
from nncli.base.words import briefly, count
from nncli.data.files.input_file import Advance, tell_nobody
from nncli.data.files.table import Cells, Table
from nncli.data.rows.blocks import Asked, RowBlock
from nncli.data.rows.targets import labelled
from nncli.data.tables.column import size_problem, unsuited_number

Numbers = NDArray[Any]


@dataclass(frozen=True)
class ArrayRows:
    """Inputs (N, ...), and targets, a column (N,) each, if there are any.

    Attributes
    ----------
    name : str
        What the inputs are called in messages: a file, or ``X``.
    in_memory : bool
        Whether they are not from a file.
    advance : function of int
        Told the bytes of each block that is used.
    """

    X: Numbers
    y: Mapping[str, Cells] | None
    name: str
    in_memory: bool = False
    advance: Advance = tell_nobody

    @property
    def y_name(self) -> str:
        """What the targets are called."""
        return "y" if self.in_memory else f"{self.name}: y"

    def place(self, row: int) -> str:
        """Return what a row is called."""
        return f"row {row} (from 0)" if self.in_memory else f"row {row}"


def array_blocks(arrays: ArrayRows, columns: Sequence[str], asked: Asked) -> Iterator[RowBlock]:
    """Yield rows for a model with these input columns; numbers keep their type.

    Rows without a target are left out, if targets are asked for.

    Raises
    ------
    DataError
        Naming the place, what was found and what was expected.
    """
    matrix = _matrix(arrays.X, arrays.name, columns)
    values, kept = None, None
    if asked.targets is not None and arrays.y is not None:
        _check_lengths(arrays, matrix)
        (table,) = labelled([Table(arrays.y_name, arrays.y, arrays.place)], asked)
        values, kept = asked.targets.values(table), table.numbers
    rows = len(matrix) if kept is None else len(kept)
    step = asked.rows or rows
    for start in range(0, rows, step):
        chosen = slice(start, start + step)
        numbers = None if kept is None else kept[chosen]
        part = matrix[chosen] if numbers is None else take_rows(matrix, numbers)
        _check_numbers(arrays, part, columns, range(start, rows) if numbers is None else numbers)
        yield RowBlock(part, targets=None if values is None else values[chosen])
        give_back(matrix)
        arrays.advance(part.nbytes)


def _check_lengths(arrays: ArrayRows, matrix: Numbers) -> None:
    rows = {len(cells) for cells in (arrays.y or {}).values()}
    if rows != {len(matrix)}:
        raise DataError(f"{arrays.name}: has {count(len(matrix), 'row')}, and y {min(rows)}")


def _matrix(array: Numbers, name: str, columns: Sequence[str]) -> Numbers:
    """Return an array as numbers of shape (N, len(columns))."""
    if array.dtype.kind not in "buif":
        raise DataError(f"{name}: holds values of type {array.dtype}; expected numbers")
    if array.ndim > 1 and len(array) == 0:
        raise DataError(f"{name}: has no rows")
    rows = array.reshape(1, -1) if array.ndim < 2 else array.reshape(len(array), -1)
    if rows.shape[1] != len(columns):
        raise DataError(
            f"{name}: an array of shape {array.shape}, {count(rows.shape[1], 'number')} a row; the "
            f"model takes {len(columns)} ({briefly(columns)})"
        )
    return rows.view(np.uint8) if rows.dtype.kind == "b" else rows


def _check_numbers(
    arrays: ArrayRows, rows: Numbers, columns: Sequence[str], numbers: Sequence[int] | Numbers
) -> None:
    """Raise `DataError` for the first number that no model takes; `numbers` are the rows'."""
    for start, block in row_blocks(rows) if rows.dtype.kind == "f" else ():
        if found := unsuited_number(block):
            row, column = found
            raise DataError(
                f"{arrays.name}: {arrays.place(int(numbers[start + row]))}, column "
                f"{columns[column]}: {size_problem(block[found])}"
            )
