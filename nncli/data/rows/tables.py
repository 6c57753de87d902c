"""Rows of a table for a model of named columns or of unnamed numbers."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import did_you_mean
from nncli.data.files.blanks import Blanks
from nncli.data.files.table import Cells, OpenTable, Table, Wanted
from nncli.data.files.table_blocks import regroup
from nncli.data.files.table_file import regrouped
from nncli.data.files.value_cells import Place, cells_of
from nncli.data.rows.blocks import MOST_ROWS, Asked, RowBlock
from nncli.data.rows.targets import check_there, labelled, target_kinds, truth_of
from nncli.data.tables.encoding import Encoding
from nncli.data.tables.targets import Targets
from nncli.data.tables.written import converted

_BLOCK_NUMBERS = 1 << 20


def encoded_blocks(table: OpenTable, encoding: Encoding, asked: Asked) -> Iterator[RowBlock]:
    """Yield the rows of a table, in any column order, as inputs of a model of named columns.

    Rows without a target are dropped if targets are requested.

    Raises
    ------
    DataError
        When columns are missing or of the wrong kind, or cells are invalid.
    """
    names = [each.name for each in encoding.columns]
    kept = _kept(encoding, asked)
    others = [name for name in (*kept, *asked.target_names) if name not in names]
    header = table.header
    if not any(name in header for name in names):
        encoding.check_columns(Table(table.name, {}, str), header)
    _check_kept(table.name, asked, header)
    blanks = Blanks(encoding.blanks)
    blocks = table.blocks(
        kinds=_kinds(encoding, kept, asked.wanted),
        used=[name for name in dict.fromkeys((*names, *others)) if name in header],
        missing=blanks,
    )

    def checked() -> Iterator[Table]:
        rows = asked.rows or _suited_rows(encoding)
        forms = {name: form for name, form in encoding.forms.items() if name not in kept}
        for read in regrouped(table.name, blocks, rows):
            block = converted(read, forms, blanks)
            encoding.check_columns(_as_inputs(block, encoding, kept), header)
            check_there(table.name, asked.target_names, header)
            yield block

    for block in labelled(checked(), asked):
        yield RowBlock(
            encoding.encode_block(_as_inputs(block, encoding, kept), header, asked.unseen),
            {name: block.columns[name].tolist() for name in kept if name in block.columns},
            asked.targets.values(block) if asked.targets else None,
            _truth(block, asked.truth, kept, encoding) if asked.truth else (),
            block.place,
        )


def _kept(encoding: Encoding, asked: Asked) -> list[str]:
    """Return the columns to print next to the predictions."""
    own = [] if encoding.id is None or asked.targets else [encoding.id]
    return [*dict.fromkeys(asked.ids or own)]


def _check_kept(name: str, asked: Asked, header: Collection[str]) -> None:
    for column in asked.ids:
        if column not in header:
            near = did_you_mean(column, [*header])
            raise DataError(f"{name}: has no column '{column}' to keep{near}")


def _truth(
    block: Table, targets: Targets, kept: Collection[str], encoding: Encoding
) -> list[Cells]:
    """Return the targets to print; those also kept as columns were read as text."""
    texts = [] if targets.classes else [name for name in targets.names if name in kept]
    return truth_of(_typed(block, texts, encoding), targets)


def _as_inputs(table: Table, encoding: Encoding, kept: Collection[str]) -> Table:
    """Return a table with inputs of their own kinds; those also kept were read as text."""
    numbers = [each.name for each in encoding.columns if each.kind != "category"]
    return _typed(table, [name for name in numbers if name in kept], encoding)


def _typed(table: Table, names: Sequence[str], encoding: Encoding) -> Table:
    """Return a table with columns of text parsed again."""
    blanks = Blanks(encoding.blanks)
    typed = {
        name: cells_of(
            table.columns[name].tolist(),
            Place(table.name, name, table.place),
            missing=blanks,
            texts_may_be_numbers=True,
        )
        for name in names
        if name in table.columns and name not in encoding.forms
    }
    table = replace(table, columns={**table.columns, **typed}) if typed else table
    return converted(
        table, {name: encoding.forms[name] for name in names if name in encoding.forms}, blanks
    )


def _kinds(encoding: Encoding, kept: Sequence[str], targets: Targets | None) -> dict[str, Wanted]:
    """Return the kinds of the columns that must not be read as numbers."""
    texts = [each.name for each in encoding.columns if each.kind == "category"]
    written: dict[str, Wanted] = dict.fromkeys(encoding.forms, "written")
    return {**written, **dict.fromkeys((*texts, *kept), "category"), **target_kinds(targets)}


def _suited_rows(encoding: Encoding) -> int:
    return max(1, min(MOST_ROWS, _BLOCK_NUMBERS // max(1, len(encoding.inputs))))


def number_blocks(table: OpenTable, columns: Sequence[str], asked: Asked) -> Iterator[RowBlock]:
    """Yield the rows of a table that `matching` gave these columns, as numbers.

    Rows without a target are dropped if targets are requested.

    Raises
    ------
    DataError
        When columns are missing or cells are invalid.
    """
    targets, truth = asked.targets, asked.truth
    check_there(table.name, asked.target_names, table.header)
    kinds: dict[str, Wanted] = dict.fromkeys((*columns, *asked.target_names), "number")
    kinds |= target_kinds(asked.wanted)
    rows = asked.rows or max(1, min(MOST_ROWS, _BLOCK_NUMBERS // len(columns)))
    blocks = table.blocks(kinds=kinds, used=list(kinds), missing=())
    empty = True
    for block in labelled(regroup(blocks, rows), asked):
        yield RowBlock(
            _numbers(block, columns),
            targets=_values(block, targets) if targets else None,
            truth=truth_of(block, truth) if truth else (),
            place=block.place,
        )
        empty = False
    if empty:
        raise DataError(f"{table.name}: has no rows below its header")


def _values(block: Table, targets: Targets) -> NDArray[Any]:
    if not targets.classes:
        return _numbers(block, targets.names)
    cells = block.columns[targets.names[0]]
    return targets.indices(cells, lambda row: f"{block.name}: {block.place(row)}")


def _numbers(block: Table, columns: Sequence[str]) -> NDArray[Any]:
    """Return the columns as an array (N, C). Raises `DataError` for a blank cell."""
    rows = np.column_stack([block.columns[column] for column in columns])
    blank = np.isnan(rows)
    if blank.any():
        row, column = np.argwhere(blank)[0]
        raise DataError(
            f"{block.name}: {block.place(int(row))}, column {columns[column]}: is empty; "
            "expected a finite number"
        )
    return rows
