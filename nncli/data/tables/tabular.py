"""A data set from tables: targets understood, rows divided, columns encoded, rows weighted."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import did_you_mean, listed
from nncli.data.dataset import Dataset, Task
from nncli.data.files.hints import NO_HINTS, HintedFile
from nncli.data.files.table import BLANK_BOOLEAN, Kind, Table
from nncli.data.files.table_file import TableInput, column_names, name_of, open_table, read_table
from nncli.data.files.texts import is_code
from nncli.data.files.values import MOST_EXACT
from nncli.data.names import named_columns
from nncli.data.rows.reading import Taken, labelled_rows
from nncli.data.splits import Rows, Split, in_order, whole
from nncli.data.splitting import Fold, Share, divide
from nncli.data.tables.column import check_inputs, described
from nncli.data.tables.encoding import Encoding, constant_columns, fit
from nncli.data.tables.target_notes import target_notes
from nncli.data.tables.targets import Targets, understand, with_targets
from nncli.data.weights import ClassWeights, given_weights, row_weights


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
    missing : "error" or "auto"
        What blank cells are in columns of which `columns` does not say it: see `described`.
    classes : sequence of str
        Those that there are, in their order, where they are known.
    encoding : Encoding, optional
        How the columns become inputs, where it is known.
    """

    target: Sequence[str]
    task: Task | None = None
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drop: Collection[str] = ()
    id: str | None = None
    weight: str | None = None
    class_weight: ClassWeights | None = None
    blanks: Sequence[str] = ()
    missing: Literal["error", "auto"] = "error"
    classes: Sequence[str] = ()
    encoding: Encoding | None = None

    @property
    def roles(self) -> dict[str, str]:
        """What the columns that are no inputs are, by name."""
        roles = dict.fromkeys(self.drop, "dropped")
        others = ((self.id, "id"), (self.weight, "weight"))
        roles |= {name: role for name, role in others if name is not None}
        return roles | dict.fromkeys(self.target, "target")

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kinds that are not to be taken from the cells."""
        chosen = {name: each["kind"] for name, each in self.columns.items() if each.get("kind")}
        if self.weight is not None:
            chosen[self.weight] = "number"
        if self.id is not None:
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
    source: TableInput,
    parts: Mapping[str, TableInput | Share],
    choices: Choices,
    seed: int,
    fold: Fold | None = None,
) -> Dataset:
    """Return the data set of a table with the training rows: a file, or one in memory.

    Parameters
    ----------
    parts : mapping
        For ``test`` and ``validation`` another table, or how many rows are taken from `source`:
        rows (int) or a fraction.
    fold : Fold, optional
        The part of the rows that is held out.

    Raises
    ------
    DataError
        Naming the place, what was found and what was expected.
    """
    path, understood = name_of(source), list[str]()
    hints = source.hints if isinstance(source, HintedFile) else NO_HINTS
    if isinstance(source, HintedFile):
        source = HintedFile(source.path, replace(hints, note=understood.append))
    names = column_names(source)
    choices.check_names(names, path)
    names, unnamed = named_columns(path, names, {*choices.roles, *choices.columns})
    table, left_out = _read(source, names, choices)
    targets = understand(table, choices.target, choices.task, choices.classes)
    is_open = targets.classes and targets.names[0] not in choices.kinds
    if is_open and _are_codes(source, table, targets.names[0]):
        said = {**choices.columns, targets.names[0]: {"kind": "category"}}
        return load_tables(source, parts, replace(choices, columns=said), seed, fold)
    values = targets.values(table)
    shares = {part: each for part, each in parts.items() if isinstance(each, Share)}
    others = {part: each for part, each in parts.items() if not isinstance(each, Share)}
    divided = divide(_labels_alone(values), shares, seed, targets.classes, path, fold)
    encoding = choices.encoding or _encoding(table, names, choices, divided["train"])
    matrix, unseen = encoding.by_plain_names.encode(table)
    notes = [*understood, *unnamed, *unseen]
    weights = _weights(table, targets, values, choices, divided["train"])
    splits = {part: Split(matrix, values, rows, weights) for part, rows in divided.items()}
    taken = Taken(encoding.inputs, encoding, hints=hints)
    for part, other in others.items():
        splits[part] = labelled_rows(
            taken, targets, other, note=notes.append, left_out=left_out.append
        )
    notes += _constant_notes(path, encoding, splits["train"])
    chosen = choices.task is not None
    notes += target_notes(path, targets, values, divided["train"], chosen=chosen)
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
        ids={} if choices.id is None else {choices.id: table.columns[choices.id]},
    )


def _constant_notes(path: str, encoding: Encoding, train: Split) -> Iterator[str]:
    """Yield a line about the columns whose inputs never change in the training rows, if any."""
    if constant := [*constant_columns(encoding, train.inputs, train.rows)]:
        yield (
            f"{path}: {listed(constant)} never changes in the training rows; nothing can be "
            "learned from it"
        )


def _are_codes(source: TableInput, table: Table, target: str) -> bool:
    """Return whether classes that were read as numbers say more as text.

    They have leading zeros in the first block of a file, or more digits than float64 holds.
    """
    cells = table.columns[target]
    if table.kind(target) != "number" or cells.dtype == BLANK_BOOLEAN:
        return False
    if cells.dtype.kind == "f" and float(np.abs(cells).max()) >= MOST_EXACT:
        return True
    if not isinstance(source, Path | HintedFile):
        return False
    kinds: dict[str, Kind] = {target: "category"}
    with open_table(source) as file:
        first = next(iter(file.blocks(kinds=kinds, used=[target], missing=())))
    return any(map(is_code, {*first.columns[target]} - {None}))


def _encoding(table: Table, names: Sequence[str], choices: Choices, train: Rows) -> Encoding:
    """Return how the columns called `names` that are inputs become these."""
    inputs = [name for name in names if name not in choices.roles]
    if not inputs:
        raise DataError(f"{table.name}: has no column for an input beside {listed(names)}")
    columns = described(table, inputs, choices.columns, fills_blanks=choices.missing == "auto")
    encoding = fit(columns, table, train)
    check_inputs(table.name, encoding.columns)
    return replace(encoding, blanks=tuple(choices.blanks), id=choices.id)


def _weights(
    table: Table, targets: Targets, values: NDArray[Any], choices: Choices, train: Rows
) -> NDArray[np.float64] | None:
    """Return how much each row counts in training; None where all count alike."""
    given = None if choices.weight is None else given_weights(table, choices.weight)
    return row_weights(
        table.name, targets, values, train, given=given, of_classes=choices.class_weight
    )


def _read(source: TableInput, names: Sequence[str], choices: Choices) -> tuple[Table, list[str]]:
    """Return the rows of a table whose targets are known, and how many are not."""
    used = [name for name in names if name not in choices.drop]
    table = read_table(source, kinds=choices.kinds, used=used, missing=choices.blanks)
    return with_targets(table, choices.target)


def _labels_alone(values: NDArray[Any]) -> Split:
    return whole(np.empty((len(values), 0)), values)
