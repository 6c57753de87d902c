"""Data sets from tables: infer targets, split rows, encode columns, weight rows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.notes import Note
from nncli.base.words import listed
from nncli.data.dataset import Dataset
from nncli.data.division import Fold, Share
from nncli.data.drawing import Rules
from nncli.data.files.blanks import Blanks
from nncli.data.files.hints import NO_HINTS, HintedFile, Hints
from nncli.data.files.numerals import Decimal
from nncli.data.files.table import BLANK_BOOLEAN, Cells, Table, Wanted
from nncli.data.files.table_file import (
    TableInput,
    column_names,
    name_of,
    open_table,
)
from nncli.data.files.texts import canonical, is_code, text_cells
from nncli.data.files.values import MOST_EXACT
from nncli.data.names import named_columns
from nncli.data.rare_classes import without_rare
from nncli.data.rows.reading import Taken, labelled_rows
from nncli.data.splits import Rows, Split, in_order, whole
from nncli.data.splitting import divide
from nncli.data.tables.choices import Choices
from nncli.data.tables.column import Column, blank_cells, check_inputs
from nncli.data.tables.encoding import Encoding, constant_columns, fit
from nncli.data.tables.first_reading import read_table_of
from nncli.data.tables.leaks import leak_notes, leaks
from nncli.data.tables.target_notes import category_notes, target_notes
from nncli.data.tables.targets import Targets, check_task, understand, with_targets
from nncli.data.tables.times import check_no_blank, times_of
from nncli.data.tables.understanding import understand_columns, words_for_blanks
from nncli.data.weights import given_weights, row_weights


@dataclass(frozen=True)
class Prepared:
    """A table with its inferred targets and columns, and its split.

    Attributes
    ----------
    table : Table
        Rows with known targets.
    targets : Targets
    values : array
        Targets of all rows, from `Targets.values`.
    divided : dict of str to array
        Rows of each split taken from the table.
    choices : Choices
        Settings of the user, with the ID column that was found.
    roles : mapping of str to str
        Roles of columns that are not inputs, by name.
    uses : mapping of str to str
        How to use the columns that are not inputs because nothing can be learned from them.
    encoding : Encoding
        Encoding of the columns as inputs.
    blanks : list of str
        Words that were read as blank cells and are not text in any column.
    decimal : str or None
        Decimal mark of numbers in text, if one was found.
    notes, left_out : list of str
        Lines about what was inferred, and about rows without a target.
    hints : Hints
        Settings for reading the file, and the inferred ones.
    """

    table: Table
    targets: Targets
    values: NDArray[Any]
    divided: dict[str, Rows]
    choices: Choices
    roles: Mapping[str, str]
    uses: Mapping[str, str]
    encoding: Encoding
    blanks: list[str]
    decimal: Decimal | None
    notes: list[str]
    left_out: list[str]
    hints: Hints


def load_tables(
    source: TableInput,
    parts: Mapping[str, TableInput | Share],
    choices: Choices,
    seed: int,
    fold: Fold | None = None,
) -> Dataset:
    """Return the data set of a table with the training rows: a file, or a table in memory.

    Parameters
    ----------
    parts : mapping
        For ``test`` and ``validation``, another table, or the number (int) or fraction of rows to
        take from `source`.
    fold : Fold, optional
        Fold to hold out.

    Raises
    ------
    DataError
        With the place, what was found and what was expected.
    """
    shares = {part: each for part, each in parts.items() if isinstance(each, Share)}
    others = {part: each for part, each in parts.items() if not isinstance(each, Share)}
    return dataset_of(prepared(source, shares, choices, seed, fold), others)


def prepared(
    source: TableInput,
    shares: Mapping[str, Share],
    choices: Choices,
    seed: int,
    fold: Fold | None = None,
) -> Prepared:
    """Read, interpret and split a table; parameters and errors are as for `load_tables`."""
    path, understood, hints = name_of(source), list[str](), NO_HINTS
    if isinstance(source, HintedFile):
        hints = replace(source.hints, note=understood.append)
        source = replace(source, hints=hints)
    names = column_names(source)
    choices.check_names(names, path)
    names, unnamed = named_columns(path, names, choices.named)
    blanks = Blanks(choices.blanks)
    table, read, of_text, noted = read_table_of(source, names, choices, blanks)
    table, left_out = with_targets(table, choices.target)
    task = choices.task or ("regression" if {*choices.target} & of_text else None)
    targets = understand(table, choices.target, task, choices.classes)
    is_open = targets.classes and targets.names[0] not in choices.kinds
    if is_open and _are_codes(source, table, targets.names[0]):
        said = {**choices.columns, targets.names[0]: {"kind": "category"}}
        return prepared(source, shares, replace(choices, columns=said), seed, fold)
    note = understood.append
    table, targets, values = _with_classes(table, targets, choices, shares, fold, note)
    rules = replace(_rules_of(table, choices, read.open), note=note)
    divided = divide(_labels_alone(values), shares, seed, targets.classes, path, fold, rules)
    roles, notes = choices.roles, [*understood, *unnamed, *noted]
    encoding, uses = choices.encoding, dict[str, str]()
    if encoding is None:
        train = divided["train"]
        found = understand_columns(table, names, choices, train, blanks.words, read.mixed, of_text)
        roles = {**dict.fromkeys(found.left_out, "left out"), **roles}
        roles |= {} if found.id is None else {found.id: "id"}
        choices, notes, uses = replace(choices, id=found.id), [*notes, *found.notes], found.uses
        encoding = _fitted(table, found.columns, choices, train)
        read_as = {*choices.target, *(column.name for column in found.columns)}
        forms = {name: form for name, form in read.forms.items() if name in read_as}
        encoding = replace(encoding, forms=forms)
    return Prepared(
        table, targets, values, divided, choices, roles, uses, encoding,
        words_for_blanks(table, blanks.words), read.decimal, notes, left_out, hints,
    )  # fmt: skip


def _with_classes(
    table: Table,
    targets: Targets,
    choices: Choices,
    shares: Mapping[str, Share],
    fold: Fold | None,
    note: Note,
) -> tuple[Table, Targets, NDArray[Any]]:
    """Return the table, the targets with the user's class order, and their values.

    Rare classes are left out if set so.
    """
    if not choices.classes:
        targets = choices.order.applied(targets, table.name)
    values = targets.values(table)
    if targets.classes and choices.rules.rare == "drop":
        targets, codes, kept = without_rare(targets, values, shares, table.name, fold, note)
        table, values = table.take(kept), codes[kept]
    check_task(targets, choices.task, table.name)
    choices.order.check(targets, table.name)
    return table, targets, values


def dataset_of(found: Prepared, others: Mapping[str, TableInput]) -> Dataset:
    """Return the data set of a prepared table, with other tables for other splits."""
    table, targets, choices, encoding = found.table, found.targets, found.choices, found.encoding
    matrix, unseen = encoding.by_plain_names.encode(table)
    notes, left_out = [*found.notes, *unseen], [*found.left_out]
    train = found.divided["train"]
    weights = _weights(table, targets, found.values, choices, train)
    splits = {
        part: Split(matrix, found.values, rows, weights) for part, rows in found.divided.items()
    }
    taken = Taken(encoding.inputs, encoding, hints=found.hints)
    for part, other in others.items():
        splits[part] = labelled_rows(
            taken, targets, other, note=notes.append, left_out=left_out.append
        )
    notes += _constant_notes(table.name, encoding, splits["train"])
    inputs = [column.name for column in encoding.by_plain_names.columns]
    told = leaks(table, inputs, targets, found.values, train)
    if choices.encoding is None:
        notes += leak_notes(table.name, told, targets)
        open_ = [column for column in encoding.columns if column.name not in choices.columns]
        notes += category_notes(table.name, {each.name: each.categories for each in open_})
    chosen = choices.task is not None
    notes += target_notes(table.name, targets, found.values, train, chosen=chosen)
    return Dataset(
        task=targets.task,
        columns=encoding.inputs,
        targets=targets.names,
        classes=targets.classes,
        splits=in_order(splits),
        encoding=encoding,
        scales_targets=targets.task == "regression",
        roles=found.roles,
        left_out=left_out,
        warnings=notes,
        numbers=table.numbers,
        ids={} if choices.id is None else {choices.id: _texts(table.columns[choices.id])},
        blanks=_blanks(table, encoding),
        leaks=told,
    )


def _blanks(table: Table, encoding: Encoding) -> dict[str, int]:
    """Return the numbers of blank cells of the columns that may have some."""
    filled = [each.name for each in encoding.columns if each.missing not in ("auto", "error")]
    counts = {name: int(blank_cells(table.columns[name]).sum()) for name in filled}
    return {name: number for name, number in counts.items() if number}


def _texts(cells: Cells) -> Cells:
    return cells if cells.dtype.kind == "O" else text_cells(cells)


def _constant_notes(path: str, encoding: Encoding, train: Split) -> Iterator[str]:
    """Yield a line about the columns whose inputs are constant in the training rows, if any."""
    if constant := [*constant_columns(encoding, train.inputs, train.rows)]:
        yield (
            f"{path}: {listed(constant)} never changes in the training rows; nothing can be "
            "learned from it"
        )


def _are_codes(source: TableInput, table: Table, target: str) -> bool:
    """Return whether classes that were read as numbers lose information.

    They have leading zeros in the first block of a file, or more digits than float64 can hold.
    """
    cells = table.columns[target]
    if table.kind(target) != "number" or cells.dtype == BLANK_BOOLEAN:
        return False
    if cells.dtype.kind == "f" and float(np.abs(cells).max()) >= MOST_EXACT:
        return True
    if not isinstance(source, Path | HintedFile):
        return False
    kinds: dict[str, Wanted] = {target: "category"}
    with open_table(source) as file:
        first = next(iter(file.blocks(kinds=kinds, used=[target], missing=())))
    return any(map(is_code, {*first.columns[target]} - {None}))


def _fitted(table: Table, columns: Sequence[Column], choices: Choices, train: Rows) -> Encoding:
    """Return the encoding of columns, fitted to the training rows."""
    encoding = fit(columns, table, train)
    check_inputs(table.name, encoding.columns)
    return replace(encoding, blanks=tuple(choices.blanks), id=choices.id)


def _weights(
    table: Table, targets: Targets, values: NDArray[Any], choices: Choices, train: Rows
) -> NDArray[np.float64] | None:
    """Return the weight of each row in training; None if all weights are equal."""
    given = None if choices.weight is None else given_weights(table, choices.weight)
    return row_weights(
        table.name, targets, values, train, given=given, of_classes=choices.class_weight
    )


def _rules_of(table: Table, choices: Choices, open_dates: Collection[str]) -> Rules:
    """Return the rules for the split, with the groups and times of the rows."""
    rules = choices.rules
    if (name := choices.group) is not None:
        check_no_blank(table, name, "data.group", "a group")
        found, groups = np.unique([*map(canonical, table.columns[name])], return_inverse=True)
        if len(found) < 2:
            raise DataError(
                f"{table.name}: column {name}: every row is in the group {str(found[0])!r}; "
                "data.group needs two or more"
            )
        rules = replace(rules, groups=groups)
    if (time := choices.time) is not None:
        order = choices.columns.get(time, {}).get("order")
        times = times_of(table, time, order, is_open=time in open_dates)
        rules = replace(rules, times=times)
    return rules


def _labels_alone(values: NDArray[Any]) -> Split:
    return whole(np.empty((len(values), 0)), values)
