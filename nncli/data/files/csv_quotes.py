"""Quotation marks in CSV: find those that quote a cell, with the rules of Python's ``csv``.

A mark opens a cell if only white space precedes it in the cell. Inside quotes, two marks mean one,
and a single mark closes the cell. All other marks are text, such as the inches of ``5" pipe``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]

LINE_FEED = ord("\n")
# ASCII only, since bytes of other characters may look like white space.
IS_WHITE = np.isin(np.arange(256), list(b" \t\v\f"))

_QUOTE = ord('"')


@dataclass(frozen=True)
class Fault:
    """A row with wrong quotes.

    Attributes
    ----------
    start : int
        Start of the row.
    problem : str
    """

    start: int
    problem: str


@dataclass(frozen=True)
class Unquoted:
    """Whole rows without quoting marks and without escapes.

    Attributes
    ----------
    text : bytes
    hidden : array (H,)
        Positions of line feeds and delimiters that are text.
    fault : Fault or None
        Set if the rows end early because the next one has wrong quotes.
    quoted : array (Q,)
        Starts of the content of quoted cells.
    """

    text: bytes
    hidden: Places
    fault: Fault | None
    quoted: Places


def end_of_rows(text: bytes, delimiter: str) -> int:
    """Return the end of the last whole row of a text that begins with a row; 0 if none ends."""
    if b'"' not in text:
        return text.rfind(b"\n") + 1
    data = _framed(text)
    line_feeds = np.flatnonzero(data[1:-1] == LINE_FEED)
    outside = line_feeds[_is_outside(line_feeds, _quoting(data, ord(delimiter)))]
    return int(outside[-1]) + 1 if len(outside) else 0


def unquoted(rows: bytes, delimiter: str) -> Unquoted:
    """Return rows, each ending in a line feed, without the marks that quote cells."""
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
    is_text = np.diff(quotes, prepend=-2) == 1  # the second mark of a doubled one
    is_text[1::2] = False  # a closing mark
    dropped, opening = quotes[~is_text], quotes[::2][~is_text[::2]]
    return Unquoted(
        np.delete(content, dropped).tobytes(),
        hidden - np.searchsorted(dropped, hidden),
        fault,
        opening - np.searchsorted(dropped, opening),
    )


def _framed(text: bytes) -> NDArray[np.uint8]:
    """Return the bytes of a text with a line feed added on either side."""
    return np.frombuffer(b"\n" + text + b"\n", np.uint8)


def _quoting(data: NDArray[np.uint8], delimiter: int) -> Places:
    """Return the positions of marks that alternately open and close; a doubled one does both.

    Parameters
    ----------
    data : array
        Result of `_framed`; the returned positions are those in the text.
    """
    quotes = np.flatnonzero(data == _QUOTE)
    before = _beyond_white(data, quotes, delimiter, -1)
    opens = (before == delimiter) | (before == LINE_FEED)
    doubles = data[quotes - 1] == _QUOTE
    if not (opens | doubles)[::2].all():  # otherwise every second mark opens, by induction
        quotes = quotes[_by_turns(opens.tolist(), doubles.tolist())]
    return quotes - 1


def _by_turns(opens: list[bool], doubles: list[bool]) -> list[int]:
    """Return the indices of marks that alternately open and close.

    Parameters
    ----------
    opens : list of bool
        Whether a mark would open a cell.
    doubles : list of bool
        Whether a mark directly follows another.
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
    """Return the first row with text after a closing mark, or with an unclosed mark."""
    closing = quotes[1::2]
    is_last = np.diff(quotes, append=len(data))[1::2] != 1  # others are the first of a doubled mark
    closing = closing[is_last]
    behind = _beyond_white(data, closing + 1, ord(delimiter), 1)
    wrong = closing[(behind != ord(delimiter)) & (behind != LINE_FEED)]
    if len(wrong):
        at = int(wrong[0])
        problem = f"expected {delimiter!r} after '\"'; double quotation marks inside quotes"
    elif len(quotes) % 2:
        at = int(quotes[-1])
        problem = "unclosed quotation mark; close it, or double quotation marks inside quotes"
    else:
        return None
    line_feeds = np.flatnonzero(data[1 : at + 1] == LINE_FEED)
    outside = line_feeds[_is_outside(line_feeds, quotes)]
    return Fault(int(outside[-1]) + 1 if len(outside) else 0, problem)


def _is_outside(places: Places, quotes: Places) -> NDArray[np.bool_]:
    """Return a mask of the positions outside quotes."""
    outside: NDArray[np.bool_] = np.searchsorted(quotes, places) % 2 == 0
    return outside


def _beyond_white(
    data: NDArray[np.uint8], places: Places, delimiter: int, step: int
) -> NDArray[np.uint8]:
    """Return the nearest byte before (-1) or after (1) each position that is not white space."""
    at = places + step
    found = data[at]
    white = IS_WHITE[found] & (found != delimiter)
    if white.any():
        others = np.flatnonzero(~IS_WHITE[data] | (data == delimiter))
        found[white] = data[others[np.searchsorted(others, places[white]) + step]]
    return found
