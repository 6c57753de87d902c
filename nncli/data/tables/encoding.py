"""Encode the columns of a table as a matrix of inputs.

`fit` fits each `Column` to the training rows. The resulting `Encoding` converts any table with
these columns to a matrix, for training, evaluation and prediction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.mapping import row_blocks
from nncli.base.storage.temporary_file import stacked
from nncli.base.words import did_you_mean, listed
from nncli.data.files.numerals import remedy_for
from nncli.data.files.table import NUMBER, Table
from nncli.data.files.table_blocks import compact
from nncli.data.names import plain_name
from nncli.data.splits import Rows
from nncli.data.tables.column import KIND_WORDS, Column, blank_cells
from nncli.data.tables.unseen import Unseen

if TYPE_CHECKING:
    from nncli.data.tables.written import Form

_ENCODED_BYTES = 4 << 20  # per block


@dataclass(frozen=True)
class Encoding:
    """All input columns of a network, fitted.

    Attributes
    ----------
    columns : tuple of Column
    blanks : tuple of str
        Texts in files that count as blank cells.
    id : str or None
        Column to show next to predictions; not an input.
    forms : mapping of str to str
        Formats of numbers or dates in text, by column, including targets: see `written`.
    """

    columns: tuple[Column, ...]
    blanks: tuple[str, ...] = ()
    id: str | None = None
    forms: Mapping[str, Form] = field(default_factory=dict)

    @property
    def inputs(self) -> list[str]:
        """The names of the network's inputs."""
        return [name for column in self.columns for name in column.inputs]

    @property
    def scaled(self) -> list[bool]:
        """Which of the inputs are scaled."""
        return [each for column in self.columns for each in column.scaled]

    @property
    def by_plain_names(self) -> Encoding:
        """The same encoding with today's column names: see `as_named_before`."""
        columns = (replace(each, name=plain_name(each.name)) for each in self.columns)
        forms = {plain_name(name): form for name, form in self.forms.items()}
        return replace(self, columns=tuple(columns), forms=forms)

    @property
    def strict(self) -> Encoding:
        """The same encoding, but it refuses blank cells in columns without any in training."""
        columns = (
            replace(each, missing="error", fill=None) if each.missing == "auto" else each
            for each in self.columns
        )
        return replace(self, columns=tuple(columns))

    def encode(self, table: Table) -> tuple[NDArray[Any], list[str]]:
        """Return the matrix (N, inputs) of a table, and lines about cells not seen in training.

        The matrix has single precision if that is exact for all cells, else double.

        Raises
        ------
        DataError
            If a column is missing or of another kind, and as for `Column.encode`.
        """
        self.check_columns(table)
        unseen = Unseen()
        shape, dtype = (len(table), len(self.inputs)), self._dtype(table)
        rows = max(1, _ENCODED_BYTES // max(1, shape[1] * dtype.itemsize))
        blocks = (self._encoded(part, unseen, dtype) for part in table.parts(rows))
        return stacked(blocks, shape, dtype), unseen.notes(table.name)

    def encode_block(self, table: Table, found: Collection[str], unseen: Unseen) -> NDArray[Any]:
        """Return the matrix (N, inputs) of some rows of a file, in double precision.

        Odd cells are added to `unseen`. `found` is as for `check_columns`; errors are as for
        `check_columns` and `Column.encode`.
        """
        self.check_columns(table, found)
        return self._encoded(table, unseen, np.dtype(np.float64))

    def _dtype(self, table: Table) -> np.dtype[Any]:
        """Return the smallest float type that holds the numbers of a table and the fills."""
        dates = [each for each in self.columns if each.kind == "date"]
        if any("days" in each.parts for each in dates):
            return np.dtype(np.float64)
        numbers = [each for each in self.columns if each.kind in ("number", "boolean")]
        fills = np.array([each.fill or 0 for each in numbers], np.float64)
        no_rows = table.part(0, 0)  # a column of a large table is read on each access
        types = [no_rows.columns[each.name].dtype for each in numbers]
        return np.result_type(np.float32, compact(fills), *types)

    def _encoded(self, table: Table, unseen: Unseen, dtype: np.dtype[Any]) -> NDArray[Any]:
        matrix = np.empty((len(table), len(self.inputs)), dtype)
        start = 0
        for column in self.columns:
            end = start + len(column.inputs)
            unseen.add(table, column.name, column.encode(table, matrix[:, start:end]))
            start = end
        return matrix

    def check_columns(self, table: Table, found: Collection[str] = ()) -> None:
        """Raise `DataError` with all differences if the columns of `table` do not match.

        Parameters
        ----------
        found : collection of str, optional
            Names of all columns in the file, if not all of them were read.
        """
        names = [column.name for column in self.columns]
        lacking = [name for name in names if name not in table.columns]
        problems = []
        if lacking:
            others = [name for name in found or table.columns if name not in names]
            hint = did_you_mean(lacking[0], others)
            problems.append(f"missing {listed(lacking)}" + (hint and f" ({hint[2:]})"))
            if others:
                problems.append(f"unexpected {listed(others)}")
        for column in self.columns:
            if column.name in table.columns and (other := _other_kind(column, table)):
                problems.append(f"{column.name}: {other}")
        if problems:
            raise DataError(
                f"{table.name}: columns do not match the model: {'; '.join(problems)}; add "
                "or correct these columns"
            )

    def as_json(self) -> dict[str, Any]:
        """Return the encoding as JSON values, without empty forms and parts, as in old versions."""
        values = asdict(self)
        columns = [
            {key: each for key, each in column.items() if key != "parts" or each}
            for column in values["columns"]
        ]
        return {key: each for key, each in values.items() if key != "forms" or each} | {
            "columns": columns
        }


def fit(columns: Sequence[Column], table: Table, rows: Rows) -> Encoding:
    """Fit columns to the training rows, and return their encoding. Raise `DataError`."""
    return Encoding(tuple(column.fit(table, rows) for column in columns))


def constant_columns(encoding: Encoding, matrix: NDArray[Any], rows: Rows) -> Iterator[str]:
    """Yield the names of columns whose inputs are constant over some rows of `matrix`."""
    first, changes = matrix[rows[:1]], np.zeros(matrix.shape[1], np.bool_)
    for _, block in row_blocks(matrix, rows):
        changes |= (block != first).any(axis=0)
    start = 0
    for column in encoding.columns:
        end = start + len(column.inputs)
        if not changes[start:end].any():
            yield column.name
        start = end


def _other_kind(column: Column, table: Table) -> str | None:
    """Return a problem if a column of a table has another kind than the model expects."""
    kind = table.kind(column.name)
    if kind == column.kind:
        return None
    cells = table.columns[column.name]
    known = cells[~blank_cells(cells)]
    if not len(known):
        return None
    if column.kind == "boolean" and kind == "number" and np.isin(known, (0, 1)).all():
        return None
    if column.kind == "number" and kind == "boolean":  # true and blank cells also suit a number
        return None
    if kind == "category" and column.takes_texts(known):
        return None
    if kind == "category":
        texts = (row for row, cell in enumerate(cells) if cell and not _is_number(cell))
        row = next(texts, int((~blank_cells(cells)).argmax()))
        found = f"found {cells[row]!r} ({table.place(row)})"
        if column.kind == "number":
            return f"{found}; expected numbers{remedy_for(cells[row])}"
    else:
        found = f"found {KIND_WORDS[kind]}s"
    return f"{found}; expected {KIND_WORDS[column.kind]}s"


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell) is not None
