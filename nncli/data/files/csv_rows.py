"""The rows of a CSV file as positions of cells in its bytes, in blocks of whole rows.

Blank lines are skipped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import count
from nncli.data.files.csv_head import (
    DELIMITERS,
    Top,
    are_names_of,
    comments,
    dividing,
    lacks_a_name,
    said_delimiter,
)
from nncli.data.files.csv_quotes import IS_WHITE, LINE_FEED, Fault, end_of_rows, unquoted
from nncli.data.files.csv_text import clean_text
from nncli.data.files.decimals import PADDING, find_marks
from nncli.data.files.hints import NO_HINTS, Hints
from nncli.data.files.input_file import InputFile

Lines = range | NDArray[np.intp]

BLOCK_BYTES = 5 << 15  # the resulting arrays fit in the CPU cache
MOST_ROW_BYTES = 16 << 20  # a row must fit in memory
_HEAD_BYTES = 1 << 16  # used to detect the delimiter
_TOP_ROWS = 100
_DIVIDED_BY_SPACES = re.compile(rb'"[^"]*"[ \t]+\S')
_ROW_NAMES = (
    "; if R's write.table left the first column unnamed, write with col.names = NA or row.names = "
    "FALSE"
)


@dataclass(frozen=True)
class Cells:
    """The cells of some rows.

    Attributes
    ----------
    text : bytes
        Text with `PADDING` zero bytes on either side.
    marks : array (M,)
        Positions of bytes that are not digits; the byte before the first cell is one of them.
    edges : array (N, C + 1)
        Indices of the marks around the cells: cell c lies between edges c and c + 1.
    lines : range, or array (N,)
        Last line of each row in the file.
    """

    text: bytes
    marks: NDArray[np.intp]
    edges: NDArray[np.intp]
    lines: Lines

    def __len__(self) -> int:
        return len(self.edges)

    def bytes_of(self, column: int) -> list[bytes]:
        """Return the cells of a column, stripped of white space."""
        starts = (self.marks[self.edges[:, column]] + 1).tolist()
        ends = self.marks[self.edges[:, column + 1]].tolist()
        text = self.text
        return [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]

    def below_first(self) -> "Cells":
        """Return all rows except the first."""
        return Cells(self.text, self.marks, self.edges[1:], self.lines[1:])


class CsvRows:
    """The rows of a CSV file, read once.

    Attributes
    ----------
    delimiter : str
        One of `DELIMITERS`, set by the file or detected: see `dividing`.
    top : Top
        The first rows, one or more.

    Parameters
    ----------
    block_bytes : int
        Bytes to read at once.
    most_row_bytes : int
        Maximum length of a row.
    """

    def __init__(
        self,
        file: InputFile,
        hints: Hints = NO_HINTS,
        *,
        block_bytes: int = BLOCK_BYTES,
        most_row_bytes: int = MOST_ROW_BYTES,
    ) -> None:
        self.name = file.name
        self._line = 0  # number of lines before the current block
        pieces = clean_text(file, block_bytes, hints)
        read = _up_to(pieces, _HEAD_BYTES)
        head = b"".join(read)
        delimiter, start = self._said(head)
        above = [start + place for place in comments(head[start:])]
        below = head[above[-1] if above else start :]
        tops = {each: _top_of(below, each) for each in DELIMITERS}
        self.delimiter = delimiter or dividing(tops, below)
        top = tops[self.delimiter]
        if above:
            start, top = self._below_comments(head, above, top, hints)
        if start:
            read, self._line = [head[start:]], head.count(b"\n", 0, start)
            top = replace(top, line=top.line + self._line)
        self._blocks = self._whole_rows(chain(read, pieces), most_row_bytes)
        self.top = top if top.rows else self._late_top()

    def cells(self, *, with_first: bool) -> Iterator[Cells]:
        """Yield the cells of blocks of rows, with or without the first row.

        Raises
        ------
        DataError
            For a row that differs from the first in its number of cells, for wrong quotes, and for
            invalid UTF-8.
        """
        above = not with_first
        for block in self._blocks:
            cells, fault, lines = self._cells(block)
            if above and len(cells):
                cells, above = cells.below_first(), False
            if len(cells):
                yield cells
            del cells  # only one block fits in the cache
            if fault:
                raise self._wrong_quotes(block, fault)
            self._line += lines

    def _said(self, head: bytes) -> tuple[str | None, int]:
        delimiter, end = said_delimiter(head)
        if delimiter is not None and delimiter not in DELIMITERS:
            raise DataError(
                f"{self.name}: line 1: sets the delimiter {delimiter!r}; expected one of "
                f"{' '.join(map(repr, DELIMITERS))}; use one of these instead"
            )
        return delimiter, end

    def _below_comments(
        self, head: bytes, above: list[int], top: Top, hints: Hints
    ) -> tuple[int, Top]:
        """Return the start and top of the rows below comments; the last one may be a header."""
        last = head[above[-2] : above[-1]]
        if not top.rows or are_names_of(_Cut(last, self.delimiter).top(), top):
            above = above[:-1]
            top = _top_of(head[above[-1] :], self.delimiter)
        if passed := len(above) - 1:
            hints.tell(f"{self.name}: skipped {count(passed, 'comment line')} above the header")
        return above[-1], top

    def _late_top(self) -> Top:
        """Return the first rows if they begin or end far down."""
        for block in self._blocks:
            cut = _Cut(block, self.delimiter)
            if (top := cut.top()).rows:
                self._blocks = chain([block], self._blocks)
                return replace(top, line=self._line + top.line)
            if cut.fault:
                raise self._wrong_quotes(block, cut.fault)
            self._line += cut.line_count
        raise DataError(f"{self.name}: has no rows; expected rows of numbers")

    def _cells(self, block: bytes) -> tuple[Cells, Fault | None, int]:
        """Return the cells of rows as wide as the first one, a fault if any, and the line count."""
        width, cut = len(self.top.rows[0]), _Cut(block, self.delimiter)
        cells = cut.even_cells(width, self._line)
        if cells is None:
            first, last = cut.rows()
            wrong = np.flatnonzero(last - first + 1 != width)
            if len(wrong):
                row = wrong[0]
                raise self._wrong_width(
                    self._line + cut.lines(last)[row], last[row] - first[row] + 1
                )
            cells = cut.cells(first, last, width, self._line)
        return cells, cut.fault, cut.line_count

    def _whole_rows(self, pieces: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
        """Split text at the ends of rows; the last row gets a line feed, too."""
        parts: list[bytes] = []
        size, enough = 0, 0
        for piece in pieces:
            parts.append(piece)
            size += len(piece)
            if size < enough:  # avoid searching a long row again for every piece
                continue
            text = b"".join(parts)
            end = end_of_rows(text, self.delimiter)
            if not end and size > most_bytes:
                raise self._too_long(most_bytes, b'"' in text)
            parts, text, size = [text[end:]], text[:end], size - end
            enough = 0 if end else min(2 * size, most_bytes + 1)
            if text:
                yield text
        if rest := b"".join(parts):
            yield rest if rest.endswith(b"\n") else rest + b"\n"

    def _wrong_quotes(self, block: bytes, fault: Fault) -> DataError:
        line = self._line + block.count(b"\n", 0, fault.start) + 1
        row = block[fault.start :].partition(b"\n")[0]
        hint = ""
        if _DIVIDED_BY_SPACES.match(row) and self.delimiter.encode() not in row:
            hint = "; if spaces separate the cells, use commas instead (in R: write.csv)"
        return DataError(f"{self.name}: line {line}: {fault.problem}{hint}")

    def _wrong_width(self, line: int, width: int) -> DataError:
        return DataError(
            f"{self.name}: line {line}: found {width} values; expected {len(self.top.rows[0])}, as "
            f"before; quote cells that contain a {DELIMITERS[self.delimiter]}"
            + (_ROW_NAMES if lacks_a_name(self.top) else "")
        )

    def _too_long(self, most_bytes: int, has_quotes: bool) -> DataError:
        hint = "; is a quotation mark unclosed?" if has_quotes else ""
        return DataError(
            f"{self.name}: line {self._line + 1}: row of more than {most_bytes} bytes; expected "
            f"one line per row{hint}"
        )


class _Cut:
    """Whole rows split into cells, of any number each.

    Attributes
    ----------
    fault : Fault or None
        Reason why the rows end early.
    line_count : int
    """

    def __init__(self, rows: bytes, delimiter: str) -> None:
        found = unquoted(rows, delimiter)
        self.fault, self._quoted = found.fault, found.quoted + PADDING
        self._text = b"".join([bytes(PADDING), found.text, bytes(PADDING)])
        self._marks = find_marks(self._text)
        self._characters = np.frombuffer(self._text, np.uint8)[self._marks]
        self._is_feed = self._characters == LINE_FEED
        self.line_count = int(np.count_nonzero(self._is_feed))
        is_end = self._is_feed | (self._characters == ord(delimiter))
        self._hidden = np.searchsorted(self._marks, found.hidden + PADDING)
        self._is_feed[self._hidden] = is_end[self._hidden] = False
        self._ends = np.flatnonzero(is_end)  # indices of the marks at the ends of cells

    def even_cells(self, width: int, line: int) -> Cells | None:
        """Return the cells if all rows have `width` cells and no row may be blank, else None."""
        ends, rows = self._ends, self.line_count
        if len(self._hidden):
            rows = int(np.count_nonzero(self._is_feed))
        if len(ends) != rows * width or (width == 1 and _may_have_blank_lines(self._text)):
            return None
        if not self._is_feed[ends[width - 1 :: width]].all():
            return None
        edges = np.empty((rows, width + 1), np.intp)
        edges[:, 1:] = ends.reshape(rows, width)
        edges[:1, 0], edges[1:, 0] = 0, edges[:-1, -1]
        lines: Lines = range(line + 1, line + 1 + rows)
        if len(self._hidden):
            lines = line + self.lines(np.arange(width - 1, len(ends), width))
        return Cells(self._text, self._marks, edges, lines)

    def rows(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the indices of the first and last cells of all non-blank rows."""
        last = np.flatnonzero(self._is_feed[self._ends])
        first = np.append(0, last + 1)[:-1]
        start, stop = self._before(first) + 1, self._marks[self._ends[last]]
        begins = np.frombuffer(self._text, np.uint8)[start]
        blank = (first == last) & ((start == stop) | IS_WHITE[begins] | (begins == LINE_FEED))
        for row in np.flatnonzero(blank).tolist():
            blank[row] = not self._text[start[row] : stop[row]].strip()
        return first[~blank], last[~blank]

    def cells(
        self, first: NDArray[np.intp], last: NDArray[np.intp], width: int, line: int
    ) -> Cells:
        """Return the cells of rows that all have `width` cells."""
        edges = np.empty((len(first), width + 1), np.intp)
        edges[:, 0] = np.where(first > 0, self._ends[first - 1], 0)
        edges[:, 1:] = self._ends[first[:, None] + np.arange(width)]
        return Cells(self._text, self._marks, edges, line + self.lines(last))

    def lines(self, last: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the lines, from 1, in which the cells `last` end."""
        feeds = np.flatnonzero(self._characters == LINE_FEED)
        return np.searchsorted(feeds, self._ends[last], "right")

    def top(self) -> Top:
        """Return the first rows, of any width."""
        first, last = (each[:_TOP_ROWS] for each in self.rows())
        starts, stops = self._before(np.arange(len(self._ends))) + 1, self._marks[self._ends]
        rows = [
            [self._text[starts[n] : stops[n]].decode().strip() for n in range(one, other + 1)]
            for one, other in zip(first.tolist(), last.tolist(), strict=True)
        ]
        quoted = np.searchsorted(self._quoted, stops[last], "right")
        quoted -= np.searchsorted(self._quoted, starts[first])
        return Top(rows, (quoted == last - first + 1).tolist(), int(self.lines(last[:1]).sum()))

    def _before(self, cells: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the positions just before cells."""
        return self._marks[np.where(cells > 0, self._ends[cells - 1], 0)]


def _may_have_blank_lines(text: bytes) -> bool:
    begins = text[PADDING : PADDING + 1] == b"\n"
    return begins or any(white in text for white in (b"\n\n", b" ", b"\t", b"\v", b"\f"))


def _top_of(head: bytes, delimiter: str) -> Top:
    """Return the first rows of the beginning of a text, without an incomplete row at its end."""
    whole = head[: end_of_rows(head, delimiter)] if len(head) >= _HEAD_BYTES else head + b"\n"
    return _Cut(whole, delimiter).top()


def _up_to(pieces: Iterator[bytes], size: int) -> list[bytes]:
    """Return the first pieces, with at least `size` bytes in total if available."""
    read: list[bytes] = []
    for piece in pieces:
        read.append(piece)
        size -= len(piece)
        if size <= 0:
            break
    return read
