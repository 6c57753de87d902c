"""Tables from JSON: one object per line (JSON lines), or an array of objects.

The keys are the columns, in order of first appearance; a missing key or null is a blank cell.
Numbers, Booleans and text keep their JSON types.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from nncli.base.errors import DataError
from nncli.data.files.csv_rows import MOST_ROW_BYTES
from nncli.data.files.csv_text import clean_text
from nncli.data.files.hints import NO_HINTS, Hints
from nncli.data.files.input_file import InputFile
from nncli.data.files.value_file import BLOCK_BYTES, BLOCK_ROWS, ValueBlock, ValueFile

_PIECE = 1 << 17
_SPACES = re.compile(r"[ \t\n]*")
_CONVERT = "convert it: pandas.read_json(FILE).to_csv('TABLE.csv', index=False)"

Row = dict[str, Any]
Rows = list[tuple[int, Row]]  # with their first lines


class JsonFile(ValueFile):
    """The objects of a file, with the first ones read.

    Parameters
    ----------
    most_row_bytes : int
        Maximum length of an object.
    """

    def __init__(
        self,
        file: InputFile,
        hints: Hints = NO_HINTS,
        *,
        block_rows: int = BLOCK_ROWS,
        most_row_bytes: int = MOST_ROW_BYTES,
    ) -> None:
        objects = _of_lines if file.kind == "json lines" else _of_array
        pieces = clean_text(file, _PIECE, hints)
        self._rest = _grouped(objects(pieces, file.name, most_row_bytes), block_rows)
        self._first = next(self._rest, [])
        if not self._first:
            raise DataError(f"{file.name}: has no objects; expected one per row")
        (_, only), *others = self._first
        if not others and only and all(isinstance(each, dict | list) for each in only.values()):
            raise DataError(
                f"{file.name}: is a single JSON object; expected one per row; {_CONVERT}"
            )
        keys = dict.fromkeys(key for _, row in self._first for key in row)
        super().__init__(file.name, keys)

    def _value_blocks(self, places: Sequence[int]) -> Iterator[ValueBlock]:
        keys = [self.own_names[place] for place in places]
        known = {*self.own_names}
        for rows in chain([self._first], self._rest):
            for line, row in rows:
                if not row.keys() <= known:
                    self._refuse_key(line, next(key for key in row if key not in known))
            lines = [line for line, _ in rows]
            columns = [[row.get(str(key)) for _, row in rows] for key in keys]
            yield ValueBlock(_Lines(lines), columns)

    def _refuse_key(self, line: int, key: str) -> None:
        raise DataError(
            f"{self.name}: line {line}: has the key {key!r}, which is missing from the first "
            f"{len(self._first)} objects; add it to one of them, with null if blank"
        )


class _Lines:
    """Names of rows for messages: their first lines."""

    def __init__(self, lines: list[int]) -> None:
        self._lines = lines

    def __call__(self, row: int) -> str:
        return f"line {self._lines[row]}"


def _grouped(objects: Iterator[tuple[int, Row, int]], most_rows: int) -> Iterator[Rows]:
    """Yield objects in blocks that fit in memory."""
    rows: Rows = []
    size = 0
    for line, row, length in objects:
        rows.append((line, row))
        size += length
        if len(rows) >= most_rows or size > BLOCK_BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _of_lines(
    pieces: Iterator[bytes], name: str, most_bytes: int
) -> Iterator[tuple[int, Row, int]]:
    """Yield the line number, object and length of each non-blank line."""
    decode = _decoder().decode
    for number, line in enumerate(_lines(pieces, name, most_bytes), 1):
        if line.isspace() or not line:
            continue
        try:
            found = decode(line.decode())
        except (ValueError, RecursionError) as error:
            raise _no_json(name, number, error) from error
        yield number, _checked(found, name, number), len(line)


def _lines(pieces: Iterator[bytes], name: str, most_bytes: int) -> Iterator[bytes]:
    rest: list[bytes] = []
    size, number = 0, 1
    for piece in pieces:
        first, *others = piece.split(b"\n")
        rest.append(first)
        size += len(first)
        if size > most_bytes:
            raise _too_long(name, number, most_bytes)
        if others:
            yield b"".join(rest)
            yield from others[:-1]
            number += len(others)
            rest, size = [others[-1]], len(others[-1])
    yield b"".join(rest)


def _of_array(
    pieces: Iterator[bytes], name: str, most_bytes: int
) -> Iterator[tuple[int, Row, int]]:
    """Yield the line number, object and length of each element of an array."""
    text = _Text(pieces, name, most_bytes)
    if text.next() != "[":
        raise DataError(f"{name}: is JSON, but not an array of objects; {_CONVERT}")
    text.pass_over()
    while text.next() != "]":
        line = text.line
        found, length = text.value()
        yield line, _checked(found, name, line), length
        if text.next() == ",":
            text.pass_over()
        elif text.next() != "]":
            raise DataError(f"{name}: line {text.line}: expected ',' or ']' after an object")
    text.pass_over()
    if text.next():
        raise DataError(f"{name}: line {text.line}: has text after the end of the array")


class _Text:
    """JSON text that is read in pieces."""

    def __init__(self, pieces: Iterator[bytes], name: str, most: int) -> None:
        self._pieces, self._name, self._most = pieces, name, most
        self._text, self._at = "", 0
        self._decoder = _decoder()
        self.line = 1

    def next(self) -> str:
        """Return the next non-space character without consuming it; empty at the end."""
        while True:
            spaces = _SPACES.match(self._text, self._at)
            self._pass(spaces.end() if spaces else self._at)
            if self._at < len(self._text) or not self._more(1):
                return self._text[self._at : self._at + 1]

    def pass_over(self) -> None:
        """Consume a character."""
        self._pass(self._at + 1)

    def value(self) -> tuple[Any, int]:
        """Consume the value that begins here; return it and its length."""
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                size = len(self._text) - self._at
                if size > self._most:
                    raise _too_long(self._name, self.line, self._most) from error
                if isinstance(error, RecursionError) or not self._more(size):
                    raise _no_json(self._name, self.line, error) from error
                continue
            length = end - self._at
            self._pass(end)
            return found, length

    def _pass(self, place: int) -> None:
        self.line += self._text.count("\n", self._at, place)
        self._at = place

    def _more(self, size: int) -> bool:
        """Read at least `size` more bytes; return whether there were any."""
        read = []
        while size > 0 and (piece := next(self._pieces, b"")):
            read.append(piece)
            size -= len(piece)
        self._text, self._at = self._text[self._at :] + b"".join(read).decode(), 0
        return bool(read)


class _TwiceError(ValueError):
    """An object has a duplicate key, which JSON allows."""


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> Row:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(max(keys, key=keys.count))
    return found


def _checked(found: object, name: str, line: int) -> Row:
    if not isinstance(found, dict):
        raise DataError(
            f"{name}: line {line}: found a value of type {type(found).__name__}; expected one "
            'object per row, such as {"x": 1, "y": 2}'
        )
    return found


def _no_json(name: str, line: int, error: Exception) -> DataError:
    if isinstance(error, _TwiceError):
        return DataError(f"{name}: line {line}: has a duplicate key {str(error)!r}; rename one")
    if isinstance(error, json.JSONDecodeError):
        words = f"{error.msg} at character {error.colno}"
    elif isinstance(error, RecursionError):
        words = "is nested too deeply"
    else:
        words = str(error)[:80]
    return DataError(f"{name}: line {line}: is not valid JSON ({words}); expected an object")


def _too_long(name: str, line: int, most: int) -> DataError:
    return DataError(f"{name}: line {line}: has an object of more than {most} bytes")
