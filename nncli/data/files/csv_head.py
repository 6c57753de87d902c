"""The first rows of a CSV file: detect the delimiter, and whether there is a header."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nncli.data.files.numerals import is_blank_word, is_number, other_form

DELIMITERS = {",": "comma", "|": "vertical bar", ";": "semicolon", "\t": "tab"}

_YEAR = re.compile("[0-9]{1,18}", re.ASCII)  # or any other counter
_OTHERS = (":", "^", "~")  # delimiters of files that are not CSV
_REPEATED = 2  # texts repeated this often on average are categories
_ENOUGH = 3  # rows needed to distinguish names from texts
_SEP = re.compile(rb'[ \t\n]*"?sep=([^\n])"?[ \t]*\n', re.IGNORECASE)  # as in Excel
_COMMENTS = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\n)*")


@dataclass(frozen=True)
class Top:
    """The first rows.

    Attributes
    ----------
    rows : sequence of list of str
        Cells without surrounding quotes and white space.
    quoted : sequence of bool
        Whether all cells of a row were quoted.
    line : int
        Last line of the first row.
    """

    rows: Sequence[Sequence[str]]
    quoted: Sequence[bool]
    line: int

    @property
    def width(self) -> int:
        """The number of cells in the first row."""
        return len(self.rows[0]) if self.rows else 0

    @property
    def even_width(self) -> int:
        """The number of cells per row, if equal and there are several rows and cells, else 0.

        Comments are ignored.
        """
        widths = [len(row) for row in self.rows if not _is_comment(row)]
        return widths[0] if len(widths) > 1 and {*widths} == {max(widths[0], 2)} else 0

    def column(self, number: int) -> list[str]:
        """Return the non-blank cells below the first row."""
        below = [row[number] for row in self.rows[1:] if len(row) == self.width]
        return [cell for cell in below if cell and not is_blank_word(cell)]


def said_delimiter(head: bytes) -> tuple[str | None, int]:
    """Return the delimiter of a first line such as ``sep=;``, and the end of that line."""
    found = _SEP.match(head)
    return (found[1].decode("latin-1"), found.end()) if found else (None, 0)


def comments(head: bytes) -> list[int]:
    """Return the starts of the comment lines at the top, and of the first other line."""
    found = _COMMENTS.match(head)
    end = found.end() if found else 0
    starts = [each.start() for each in re.finditer(rb"^[ \t]*#", head[:end], re.MULTILINE)]
    return [*starts, end] if starts else []


def are_names_of(comment: Top, top: Top) -> bool:
    """Return whether a line that begins with ``#`` is the header.

    It is if it is as wide as the first row, and the first row has no names.
    """
    has_other_names = any(_is_name(cell, top.column(at)) for at, cell in enumerate(top.rows[0]))
    return comment.width == top.width and not has_other_names


def dividing(tops: Mapping[str, Top], head: bytes) -> str:
    """Return the delimiter that splits all first rows evenly, else the first row into most cells.

    If several do, the one with most columns wins. Commas come last among equals, since they also
    occur in numbers and text.

    Parameters
    ----------
    tops : mapping of delimiter to Top
        The first rows, split by each delimiter.
    head : bytes
        Beginning of the file; its first row may be longer or have wrong quotes.
    """
    even = max(reversed(DELIMITERS), key=lambda each: tops[each].even_width)
    if tops[even].even_width:
        return even
    line = head.lstrip(b" \t\n").split(b"\n", 1)[0]
    outside = b"".join(line.split(b'"')[::2])
    return max(
        DELIMITERS, key=lambda each: tops[each].width or 1 + outside.count(each.encode("ascii"))
    )


def misdivided(top: Top) -> str | None:
    """Return the problem and the remedy if the file seems to use another delimiter."""
    first = top.rows[0]
    lines = [" ".join(row) for row in top.rows]
    if len(first) > 1 or len(lines) < 2 or any(top.quoted):
        return None
    found = next((repr(each) for each in _OTHERS if _is_divided(lines, each)), None)
    if found is None and _is_of_numbers(lines):
        found = "white space"
    return found and (
        f"has one column, {first[0][:40]!r}, apparently separated by {found}; use commas, "
        "semicolons, tabs or | instead, or quote the cells of a single column"
    )


def lacks_a_name(top: Top) -> bool:
    """Return whether all rows below the first have one more cell, as from R's ``write.table``."""
    return len(top.rows) > 1 and {len(row) for row in top.rows[1:]} == {top.width + 1}


def has_names(top: Top) -> bool:
    """Return whether a first row with numbers seems to be a header.

    It is if the numbers count up by one, as years do; if only this row is quoted; or if another of
    its cells differs in kind from those below.
    """
    numbers = [cell for cell in top.rows[0] if is_number(cell)]
    if all(_YEAR.fullmatch(cell) for cell in numbers):
        years = [int(cell) for cell in numbers]
        if all(after - before == 1 for before, after in pairwise(years)):
            return True
    if top.quoted[0] and not all(top.quoted):
        return True
    return any(_is_name(cell, top.column(at)) for at, cell in enumerate(top.rows[0]))


def _is_name(cell: str, below: Sequence[str]) -> bool:
    """Return whether a cell differs in kind from those below it, as a name does."""
    if not below or is_number(cell) or is_blank_word(cell) or other_form(cell):
        return False
    if not any(character.isalpha() for character in cell):
        return False
    if 2 * sum(map(is_number, below)) > len(below):
        return True
    if {each.lower() for each in below} <= {"true", "false"}:
        return cell.lower() not in ("true", "false")
    if len(below) < _ENOUGH:
        return False
    if not _has_digit(cell) and all(map(_has_digit, below)):
        return True
    return cell not in below and len(below) >= _REPEATED * len({*below})


def _has_digit(text: str) -> bool:
    return any(character.isdecimal() for character in text)


def _is_comment(row: Sequence[str]) -> bool:
    return row[0].startswith("#")


def _is_divided(lines: Sequence[str], character: str) -> bool:
    count = lines[0].count(character)
    return count > 0 and all(line.count(character) == count for line in lines)


def _is_of_numbers(lines: Sequence[str]) -> bool:
    """Return whether white space splits lines into equally many parts, one of them always a number.

    The first line may have one part less: R's ``write.table`` does not name the row names.
    """
    first, *others = (re.split(r"[ \t]+", line) for line in lines)
    widths = {*map(len, others)}
    is_of_r = widths == {len(first) + 1} and len(others) > 1
    if len(first) < 2 or not (widths == {len(first)} or is_of_r):
        return False
    return any(all(map(is_number, parts)) for parts in zip(*others, strict=True))
