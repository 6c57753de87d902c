"""Data sets from arrays: a matrix or images, and their targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.mapping import check_unchanged, row_blocks
from nncli.base.storage.temporary_file import row_major
from nncli.base.words import count, did_you_mean
from nncli.data.dataset import Dataset, Task
from nncli.data.division import Fold, Share
from nncli.data.drawing import Rules
from nncli.data.files.image_format import ImageFormat
from nncli.data.files.table import Table
from nncli.data.memory.forms import column_of
from nncli.data.memory.memory_table import numbered, place
from nncli.data.rare_classes import without_rare
from nncli.data.rows.targets import check_given
from nncli.data.splits import Rows, Split, in_order, whole
from nncli.data.splitting import divide
from nncli.data.tables.class_order import ClassOrder
from nncli.data.tables.column import LARGEST, suits, unsuited_numbers
from nncli.data.tables.target_notes import target_notes
from nncli.data.tables.targets import Targets, check_task, understand
from nncli.data.weights import ClassWeights, given_weights, row_weights, weight_table


@dataclass(frozen=True)
class Arrays:
    """The inputs (N, ...) and targets (N,) or (N, O) of some rows, with names for messages.

    `names` are the names of the targets, by default ``y``, or ``y1``, ``y2`` and so on. `weights`
    (N,) are the weights of the rows in training. `classes` are the known classes, in order.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    inputs_name: str
    targets_name: str
    names: Sequence[str] = ()
    weights: NDArray[Any] | None = None
    weights_name: str = "weights"
    classes: Sequence[str] = ()

    @classmethod
    def of_npz(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        inputs: str,
        targets: str,
        name: str,
        weight: str | None = None,
    ) -> "Arrays":
        """Return the chosen arrays of an npz file. Raise `DataError` if one is missing."""
        for key, array in (("X", inputs), ("y", targets), ("weight", weight)):
            if array is not None and array not in arrays:
                others = ", ".join(arrays) or "none"
                raise DataError(
                    f"{name}: has no array {array!r} for data.{key}"
                    + (did_you_mean(array, list(arrays)) or f"; it has {others}")
                )
        return cls(
            arrays[inputs],
            arrays[targets],
            f"{name}: {inputs}",
            f"{name}: {targets}",
            weights=arrays[weight] if weight else None,
            weights_name=f"{name}: {weight}",
        )

    def matrix(self) -> NDArray[Any]:
        """Return the inputs as a matrix (N, I), with their dtype.

        Raises
        ------
        DataError
            If a value is not a finite number, or the inputs and targets differ in length.
        """
        array, name = self.inputs, self.inputs_name
        if array.dtype.kind not in "buif":
            raise DataError(f"{name}: holds values of type {array.dtype}; expected numbers")
        if array.ndim < 2 or not array.size:
            raise DataError(f"{name}: has shape {array.shape}; expected one row per example")
        if len(array) != len(self.targets):
            raise DataError(
                f"{name}: has {count(len(array), 'row')}, and {self.targets_name} "
                f"{len(self.targets)}"
            )
        rows = row_major(array.reshape(len(array), -1))
        for start, block in row_blocks(rows) if rows.dtype.kind == "f" else ():
            if not suits(block):
                row, column = np.argwhere(unsuited_numbers(block))[0]
                raise DataError(
                    f"{name}: row {start + row} (from 0), column {column}: found "
                    f"{block[row, column]}; expected a number from {-LARGEST:g} to {LARGEST:g}"
                )
        return rows.view(np.uint8) if rows.dtype.kind == "b" else rows

    def target_table(self) -> Table:
        """Return the targets as a table with one column per target."""
        y = self.targets
        if y.ndim not in (1, 2) or not y.size or y.dtype.kind not in "buifUSO":
            raise DataError(
                f"{self.targets_name}: has type {y.dtype} and shape {y.shape}; expected numbers or "
                "text, one or more per row"
            )
        columns = column_of(y, "y", self.targets_name)
        columns = dict(zip(self.names or columns, columns.values(), strict=True))
        check_given(self.targets_name, columns, place)
        return Table(self.targets_name, columns, place)

    def check_unchanged(self) -> None:
        """Raise `DataError` if a file that the arrays are mapped from has changed."""
        check_unchanged(self.inputs)
        check_unchanged(self.targets)

    def row_weights(self) -> NDArray[np.float64] | None:
        """Return the given weights, if any.

        Raises
        ------
        DataError
            If they are not one number of 0 or more per row.
        """
        if self.weights is None:
            return None
        table = weight_table(self.weights, len(self.targets), self.weights_name)
        return given_weights(table, self.weights_name)


