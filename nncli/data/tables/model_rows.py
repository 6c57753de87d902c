"""Read rows for a model from a user's file: CSV, Parquet, ``.npy``, ``.npz``, or IDX, also gzipped.

What a file is shows in its first bytes, never in its name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.mapping import give_back, row_blocks
from nncli.base.words import briefly, count, did_you_mean
from nncli.data.files.array_file import arrays_in, inputs_and_targets, named
from nncli.data.files.csv_file import CsvFile
from nncli.data.files.input_file import Advance, InputFile, open_input, tell_nobody
from nncli.data.files.table import Kind, Table
from nncli.data.files.table_blocks import join, regroup
from nncli.data.files.table_file import opened

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Labelled:
    """Rows with what is to be predicted.

    Attributes
    ----------
    inputs : array (N, I)
    targets : array (N,) of indices of the classes, or array (N, O) of numbers
    """

    inputs: Numbers
    targets: Numbers


def number_blocks(
    file: InputFile,
    columns: Sequence[str],
    rows: int,
    *,
    note: Callable[[str], None] = lambda text: None,
    advance: Advance = tell_nobody,
) -> Iterator[Numbers]:
    """Yield the rows of a file for a model with these input columns, each (N, len(columns)).

    In Parquet, and in a CSV file with a header that has all the columns, they are taken by name, in
    any order; otherwise the file must have exactly as many columns. Numbers in arrays keep their
    type: bytes stay bytes.

    Parameters
    ----------
    rows : int
        How many there are in a block; the last may have fewer.
    note : function of str
        Told, in a line, when a header has none of the names and columns are taken as they stand.
    advance : function of int
        Told how many bytes were read of what `file` does not read itself.

    Raises
    ------
    DataError
        Naming the place, what was found and what was expected.
    """
    arrays = arrays_in(file)
    if arrays is not None:
        yield from _array_blocks(_only(arrays, file.name), file, columns, rows, advance)
        return
    if file.kind == "parquet":
        tables = _parquet_blocks(file, columns, advance)
    else:
        tables = _Csv(CsvFile(file), columns, note).blocks({})
    empty = True
    for table in regroup(tables, rows, double=True):
        yield _numbers(table, columns)
        empty = False
    if empty:
        raise DataError(f"{file.name}: has no rows below its header")


def _parquet_blocks(file: InputFile, columns: Sequence[str], advance: Advance) -> Iterator[Table]:
    header, blocks = opened(file, advance)
    if lacking := [column for column in columns if column not in header]:
        raise DataError(
            f"{file.name}: has {count(len(header), 'column')} and lacks {briefly(lacking)}; the "
            f"model takes {len(columns)} ({briefly(columns)})"
        )
    return blocks(kinds=dict.fromkeys(columns, "number"), used=columns, missing=())


def _array_blocks(
    array: Numbers, file: InputFile, columns: Sequence[str], rows: int, advance: Advance
) -> Iterator[Numbers]:
    matrix = _matrix(array, file.name, columns)
    is_mapped = file.path is not None and file.kind == "npy"
    for start in range(0, len(matrix), rows):
        part = matrix[start : start + rows]
        _check_finite(part, file.name, columns, start)
        yield part
        give_back(matrix)
        if is_mapped:  # the others were read by the file itself
            advance(part.nbytes)


def read_labelled(
    path: Path, columns: Sequence[str], targets: Sequence[str], classes: Sequence[str]
) -> Labelled:
    """Read rows with their targets: a CSV file with columns of these names, or an npz with X, y.

    With `classes` the one target names them; without, all targets are numbers.

    Raises
    ------
    DataError
        As `number_blocks`, and for a class that the model does not know.
    """
    with open_input(path) as file:
        arrays = arrays_in(file)
        if arrays is None:
            return _labelled_table(_Csv(CsvFile(file), columns), columns, targets, classes)
        if "" in arrays:
            what = (
                f"a column {targets[0]!r}" if len(targets) == 1 else "columns " + briefly(targets)
            )
            raise DataError(f"{file.name}: has no {'labels' if classes else 'targets'}; give a CSV "
                            f"file with {what}, or an npz with X and y")  # fmt: skip
        X, y = inputs_and_targets(arrays, file.name)
        inputs = _checked(X, file.name, columns)
        return Labelled(inputs, _targets_in_array(y, file.name, targets, classes))


def _labelled_table(
    csv: "_Csv", columns: Sequence[str], targets: Sequence[str], classes: Sequence[str]
) -> Labelled:
    for target in targets:
        csv.check_has(target)
    table = csv.read(dict.fromkeys(targets, "category" if classes else "number"))
    inputs = _numbers(table, columns)
    if not classes:
        return Labelled(inputs, _numbers(table, targets))
    texts = [text or "" for text in table.columns[targets[0]].tolist()]
    return Labelled(inputs, _class_indices(texts, table.place, table.name, classes))


def _only(arrays: Mapping[str, Numbers], name: str) -> Numbers:
    """Return the one array, or of several that called X."""
    if len(arrays) != 1 and "X" not in arrays:
        raise DataError(f"{name}: has {named(arrays)}; expected one array, or one called X")
    return arrays["X"] if "X" in arrays else next(iter(arrays.values()))


def _targets_in_array(
    y: Numbers, name: str, targets: Sequence[str], classes: Sequence[str]
) -> Numbers:
    if classes:
        texts = [_class_name(label) for label in y.ravel().tolist()]
        return _class_indices(texts, "y[{}]".format, name, classes)
    one_a_row = y.reshape(-1, 1) if y.ndim < 2 else y
    return _checked(one_a_row, f"{name}: y", targets, verb="predicts", shape=y.shape)


def _class_name(label: object) -> str:
    """Return a label of an array as the name of a class: 7.0 and 7 are one, True is 1."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(int(label)) if isinstance(label, bool) else str(label)


