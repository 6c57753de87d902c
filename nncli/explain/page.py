"""What a page of mathematics is made of, and where its equations break into lines."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_SIGNS = re.compile(r" (?=[-+×/] |if |\\cdot )|(?<=,) ")

_CLOSING = {"(": ")", "{": "}"}


@dataclass(frozen=True)
class Heading:
    """A heading; the page's own has level 1."""

    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    """Sentences, in the notation of the page."""

    text: str


@dataclass(frozen=True)
class Equation:
    """``left = right = right ...``.

    Attributes
    ----------
    rights : sequence of sequences of str
        Each right side in pieces between which a line may break.
    sign : str
        What stands before the first right side.
    """

    left: str
    rights: Sequence[Sequence[str]]
    sign: str = "="

    def lines(self, width: int, length: Callable[[str], int] = len) -> Iterator[tuple[bool, str]]:
        """Yield the lines behind the left side, and for each whether it begins a right side.

        Parameters
        ----------
        width : int
            Of a line, the left side and the sign included.
        length : function
            Returns how wide a text is.
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
    """Yield the pieces, those that are too long broken at signs, outside parentheses if that does.

    Within braces nothing is broken: they are an argument of LaTeX.
    """
    for piece in pieces:
        for part in _broken(piece, "({") if length(piece) > room else [piece]:
            yield from _broken(part, "{") if length(part) > room else [part]


def _broken(text: str, brackets: str) -> Iterator[str]:
    """Yield the parts of a text between signs that are not within `brackets`."""
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
    """Equations one below the other."""

    equations: Sequence[Equation]


@dataclass(frozen=True)
class Table:
    """A table of mathematics: a row of headings, then rows of as many cells."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


Element = Heading | Paragraph | Equations | Table
