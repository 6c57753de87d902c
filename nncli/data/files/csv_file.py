"""Tables from CSV, separated by commas, semicolons, tabs or vertical bars.

The caller gives the kind of a column, or it is inferred from the first rows:

- Booleans, if all cells are ``true`` or ``false``, in any case;
- numbers, if more than half of the non-blank cells are: any other text, there or further down, is
  then an error and not a category;
- else a category, which is text; `nncli.data.tables.written` converts it if all cells are dates, or
  numbers in other forms, such as ``5%`` and ``1,004``.

A column that is blank in these rows has numbers. A number has the digits 0 to 9, a decimal point
and an exponent, and gets exactly the value of Python's ``float``.
"""

import json
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import did_you_mean, yaml_key
from nncli.data.files.blanks import Blanks, MixedColumnError, is_blank_in
from nncli.data.files.csv_head import has_names, misdivided
from nncli.data.files.csv_rows import BLOCK_BYTES, MOST_ROW_BYTES, Cells, CsvRows, Lines
from nncli.data.files.decimals import parse_decimals
from nncli.data.files.hints import NO_HINTS, Hints
from nncli.data.files.input_file import InputFile
from nncli.data.files.numerals import is_blank_word, is_number, other_form, remedy_for
from nncli.data.files.table import BLANK_BOOLEAN, NUMBER, Table, Wanted
from nncli.data.files.texts import NOT_A_NUMBER, text_cells
from nncli.data.files.values import numbers_among

_SAMPLE_ROWS = 1000
_SAMPLE_BLOCKS = 16  # enough for wide rows
_BOOLEANS = {"true": 1.0, "false": 0.0}


class CsvFile:
    """A CSV file with its first row read.

    Attributes
    ----------
    name : str
    first : list of str
        The cells of the first row.

    Parameters
    ----------
    block_bytes, most_row_bytes : int
        Sizes as for `CsvRows`.
    """

    def __init__(
        self,
        file: InputFile,
        hints: Hints = NO_HINTS,
        *,
        block_bytes: int = BLOCK_BYTES,
        most_row_bytes: int = MOST_ROW_BYTES,
    ) -> None:
        self._rows = CsvRows(file, hints, block_bytes=block_bytes, most_row_bytes=most_row_bytes)
        self.name = file.name
        self.first = list(self._rows.top.rows[0])
        self._place = f"{file.name}: line {self._rows.top.line}"

    @property
    def header(self) -> list[str]:
        """The names in the first row.

        Raises
        ------
        DataError
            When the first row seems to have values, or the rows another delimiter.
        """
        if problem := misdivided(self._rows.top):
            raise DataError(f"{self._place}: {problem}")
        if not has_names(self._rows.top):
            number = next(filter(is_number, self.first))
            raise DataError(
                f"{self._place}: found {number!r}; expected a column name; add a header line, with "
                "quoted names if all are numbers"
            )
        return self.first

    def has_header(self) -> bool:
        """Return whether the first row must be names: no cell is a number or nan."""
        return not any(is_number(cell) for cell in self.first)

    def blocks(
        self,
        names: Sequence[str],
        *,
        with_first: bool,
        kinds: Mapping[str, Wanted],
        used: Collection[str] | None,
        missing: Sequence[str],
    ) -> Iterator[Table]:
        """Yield the rows, once, in tables of any length; numbers are float64.

        Parameters
        ----------
        names : sequence of str
            Names of the columns; usually the `header`.
        with_first : bool
            Whether the first row has values.
        kinds, used, missing
            Options as for `OpenTable`; missing kinds are inferred.
        """
        self._check_names(names, used)
        places = {name: names.index(name) for name in (names if used is None else used)}
        blocks = self._rows.cells(with_first=with_first)
        sample = _first_rows(blocks)
        columns = _Columns(self.name, places, missing)
        columns.infer(kinds, sample)
        yield from map(columns.table, sample)
        for cells in blocks:
            yield columns.table(cells)

    def _check_names(self, header: Sequence[str], used: Collection[str] | None) -> None:
        for name in used or ():
            if name not in header:
                raise DataError(f"{self.name}: has no column {name!r}{did_you_mean(name, header)}")
        if used is None and "" in header:
            column = header.index("") + 1
            raise DataError(f"{self._place}: column {column} of {len(header)} has no name; name it")
        for name, count in Counter(header).items():
            if count > 1 and (used is None or name in used):
                places = [str(at + 1) for at, each in enumerate(header) if each == name]
                raise DataError(
                    f"{self._place}: found the name {name!r} in columns {' and '.join(places)}; "
                    "expected different names; rename one"
                )


def _first_rows(blocks: Iterator[Cells]) -> list[Cells]:
    sample: list[Cells] = []
    for cells in islice(blocks, _SAMPLE_BLOCKS):
        sample.append(cells)
        if sum(map(len, sample)) >= _SAMPLE_ROWS:
            break
    return sample


