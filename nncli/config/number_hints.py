"""Suggest what a value means, such as the number 0.3 for ``30%``."""

import re

from nncli.base.words import on_one_line

_PERCENT = re.compile(r"(\d+[.,]?\d*|[.,]\d+) *(%|percent)")
_COMMA = re.compile(r"-?\d*,\d+")
_QUOTIENT = re.compile(r"(\d+) */ *(\d*[1-9]\d*)")
_NUMBERS = re.compile(r"\(?\s*(\d+(?:\s*,\s*\d+|\s+\d+)*)\s*,?\s*\)?", re.ASCII)
_KEY_AND_VALUE = re.compile(r"([A-Za-z]\w*):([^\s/\\].*)", re.ASCII)  # but no path or address
_LONGEST = 30


def number_hint(value: object) -> str | None:
    """Return how to write the number that a text means: ``write the fraction 0.3``; else None."""
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > _LONGEST:
        return None
    if found := _PERCENT.fullmatch(text):
        return f"write the fraction {_short(float(found[1].replace(',', '.')) / 100, 6)}"
    if found := _QUOTIENT.fullmatch(text):
        return f"write the fraction {_short(int(found[1]) / int(found[2]), 3)}"
    if _COMMA.fullmatch(text):
        return f"write {float(text.replace(',', '.')):.15g}, with a decimal point"
    return None


def list_hint(value: object) -> str | None:
    """Return how to write what a number or a tuple means: ``write the list [4]``; else None."""
    is_short = isinstance(value, str) or (isinstance(value, int) and abs(value) < 10**_LONGEST)
    text = str(value) if is_short else ""  # Python refuses to write an integer of 4,301 digits
    if len(text) > _LONGEST or not (found := _NUMBERS.fullmatch(text.strip())):
        return None
    return f"write the list [{', '.join(re.findall('[0-9]+', found[1]))}]"


def colon_hint(value: object) -> str | None:
    """Return a remedy for ``source:gate``, which is a text in YAML; else None."""
    if not isinstance(value, str) or not (found := _KEY_AND_VALUE.fullmatch(value)):
        return None
    return on_one_line(f"write a space after the colon: {found[1]}: {found[2]}")


def _short(number: float, digits: int) -> str:
    return repr(float(f"{number:.{digits}g}"))  # 1.0, as 1 would be an integer
