"""A data set from tables: targets understood, rows divided, columns encoded, rows weighted."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import did_you_mean, listed
from nncli.data.dataset import Dataset, Task
from nncli.data.files.input_file import Advance, InputFile, tell_nobody
from nncli.data.files.table import Kind, Table
from nncli.data.files.table_file import column_names, opened, read_table, regrouped
from nncli.data.splits import Rows, Split, in_order, whole
from nncli.data.splitting import Fold, divide
from nncli.data.tables.column import check_size, described
from nncli.data.tables.encoding import Encoding, Unseen, constant_columns, fit
from nncli.data.tables.targets import Targets, understand, with_targets

Share = int | float
ClassWeights = Literal["balanced"] | Mapping[str, float]


@dataclass(frozen=True)
class Choices:
    """What the user has said of a table; everything else shows in its cells.

    Attributes
    ----------
    target : sequence of str
    task : str, optional
    columns : mapping of str to mapping
        Of some columns ``kind``, ``missing`` and ``fill``.
    drop : collection of str
        Columns that are not read.
    id : str, optional
        A column that is no input, but stands beside the predictions.
    weight : str, optional
        A column that says how much each row counts in training.
    class_weight : "balanced" or mapping of class to number, optional
        How much the rows of each class count.
    blanks : collection of str
        Cells that count as blank.
    """

    target: Sequence[str]
    task: Task | None = None
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drop: Collection[str] = ()
    id: str | None = None
    weight: str | None = None
    class_weight: ClassWeights | None = None
    blanks: Sequence[str] = ()

    @property
    def roles(self) -> dict[str, str]:
        """What the columns that are no inputs are, by name."""
        roles = dict.fromkeys(self.drop, "dropped")
        roles |= {name: role for name, role in ((self.id, "id"), (self.weight, "weight")) if name}
        return roles | dict.fromkeys(self.target, "target")

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kinds that are not to be taken from the cells."""
        chosen = {name: each["kind"] for name, each in self.columns.items() if each.get("kind")}
        if self.weight:
            chosen[self.weight] = "number"
        if self.id:
            chosen[self.id] = "category"  # as it stands in the file
        return chosen

    def check_names(self, names: Sequence[str], name: str) -> None:
        """Raise `DataError` when a column that is spoken of is not there."""
        for column in (*self.roles, *self.columns):
            if column not in names:
                role = self.roles.get(column)
                raise DataError(
                    f"{name}: has no column '{column}'"
                    + (f" for data.{_KEYS[role]}" if role else " as data.columns says")
                    + (did_you_mean(column, names) or f"; it has {listed(names, 10)}")
                )


_KEYS = {"dropped": "drop", "id": "id", "weight": "weight", "target": "target"}


def load_tables(
    path: Path,
    parts: Mapping[str, Path | Share],
    choices: Choices,
    seed: int,
    fold: Fold | None = None,
) -> Dataset:
    """Return the data set of a file with the training rows.

    Parameters
    ----------
    parts : mapping
        For ``test`` and ``validation`` another file, or how many rows are taken from `path`:
        rows (int) or a fraction.
    fold : Fold, optional
        The part of the rows that is held out.

    Raises
    ------
    DataError
        Naming the place, what was found and what was expected.
    """
    names = column_names(path)
    choices.check_names(names, str(path))
    table, left_out = _read(path, choices, choices.kinds)
    targets = understand(table, choices.target, choices.task)
    values = targets.values(table)
    shares = {part: each for part, each in parts.items() if not isinstance(each, Path)}
    divided = divide(_labels_alone(values), shares, seed, targets.classes, str(path), fold)
    inputs = [name for name in names if name not in choices.roles]
    if not inputs:
        raise DataError(f"{path}: has no column for an input beside {listed(names)}")
    fitted = fit(described(table, inputs, choices.columns), table, divided["train"])
    encoding = replace(fitted, blanks=tuple(choices.blanks), id=choices.id)
    matrix, notes = encoding.encode(table)
    weights = _weights(table, choices, targets, values, divided["train"])
    splits = {part: Split(matrix, values, rows, weights) for part, rows in divided.items()}
    for part, other in parts.items():
        if isinstance(other, Path):
            splits[part], more, out = _other_part(other, encoding, targets, table)
            notes, left_out = [*notes, *more], [*left_out, *out]
    constant = [*constant_columns(encoding, matrix, divided["train"])]
    if constant:
        notes.append(f"{path}: {listed(constant)} never changes in the training rows; nothing can "
                     "be learned from it")  # fmt: skip
    return Dataset(
        task=targets.task,
        columns=encoding.inputs,
        targets=targets.names,
        classes=targets.classes,
        splits=in_order(splits),
        encoding=encoding,
        scales_targets=targets.task == "regression",
        roles=choices.roles,
        left_out=left_out,
        warnings=notes,
        numbers=table.numbers,
        ids={choices.id: table.columns[choices.id]} if choices.id else {},
    )


def read_labelled_table(
    path: Path, encoding: Encoding, targets: Targets
) -> tuple[Split, list[str]]:
    """Return the rows of a file for a model, with their targets, and lines of warning.

    Raises
    ------
    DataError
        As `input_blocks`, and for targets that the model does not know.
    """
    split, notes, left_out = _other_part(path, encoding, targets, None)
    return split, [*left_out, *notes]


