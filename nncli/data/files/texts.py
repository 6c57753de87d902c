"""The text of a cell, and the canonical text of a category or class, whatever its source.

A text cell keeps the text of its file or frame, except surrounding white space, and has line feeds
as line ends. `canonical` returns the name of its category or class:

- A number becomes the shortest text of that number: ``1.0``, ``1.00``, ``1e0`` and ``+1`` become
  ``1``, ``1.50`` becomes ``1.5``, and ``-0.0`` becomes ``0``. Integers keep all their digits, and
  typed numbers the digits of their type: 0.1 in float32 is ``0.1``.
- A number with leading zeros is a code: ``01`` stays ``01``.
- ``true`` and ``false`` become lower case.
- All other text stays the same.

Blank cells are empty text, white space, None, NaN, NA and NaT, and the texts ``NaN`` and ``nan``,
which polars and NumPy write for missing numbers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.data.files.table import BLANK_BOOLEAN, NUMBER, Cells
from nncli.data.names import plain_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_A_NUMBER = ("NaN", "nan")

_BLANK = {"", *NOT_A_NUMBER}
_CODE = re.compile(r"[-+]?0[0-9]", re.ASCII)
_DIGITS = re.compile(r"[-+]?[0-9]+", re.ASCII)
_MOST_DIGITS = 400  # more than a float has before the point


def text_cells(values: NDArray[Any] | Sequence[Any], missing: Collection[str] = ()) -> Cells:
    """Return values of one type as cells (N,) of text, with None for blanks and `missing`."""
    texts = texts_of(values)
    if missing:
        blank = {*missing, *map(canonical, missing)}
        known = {text for text in texts if text is not None}
        found = {text for text in known if {text, canonical(text)} & blank}
        texts = [None if text in found else text for text in texts]
    cells = np.empty(len(texts), object)
    cells[:] = texts
    return cells


def texts_of(values: NDArray[Any] | Sequence[Any]) -> list[str | None]:
    """Return the texts of values of one type, calling `text_of` once per distinct value.

    Arrays of numbers or Booleans are columns as in `Table`.
    """
    if isinstance(values, np.ndarray):
        if values.dtype.kind in "biuf" and values.dtype != BLANK_BOOLEAN:
            different, places = np.unique(values, return_inverse=True)
            names = [*map(text_of, different)]
            return [names[place] for place in places.ravel().tolist()]
        is_blank_boolean = values.dtype == BLANK_BOOLEAN
        values = values.tolist()
        if is_blank_boolean:
            values = [None if is_blank(value) else value == 1 for value in values]
    texts = {value: text_of(value) for value in {*values}}
    return [*map(texts.__getitem__, values)]


def text_of(value: object) -> str | None:
    """Return the text of a value, `canonical` for numbers and Booleans; None if blank."""
    if isinstance(value, bytes):
        text = value.decode("utf-8", "backslashreplace")
    elif isinstance(value, str):
        text = value
    elif is_blank(value):
        return None
    else:
        text = canonical(str(value))
    text = plain_name(text)
    return None if text in _BLANK else text


def is_blank(value: object) -> bool:
    """Return whether a value is missing: None, NaN, or NA or NaT of pandas."""
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def canonical(text: str) -> str:
    """Return the name of the category or class of a stripped text."""
    if not NUMBER.fullmatch(text):
        return small if (small := text.lower()) in ("true", "false") else text
    if is_code(text):
        return text
    if _DIGITS.fullmatch(text):
        return "0" if text in ("+0", "-0") else text.removeprefix("+")
    number = float(text)
    if number.is_integer():
        return str(int(number))
    return text if np.isinf(number) else repr(number)


def is_code(text: str) -> bool:
    """Return whether a text is a number with leading zeros, which is a code."""
    return bool(_CODE.match(text) and NUMBER.fullmatch(text))


def in_order(texts: Iterable[str]) -> list[str]:
    """Return the distinct texts sorted, numerically if all are numbers."""
    texts = {*texts}
    if not all(map(NUMBER.fullmatch, texts)):
        return sorted(texts)
    return sorted(texts, key=lambda text: (_number(text), text))


def places_of(names: Sequence[str]) -> dict[str, int]:
    """Return the indices of names, by name and by `canonical` name.

    An exact name takes precedence over a canonical one. Earlier versions kept names as in the file,
    including surrounding spaces.
    """
    places = {name: place for place, name in enumerate(names)}
    others = {canonical(name.strip()): place for name, place in reversed(places.items())}
    others |= {name.strip(): place for name, place in places.items()}
    return others | places


def _number(text: str) -> int | float:
    return int(text) if _DIGITS.fullmatch(text) and len(text) < _MOST_DIGITS else float(text)
