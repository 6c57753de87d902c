"""Words for messages: lists, counts, guesses, and text that is safe to print."""

import json
import re
from collections.abc import Sequence
from shlex import quote

from nncli.base import platforms


def has_surrogate(text: str) -> bool:
    """Return whether text has half a surrogate pair, which no encoding of Unicode has."""
    return not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)


def listed(names: Sequence[str], most: int = 5, quote: str = "'") -> str:
    """Return names in quotes: ``'a', 'b' and 3 more`` where there are more than `most`."""
    shown = ", ".join(f"{quote}{name}{quote}" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def briefly(names: Sequence[str]) -> str:
    """Return names without quotes, of more than six only ``a, b, ... z``: they are numbered."""
    return ", ".join(names) if len(names) <= 6 else f"{names[0]}, {names[1]}, ... {names[-1]}"


def count(number: int, word: str) -> str:
    """Return ``1 row``, ``2 rows`` or ``2 classes``."""
    ending = "" if number == 1 else "es" if word.endswith("s") else "s"
    return f"{number} {word}{ending}"


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return ``; did you mean 'x'?`` for the nearest of `known`, or an empty string."""
    from difflib import get_close_matches  # only after a mistake: every command loads this module

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


# Characters that Python calls printable, of which nothing is seen: fillers and selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def is_printable(text: str) -> bool:
    """Return whether all of `text` is seen, on the line it is on and in its order.

    No control characters, ends of lines, marks of direction, nor any that hide: every message,
    table and terminal asks here.
    """
    return text.isprintable() and (text.isascii() or not _UNSEEN.search(text))


def printable(text: str) -> str:
    """Return `text` with everything escaped that could move a terminal's cursor, or do worse."""
    if is_printable(text):
        return text
    return "".join(each if is_printable(each) else _escape(each) for each in text)


def printable_json(text: str) -> str:
    """Return JSON with the same values, and the same lines, in which everything prints."""
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
    """Return a name as a config takes it: in quotes where YAML would see something else in it."""
    if _PLAIN_NAME.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return json.dumps(text, ensure_ascii=not is_printable(text))


def yaml_key(text: str) -> str:
    """Return a name as a config takes it before a colon."""
    word = yaml_word(text)
    return word if len(word) <= _LONGEST_YAML_KEY else f"? {word} "


_PLAIN_ON_WINDOWS = re.compile(r"[\w.:/\\-]+")


def shell_word(text: str) -> str:
    r"""Return a name as a shell takes it, on one line; one that starts with - is no option.

    What does not print is written as bash, zsh and POSIX 2024 read it: ``$'a\012b'``. On Windows
    double quotes are what cmd and PowerShell share. They keep all that a name may have there,
    except, in PowerShell, ``$``, backticks and curly double quotes, and in cmd ``%NAME%`` where
    there is such a variable: of these neither has a notation that the other reads.
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
    ends = len(text) - len(text.rstrip("\\"))  # a program takes \" for a quote of the name
    return f'"{printable(text)}{text[len(text) - ends :]}"'


def _in_shell_quotes(each: str) -> str:
    if each in "\\'":
        return f"\\{each}"
    if is_printable(each):
        return each
    return "".join(f"\\{byte:03o}" for byte in each.encode("utf-8", "surrogateescape"))


def on_one_line(text: str, width: int = 200) -> str:
    """Return `text` fit for a message: printable, at most `width` characters."""
    text = printable(text[: width + 1])
    return text if len(text) <= width else text[: width - 3] + "..."
