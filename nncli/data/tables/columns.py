"""The columns of a table, and how each becomes inputs of a network.

A `Column` describes one; `fit` completes it with what the training rows show, and the `Encoding`
of all of them then turns any table with these columns into a matrix: for training, evaluation and
prediction alike.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.mapping import row_blocks
from nncli.base.storage.temporary_file import stacked
from nncli.base.words import count, did_you_mean, listed
from nncli.data.files.table import NUMBER, Cells, Kind, Table
from nncli.data.splits import Rows

Missing = Literal["error", "mean", "median", "constant", "indicator"]
Numbers = NDArray[np.float64]

KINDS: tuple[Kind, ...] = get_args(Kind)
POLICIES: tuple[Missing, ...] = get_args(Missing)
LARGEST = 1e30  # float32 holds it, scaled too
MOST_CATEGORIES = 1000
MOST_BLANKS = 1000  # a column is searched for each that is a number
FEWEST_TEXTS = 10  # fewer are categories, however often each occurs
_ENCODED_BYTES = 4 << 20  # at a time
# float32 has seven digits: where they begin this far above what changes, few of them are left.
_OFFSET_IN_DEVIATIONS = 1000

_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( .*)?"
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
)


@dataclass(frozen=True)
class Column:
    """A column that a network sees.

    Attributes
    ----------
    name : str
    kind : str
        A number is one input; a Boolean one of 0 and 1; a category as many as it has different
        texts, each 1 where the cell is that text and else 0.
    missing : str
        What a blank cell is: an ``error``; the ``mean`` or ``median`` of the training rows; a
        ``constant``; or it has an input of its own, the ``indicator``, which is 1 where the cell
        is blank. A number or Boolean with an indicator takes the mean there, too.
    fill : float, str or None
        What stands for a blank cell: the constant, or what `fit` has found.
    categories : tuple of str
        The different texts of the training rows, sorted.
    """

    name: str
    kind: Kind
    missing: Missing = "error"
    fill: float | str | None = None
    categories: tuple[str, ...] = ()

    @property
    def inputs(self) -> list[str]:
        """The names of the network's inputs that it becomes."""
        names = [f"{self.name}={each}" for each in self.categories]
        if self.kind != "category":
            names = [self.name]
        return [*names, f"{self.name} is blank"] if self.missing == "indicator" else names

    @property
    def scaled(self) -> list[bool]:
        """Which of its inputs are scaled: numbers, not those that are 0 or 1."""
        return [self.kind == "number" and name == self.name for name in self.inputs]

    def fit(self, table: Table, rows: Rows) -> "Column":
        """Return it with the fill and the categories that the training rows give.

        Raises
        ------
        DataError
            As `encode`, and when every cell of a column whose mean is needed is blank.
        """
        if self.kind == "category":
            texts = {cell for cell in table.columns[self.name][rows] if cell is not None}
            if self.missing == "constant":
                texts.add(self.fill)
            return replace(self, categories=tuple(sorted(texts)))
        if self.missing in ("error", "constant"):
            return self
        known = self._numbers(table)[rows]
        known = known[~np.isnan(known)]
        if not len(known):
            raise DataError(
                f"{table.name}: column {self.name}: every cell of the training rows is blank; add "
                "it to data.drop"
            )
        figure = np.median if self.missing == "median" else np.mean
        return replace(self, fill=float(figure(known)))

    def encode(self, table: Table, out: NDArray[Any]) -> NDArray[np.intp]:
        """Write the inputs of every row of `table` to `out` (N, inputs).

        Returns
        -------
        array of numbers
            The rows whose text is none of the categories: their inputs are all 0.

        Raises
        ------
        DataError
            For the first blank cell that must not be, and a number too large.
        """
        blank = blank_cells(table.columns[self.name])
        if self.missing == "error" and blank.any():
            raise DataError(
                f"{table.name}: {table.place(int(blank.argmax()))}, column {self.name}: is blank; "
                f"expected a {_WORDS[self.kind]}; fill it, or train with data.columns: "
                f"{{{self.name}: {{missing: {_REMEDIES[self.kind]}}}}}"
            )
        if self.missing == "indicator":
            out[:, -1] = blank
        if self.kind == "category":
            return self._encode_texts(table, out)
        numbers = self._numbers(table)
        out[:, 0] = numbers if self.fill is None else np.where(blank, self.fill, numbers)
        return np.empty(0, np.intp)

    def _encode_texts(self, table: Table, out: NDArray[Any]) -> NDArray[np.intp]:
        number: dict[str | None, int] = {each: n for n, each in enumerate(self.categories)}
        cells = table.columns[self.name]
        number[None] = number.get(self.fill, -1) if self.missing == "constant" else -1  # type: ignore[arg-type]  # a text
        codes = np.fromiter((number.get(cell, -2) for cell in cells), np.intp, len(cells))
        out[:, : len(self.categories)] = 0
        known = np.flatnonzero(codes >= 0)
        out[known, codes[known]] = 1
        return np.flatnonzero(codes == -2)

    def _numbers(self, table: Table) -> Numbers:
        cells = table.columns[self.name]
        numbers = cells.astype(np.float64)
        check_size(table, self.name, numbers)
        return numbers


