"""Read the rows of a user's file: CSV, ``.npy``, ``.npz``, or IDX, also gzipped.

What a file is shows in its first bytes, never in its name.
"""

import csv
import io
import re
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data import npy
from nncli.data.idx import read_idx
from nncli.data.regular_file import read_regular
from nncli.errors import DataError, did_you_mean, reason

Numbers = NDArray[Any]

_NUMBER = re.compile(r"\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*", re.ASCII)
_COMPRESSIONS_OF_NUMPY = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LARGEST_NPZ = 1 << 32
_NOT_FINITE = re.compile(r"\s*[-+]?(nan|inf|infinity)\s*", re.ASCII | re.IGNORECASE)


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


def read_rows(
    path: Path, columns: Sequence[str], *, note: Callable[[str], None] = lambda text: None
) -> Numbers:
    """Read the rows of a file for a model with these input columns, shape (N, len(columns)).

    In a CSV file with a header that has all the columns, they are taken by name, in any order;
    otherwise the file must have exactly as many columns. ``-`` is standard input. Numbers keep
    the smallest type that the file shows: bytes stay bytes. `note` is told, in a line, when a
    header has none of the names and the columns are taken as they stand.

    Raises
    ------
    DataError
        Naming the place, what was found and what was expected.
    """
    content, name = _read(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy's warnings about a file are errors in it
        array = _array(content, name)
        if array is None:
            return _Csv(content, name).numbers(columns, note=note)
    return _checked(array, name, columns)


def read_arrays(path: Path) -> dict[str, Numbers]:
    """Return the arrays of an ``.npz`` by name.

    Raises
    ------
    DataError
        When the file is missing, not a regular file, damaged or no ``.npz``.
    """
    try:
        content = read_regular(path, _LARGEST_NPZ)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from error
    if len(content) > _LARGEST_NPZ:
        raise DataError(f"{path}: is larger than 4 GiB")
    return _npz(content, str(path))


def read_array(path: Path) -> Numbers:
    """Return the array of an ``.npy`` or IDX file, of an ``.npz`` the only one.

    Raises
    ------
    DataError
        When the file is missing, damaged or none of these.
    """
    content, name = _read(path)
    array = _array(content, name)
    if array is None:
        raise DataError(f"{name}: is neither an .npy nor an IDX file")
    return array


def read_labelled(
    path: Path, columns: Sequence[str], targets: Sequence[str], classes: Sequence[str]
) -> Labelled:
    """Read rows with their targets: a CSV file with columns of these names, or an npz with X, y.

    With `classes` the one target names them; without, all targets are numbers.

    Raises
    ------
    DataError
        As `read_rows`, and for a class that the model does not know.
    """
    content, name = _read(path)
    if content[:2] == b"PK":
        arrays = _npz(content, name)
        if not {"X", "y"} <= arrays.keys():
            raise DataError(f"{name}: has {_listed(arrays)}; expected the arrays X and y")
        inputs = _checked(arrays["X"], name, columns)
        found = _targets_in_array(arrays["y"], name, targets, classes)
    elif _array(content, name) is not None:
        what = f"a column {targets[0]!r}" if len(targets) == 1 else f"columns {_briefly(targets)}"
        raise DataError(f"{name}: has no {'labels' if classes else 'targets'}; give a CSV file "
                        f"with {what}, or an npz with X and y")  # fmt: skip
    else:
        table = _Csv(content, name)
        inputs = table.numbers(columns)
        found = _targets_in_table(table, targets, classes)
    if len(found) != len(inputs):
        what = _count(len(found), "label" if classes else "target")
        raise DataError(f"{name}: {_count(len(inputs), 'row')} but {what}")
    return Labelled(inputs, found)


def _targets_in_array(
    y: Numbers, name: str, targets: Sequence[str], classes: Sequence[str]
) -> Numbers:
    if classes:
        texts = [_class_name(label) for label in y.ravel().tolist()]
        places = [f"y[{row}]" for row in range(len(texts))]
        return _class_indices(texts, places, name, classes)
    one_a_row = y.reshape(-1, 1) if y.ndim < 2 else y
    return _checked(one_a_row, f"{name}: y", targets, verb="predicts", shape=y.shape)


def _targets_in_table(table: "_Csv", targets: Sequence[str], classes: Sequence[str]) -> Numbers:
    for target in targets:
        table.check_has(target)
    if classes:
        return _class_indices(*table.texts(targets[0]), table.name, classes)
    return table.numbers(targets)


def _class_name(label: object) -> str:
    """Return a label of an array as the name of a class: 7.0 and 7 are one, True is 1."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(int(label)) if isinstance(label, bool) else str(label)


def _class_indices(
    texts: Sequence[str], places: Sequence[str], name: str, classes: Sequence[str]
) -> NDArray[np.intp]:
    index = {each: number for number, each in enumerate(classes)}
    for text, place in zip(texts, places, strict=True):
        if text not in index:
            raise DataError(
                f"{name}: {place}: the class {text!r} is not one of the model's: "
                + ", ".join(classes)
            )
    return np.array([index[text] for text in texts], np.intp)


def _read(path: Path) -> tuple[bytes, str]:
    try:
        if str(path) == "-":
            content, name = sys.stdin.buffer.read(), "standard input"
        else:
            content, name = path.read_bytes(), str(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from error
    if not content:
        raise DataError(f"{name}: is empty; expected rows of numbers")
    return content, name


def _array(content: bytes, name: str) -> Numbers | None:
    """Return the array in the file, or None if it is text."""
    if content.startswith(npy.MAGIC):
        try:
            return npy.parse_npy(content)
        except ValueError as error:
            raise DataError(f"{name}: {error}") from error
    if content[:2] == b"PK":
        arrays = _npz(content, name)
        if len(arrays) == 1:
            return next(iter(arrays.values()))
        if "X" in arrays:
            return arrays["X"]
        raise DataError(f"{name}: has {_listed(arrays)}; expected one array, or one called X")
    if content[:2] in (b"\x1f\x8b", b"\0\0"):
        return read_idx(io.BytesIO(content), name)
    return None


def _npz(content: bytes, name: str) -> dict[str, Numbers]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if not {entry.compress_type for entry in entries} <= _COMPRESSIONS_OF_NUMPY:
                raise ValueError("is compressed in a way that NumPy does not use")
            return {
                entry.filename.removesuffix(".npy"): npy.parse_npy(archive.read(entry))
                for entry in entries
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, OverflowError, RuntimeError) as error:
        raise DataError(f"{name}: is not an .npz file, or is cut or damaged") from error
    except ValueError as error:
        raise DataError(f"{name}: an array in it {error}") from error


def _listed(arrays: dict[str, Numbers]) -> str:
    return "the arrays " + ", ".join(arrays) if arrays else "no arrays"


def _checked(
    array: Numbers,
    name: str,
    columns: Sequence[str],
    *,
    verb: str = "takes",
    shape: tuple[int, ...] | None = None,
) -> Numbers:
    """Return an array from a file as finite numbers of shape (N, len(columns)).

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
            f"{_count(rows.shape[1], 'number')} a row; the model {verb} {len(columns)} "
            f"({_briefly(columns)})"
        )
    if rows.dtype.kind == "f" and not (finite := np.isfinite(rows)).all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(
            f"{name}: row {row}, column {columns[column]}: found {rows[row, column]}; expected a "
            "finite number"
        )
    return rows.astype(np.uint8) if rows.dtype.kind == "b" else rows


