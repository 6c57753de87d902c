"""Convert the targets in a table to classes or numbers.

The task is inferred from the cells of the targets:

- text: ``binary`` for two different texts, else ``multiclass``;
- Booleans, and 0 and 1: ``binary``;
- whole numbers, at most 20 different ones, each in at least five rows on average: ``binary`` or
  ``multiclass``;
- other numbers: ``regression``;
- several targets: ``multilabel`` if all are Booleans or 0 and 1, else ``regression``.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.temporary_file import stacked
from nncli.base.words import count, listed, yaml_key
from nncli.data.dataset import Task
from nncli.data.files.table import BLANK_BOOLEAN, NUMBER, Cells, Table
from nncli.data.files.texts import canonical, in_order, places_of, texts_of
from nncli.data.tables.column import blank_cells, check_size, check_texts

_MOST_NUMBERED_CLASSES = 20
_ROWS_OF_A_CLASS = 5
_ROWS_AT_A_TIME = 1 << 16
_NUMBERS_AT_A_TIME = 1 << 22
_PAIRS = {"0": "false", "1": "true"}, {"false": "0", "true": "1"}


@dataclass(frozen=True)
class Targets:
    """The task, and the names and classes of the targets.

    Attributes
    ----------
    task : str
    names : list of str
        Names of the columns.
    classes : list of str
        Classes of a classification with one target, in order; else empty.
    """

    task: Task
    names: list[str]
    classes: list[str]

    def values(self, table: Table) -> NDArray[Any]:
        """Return the targets of every row: indices of the classes (N,), or numbers (N, O).

        Raises
        ------
        DataError
            If a cell is an unknown class, not a number, or for several labels not 0 or 1.
        """
        if self.classes:
            (name,) = self.names
            return self.indices(
                table.columns[name],
                lambda row: f"{table.name}: {table.place(row)}, column {name}",
                f"the training classes: {listed(self.classes, 10)}",
            )
        shape = len(table), len(self.names)
        blocks = map(self._rows, table.parts(max(1, _NUMBERS_AT_A_TIME // shape[1])))
        return stacked(blocks, shape, np.float64)

    def codes(self, cells: Cells) -> NDArray[np.unsignedinteger[Any]]:
        """Return the class index of each cell (N,), or the number of classes for unknown ones.

        A class is matched by its name or its `canonical` form, a number also by its value. If the
        classes are 0 and 1, they match false and true, and vice versa.
        """
        unknown = len(self.classes)
        named = places_of(self.classes)
        values = {float(text): place for text, place in named.items() if NUMBER.fullmatch(text)}
        places: dict[str | None, int] = dict(named.items())
        found = np.empty(len(cells), np.min_scalar_type(unknown))
        for start in range(0, len(cells), _ROWS_AT_A_TIME):  # limits the memory for texts
            part = cells[start : start + _ROWS_AT_A_TIME]
            texts = part.tolist() if part.dtype.kind == "O" else texts_of(part)
            places |= {
                text: _place(text, places, values, unknown) for text in {*texts} - places.keys()
            }
            found[start : start + len(texts)] = [places[text] for text in texts]
        return found

    def indices(
        self, cells: Cells, place: Callable[[int], str], among: str = ""
    ) -> NDArray[np.unsignedinteger[Any]]:
        """Return the class index of each cell (N,).

        Parameters
        ----------
        place : function of int to str
            Name of a row, counted from 0, in messages.
        among : str
            Description and list of the classes in messages; by default the model's classes.

        Raises
        ------
        DataError
            If a cell is an unknown class.
        """
        found = self.codes(cells)
        unknown = found == len(self.classes)
        if unknown.any():
            row = int(unknown.argmax())
            text = "" if cells[row] is None else texts_of(cells[row : row + 1])[0] or "nan"
            among = among or "the model's: " + ", ".join(self.classes)
            raise DataError(f"{place(row)}: the class {text!r} is not one of {among}")
        return found

    def _rows(self, table: Table) -> NDArray[np.float64]:
        return np.column_stack([self._numbers(table, name) for name in self.names])

    def _numbers(self, table: Table, name: str) -> NDArray[np.float64]:
        cells = table.columns[name]
        if table.kind(name) == "category":
            row = int((~blank_cells(cells)).argmax())
            raise DataError(
                f"{table.name}: {table.place(row)}, column {name}: found {cells[row]!r}; a "
                f"{self.task} needs a number in every target"
            )
        numbers = cells.astype(np.float64)
        check_size(table, name, numbers)
        if self.task == "multilabel" and (other := ~np.isin(numbers, (0, 1))).any():
            row = int(other.argmax())
            raise DataError(
                f"{table.name}: {table.place(row)}, column {name}: found {numbers[row]:g}; labels "
                "of a multilabel task must be 0 or 1"
            )
        return numbers


def understand(
    table: Table, names: Sequence[str], task: Task | None = None, known: Sequence[str] = ()
) -> Targets:
    """Return the targets, with the task inferred as described in this module unless `task` is set.

    No target may be blank. `known` are the classes, in order, if they are known. `check_task`
    refuses a binary task with more than two classes.

    Raises
    ------
    DataError
        If the cells do not fit the task, or there is only one class.
    """
    task = task or _task(table, names)
    if task not in ("binary", "multiclass"):
        return Targets(task, list(names), [])
    if len(names) > 1:
        raise DataError(
            f"{table.name}: a {task} task has one target; found {listed(names)}; for several "
            "Booleans, set data.task: multilabel"
        )
    cells = table.columns[names[0]]
    _refuse_fractions(table, names[0], cells)
    check_texts(table, names[0])
    classes = list(known) or classes_of(cells)
    if len(classes) < 2:
        raise DataError(
            f"{table.name}: column {names[0]}: every row has the class {classes[0]!r}; expected "
            "two or more classes"
        )
    return Targets("binary" if len(classes) == 2 else "multiclass", list(names), classes)


def check_task(targets: Targets, task: Task | None, name: str) -> None:
    """Raise `DataError` if a binary task has more than two classes, rare ones left out."""
    if task == "binary" and len(targets.classes) > 2:
        raise DataError(
            f"{name}: column {targets.names[0]}: {len(targets.classes)} classes "
            f"({listed(targets.classes)}); a binary task has two; set data.task: multiclass"
        )


def with_targets(table: Table, targets: Sequence[str]) -> tuple[Table, list[str]]:
    """Return the rows that have all targets, and a line about the others, if any.

    Raises
    ------
    DataError
        If no row is left.
    """
    left_out = LeftOut(targets)
    table = left_out.without(table)
    return table, left_out.notes(len(table))


class LeftOut:
    """A counter of rows without a target, across tables."""

    def __init__(self, targets: Sequence[str]) -> None:
        self._targets = targets
        self._rows, self._first = 0, ("", "")

    def without(self, table: Table) -> Table:
        """Return the rows that have all targets, and count the others."""
        blank = np.zeros(len(table), np.bool_)
        for name in self._targets:
            blank |= blank_cells(table.columns[name])
        if not blank.any():
            return table
        if not self._rows:
            self._first = table.name, table.place(int(blank.argmax()))
        self._rows += int(blank.sum())
        return table.take(np.flatnonzero(~blank))

    def notes(self, left: int) -> list[str]:
        """Return a line about them, if any. Raise `DataError` if no rows are `left`."""
        if not self._rows:
            return []
        name, place = self._first
        if not left:
            raise DataError(f"{name}: column {self._targets[0]}: every value is missing")
        where = f"first: {place}" if self._rows > 1 else place
        return [f"{name}: {count(self._rows, 'row')} with a missing target ({where})"]


def classes_of(cells: Cells) -> list[str]:
    """Return the different classes of cells, in order."""
    return in_order({canonical(text) for text in {*texts_of(cells)} if text is not None})


def _place(
    text: str | None, places: Mapping[str | None, int], values: Mapping[float, int], unknown: int
) -> int:
    """Return the index of the class that matches a text other than its exact name."""
    name = canonical(text or "")
    if name in places:
        return places[name]
    value = float(name) if NUMBER.fullmatch(name) else math.nan
    if value in values:
        return values[value]
    for other in _PAIRS:
        if name in other and unknown == len(other) and places.keys() >= {*other.values()}:
            return places[other[name]]
    return unknown


def _task(table: Table, names: Sequence[str]) -> Task:
    if len(names) > 1:
        return (
            "multilabel" if all(_is_label(table.columns[name]) for name in names) else "regression"
        )
    cells = table.columns[names[0]]
    if cells.dtype.kind in "Ob" or cells.dtype == BLANK_BOOLEAN:
        return "multiclass"
    different = np.unique(cells)
    if np.array_equal(different, (0, 1)):
        return "binary"
    numbered = (
        len(different) <= _MOST_NUMBERED_CLASSES
        and len(cells) >= _ROWS_OF_A_CLASS * len(different)
        and bool((different == np.rint(different)).all())
    )
    return "multiclass" if numbered else "regression"


def _is_label(cells: Cells) -> bool:
    return cells.dtype.kind == "b" or (
        cells.dtype.kind in "iuf" and bool(np.isin(cells, (0, 1)).all())
    )


def _refuse_fractions(table: Table, name: str, cells: Cells) -> None:
    if cells.dtype.kind == "f" and (fractions := cells != np.rint(cells)).any():
        row = int(fractions.argmax())
        raise DataError(
            f"{table.name}: {table.place(row)}, column {name}: found {cells[row]:g}; a class must "
            "be a name or a whole number; set data.task: regression, or data.columns: "
            f"{{{yaml_key(name)}: category}}"
        )
