"""Dates and times as text: detect and parse them.

The order of day and month in ``01/02/2000`` is ambiguous: `moment_in` is given it, and `order_of`
may infer it from a column. Time zones are ignored: local time counts.
"""

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Literal

# English, German, French, Spanish and Italian.
_NAMES = (
    r"septiembre|september|septembre|noviembre|diciembre|settembre|february|november|"
    r"december|dezember|novembre|décembre|decembre|febbraio|dicembre|january|october|"
    r"februar|oktober|janvier|février|fevrier|juillet|octobre|febrero|octubre|"
    r"gennaio|ottobre|august|januar|jänner|agosto|aprile|maggio|giugno|luglio|march|"
    r"april|maerz|avril|enero|marzo|abril|junio|julio|june|july|märz|juni|juli|"
    r"mars|juin|août|aout|mayo|sept|janv|févr|juil|may|mai|jan|feb|mar|apr|jun|"
    r"jul|aug|sep|oct|nov|dec|mär|mrz|okt|dez|fev|avr|déc|ene|abr|ago|dic|"
    r"gen|mag|giu|lug"
)
_MONTH = rf"(?:{_NAMES})\.?"
_DAYS = r"(?:[^\W\d_]{2,10}\.?,? )?"  # of the week
_CLOCK = (
    r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?"
    r"(?: ?(?:z|utc|gmt|[-+]\d{2}:?\d{2}))?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_YEAR = r"'?\d{4}|'?\d{2}"
_GAP = r"(?:, ?| ?[-/.] ?| |)"
_FORMS = (
    r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2}(?:[T ].*)?)?",
    r"\d{1,2}[-/.] ?\d{1,2}[-/.] ?(?:\d{4}|\d{2})(?:,? .*)?",
    rf"{_DAY}{_GAP}{_MONTH}{_GAP}(?:{_YEAR})?(?:,? .*)?",
    rf"{_MONTH}{_GAP}{_DAY}(?:, ?| |[-/.])(?:{_YEAR})(?:,? .*)?",
    rf"{_MONTH}{_GAP}(?:{_YEAR})",
    rf"\d{{4}}{_GAP}{_MONTH}(?:{_GAP}{_DAY}(?:,? .*)?)?",
    r"\d{4}-?w\d{2}(?:-?\d)?",
    r"\d{4}[- ]?q[1-4]|q[1-4][- /]?\d{4}",
    _CLOCK,
)
_DATE = re.compile(rf"{_DAYS}(?:{'|'.join(f'(?:{each})' for each in _FORMS)})", re.IGNORECASE)

Order = Literal["dmy", "mdy"]

_MONTHS = (
    "jan january januar jänner janvier janv enero ene gennaio gen",
    "feb february februar février fevrier févr fev febrero febbraio",
    "mar march märz maerz mär mrz mars marzo",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag",
    "jun june juni juin junio giugno giu",
    "jul july juli juillet juil julio luglio lug",
    "aug august août aout agosto ago",
    "sep sept september septembre septiembre settembre",
    "oct october oktober okt octobre octubre ottobre",
    "nov november novembre noviembre",
    "dec december dezember dez décembre decembre déc diciembre dic dicembre",
)
_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_NAMED = rf"(?P<name>{_NAMES})\.?"
_D, _Y = r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?", r"'?(?P<y>\d{4}|\d{2})"
_REST = r"(?:(?:T|,? )(?P<rest>.*))?"
_READ = [
    re.compile(_DAYS + form, re.IGNORECASE)
    for form in (
        rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})(?:[-/.](?P<d>\d{{1,2}}){_REST})?",
        rf"(?P<one>\d{{1,2}})[-/.] ?(?P<two>\d{{1,2}})[-/.] ?(?P<y>\d{{4}}|\d{{2}}){_REST}",
        rf"{_D}{_GAP}{_NAMED}(?:{_GAP}{_Y})?{_REST}",
        rf"{_NAMED}{_GAP}{_D}(?:, ?| |[-/.]){_Y}{_REST}",
        rf"{_NAMED}{_GAP}{_Y}",
        rf"(?P<y>\d{{4}}){_GAP}{_NAMED}(?:{_GAP}{_D}{_REST})?",
        r"(?P<y>\d{4})-?w(?P<week>\d{2})(?:-?(?P<d>\d))?",
        r"(?P<y>\d{4})[- ]?q(?P<q>[1-4])",
        r"q(?P<q>[1-4])[- /]?(?P<y>\d{4})",
        r"(?P<rest>\d{1,2}:.*)",
    )
]
_TIME = re.compile(
    r"(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2}(?:[.,]\d+)?))?(?: ?(?P<half>[ap])\.?m\.?)?"
    r"(?: ?(?:z|utc|gmt|[-+]\d{2}:?\d{2}))?",
    re.IGNORECASE,
)
_FIRST_YEAR_OF_TWO_DIGITS = 69  # as in Python and POSIX: 69 is 1969, 68 is 2068


def is_date(text: str) -> bool:
    """Return whether a text is a date, a month, or a time of the day."""
    return any("0" <= each <= "9" for each in text) and _DATE.fullmatch(text) is not None


def moment_in(text: str, order: Order) -> datetime | None:
    """Parse a date or time without its time zone; return None for other text.

    A month or quarter becomes its first day. The default year is 1972, or 1970 for a bare time.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        pass
    for pattern in _READ:
        if found := pattern.fullmatch(text):
            try:
                return _moment(found.groupdict(), order)
            except (ValueError, OverflowError):  # no such day
                continue
    return None


def order_of(texts: Collection[str]) -> tuple[Order, bool] | None:
    """Return the order in which all texts are dates, and whether the other order fits as well.

    If both fit, the month comes first in dates with slashes, the day in others.
    """
    orders: tuple[Order, Order] = ("dmy", "mdy")
    read = {order: [moment_in(text, order) for text in texts] for order in orders}
    fit = [order for order in orders if None not in read[order]]
    if not fit:
        return None
    is_open = len(fit) > 1 and read["dmy"] != read["mdy"]
    return ("mdy" if is_open and any("/" in text for text in texts) else fit[0]), is_open


def _moment(found: dict[str, str | None], order: Order) -> datetime:
    day, month = found.get("d"), found.get("m")
    if found.get("one"):
        day, month = found["one"], found["two"]
        if order == "mdy":
            day, month = month, day
    if name := found.get("name"):
        month = str(_NUMBER_OF[name.lower()])
    if quarter := found.get("q"):
        month = str(3 * int(quarter) - 2)
    year = _year(found.get("y") or ("1970" if month is None else "1972"))
    if week := found.get("week"):
        start = date.fromisocalendar(year, int(week), int(day or 1))
    else:
        start = date(year, int(month or 1), int(day or 1))
    return datetime(start.year, start.month, start.day) + _time(found.get("rest"))


def _year(text: str) -> int:
    if len(text) > 2:
        return int(text)
    return int(text) + (1900 if int(text) >= _FIRST_YEAR_OF_TWO_DIGITS else 2000)


def _time(text: str | None) -> timedelta:
    """Parse a time of the day. Raises `ValueError` for other text."""
    if not text:
        return timedelta()
    found = _TIME.fullmatch(text.strip())
    hours = int(found["h"]) if found else 24
    if found is None or hours > (12 if found["half"] else 23) or int(found["min"]) > 59:
        raise ValueError(text)
    if found["half"]:
        hours = hours % 12 + (12 if found["half"] in "pP" else 0)
    seconds = float((found["s"] or "0").replace(",", "."))
    return timedelta(hours=hours, minutes=int(found["min"]), seconds=seconds)