class _Columns:
    """Converts the cells of a file to columns, block by block."""

    def __init__(self, name: str, places: Mapping[str, int], missing: Sequence[str]) -> None:
        self.name = name
        self.places = places
        self.missing = missing
        self.blank = {"", *missing}
        self.takes_words = isinstance(missing, Blanks)
        self.missing_numbers = numbers_among(missing)
        self.kinds: dict[str, Wanted] = {}
        self.others: dict[
            str, list[str]
        ] = {}  # by column: other texts among numbers in the first rows
        self.unknown: set[str] = set()  # columns that are blank in the first rows

    def infer(self, known: Mapping[str, Wanted], sample: Sequence[Cells]) -> None:
        """Set the kinds of all columns."""
        unknown = [column for column in self.places if column not in known]
        numbers = np.zeros(len(unknown), np.intp)
        texts: dict[str, list[str]] = {column: [] for column in unknown}
        for cells in sample if unknown else ():
            values, odd = self._parse(cells, unknown)
            numbers += np.count_nonzero(~np.isnan(values), axis=0)
            for row, at in np.argwhere(odd).tolist():
                text = self._text(cells, row, unknown[at])
                if text in self.blank or text in NOT_A_NUMBER:
                    continue
                if self.takes_words and is_blank_word(text):
                    continue
                if is_number(text):
                    numbers[at] += 1
                else:
                    texts[unknown[at]].append(text)
        self.others = texts
        found = dict(zip(unknown, numbers.tolist(), strict=True))
        self.unknown = {column for column in unknown if not found[column] and not texts[column]}
        inferred = {column: self._inferred(found[column], texts[column]) for column in found}
        self.kinds = {column: known.get(column) or inferred[column] for column in self.places}

    def _inferred(self, numbers: int, texts: Sequence[str]) -> Wanted:
        if numbers > len(texts) or not texts:
            return "number"
        if not numbers and all(text.lower() in _BOOLEANS for text in texts):
            return "boolean"
        return "category"

    def table(self, cells: Cells) -> Table:
        """Return the table of a block of rows."""
        numbers = [column for column, kind in self.kinds.items() if kind == "number"]
        columns: dict[str, NDArray[Any]] = self._numbers(cells, numbers) if numbers else {}
        for column, kind in self.kinds.items():
            if kind == "boolean":
                columns[column] = self._booleans(cells, column)
            elif kind != "number":
                columns[column] = self._texts(cells, column)
        ordered = {column: columns[column] for column in self.kinds}
        return Table(self.name, ordered, partial(_line, cells.lines))

    def _parse(
        self, cells: Cells, columns: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the cells of columns as numbers (N, C), and a mask of odd cells."""
        places = [self.places[column] for column in columns]
        first, last = places[0], places[-1] + 1
        if places == list(range(first, last)):
            before, after = cells.edges[:, first:last], cells.edges[:, first + 1 : last + 1]
        else:
            before, after = cells.edges[:, places], cells.edges[:, np.add(places, 1)]
        values, odd = parse_decimals(cells.text, cells.marks, before.ravel(), after.ravel())
        for number in self.missing_numbers:
            values[values == number] = np.nan
        shape = (len(cells), len(columns))
        return values.reshape(shape), odd.reshape(shape)

    def _numbers(self, cells: Cells, columns: Sequence[str]) -> dict[str, NDArray[Any]]:
        values, odd = self._parse(cells, columns)
        if odd.any():
            for row, at in np.argwhere(odd).tolist():
                values[row, at] = self._odd_number(cells, row, columns[at])
        return dict(zip(columns, np.ascontiguousarray(values.T), strict=True))

    def _odd_number(self, cells: Cells, row: int, column: str) -> float:
        text = self._text(cells, row, column)
        if NUMBER.fullmatch(text) and math.isfinite(value := float(text)):
            is_blank = text in self.blank or value in self.missing_numbers
            return math.nan if is_blank else value
        if text in self.blank or is_blank_in(self.missing, column, text):
            return math.nan
        raise self._unexpected(cells.lines[row], column, text)

    def _booleans(self, cells: Cells, column: str) -> NDArray[Any]:
        """Return Booleans; if some cells are blank, 1, 0 and NaN."""
        texts = self._texts(cells, column)
        values = np.empty(len(texts), BLANK_BOOLEAN)
        for row, text in enumerate(texts):
            value = math.nan if text is None else _BOOLEANS.get(text.lower())
            if value is None and not is_blank_in(self.missing, column, text or ""):
                raise self._unexpected(cells.lines[row], column, text or "", "true or false")
            values[row] = math.nan if value is None else value
        return values if np.isnan(values).any() else values.astype(np.bool_)

    def _texts(self, cells: Cells, column: str) -> NDArray[Any]:
        return text_cells(cells.bytes_of(self.places[column]), self.missing)

    def _text(self, cells: Cells, row: int, column: str) -> str:
        start, end = cells.marks[cells.edges[row, self.places[column] :][:2]].tolist()
        return cells.text[start + 1 : end].decode().strip()

    def _unexpected(
        self, line: int, column: str, text: str, expected: str = "a finite number"
    ) -> DataError:
        remedy = remedy_for(text, self.others.get(column, ()))
        if column in self.others and (is_blank_word(text) or text in NOT_A_NUMBER):
            remedy += f", or set data.blanks: [{json.dumps(text)}]"
        if column in self.unknown or (column in self.others and other_form(text)):
            remedy += f"; or set data.columns: {{{yaml_key(column)}: category}}"
        message = (
            f"{self.name}: line {line}, column {column}: found {text[:40]!r}; expected {expected}"
            f"{remedy}"
        )
        if is_number(text) or (remedy_for(text) and not other_form(text)):
            return DataError(message)
        return MixedColumnError(message, column, text)


def _line(lines: Lines, row: int) -> str:
    return f"line {lines[row]}"
