"""The elements of a document, and line breaks in its equations.

Texts are in the notation of the document; see `notation`. Only `Code` and the alternative text of a
`Picture` are plain.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SIGNS = re.compile(r" (?=[-+×/] |if |\\cdot )|(?<=,) ")

_CLOSING = {"(": ")", "{": "}"}


@dataclass(frozen=True)
class Heading:
    """A heading; the page title has level 1."""

    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    """Text in the notation of the page.

    Attributes
    ----------
    anchor : str
        A name of its own on the page, to which an HTML page can scroll.
    """

    text: str
    anchor: str = ""


@dataclass(frozen=True)
class Equation:
    """``left = right = right ...``.

    Attributes
    ----------
    rights : sequence of sequences of str
        Each right side in pieces; lines can break between pieces.
    sign : str
        The sign before the first right side.
    """

    left: str
    rights: Sequence[Sequence[str]]
    sign: str = "="

    def lines(self, width: int, length: Callable[[str], int] = len) -> Iterator[tuple[bool, str]]:
        """Yield the lines after the left side, each with whether it starts a right side.

        Parameters
        ----------
        width : int
            The maximum width of a line, including the left side and the sign.
        length : function
            Returns the width of a text.
        """
        room = max(width - length(self.left) - 3, 24)
        line, starts = "", True
        for right in self.rights:
            whole = " ".join(right)
            if line and length(line) + 3 + length(whole) <= room:
                line += f" = {whole}"
                continue
            if line:
                yield starts, line
            line, starts = "", True
            for piece in _breakable(right, room, length):
                if line and length(line) + 1 + length(piece) > room:
                    yield starts, line
                    line, starts = "", False
                line += f" {piece}" if line else piece
        yield starts, line


def _breakable(pieces: Sequence[str], room: int, length: Callable[[str], int]) -> Iterator[str]:
    """Yield the pieces; break long ones at signs, outside parentheses if possible.

    Text within braces is an argument of a LaTeX command and is never broken.
    """
    for piece in pieces:
        for part in _broken(piece, "({") if length(piece) > room else [piece]:
            yield from _broken(part, "{") if length(part) > room else [part]


def _broken(text: str, brackets: str) -> Iterator[str]:
    """Yield the parts of a text, split at signs outside `brackets`."""
    part = ""
    for token in _SIGNS.split(text):
        part = f"{part} {token}" if part else token
        if all(part.count(each) == part.count(_CLOSING[each]) for each in brackets):
            yield part
            part = ""
    if part:
        yield part


@dataclass(frozen=True)
class Equations:
    """Equations, one per line."""

    equations: Sequence[Equation]


@dataclass(frozen=True)
class Matrix:
    """A matrix of mathematics: rows of the same length."""

    rows: Sequence[Sequence[str]]

    def widths(self, length: Callable[[str], int] = len) -> list[int]:
        """Return the width of every column."""
        return [max(map(length, column)) for column in zip(*self.rows, strict=True)]


@dataclass(frozen=True)
class MatrixEquation:
    """``left = right = right ...`` with matrices. Each right side starts a line.

    Attributes
    ----------
    rights : sequence of sequences of str or Matrix
        Each right side in parts; lines can break after a matrix.
    sign : str
        The sign before the first right side.
    """

    left: str
    rights: Sequence[Sequence[str | Matrix]]
    sign: str = "="

    def lines(
        self, width: int, length: Callable[[str], int] = len
    ) -> Iterator[tuple[bool, list[str | Matrix]]]:
        """Yield the lines after the left side, as `Equation.lines` does, each in its parts."""
        room = width - length(self.left) - 3
        for right in self.rights:
            line: list[str | Matrix] = []
            starts = True
            for group in _around_matrices(right):
                if line and width_of([*line, *group], length) > room:
                    yield starts, line
                    line, starts = [], False
                line += group
            yield starts, line


def width_of(parts: Sequence[str | Matrix], length: Callable[[str], int] = len) -> int:
    """Return the width of parts next to each other: two spaces between columns, and brackets."""
    widths = [
        length(part) if isinstance(part, str) else sum(2 + each for each in part.widths(length)) + 2
        for part in parts
    ]
    return sum(widths) + len(widths) - 1


def _around_matrices(parts: Sequence[str | Matrix]) -> list[list[str | Matrix]]:
    """Return the parts in groups: a matrix with the texts before it, at the end also after it."""
    ends = [at for at, part in enumerate(parts, 1) if isinstance(part, Matrix)][:-1]
    return [[*parts[start:end]] for start, end in pairwise([0, *ends, len(parts)])]


@dataclass(frozen=True)
class MathTable:
    """A table of mathematics: a header row, then rows of the same length.

    Attributes
    ----------
    texts : set of int
        The columns that are text, from 0.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: frozenset[int] = frozenset()

    def lines(self, mathematics: Callable[[str], str]) -> list[list[str]]:
        """Return the header and the rows, with a function applied to the mathematics."""
        return [
            [cell if at in self.texts else mathematics(cell) for at, cell in enumerate(row)]
            for row in (self.header, *self.rows)
        ]


@dataclass(frozen=True)
class Table:
    """A table of text and numbers: a header row, then rows of the same length.

    Attributes
    ----------
    caption : str
    texts : int
        The number of columns of text, which come first; the others are numbers.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1


@dataclass(frozen=True)
class Facts:
    """Names and values, one pair per line."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Code:
    """Lines of a file or a command, of which some are marked."""

    lines: Sequence[str]
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Picture:
    """A picture, with an alternative text for readers who do not see it.

    Attributes
    ----------
    content : bytes
        A PNG or SVG file.
    """

    content: bytes
    alternative: str


Worked = Heading | Paragraph | Equations | MatrixEquation | MathTable
"""The elements of a worked example."""

Element = Worked | Table | Facts | Code | Picture