def input_blocks(
    file: InputFile,
    encoding: Encoding,
    rows: int,
    *,
    id_column: str | None = None,
    note: Callable[[str], None] = lambda text: None,
    advance: Advance = tell_nobody,
) -> Iterator[tuple[NDArray[Any], dict[str, list[Any]]]]:
    """Yield the inputs of a file that need have no targets, in any order of columns.

    Parameters
    ----------
    rows : int
        How many there are in a block; the last may have fewer.
    id_column : str, optional
        The column to keep, in the place of the encoding's own, which need not be there.
    note : function of str
        Told at the end, in a line each, of categories that were not in the training rows.

    Yields
    ------
    inputs : array (N, I)
    beside : dict of str to list of str or None
        The cells of the column that is kept, by its name.

    Raises
    ------
    DataError
        When columns are missing or of another kind, and as the cells demand.
    """
    name = id_column or encoding.id
    kept = [name] if name and name not in {each.name for each in encoding.columns} else []
    kinds = {**_text_kinds(encoding), **dict.fromkeys(kept, "category")}
    header, blocks = opened(file, advance)
    names = [*(each.name for each in encoding.columns), *kept]
    if not (there := [column for column in names if column in header]):
        encoding.check_columns(Table(file.name, {}, str), header)
    tables = blocks(kinds=kinds, used=there, missing=encoding.blanks)
    unseen = Unseen()
    for table in regrouped(file, tables, rows):
        if id_column is not None and id_column not in table.columns:
            near = did_you_mean(id_column, header)
            raise DataError(f"{file.name}: has no column '{id_column}' to keep{near}")
        matrix = encoding.encode_block(table, header, unseen)
        yield matrix, {name: table.columns[name].tolist()} if name and name in table.columns else {}
    for line in unseen.notes():
        note(line)


def _read(path: Path, choices: Choices, kinds: Mapping[str, Kind]) -> tuple[Table, list[str]]:
    """Return the rows of a file whose targets are known, and how many are not."""
    used = [name for name in column_names(path) if name not in choices.drop]
    table = read_table(path, kinds=kinds, used=used, missing=choices.blanks)
    return with_targets(table, choices.target)


def _other_part(
    path: Path, encoding: Encoding, targets: Targets, first: Table | None
) -> tuple[Split, list[str], list[str]]:
    """Return the rows of another file than that of the training rows, and lines about them."""
    kinds = {name: first.kind(name) for name in targets.names} if first else {}
    table = _read_for(path, encoding, targets.names, kinds)
    for name in targets.names:
        if name not in table.columns:
            raise DataError(
                f"{path}: has no column '{name}' to compare with"
                + did_you_mean(name, column_names(path))
            )
    table, left_out = with_targets(table, targets.names)
    matrix, notes = encoding.encode(table)
    return whole(matrix, targets.values(table)), notes, left_out


def _read_for(
    path: Path,
    encoding: Encoding,
    others: Sequence[str],
    kinds: Mapping[str, Kind],
) -> Table:
    """Read the columns of an encoding and others; numbers that are text show as such."""
    used = [*(each.name for each in encoding.columns), *others]
    names = used if str(path) == "-" else column_names(path)  # standard input is read once
    there = None if str(path) == "-" else [name for name in used if name in names] or None
    table = read_table(
        path, kinds={**_text_kinds(encoding), **kinds}, used=there, missing=encoding.blanks
    )
    encoding.check_columns(table, names)
    return table


def _text_kinds(encoding: Encoding) -> dict[str, Kind]:
    """Return the kinds of the columns that are text, even where they look like numbers."""
    return {each.name: "category" for each in encoding.columns if each.kind == "category"}


def _labels_alone(values: NDArray[Any]) -> Split:
    return whole(np.empty((len(values), 0)), values)


def _weights(
    table: Table, choices: Choices, targets: Targets, values: NDArray[Any], train: Rows
) -> NDArray[np.float64] | None:
    """Return how much each row counts, 1 on average over the training rows."""
    weights = np.ones(len(table))
    if choices.weight is None and choices.class_weight is None:
        return None
    if choices.weight is not None:
        weights *= _given_weights(table, choices.weight)
    if choices.class_weight is not None:
        if not targets.classes:
            raise DataError(
                f"{table.name}: data.class_weight is for classes; a {targets.task} has none"
            )
        weights *= _of_classes(choices.class_weight, targets.classes, values[train])[values]
    mean = float(weights[train].mean())
    if not mean > 0:
        raise DataError(f"{table.name}: every training row has the weight 0; nothing would count")
    return weights / mean


def _given_weights(table: Table, name: str) -> NDArray[np.float64]:
    weights = table.columns[name].astype(np.float64)
    wrong = ~(weights >= 0)  # blank, too
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{table.name}: {table.place(row)}, column {name}: found {weights[row]:g}; a weight is "
            "a number of 0 or more"
        )
    check_size(table, name, weights)
    return weights


def _of_classes(
    chosen: ClassWeights, classes: Sequence[str], train: NDArray[np.integer[Any]]
) -> NDArray[np.float64]:
    if not isinstance(chosen, str):
        for name in chosen:
            if name not in classes:
                raise DataError(
                    f"data.class_weight: {name!r} is not one of the classes {listed(classes, 10)}"
                    + did_you_mean(name, classes)
                )
        return np.array([chosen.get(name, 1.0) for name in classes])
    counts = np.bincount(train, minlength=len(classes))
    return len(train) / (len(classes) * np.maximum(counts, 1))
