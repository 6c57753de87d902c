"""Quotation marks in CSV: which of them quote a cell, as Python's ``csv`` takes them, and how.

A mark opens a cell where nothing but white space is before it in the cell. Inside quotes two marks
stand for one, and a single one closes. All other marks are text, such as the inches of ``5" pipe``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]

LINE_FEED = ord("\n")
# In ASCII, as the bytes of other characters look like white space too.
IS_WHITE = np.isin(np.arange(256), list(b" \t\v\f"))

_QUOTE = ord('"')


@dataclass(frozen=True)
class Fault:
    """What is wrong with the quotes of a row.

    Attributes
    ----------
    start : int
        Where the row begins.
    problem : str
    """

    start: int
    problem: str


@dataclass(frozen=True)
class Unquoted:
    """Whole rows without the quotation marks around cells and before marks that are text.

    Attributes
    ----------
    text : bytes
    hidden : array (H,)
        The places of line feeds and delimiters that are text.
    fault : Fault or None
        Where the rows end too early, as the next one has wrong quotes.
    quoted : array (Q,)
        Where the content of quoted cells begins.
    """

    text: bytes
    hidden: Places
    fault: Fault | None
    quoted: Places


def end_of_rows(text: bytes, delimiter: str) -> int:
    """Return where the last whole row of a text ends, which begins with a row; 0 if none does."""
    if b'"' not in text:
        return text.rfind(b"\n") + 1
    data = _framed(text)
    line_feeds = np.flatnonzero(data[1:-1] == LINE_FEED)
    outside = line_feeds[_is_outside(line_feeds, _quoting(data, ord(delimiter)))]
    return int(outside[-1]) + 1 if len(outside) else 0


def unquoted(rows: bytes, delimiter: str) -> Unquoted:
    """Return rows, each with a line feed at its end, without what quotes their cells."""
    nothing = np.empty(0, np.intp)
    if b'"' not in rows:
        return Unquoted(rows, nothing, None, nothing)
    data = _framed(rows)
    quotes = _quoting(data, ord(delimiter))
    if fault := _first_fault(data, quotes, delimiter):
        rows = rows[: fault.start]
        quotes = quotes[: np.searchsorted(quotes, fault.start)]
    content = np.frombuffer(rows, np.uint8)
    ends = np.flatnonzero((content == LINE_FEED) | (content == ord(delimiter)))
    hidden = ends[~_is_outside(ends, quotes)]
    is_text = np.diff(quotes, prepend=-2) == 1  # the second of two
    is_text[1::2] = False  # it closes
    dropped, opening = quotes[~is_text], quotes[::2][~is_text[::2]]
    return Unquoted(
        np.delete(content, dropped).tobytes(),
        hidden - np.searchsorted(dropped, hidden),
        fault,
        opening - np.searchsorted(dropped, opening),
    )


def _framed(text: bytes) -> NDArray[np.uint8]:
    """Return the bytes of a text with a line feed on either side."""
    return np.frombuffer(b"\n" + text + b"\n", np.uint8)


def _quoting(data: NDArray[np.uint8], delimiter: int) -> Places:
    """Return the places of the marks that open and close by turns; a doubled one does both.

    Parameters
    ----------
    data : array
        From `_framed`; the places are those in the text.
    """
    quotes = np.flatnonzero(data == _QUOTE)
    before = _beyond_white(data, quotes, delimiter, -1)
    opens = (before == delimiter) | (before == LINE_FEED)
    doubles = data[quotes - 1] == _QUOTE
    if not (opens | doubles)[::2].all():  # otherwise each second one opens, by induction
        quotes = quotes[_by_turns(opens.tolist(), doubles.tolist())]
    return quotes - 1


def _by_turns(opens: list[bool], doubles: list[bool]) -> list[int]:
    """Return which marks open and close, one after the other.

    Parameters
    ----------
    opens : list of bool
        Whether a mark would open a cell.
    doubles : list of bool
        Whether it stands just behind another.
    """
    turns: list[int] = []
    inside, closed = False, -2
    for n, (may_open, doubled) in enumerate(zip(opens, doubles, strict=True)):
        if inside:
            inside, closed = False, n
        elif may_open or (doubled and closed == n - 1):
            inside = True
        else:
            continue
        turns.append(n)
    return turns


def _first_fault(data: NDArray[np.uint8], quotes: Places, delimiter: str) -> Fault | None:
    """Return the first row with text behind its quotes, or with quotes that are not closed."""
    closing = quotes[1::2]
    is_last = np.diff(quotes, append=len(data))[1::2] != 1  # others are the first of two for one
    closing = closing[is_last]
    behind = _beyond_white(data, closing + 1, ord(delimiter), 1)
    wrong = closing[(behind != ord(delimiter)) & (behind != LINE_FEED)]
    if len(wrong):
        at = int(wrong[0])
        problem = f"{delimiter!r} expected after '\"'; double a quotation mark inside quotes"
    elif len(quotes) % 2:
        at = int(quotes[-1])
        problem = "a quotation mark is not closed; close it, or double one inside quotes"
    else:
        return None
    line_feeds = np.flatnonzero(data[1 : at + 1] == LINE_FEED)
    outside = line_feeds[_is_outside(line_feeds, quotes)]
    return Fault(int(outside[-1]) + 1 if len(outside) else 0, problem)


def _is_outside(places: Places, quotes: Places) -> NDArray[np.bool_]:
    """Return which places are outside quotes."""
    outside: NDArray[np.bool_] = np.searchsorted(quotes, places) % 2 == 0
    return outside


def _beyond_white(
    data: NDArray[np.uint8], places: Places, delimiter: int, step: int
) -> NDArray[np.uint8]:
    """Return the nearest byte before (-1) or behind (1) each place that is no white space."""
    at = places + step
    found = data[at]
    white = IS_WHITE[found] & (found != delimiter)
    if white.any():
        others = np.flatnonzero(~IS_WHITE[data] | (data == delimiter))
        found[white] = data[others[np.searchsorted(others, places[white]) + step]]
    return found
