"""Convert a column of Python values to the cells of a `Table`.

The kind is inferred from the non-blank values:

- all text: a category; all Booleans: Booleans; all numbers: numbers; all dates or times: dates;
- mixed: as in a CSV file (see `csv_file`), numbers if more than half are numbers, which makes any
  other text an error; else a category.

See `texts` for blank values; texts that mean a blank cell are blank, too.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from nncli.base.errors import DataError
from nncli.data.files.blanks import Blanks, MixedColumnError, is_blank_in
from nncli.data.files.numerals import is_blank_word, is_number, other_form, remedy_for
from nncli.data.files.table import BLANK_BOOLEAN, MOMENT, NUMBER, Cells, Wanted
from nncli.data.files.texts import NOT_A_NUMBER, is_blank, text_of
from nncli.data.files.values import REMEDIES, numbers_among

Value = bool | int | float | str | None


@dataclass(frozen=True)
class Place:
    """The location of a column, for messages."""

    table: str
    column: str
    row: Callable[[int], str]

    def of(self, row: int) -> str:
        """Return the name of a row of the column."""
        return f"{self.table}: {self.row(row)}, column {self.column}"


def cells_of(
    values: Sequence[object],
    place: Place,
    kind: Wanted | None = None,
    missing: Sequence[str] = (),
    *,
    texts_may_be_numbers: bool = False,
) -> Cells:
    """Return the cells (N,) of a column.

    Parameters
    ----------
    kind : str, optional
        Kind to read the column as; inferred by default. With ``written``, values keep their types.
    missing : sequence of str
        Texts, and their numbers, that mean a blank cell.
    texts_may_be_numbers : bool
        Whether a column of text only is read as in a CSV file.

    Raises
    ------
    DataError
        For the first value of an unsupported type, or not of the kind.
    """
    quick = _numbers_alone(values) if kind in (None, "number") and not missing else None
    if quick is not None:
        return quick
    blanks, numbers = {"", *missing}, numbers_among(missing)
    if kind in (None, "written") and (moments := _moments(values, missing)) is not None:
        return moments
    if kind not in ("number", "boolean"):
        types = date | time if kind is None else date | time | Decimal
        values = [str(each) if _has_text(each, types) else each for each in values]
    plain = [_plain(value, place, row) for row, value in enumerate(values)]
    plain = [None if each in blanks else each for each in plain]
    if numbers:
        plain = [None if _number(each) in numbers else each for each in plain]
    kind = kind or _kind(plain, texts_may_be_numbers, isinstance(missing, Blanks))
    if kind == "written":
        return _objects([None if each in NOT_A_NUMBER else each for each in plain])
    if kind == "category":
        pairs = zip(
            plain, values, strict=True
        )  # the original type determines the digits of a number
        return _objects([None if each is None else text_of(value) for each, value in pairs])
    if kind == "boolean":
        plain = [None if each in NOT_A_NUMBER else each for each in plain]
    plain = [None if _is_word(each, missing, place) else each for each in plain]
    convert = _boolean if kind == "boolean" else _number
    found = [math.nan if each is None else convert(each) for each in plain]
    for row, number in enumerate(found):
        if number is None:
            raise _unexpected(plain[row], place, row, kind)
    if kind == "boolean" and None not in plain:
        return np.array(found, np.bool_)
    return np.array(found, BLANK_BOOLEAN if kind == "boolean" else np.float64)


def _numbers_alone(values: Sequence[object]) -> Cells | None:
    """Return the cells of a column of finite numbers and blanks: a fast path, 10 times as fast."""
    if not {*map(type, values)} <= {int, float, type(None)}:
        return None
    try:
        cells = np.array(values, np.float64)
    except OverflowError:
        return None
    return None if np.isinf(cells).any() else cells


def _objects(values: Sequence[Value]) -> Cells:
    cells = np.empty(len(values), object)
    cells[:] = values
    return cells


def _moments(values: Sequence[object], missing: Sequence[str]) -> Cells | None:
    """Return the cells of a column of dates or times and blanks; None for other columns."""
    words = {"", *NOT_A_NUMBER, *missing}
    is_open = isinstance(missing, Blanks)
    known = [
        None if is_blank(each) or _is_blank_text(each, words, is_open) else each for each in values
    ]
    types = {type(each) for each in known if each is not None}
    if not types or not all(issubclass(each, date | time | np.datetime64) for each in types):
        return None
    return moment_cells(known)


def moment_cells(values: Iterable[object]) -> Cells:
    """Return dates, times and blanks as cells (N,)."""
    return np.array([_moment(None if is_blank(each) else each) for each in values], MOMENT)


def _is_blank_text(value: object, words: Collection[str], takes_words: bool) -> bool:
    if not isinstance(value, str):
        return False
    return value.strip() in words or (takes_words and is_blank_word(value.strip()))


def _moment(value: Any) -> np.datetime64:
    """Return a date or time without its time zone; bare times get an arbitrary day."""
    if isinstance(value, time):
        value = datetime.combine(date(1970, 1, 1), value)
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)
    return np.datetime64("NaT", "us") if value is None else np.datetime64(value, "us")


def _has_text(value: object, types: Any) -> bool:
    """Return whether a value has one of these types, to be read as text (an id, for instance)."""
    return isinstance(value, types) and not is_blank(value)


def _plain(value: object, place: Place, row: int) -> Value:
    """Return a value as a bool, a number, stripped text, or None if blank."""
    if isinstance(value, str):
        return value.strip()
    if is_blank(value):
        return None
    if isinstance(value, np.bool_ | np.integer | np.floating):
        value = value.item()
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, date | time | timedelta | np.datetime64 | np.timedelta64):
        is_duration = isinstance(value, timedelta | np.timedelta64)
        found, remedy = REMEDIES["duration" if is_duration else "temporal"]
        raise DataError(f"{place.table}: column {place.column} {found} ({place.row(row)}); "
                        f"{remedy}")  # fmt: skip
    raise DataError(
        f"{place.of(row)}: found a value of type {type(value).__name__}; expected a number, a "
        "Boolean or text"
        + ("; split it into columns, or drop it" if isinstance(value, dict | list) else "")
    )


def _kind(values: Sequence[Value], texts_may_be_numbers: bool, takes_words: bool) -> Wanted:
    given = [each for each in values if each is not None]
    known = [each for each in given if each not in NOT_A_NUMBER]
    if takes_words:
        known = [each for each in known if not (isinstance(each, str) and is_blank_word(each))]
    texts = known or ([] if takes_words else given)
    if not texts_may_be_numbers and texts and all(isinstance(each, str) for each in texts):
        return "category"
    if all(isinstance(each, bool) for each in known):
        return "boolean" if known else "number"
    texts = [each for each in known if not _is_number(each)]
    if len(known) - len(texts) > len(texts):
        return "number"
    booleans = len(texts) == len(known) and all(_boolean(each) is not None for each in texts)
    return "boolean" if booleans else "category"


def _is_word(value: Value, missing: Sequence[str], place: Place) -> bool:
    return isinstance(value, str) and is_blank_in(missing, place.column, value)


def _unexpected(value: Value, place: Place, row: int, kind: Wanted) -> DataError:
    expected = "true or false" if kind == "boolean" else "a finite number"
    message = f"{place.of(row)}: found {repr(value)[:40]}; expected {expected}"
    if isinstance(value, str) and (
        other_form(value) or not (remedy_for(value) or is_number(value))
    ):
        return MixedColumnError(message, place.column, value)
    return DataError(message)


def _is_number(value: Value) -> bool:
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    return not isinstance(value, bool)


def _number(value: Value) -> float | None:
    """Return a finite number, also from text; None for anything else."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    try:
        number = math.nan if value is None else float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _boolean(value: Value) -> float | None:
    text = str(value).lower()
    return float(text == "true") if text in ("true", "false") else None