_ONE_HOT_REMEDY = "convert them to class numbers with y.argmax(axis=1)"


def load_arrays(
    first: Arrays,
    parts: Mapping[str, Arrays | Share],
    task: Task | None,
    seed: int,
    fold: Fold | None = None,
    class_weight: ClassWeights | None = None,
    *,
    rules: Rules | None = None,
    order: ClassOrder | None = None,
) -> Dataset:
    """Return the data set of arrays with the training rows.

    Parameters
    ----------
    first : Arrays
        Arrays with the training rows.
    parts : mapping
        For ``test`` and ``validation``, other arrays, or the number (int) or fraction of rows to
        take from `first`.
    fold : Fold, optional
        Fold to hold out.
    class_weight : "balanced" or mapping of class to number, optional
        Weights of the classes.
    rules : Rules, optional
        Rules for the split.
    order : ClassOrder, optional
        Order of the classes, used if they are not known yet.

    Raises
    ------
    DataError
        With the place, what was found and what was expected.
    """
    matrix, table = first.matrix(), first.target_table()
    targets = understand(table, list(table.columns), task, first.classes)
    if order and not first.classes:
        targets = order.applied(targets, first.targets_name)
    rows = whole(matrix, targets.values(table))
    shares = {part: each for part, each in parts.items() if not isinstance(each, Arrays)}
    notes, name = list[str](), first.inputs_name
    rules = replace(rules or Rules(rare="keep"), note=notes.append)
    if targets.classes and rules.rare == "drop":
        targets, codes, kept = without_rare(targets, rows.targets, shares, name, fold, notes.append)
        rows = whole(matrix, codes).part(kept)
    check_task(targets, task, table.name)
    if order:
        order.check(targets, first.targets_name)
    divided = divide(rows, shares, seed, targets.classes, name, fold, rules)
    rows = _weighted(first, rows, targets, divided["train"], class_weight)
    splits = {part: replace(rows, rows=each) for part, each in divided.items()}
    splits |= _other_parts(first, parts, matrix.shape[1], targets)
    images = ImageFormat.of(first.inputs)
    named, train = first.targets_name, divided["train"]
    notes += target_notes(
        named, targets, rows.targets, train, chosen=task is not None, remedy=_ONE_HOT_REMEDY
    )
    return Dataset(
        task=targets.task,
        columns=input_names(first.inputs),
        targets=targets.names,
        classes=targets.classes,
        splits=in_order(splits),
        images=images and images.seen_in(matrix, train),
        scales_targets=targets.task == "regression",
        warnings=notes,
    )


def _weighted(
    first: Arrays, rows: Split, targets: Targets, train: Rows, class_weight: ClassWeights | None
) -> Split:
    """Return the rows with their weights."""
    weights = row_weights(
        first.inputs_name,
        targets,
        rows.targets,
        train,
        given=first.row_weights(),
        of_classes=class_weight,
    )
    return replace(rows, weights=weights)


def input_names(inputs: NDArray[Any]) -> list[str]:
    """Return the column names of an array of inputs (N, ...)."""
    images = ImageFormat.of(inputs)
    return images.columns if images else numbered(inputs[:1].size)


def _other_parts(
    first: Arrays, parts: Mapping[str, Arrays | Share], inputs: int, targets: Targets
) -> dict[str, Split]:
    """Return the splits that have their own arrays, after a check that no file has changed."""
    others = {part: each for part, each in parts.items() if isinstance(each, Arrays)}
    splits = {part: _other_part(other, inputs, targets) for part, other in others.items()}
    for each in (first, *others.values()):
        each.check_unchanged()
    return splits


def _other_part(arrays: Arrays, inputs: int, targets: Targets) -> Split:
    matrix, table = arrays.matrix(), arrays.target_table()
    if matrix.shape[1] != inputs or list(table.columns) != targets.names:
        raise DataError(
            f"{arrays.inputs_name}: has {count(matrix.shape[1], 'number')} and "
            f"{count(len(table.columns), 'target')} per row; the training rows have {inputs} and "
            f"{len(targets.names)}"
        )
    return whole(matrix, targets.values(table))
