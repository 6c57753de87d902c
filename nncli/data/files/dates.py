"""Dates and times as text, to be told from categories."""

import re

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


def is_date(text: str) -> bool:
    """Return whether a text is a date, a month, or a time of the day."""
    return any("0" <= each <= "9" for each in text) and _DATE.fullmatch(text) is not None
