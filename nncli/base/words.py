"""Text for messages: lists, counts, suggestions, and escaping for safe output."""

import json
import re
from collections.abc import Iterable, Sequence
from shlex import quote

from nncli.base import platforms


def has_surrogate(text: str) -> bool:
    """Return whether text has a surrogate code point, which no Unicode encoding can represent."""
    return not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)


def listed(names: Sequence[str], most: int = 5, quote: str = "'") -> str:
    """Return names in quotes; shorten more than `most` to ``'a', 'b' and 3 more``."""
    shown = ", ".join(f"{quote}{name}{quote}" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def briefly(names: Sequence[str]) -> str:
    """Return numbered names without quotes; more than six are shortened to ``a, b, ... z``."""
    return ", ".join(names) if len(names) <= 6 else f"{names[0]}, {names[1]}, ... {names[-1]}"


def either(names: Iterable[str]) -> str:
    """Return ``a``, ``a or b``, or ``a, b or c``."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def count(number: int, word: str) -> str:
    """Return ``1 row``, ``2 rows`` or ``2 classes``."""
    ending = "" if number == 1 else "es" if word.endswith("s") else "s"
    return f"{number} {word}{ending}"


def mean_count(value: float | None) -> str:
    """Return a count, or with one decimal the mean of several; an empty text for None."""
    return "" if value is None else f"{value:.10g}" if value == int(value) else f"{value:.1f}"


def closest(word: str, known: Sequence[str]) -> str | None:
    """Return the closest of `known`, or None if none is similar."""
    from difflib import get_close_matches  # only here: every command loads this module

    return next(iter(get_close_matches(word, known, n=1, cutoff=0.6)), None)


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the closest of `known`, or an empty string."""
    near = closest(word, known)
    return "" if near is None else f"; did you mean '{near}'?"


# Invisible characters that Python treats as printable: fillers and variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def is_printable(text: str) -> bool:
    """Return whether all of `text` is visible, on one line and in order.

    Control characters, line breaks, direction marks and invisible characters are not allowed.
    All messages, tables and terminal output use this check.
    """
    return text.isprintable() and (text.isascii() or not _UNSEEN.search(text))


def printable(text: str) -> str:
    """Return `text` with everything escaped that is not printable, such as terminal codes."""
    if is_printable(text):
        return text
    return "".join(each if is_printable(each) else _escape(each) for each in text)


def printable_json(text: str) -> str:
    """Return JSON with the same values and lines, and everything escaped that is not printable."""
    lines = text.split("\n")
    return "\n".join(each if is_printable(each) else _json_line(each) for each in lines)


def _json_line(line: str) -> str:
    return "".join(each if is_printable(each) else json.dumps(each)[1:-1] for each in line)


def _escape(each: str) -> str:
    code = ord(each)
    if each.isprintable():  # repr would not escape it
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return repr(each)[1:-1]


_PLAIN_NAME = re.compile(r"[^\W\d]([\w .-]*\w)?")  # to YAML
_YAML_WORDS = ("null", "true", "false")
_LONGEST_YAML_KEY = 1024  # without a question mark before it: YAML 1.2, section 7.4.3


def yaml_word(text: str) -> str:
    """Return a name for a config, quoted where YAML would read something else."""
    if _PLAIN_NAME.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return json.dumps(text, ensure_ascii=not is_printable(text))


def yaml_key(text: str) -> str:
    """Return a name as a key of a config."""
    word = yaml_word(text)
    return word if len(word) <= _LONGEST_YAML_KEY else f"? {word} "


_PLAIN_ON_WINDOWS = re.compile(r"[\w.:/\\-]+")


def shell_word(text: str) -> str:
    r"""Quote a name for the shell, on one line; a leading ``-`` is not read as an option.

    Characters that are not printable are escaped for bash, zsh and POSIX 2024: ``$'a\012b'``. On
    Windows, cmd and PowerShell share only double quotes. These preserve every valid name, except
    ``$``, backticks and curly double quotes in PowerShell, and ``%NAME%`` in cmd if that variable
    exists: no notation for these works in both shells.
    """
    if platforms.IS_WINDOWS:
        return _windows_word(f".\\{text}" if text.startswith("-") else text)
    text = f"./{text}" if text.startswith("-") else text
    if is_printable(text):
        return quote(text)
    return "$'" + "".join(map(_in_shell_quotes, text)) + "'"


def _windows_word(text: str) -> str:
    if _PLAIN_ON_WINDOWS.fullmatch(text):
        return text
    ends = len(text) - len(text.rstrip("\\"))  # programs read \" as a literal quote
    return f'"{printable(text)}{text[len(text) - ends :]}"'


def _in_shell_quotes(each: str) -> str:
    if each in "\\'":
        return f"\\{each}"
    if is_printable(each):
        return each
    return "".join(f"\\{byte:03o}" for byte in each.encode("utf-8", "surrogateescape"))


def on_one_line(text: str, width: int = 200) -> str:
    """Return `text` for a message: printable, at most `width` characters."""
    text = printable(text[: width + 1])
    return text if len(text) <= width else text[: width - 3] + "..."


def shortened(text: str, width: int) -> str:
    """Return a text with at most `width` characters.

    A long text keeps its start and its end, where numbered names differ.
    """
    if len(text) <= width:
        return text
    end = (width - 3) // 3
    return f"{text[: width - 3 - end]}...{text[len(text) - end :]}"