class _Csv:
    """A CSV text: its header, if it has one, and its rows."""

    def __init__(self, content: bytes, name: str) -> None:
        self.name = name
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{name}: neither CSV in UTF-8, npy, npz nor IDX: byte "
                f"{content[error.start]:#04x} at offset {error.start}"
            ) from error
        if "\0" in text:
            raise DataError(f"{name}: has a NUL byte at offset {text.index(chr(0))}; not CSV")
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        line, first = next(self._rows(), (0, []))
        if not first:
            raise DataError(f"{name}: has no rows; expected rows of numbers")
        self.header = [cell.strip() for cell in first] if _is_header(first) else None
        self.width = len(first)
        self.first_line = line if self.header else 0

    def numbers(
        self, columns: Sequence[str], *, note: Callable[[str], None] | None = None
    ) -> Numbers:
        """Return the rows, shape (N, len(columns)); without `note`, by the header's names only."""
        where = self._where(columns, note)
        lines = [line for line in self.lines[self.first_line :] if line.strip()]
        if not lines:
            raise DataError(f"{self.name}: has no rows below its header")
        for dtype in (np.int64, np.float64):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    table = np.loadtxt(
                        lines, dtype, comments=None, delimiter=",", quotechar='"', ndmin=2,
                        usecols=where,
                    )  # fmt: skip
            except (ValueError, OverflowError, DeprecationWarning):
                continue
            if dtype is np.int64 or np.isfinite(table).all():
                self._check_widths()
                return table
        raise self._first_problem(columns, where)

    def check_has(self, column: str) -> None:
        """Raise `DataError` when there is no column of this name."""
        header = self.header or []
        if column not in header:
            raise DataError(
                f"{self.name}: has no column {column!r} to compare with"
                + did_you_mean(column, header)
            )

    def texts(self, column: str) -> tuple[list[str], list[str]]:
        """Return the cells of a column, which there must be, and the line of each."""
        where = (self.header or []).index(column)
        rows = list(self._rows(self.first_line))
        return [row[where].strip() for _, row in rows], [f"line {line}" for line, _ in rows]

    def _where(self, columns: Sequence[str], note: Callable[[str], None] | None) -> list[int]:
        """Return where each of the model's columns stands; names may differ in case."""
        header = self.header or []
        if len({name.casefold() for name in header}) == len(header):
            by_case = {name.casefold(): name for name in columns}
            header = [by_case.get(name.casefold(), name) for name in header]
        missing = [column for column in columns if column not in header]
        if not missing:
            return [header.index(column) for column in columns]
        # A header with only some of the names is a mistake, not names of the user's own.
        named_otherwise = len(missing) == len(columns)
        if self.width == len(columns) and named_otherwise and note is not None:
            if header:
                note(
                    f"{self.name}: the header has none of the model's names "
                    f"({_briefly(columns)}); its columns are taken in their order"
                )
            return list(range(self.width))
        found = "1 column" if self.width == 1 else f"{self.width} columns"
        lacks = f" and lacks {_briefly(missing)}" if header else " and no header"
        hint = ", separated by commas" if self.width == 1 and len(columns) > 1 else ""
        raise DataError(
            f"{self.name}: has {found}{lacks}; the model takes {len(columns)} "
            f"({_briefly(columns)}){hint}"
        )

    def _rows(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of the line and the cells of every row that is not blank."""
        reader = csv.reader(self.lines[start:], strict=True)
        before = 0
        try:
            for row in reader:
                if len(row) > 1 or any(cell.strip() for cell in row):
                    yield start + reader.line_num, row
                before = reader.line_num
        except csv.Error as error:
            raise DataError(f"{self.name}: line {start + before + 1}: {error}") from error

    def _check_widths(self) -> None:
        """Raise for too many cells or an open quote, which selecting columns does not notice."""
        commas = self.width - 1
        lines = self.lines[self.first_line :]
        if any(line.count(",") != commas or '"' in line for line in lines if line.strip()):
            for line, row in self._rows(self.first_line):
                self._check_width(line, row)

    def _check_width(self, line: int, row: list[str]) -> None:
        if len(row) != self.width:
            raise DataError(
                f"{self.name}: line {line}: {len(row)} values; expected {self.width}, as before"
            )

    def _first_problem(self, columns: Sequence[str], where: Sequence[int]) -> DataError:
        """Return the error for the first cell that is not a finite number."""
        for line, row in self._rows(self.first_line):
            self._check_width(line, row)
            for column, index in zip(columns, where, strict=True):
                cell = row[index]
                if not _NUMBER.fullmatch(cell) or not np.isfinite(float(cell)):
                    found = f"found {cell.strip()[:40]!r}" if cell.strip() else "is empty"
                    return DataError(
                        f"{self.name}: line {line}, column {column}: {found}; expected a finite "
                        "number"
                    )
        return DataError(f"{self.name}: not a table of numbers")


def _is_header(cells: Sequence[str]) -> bool:
    """Return whether a first row names columns: no cell is a number, not even nan."""
    return not any(_NUMBER.fullmatch(cell) or _NOT_FINITE.fullmatch(cell) for cell in cells)


def _count(number: int, word: str) -> str:
    return f"{number} {word if number == 1 else word + 's'}"


def _briefly(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{names[0]}, {names[1]}, ... {names[-1]}"
