"""Split an expression into numbers, names and signs, and show places in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from unicodedata import normalize

from nncli.base.errors import ExpressionError
from nncli.base.words import on_one_line

_LONGEST_TEXT = 1000
_LONGEST_NAME = 10

_MINUS = "\N{MINUS SIGN}"
_GREEK = "αβγδεζηθκλμνξπρστφχψωµ"  # those of the notations; the last one is the micro sign
_TOKEN = re.compile(
    rf"""(?P<blank>[ \t\r]+)
    |(?P<line>\n)
    |(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z{_GREEK}][A-Za-z0-9_₀-₉{_GREEK}]*)
    |(?P<sign>\*\*|[-+*/^(),;=·×{_MINUS}])""",
    re.VERBOSE,
)
_SAME = {"**": "^", "·": "*", "×": "*", _MINUS: "-"}
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_BEYOND_ASCII = f"{_GREEK}{_MINUS}·×₀₁₂₃₄₅₆₇₈₉{_SUPERSCRIPTS}"  # shown as they are
_WIDTH = 72  # of the line of the expression in a message
_BEFORE = 48  # characters shown before the place in a longer line


@dataclass(frozen=True)
class Token:
    """A number, a name, a sign or the end, which has no text.

    Attributes
    ----------
    kind : str
        ``number``, ``name``, ``sign`` or ``end``.
    at : int
        Its place in the text.
    """

    kind: str
    text: str
    at: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of an expression; a line break outside parentheses is a semicolon.

    Raises
    ------
    ExpressionError
        If the text is too long, or has a character, number or name that is not allowed.
    """
    if len(text) > _LONGEST_TEXT:
        words = f"the expression has {len(text)} characters; at most {_LONGEST_TEXT} are allowed"
        raise ExpressionError(f"derive: {words}")
    at = depth = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            expected = "expected a number, a name or a sign"
            if text[at] in _SUPERSCRIPTS:
                expected = f"write ^{normalize('NFKC', text[at])}"
            raise problem_at(text, at, f"found {_quoted(text[at])}; {expected}")
        kind, found = str(match.lastgroup), match[0]
        if kind == "sign":
            depth += (found == "(") - (found == ")")
            yield Token(kind, _SAME.get(found, found), at)
        elif kind == "line" and depth <= 0:
            yield Token("sign", ";", at)
        elif kind == "name":
            yield Token(kind, _name(text, at, found), at)
        elif kind == "number":
            if not isfinite(float(found)):
                raise problem_at(text, at, "the number is too large; at most 1.8e308 is allowed")
            yield Token(kind, found, at)
        at = match.end()
    yield Token("end", "", len(text))


def plain_text(text: str) -> str:
    """Return an expression on one line, without subscripts and special minus signs."""
    return " ".join(normalize("NFKC", text).replace(_MINUS, "-").split())


def as_name(text: str) -> str | None:
    """Return a name with plain digits instead of subscripts, or None if the text is no name."""
    match = _TOKEN.fullmatch(text)
    return normalize("NFKC", text) if match and match.lastgroup == "name" else None


def _name(text: str, at: int, found: str) -> str:
    if len(found) > _LONGEST_NAME:
        words = f"a name of {len(found)} characters; at most {_LONGEST_NAME} are allowed"
        raise problem_at(text, at, f"found {words}")
    return normalize("NFKC", found)


def problem_at(text: str, at: int, problem: str) -> ExpressionError:
    """Return the error for a problem at a place: where, what, and the line with a mark below."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : len(text) if end < 0 else end]
    number, column = text.count("\n", 0, at) + 1, at - start + 1
    where = f"line {number}, column {column}" if "\n" in text else f"column {column}"
    before = _shown(line[: at - start])
    if len(before) > _BEFORE:
        before = f"...{before[-_BEFORE:]}"
    after = _shown(line[at - start :])
    if len(before) + len(after) > _WIDTH:
        after = f"{after[: _WIDTH - 3 - len(before)]}..."
    return ExpressionError(f"derive: {where}: {problem}\n  {before}{after}\n  {' ' * len(before)}^")


def found_at(token: Token) -> str:
    """Return a token for a message."""
    return _quoted(token.text) if token.text else "the end"


def _quoted(text: str) -> str:
    return f"'{on_one_line(_shown(text), 24)}'"


def _shown(text: str) -> str:
    """Return text in which every character takes one column; others are escaped."""
    return "".join(each if _is_narrow(each) else ascii(each)[1:-1] for each in text)


def _is_narrow(each: str) -> bool:
    return each in _BEYOND_ASCII or (each.isascii() and each.isprintable())
