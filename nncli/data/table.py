"""Columns as a file holds them, before anything is made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[Any]
Kind = Literal["number", "boolean", "category"]


@dataclass(frozen=True)
class Table:
    """Named columns of equal length.

    Attributes
    ----------
    name : str
        The file, for messages.
    columns : dict of str to array (N,)
        Numbers of any type, NaN where a cell is blank; Booleans; or text: an array of objects,
        each a str, or None where a cell is blank.
    place : function of int to str
        What a row, counted from 0, is called in a message: ``line 17``.
    numbers : array (N,) or None
        Which rows of the file, from 0, these are; None for all.
    """

    name: str
    columns: dict[str, Cells]
    place: Callable[[int], str]
    numbers: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def kind(self, column: str) -> Kind:
        """Return what the cells of a column are."""
        letter = self.columns[column].dtype.kind
        return "category" if letter == "O" else "boolean" if letter == "b" else "number"