def _class_indices(
    texts: Sequence[str], place: Callable[[int], str], name: str, classes: Sequence[str]
) -> NDArray[np.intp]:
    index = {each: number for number, each in enumerate(classes)}
    for row, text in enumerate(texts):
        if text not in index:
            raise DataError(
                f"{name}: {place(row)}: the class {text!r} is not one of the model's: "
                + ", ".join(classes)
            )
    return np.array([index[text] for text in texts], np.intp)


def _checked(
    array: Numbers,
    name: str,
    columns: Sequence[str],
    *,
    verb: str = "takes",
    shape: tuple[int, ...] | None = None,
) -> Numbers:
    """Return an array as `_matrix` does. Raises `DataError` also for what is not finite."""
    matrix = _matrix(array, name, columns, verb=verb, shape=shape)
    for start, part in row_blocks(matrix):
        _check_finite(part, name, columns, start)
    return matrix


def _matrix(
    array: Numbers,
    name: str,
    columns: Sequence[str],
    *,
    verb: str = "takes",
    shape: tuple[int, ...] | None = None,
) -> Numbers:
    """Return an array from a file as numbers of shape (N, len(columns)).

    For the message `verb` says what the model does with them, and `shape` is that in the file.
    """
    if array.dtype.kind not in "buif":
        raise DataError(f"{name}: holds values of type {array.dtype}; expected numbers")
    if array.ndim > 1 and len(array) == 0:
        raise DataError(f"{name}: has no rows")
    rows = array.reshape(1, -1) if array.ndim < 2 else array.reshape(len(array), -1)
    if rows.shape[1] != len(columns):
        raise DataError(
            f"{name}: an array of shape {array.shape if shape is None else shape}, "
            f"{count(rows.shape[1], 'number')} a row; the model {verb} {len(columns)} "
            f"({briefly(columns)})"
        )
    return rows.view(np.uint8) if rows.dtype.kind == "b" else rows


def _check_finite(part: Numbers, name: str, columns: Sequence[str], first_row: int) -> None:
    """Raise `DataError` for the first number that is not finite in some rows of an array."""
    if part.dtype.kind == "f" and not (finite := np.isfinite(part)).all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(
            f"{name}: row {first_row + row}, column {columns[column]}: found {part[row, column]}; "
            "expected a finite number"
        )


def _numbers(table: Table, columns: Sequence[str]) -> Numbers:
    """Return columns side by side, (N, C). Raises `DataError` for a blank cell."""
    rows = np.column_stack([table.columns[column] for column in columns])
    blank = np.isnan(rows)
    if blank.any():
        row, column = np.argwhere(blank)[0]
        raise DataError(
            f"{table.name}: {table.place(int(row))}, column {columns[column]}: is empty; "
            "expected a finite number"
        )
    return rows


class _Csv:
    """A CSV file whose columns are matched with those of a model."""

    def __init__(
        self, csv: CsvFile, columns: Sequence[str], note: Callable[[str], None] | None = None
    ) -> None:
        """Match; without `note`, by the names in the header only."""
        self._csv = csv
        self._columns = columns
        named = csv.has_header() or set(columns) <= set(csv.first)
        self._header = csv.first if named else []
        self._names = self._matched(note)

    def check_has(self, column: str) -> None:
        """Raise `DataError` when there is no column of this name."""
        if column not in self._header:
            raise DataError(
                f"{self._csv.name}: has no column {column!r} to compare with"
                + did_you_mean(column, self._header)
            )

    def blocks(self, others: Mapping[str, Kind]) -> Iterator[Table]:
        """Yield the model's columns, and others as they are."""
        kinds: dict[str, Kind] = {**dict.fromkeys(self._columns, "number"), **others}
        return self._csv.blocks(
            self._names, with_first=not self._header, kinds=kinds, used=list(kinds), missing=()
        )

    def read(self, others: Mapping[str, Kind]) -> Table:
        """Return all rows of `blocks`."""
        table = join(self.blocks(others), double=True)
        if not table.columns:
            raise DataError(f"{self._csv.name}: has no rows below its header")
        return table

    def _matched(self, note: Callable[[str], None] | None) -> Sequence[str]:
        """Return the model's names for the file's columns; those in a header may differ in case."""
        header, columns, width = self._header, self._columns, len(self._csv.first)
        if len({name.casefold() for name in header}) == len(header):
            by_case = {name.casefold(): name for name in columns}
            header = [by_case.get(name.casefold(), name) for name in header]
        missing = [column for column in columns if column not in header]
        if not missing:
            return header
        # A header with only some of the names is a mistake, not names of the user's own.
        named_otherwise = len(missing) == len(columns)
        if width == len(columns) and named_otherwise and note is not None:
            if header:
                note(
                    f"{self._csv.name}: the header has none of the model's names "
                    f"({briefly(columns)}); its columns are taken in their order"
                )
            return columns
        found = count(width, "column")
        lacks = f" and lacks {briefly(missing)}" if header else " and no header"
        hint = ", separated by commas" if width == 1 and len(columns) > 1 else ""
        raise DataError(
            f"{self._csv.name}: has {found}{lacks}; the model takes {len(columns)} "
            f"({briefly(columns)}){hint}"
        )