_WORDS: dict[Kind, str] = {"number": "number", "boolean": "Boolean", "category": "text"}
_REMEDIES: dict[Kind, Missing] = {
    "number": "median",
    "boolean": "indicator",
    "category": "indicator",
}


class Unseen:
    """Texts of columns that are none of their categories, in one table after another."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, str]] = {}  # the text, and the start of the line
        self._several: set[str] = set()
        self._rows = Counter[str]()

    def add(self, table: Table, column: str, rows: NDArray[np.intp]) -> None:
        """Take note of the texts of a column in these rows; of all of them only the first stays."""
        if not len(rows):
            return
        text = table.columns[column][rows[0]]
        start = f"{table.name}: column {column}: {text!r} ({table.place(int(rows[0]))})"
        first, _ = self._first.setdefault(column, (text, start))
        if {*table.columns[column][rows]} != {first}:
            self._several.add(column)
        self._rows[column] += len(rows)

    def notes(self) -> list[str]:
        """Return a line about each column that has any."""
        return [
            start
            + (" and others are" if column in self._several else " is")
            + " not among the categories of the training rows; in "
            f"{count(self._rows[column], 'row')} its inputs are all 0"
            for column, (_, start) in self._first.items()
        ]


@dataclass(frozen=True)
class Encoding:
    """All columns that a network sees, fitted.

    Attributes
    ----------
    columns : tuple of Column
    dtype : str
        Of the matrix: ``float32``, or ``float64`` where a column needs the digits.
    blanks : tuple of str
        Cells of a file that count as blank.
    id : str or None
        A column that is no input, but stands beside predictions.
    """

    columns: tuple[Column, ...]
    dtype: str = "float32"
    blanks: tuple[str, ...] = ()
    id: str | None = None

    @property
    def inputs(self) -> list[str]:
        """The names of the network's inputs."""
        return [name for column in self.columns for name in column.inputs]

    @property
    def scaled(self) -> list[bool]:
        """Which of the inputs are scaled."""
        return [each for column in self.columns for each in column.scaled]

    def encode(self, table: Table) -> tuple[NDArray[Any], list[str]]:
        """Return the matrix (N, inputs) of a table, and lines about categories unseen before.

        Raises
        ------
        DataError
            When columns are missing or of another kind, and as `Column.encode`.
        """
        self.check_columns(table)
        unseen = Unseen()
        shape, dtype = (len(table), len(self.inputs)), np.dtype(self.dtype)
        rows = max(1, _ENCODED_BYTES // max(1, shape[1] * dtype.itemsize))
        matrix = stacked((self._encoded(part, unseen) for part in table.parts(rows)), shape, dtype)
        return matrix, unseen.notes()

    def encode_block(self, table: Table, found: Collection[str], unseen: Unseen) -> NDArray[Any]:
        """Return the matrix (N, inputs) of some rows of a file; add to what is `unseen`.

        `found` and errors are as for `check_columns`, and for `Column.encode`.
        """
        self.check_columns(table, found)
        return self._encoded(table, unseen)

    def _encoded(self, table: Table, unseen: Unseen) -> NDArray[Any]:
        matrix = np.empty((len(table), len(self.inputs)), self.dtype)
        start = 0
        for column in self.columns:
            end = start + len(column.inputs)
            rows = column.encode(table, matrix[:, start:end])
            unseen.add(table, column.name, rows)
            start = end
        return matrix

    def check_columns(self, table: Table, found: Collection[str] = ()) -> None:
        """Raise `DataError` with all differences when `table` has not the columns.

        Parameters
        ----------
        found : collection of str, optional
            The names of all columns of its file, where not all of them were read.
        """
        names = [column.name for column in self.columns]
        lacking = [name for name in names if name not in table.columns]
        problems = []
        if lacking:
            others = [name for name in found or table.columns if name not in names]
            hint = did_you_mean(lacking[0], others)
            problems.append(f"lacks {listed(lacking)}" + (hint and f" ({hint[2:]})"))
            if others:
                problems.append(f"has {listed(others)} beside the others")
        for column in self.columns:
            if column.name in table.columns and (other := _other_kind(column, table)):
                problems.append(f"{column.name}: {other}")
        if problems:
            raise DataError(
                f"{table.name}: has not the columns that the model takes: " + "; ".join(problems)
            )

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def fit(columns: Sequence[Column], table: Table, rows: Rows) -> Encoding:
    """Complete the descriptions of columns with what the training rows show. Raises `DataError`."""
    fitted = tuple(column.fit(table, rows) for column in columns)
    wide = any(_needs_digits(table.columns[each.name][rows]) for each in columns)
    return Encoding(fitted, "float64" if wide else "float32")


def described(
    table: Table, names: Sequence[str], chosen: Mapping[str, Mapping[str, Any]]
) -> list[Column]:
    """Return the columns called `names` as a table shows them, but for what the user has chosen.

    Parameters
    ----------
    chosen : mapping of str to mapping
        Of some columns ``kind``, ``missing`` and ``fill``.

    Raises
    ------
    DataError
        For dates, and text that names its row instead of a category, unless chosen as category.
    """
    columns = []
    for name in names:
        settings = dict(chosen.get(name, {}))
        kind = settings.pop("kind", None)
        if kind is None and (problem := unsuited(table, name)):
            raise DataError(f"{table.name}: column {name}: {problem}")
        columns.append(_checked(Column(name, kind or table.kind(name), **settings), table))
    return columns


def _checked(column: Column, table: Table) -> Column:
    """Refuse a policy that cells of this kind do not have."""
    texts = column.kind == "category"
    problem = None
    if texts and column.missing in ("mean", "median"):
        problem = f"text has no {column.missing}; expected constant, indicator or error"
    elif column.missing == "constant" and isinstance(column.fill, str) != texts:
        problem = f"found the constant {column.fill!r}; expected a {_WORDS[column.kind]}"
    if problem:
        raise DataError(f"{table.name}: column {column.name}: {problem}, as data.columns.missing")
    return column


def unsuited(table: Table, name: str) -> str | None:
    """Return why the text of a column makes no categories, and the remedy, if it makes none."""
    if table.kind(name) != "category":
        return None
    cells = table.columns[name]
    known = np.flatnonzero(~blank_cells(cells))
    different = {*cells[known]}
    if different and all(map(_DATE.fullmatch, different)):
        return (
            f"{table.place(int(known[0]))}: found {cells[known[0]]!r}, a date or time; "
            "make numbers of it (a year, days since then), or add the column to data.drop"
        )
    if len(different) > max(FEWEST_TEXTS, len(known) / 2) or len(different) > MOST_CATEGORIES:
        return (
            f"{len(different)} different texts in {count(len(known), 'row')}, as of names or free "
            "text; add it to data.drop, or to keep it beside the predictions say "
            f"data.id: {name}"
        )
    return None


def blank_cells(cells: Cells) -> NDArray[np.bool_]:
    """Return which cells are blank, (N,)."""
    if cells.dtype.kind == "O":
        return np.fromiter((cell is None for cell in cells), np.bool_, len(cells))
    return np.isnan(cells) if cells.dtype.kind == "f" else np.zeros(len(cells), np.bool_)


def check_size(table: Table, name: str, numbers: Numbers) -> None:
    """Raise `DataError` for a number that scaling or float32 would bring to infinity."""
    large = np.abs(numbers) > LARGEST
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{table.name}: {table.place(row)}, column {name}: found {numbers[row]:g}; expected a "
            f"number from {-LARGEST:g} to {LARGEST:g}"
        )


