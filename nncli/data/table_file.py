"""Read a user's table from a file: CSV in UTF-8."""

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from nncli.data.table import Cells, Kind, Table
from nncli.errors import DataError, did_you_mean, reason

_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def read_table(
    path: Path,
    *,
    kinds: Mapping[str, Kind] | None = None,
    used: Collection[str] | None = None,
    missing: Sequence[str] = (),
) -> Table:
    """Read the columns of a file.

    Parameters
    ----------
    kinds : mapping of str to str
        What the cells of some columns are; of the others it shows in all their cells.
    used : collection of str, optional
        The columns to read; None for all.
    missing : sequence of str
        Cells that count as blank.

    Raises
    ------
    DataError
        Naming the place, what was found and what was expected.
    """
    header, lines, rows = _rows(path)
    columns = {}
    for name in used or ():
        if name not in header:
            raise DataError(f"{path}: has no column {name!r}{did_you_mean(name, header)}")
    for index, name in enumerate(header):
        if used is None or name in used:
            cells = [None if row[index] in missing else row[index] or None for row in rows]
            kind = (kinds or {}).get(name) or _kind(cells)
            columns[name] = _cells(cells, kind, f"{path}: ", f"column {name}", lines)
    return Table(str(path), columns, partial(_place, lines))


def column_names(path: Path) -> list[str]:
    """Return the names of the columns of a file, in their order. Raises `DataError`."""
    return _rows(path)[0]


def _place(lines: Sequence[int], row: int) -> str:
    return f"line {lines[row]}"


def _rows(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    """Return the header, the line of each row, and the rows."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = [*_numbered(csv.reader(stream, strict=True))]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: is no CSV file in UTF-8 ({error})") from error
    if len(lines) < 2:
        raise DataError(f"{path}: has no rows below a header")
    (_, header), *rows = lines
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{path}: line {line}: {len(row)} values; expected {len(header)}, as in the header"
            )
    return header, [line for line, _ in rows], [row for _, row in rows]


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    before = 0
    for row in reader:
        if any(row):
            yield before + 1, [cell.strip() for cell in row]
        before = reader.line_num  # type: ignore[attr-defined]  # a csv.reader has it


def _kind(cells: Sequence[str | None]) -> Kind:
    known = [cell for cell in cells if cell is not None]
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in known)
    if known and all(cell.lower() in _BOOLEANS for cell in known):
        return "boolean"
    return "number" if 2 * numbers > len(known) or not known else "category"


def _cells(
    cells: Sequence[str | None], kind: Kind, name: str, column: str, lines: Sequence[int]
) -> Cells:
    if kind == "category":
        return np.array(cells, object)
    parse = _boolean if kind == "boolean" else _number
    values = []
    for line, cell in zip(lines, cells, strict=True):
        try:
            values.append(np.nan if cell is None else parse(cell))
        except (KeyError, ValueError) as error:
            raise DataError(
                f"{name}line {line}, {column}: found {cell!r}; expected a {kind}"
            ) from error
    array = np.array(values, np.float64)
    return array.astype(bool) if kind == "boolean" and not np.isnan(array).any() else array


def _boolean(cell: str) -> float:
    return float(cell) if cell in ("0", "1") else float(_BOOLEANS[cell.lower()])


def _number(cell: str) -> float:
    if not _NUMBER.fullmatch(cell) or not np.isfinite(value := float(cell)):
        raise ValueError(cell)
    return value
