"""The rows of a CSV file as places of cells in its bytes, a block of whole rows at a time.

The bytes are checked (UTF-8, no NUL), line ends of all kinds become line feeds, and blank lines
are passed over. Blocks without a quotation mark are cut with NumPy; the others by Python's `csv`.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.data.files.decimals import PADDING, find_marks
from nncli.data.files.input_file import InputFile

Lines = range | NDArray[np.intp]

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

BLOCK_BYTES = 5 << 15  # the arrays made of it fit a processor's cache
MOST_ROW_BYTES = 16 << 20  # in more, a quotation mark is not closed
_MOST_CELL_BYTES = csv.field_size_limit()
_BYTE_ORDER_MARKS_OF_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AS_UTF_8 = "save it as CSV in UTF-8"
_WHITE = " \t\v\f"  # in ASCII, as the bytes of other characters look like white space too
_LINE_FEED = ord("\n")


@dataclass(frozen=True)
class Cells:
    """The cells of some rows.

    Attributes
    ----------
    text : bytes
        With `PADDING` zero bytes on either side.
    marks : array (M,)
        Where the text is no digit; the byte before the first cell is one.
    edges : array (N, C + 1)
        Which marks stand around the cells: cell c lies between edges c and c + 1.
    lines : range, or array (N,)
        The line of the file that each row ends in.
    """

    text: bytes
    marks: NDArray[np.intp]
    edges: NDArray[np.intp]
    lines: Lines

    def __len__(self) -> int:
        return len(self.edges)

    def bytes_of(self, column: int) -> list[bytes]:
        """Return the cells of a column, without white space around them."""
        starts = (self.marks[self.edges[:, column]] + 1).tolist()
        ends = self.marks[self.edges[:, column + 1]].tolist()
        text = self.text
        return [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]

    def longest(self) -> int:
        """Return the length of the longest cell in bytes, or a length that none exceeds."""
        if len(self.text) <= _MOST_CELL_BYTES:
            return len(self.text)
        places = self.marks[self.edges]
        return int((places[:, 1:] - places[:, :-1]).max(initial=1)) - 1

    def head(self, rows: int) -> "Cells":
        """Return the first rows."""
        return Cells(self.text, self.marks, self.edges[:rows], self.lines[:rows])


class CsvRows:
    """The rows of a CSV file, read once.

    Attributes
    ----------
    first : list of str
        The cells of the first row, without white space around them.
    first_line : int
        The line that the first row ends in.
    delimiter : str
        The one of comma, semicolon and tab that the first line has most often, outside quotes.

    Parameters
    ----------
    block_bytes : int
        What is read of the file at a time.
    most_row_bytes : int
        What a row may have.
    """

    def __init__(
        self,
        file: InputFile,
        *,
        block_bytes: int = BLOCK_BYTES,
        most_row_bytes: int = MOST_ROW_BYTES,
    ) -> None:
        self.name = file.name
        self._line = 0  # how many lines come before the block at hand
        self._blocks = self._whole_rows(_clean(file, block_bytes), most_row_bytes)
        self._block = self._first_block()
        line = self._block.lstrip(b" \t\n").split(b"\n", 1)[0].decode("utf-8")
        self.delimiter = max(DELIMITERS, key="".join(line.split('"')[::2]).count)
        self.first_line, first = next(self._rows(self._block), (0, []))
        if not first:
            raise DataError(f"{self.name}: has no rows; expected rows of numbers")
        self.first = [cell.encode("latin-1").decode("utf-8").strip() for cell in first]

    def cells(self, *, with_first: bool) -> Iterator[Cells]:
        """Yield the cells of blocks of rows, with the first row or from the second one on.

        Raises
        ------
        DataError
            For a row with another number of cells than the first, for wrong quotes, and for what
            is no text in UTF-8.
        """
        first = self._block
        if not with_first:
            first = first.split(b"\n", self.first_line - self._line)[-1]
            self._line = self.first_line
        for block in chain([first], self._blocks):
            if not block or block.isspace():
                self._line += block.count(b"\n")
            else:
                yield self._quoted(block) if b'"' in block else self._plain(block)

    def _first_block(self) -> bytes:
        for block in self._blocks:
            if not block.isspace():
                return block
            self._line += block.count(b"\n")
        return b""

    def _plain(self, block: bytes) -> Cells:
        """Cut rows without quotes."""
        alone = len(self.first) == 1
        cut = None if alone and _may_have_blank_lines(block) else self._cut(block)
        lines: Lines
        if cut is not None:
            count = len(cut[-1])
            lines = range(self._line + 1, self._line + 1 + count)
        else:
            rows = block.removesuffix(b"\n").split(b"\n")
            count, delimiter = len(rows), self.delimiter.encode()
            kept = [at for at, row in enumerate(rows) if row.strip() or delimiter in row]
            lines = np.array(kept) + (self._line + 1)
            cut = self._cut(b"".join(rows[at] + b"\n" for at in kept))
        if cut is None or (cells := Cells(*cut, lines)).longest() > _MOST_CELL_BYTES:
            raise self._first_problem(block)
        self._line += count
        return cells

    def _cut(self, block: bytes) -> tuple[bytes, NDArray[np.intp], NDArray[np.intp]] | None:
        """Return text, marks and edges of cells, or None if not all rows are as the first."""
        text = bytes(PADDING) + block + bytes(PADDING)
        marks = find_marks(text)
        characters = np.frombuffer(text, np.uint8)[marks]
        is_end = characters == _LINE_FEED
        ends = np.flatnonzero(is_end | (characters == ord(self.delimiter)))
        rows, width = np.count_nonzero(is_end), len(self.first)
        if len(ends) != rows * width or not is_end[ends[width - 1 :: width]].all():
            return None
        return text, marks, _edges(ends, width)

    def _quoted(self, block: bytes) -> Cells:
        """Cut rows with quotes by `csv`, and join what is in their cells again."""
        rows = []
        for line, row in self._rows(block):
            self._check_width(line, row)
            rows.append((line, row))
        cells = [cell.encode("latin-1") for _, row in rows for cell in row]
        text = b"".join([bytes(PADDING), b"\n".join(cells), b"\n", bytes(PADDING)])
        ends = np.cumsum([PADDING, *(len(cell) + 1 for cell in cells)]) - 1
        marks = find_marks(text)
        around = np.searchsorted(marks, ends)
        edges = _edges(around[1:], len(self.first))
        self._line += block.count(b"\n")
        return Cells(text, marks, edges, np.array([line for line, _ in rows]))

    def _rows(self, block: bytes) -> Iterator[tuple[int, list[str]]]:
        """Yield the line, and the cells as Latin-1 for their bytes, of rows that are not blank."""
        lines = io.StringIO(block.decode("latin-1"), newline="\n")
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        before = 0
        try:
            for row in reader:
                if len(row) > 1 or any(cell.strip(_WHITE) for cell in row):
                    yield self._line + reader.line_num, row
                before = reader.line_num
        except csv.Error as error:
            line = self._line + before + 1
            raise DataError(f"{self.name}: line {line}: {_explained(error)}") from error

    def _whole_rows(self, pieces: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
        """Cut text after line feeds that are outside quotes; the last row gets a line feed too."""
        rest = b""
        for piece in pieces:
            rest += piece
            end = _end_of_rows(rest)
            if end:
                yield rest[:end]
                rest = rest[end:]
            elif len(rest) > most_bytes:
                raise DataError(
                    f"{self.name}: line {self._line + 1}: a row of more than {most_bytes} bytes; "
                    "expected a line a row; is a quotation mark not closed?"
                )
        if rest:
            yield rest if rest.endswith(b"\n") else rest + b"\n"

    def _check_width(self, line: int, row: Sequence[str]) -> None:
        if len(row) != len(self.first):
            raise DataError(
                f"{self.name}: line {line}: {len(row)} values; expected {len(self.first)}, as "
                f"before; put quotes around a cell that has a {DELIMITERS[self.delimiter]} in it"
            )

    def _first_problem(self, block: bytes) -> DataError:
        """Return the error that reading row by row ends in."""
        try:
            for line, row in self._rows(block):
                self._check_width(line, row)
        except DataError as error:
            return error
        return DataError(f"{self.name}: line {self._line + 1}: not rows of equal length")


def _may_have_blank_lines(text: bytes) -> bool:
    return text[:1] == b"\n" or any(white in text for white in (b"\n\n", b" ", b"\t"))


def _edges(ends: NDArray[np.intp], width: int) -> NDArray[np.intp]:
    """Return the marks around the cells of rows from those behind the cells."""
    edges = np.empty((len(ends) // width, width + 1), np.intp)
    edges[:, 1:] = ends.reshape(-1, width)
    edges[:1, 0], edges[1:, 0] = 0, edges[:-1, -1]
    return edges


def _clean(file: InputFile, block_bytes: int) -> Iterator[bytes]:
    """Yield a file's text with line feeds as line ends; pieces may end anywhere in a row."""
    if file.head(2) in _BYTE_ORDER_MARKS_OF_UTF_16:
        raise DataError(f"{file.name}: is text in UTF-16, by its byte-order mark at offset 0; "
                        f"{_SAVE_AS_UTF_8}")  # fmt: skip
    if file.head(3) == codecs.BOM_UTF8:
        file.read(3)
        offset = 3
    else:
        offset = 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    held = b""
    while piece := file.read(block_bytes):
        _check_text(piece, offset, decoder, file.name)
        offset += len(piece)
        if held or b"\r" in piece:
            piece = held + piece
            held = b"\r" * piece.endswith(b"\r")  # its line feed may follow
            piece = piece.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield piece
    if decoder.getstate()[0]:
        _check_text(b"", offset, decoder, file.name, final=True)
    if held:
        yield b"\n"