def constant_columns(encoding: Encoding, matrix: NDArray[Any], rows: Rows) -> Iterator[str]:
    """Yield the names of columns whose inputs never change over some rows of `matrix`."""
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
    """Return what a column of a file is, where that is not what the model takes, if it is not."""
    kind = table.kind(column.name)
    if kind == column.kind:
        return None
    cells = table.columns[column.name]
    known = cells[~blank_cells(cells)]
    if not len(known):
        return None
    if column.kind == "boolean" and kind == "number" and np.isin(known, (0, 1)).all():
        return None
    if column.kind == "number" and kind == "boolean":  # true and blanks are a number, too
        return None
    if kind == "category":
        texts = (row for row, cell in enumerate(cells) if cell and not _is_number(cell))
        row = next(texts, int((~blank_cells(cells)).argmax()))
        found = f"found {cells[row]!r} ({table.place(row)})"
    else:
        found = f"found {_WORDS[kind]}s"
    return f"{found}; expected {_WORDS[column.kind]}s"


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell) is not None


def _needs_digits(cells: Cells) -> bool:
    if cells.dtype.kind not in "iuf":
        return False
    known = cells[~blank_cells(cells)].astype(np.float64)
    known = known[np.abs(known) <= LARGEST]
    if not len(known):
        return False
    deviation = float(known.std())
    return 0 < deviation * _OFFSET_IN_DEVIATIONS < float(np.abs(known).max())
