"""Numbers in text: the plain form, other forms that a whole column may have, and remedies.

A comma or a point is a thousands separator or the decimal mark; `number_in` is given the decimal
mark.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from nncli.data.files.table import NUMBER

Decimal = Literal[".", ","]

_NOT_FINITE = re.compile(r"[-+]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_BLANK_WORDS = (
    *("na", "n/a", "n.a.", "#n/a", "<na>", "nan", "-nan", "#nan", "nat", "null", "none", "nil"),
    *("\\n", "?", "-", "--", "."),
)
_BARE = re.compile(r"[-+]?[0-9.,]*[0-9]", re.ASCII)  # nothing around its digits
_LONGEST = 60  # no numeral is longer

_MINUS = "[\u2010-\u2013\u2212\ufe63\uff0d]"
_SPACE = "[ \u00a0\u2009\u202f]"
_SYMBOLS = r"\u00a2-\u00a5\u058f\u060b\u0e3f\u20a0-\u20cf\ufe69\uff04\uffe0\uffe1\uffe5\uffe6"
_CODES = (
    "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|INR|JPY|KRW|MXN|NOK|NZD|PLN|RUB|SEK|SGD|TRY|USD|"
    "ZAR|kr|z\u0142"
)
_CURRENCY = rf"(?:[A-Z]{{0,3}}[${_SYMBOLS}]|{_CODES})"
_SIGNS = re.compile(rf"{_CURRENCY}|[%\uff05]")
# A comma that cannot separate thousands: not three digits follow, or only zeros precede.
_DECIMAL_COMMA = re.compile(
    r"[^,]*[0-9],(?![0-9]{3}(?![0-9]))[0-9]+[^,]*|[^1-9,]*0,[0-9]+[^,]*", re.ASCII
)


@dataclass(frozen=True)
class Form:
    """Another way to write a number.

    Attributes
    ----------
    pattern : pattern
    rewritten : function of match to str
        Returns the text without this form; another form may remain.
    remedy : str
        Text with ``{}`` for the plain number.
    """

    pattern: re.Pattern[str]
    rewritten: Callable[[re.Match[str]], str]
    remedy: str


def is_number(text: str) -> bool:
    """Return whether a text is a plain number, nan or infinity."""
    return bool(NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text))


def is_blank_word(text: str) -> bool:
    """Return whether a text commonly means a missing value."""
    return text.lower() in _BLANK_WORDS


def other_form(text: str, column: Iterable[str] = ()) -> str | None:
    """Return a remedy for a number in another form; None if the text is not such a number.

    Parameters
    ----------
    column : iterable of str
        Texts of the same column, to infer whether ``1,004`` means 1004 or 1.004.
    """
    if len(text) > _LONGEST or not any("0" <= character <= "9" for character in text):
        return None
    if is_number(text):
        return None
    remedy = None
    for form in FORMS:
        found = form.pattern.fullmatch(text)
        if found and (form is not THOUSANDS or not any(map(_DECIMAL_COMMA.fullmatch, column))):
            text, remedy = form.rewritten(found), remedy or form.remedy
    return remedy.format(text) if remedy and NUMBER.fullmatch(text) else None


def number_in(text: str, decimal: Decimal) -> float | None:
    """Parse a number in any form; return None if the text is not a finite number.

    Percentages are not divided by 100: ``10%`` is 10.
    """
    if NUMBER.fullmatch(text) and (decimal == "." or "." not in text):  # the usual case
        return _finite(text)
    if len(text) > _LONGEST or not any("0" <= character <= "9" for character in text):
        return None
    for form in () if _BARE.fullmatch(text) else _AROUND:
        if found := form.pattern.fullmatch(text):
            text = form.rewritten(found)
    for form in _WITHIN[decimal]:
        if decimal == "," and "." in text and form is _SPACED:
            return None  # a point that does not separate thousands
        if found := form.pattern.fullmatch(text):
            text = form.rewritten(found)
    return _finite(text) if NUMBER.fullmatch(text) else None


def depends_on_mark(text: str) -> bool:
    """Return whether the number in a text depends on the decimal mark."""
    return number_in(text, ".") != number_in(text, ",")


def signs_in(text: str) -> set[str]:
    """Return the currencies and percent signs in a number."""
    return {*_SIGNS.findall(text)}


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def remedy_for(text: str, column: Iterable[str] = ()) -> str:
    """Return a remedy for a text instead of a number, to append to a message.

    Parameters are as in `other_form`.
    """
    if NUMBER.fullmatch(text):
        return ", up to 1.8e308"
    if how := other_form(text, column):
        return f"; {how}"
    if any(character.isdecimal() and not character.isascii() for character in text):
        return "; write the digits 0 to 9"
    if _NOT_FINITE.fullmatch(text) or is_blank_word(text):
        return "; leave cells with missing values blank"
    return ""


def _form(pattern: str, rewritten: str | Callable[[re.Match[str]], str], remedy: str) -> Form:
    if isinstance(rewritten, str):
        template = rewritten
        return Form(re.compile(pattern), lambda found: found.expand(template), remedy)
    return Form(re.compile(pattern), rewritten, remedy)


def _without(characters: str) -> Callable[[re.Match[str]], str]:
    return lambda found: re.sub(characters, "", found[0])


THOUSANDS = _form(
    r"[-+]?[1-9][0-9]{0,2}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]*)?",
    _without(","),
    "write it without thousands separators: {}",
)

_SPACED = _form(
    rf"[-+]?[1-9][0-9]{{0,2}}((?:{_SPACE}|['\u2019_])[0-9]{{3}})+([.,][0-9]*)?",
    _without(rf"{_SPACE}|['\u2019_]"),
    "write it without separators between its digits: {}",
)
_DECIMAL = _form(
    "([-+]?[0-9]*),([0-9]+([eEdD][-+]?[0-9]+)?)",
    r"\1.\2",
    "write the decimal comma as a point: {}",
)
_EXPONENT = _form("(.*[0-9.])[dD]([-+]?[0-9]+)", r"\1E\2", "write its exponent with E: {}")

# Signs around the digits, in this order; a number may have several, such as -$1,004.
_AROUND = (
    _form('=?"(.*)"', r"\1", "write it without = and quotation marks: {}"),
    _form("=(.*)", r"\1", "write it without =: {}"),
    _form("['\u2018\u2019](.*)", r"\1", "write it without the apostrophe: {}"),
    _form(rf"{_MINUS}(.*)", r"-\1", "write its minus sign as -: {}"),
    _form(r"\((.*)\)", r"-\1", "write it with a minus sign: {}"),
    CURRENCY := _form(
        rf"(.*?){_SPACE}?{_CURRENCY}{_SPACE}?(.*)", r"\1\2", "write it without the currency: {}"
    ),
    PERCENT := _form(rf"(.*?){_SPACE}?[%\uff05]", r"\1", "write it without the percent sign: {}"),
    _form(rf"(.*[0-9.,]){_SPACE}?(-|{_MINUS})", r"-\1", "write its minus sign in front: {}"),
    _form(rf"([-+]){_SPACE}+(.*)", r"\1\2", "write it without a space after its sign: {}"),
)
_WITHIN: dict[Decimal, tuple[Form, ...]] = {
    ".": (THOUSANDS, _SPACED, _EXPONENT),
    ",": (
        _form(r"[-+]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?", _without(r"\."), "{}"),
        _SPACED,
        _DECIMAL,
        _EXPONENT,
    ),
}

FORMS = (
    *_AROUND,
    THOUSANDS,
    _SPACED,
    _form(
        r"[-+]?[1-9][0-9]{0,2}((\.[0-9]{3})+,[0-9]+|(\.[0-9]{3}){2,})",
        _without(r"\."),
        "write it without separators between its digits: {}",
    ),
    _DECIMAL,
    _EXPONENT,
    _form(
        "[-+]?0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)",
        lambda found: str(int(found[0], 0)),
        "write it with decimal digits: {}",
    ),
)