def _check_text(
    piece: bytes,
    offset: int,
    decoder: codecs.IncrementalDecoder,
    name: str,
    *,
    final: bool = False,
) -> None:
    if (at := piece.find(b"\0")) >= 0:
        raise DataError(
            f"{name}: has a NUL byte at offset {offset + at}; not CSV, or not in UTF-8; "
            f"{_SAVE_AS_UTF_8}"
        )
    started = len(decoder.getstate()[0])
    if not started and piece.isascii():
        return
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError as error:
        byte = error.object[error.start : error.start + 1]
        latin = byte.decode("latin-1")
        in_latin = f" (in Latin-1, {latin!r})" if latin.isprintable() else ""
        raise DataError(
            f"{name}: byte {byte[0]:#04x}{in_latin} at offset {offset - started + error.start} is "
            f"not text in UTF-8; {_SAVE_AS_UTF_8}"
        ) from error


def _end_of_rows(text: bytes) -> int:
    if b'"' not in text:
        return text.rfind(b"\n") + 1
    characters = np.frombuffer(text, np.uint8)
    line_feeds = np.flatnonzero(characters == _LINE_FEED)
    quotes_before = np.searchsorted(np.flatnonzero(characters == ord('"')), line_feeds)
    outside = line_feeds[quotes_before % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def _explained(error: csv.Error) -> str:
    words = str(error)
    if "end of data" in words:
        return "a quotation mark is not closed; close it, or double one inside quotes"
    if "field limit" in words:
        return (f"a cell of more than {_MOST_CELL_BYTES} characters; is a quotation mark not "
                "closed?")  # fmt: skip
    return f"{words}; double a quotation mark inside quotes"
