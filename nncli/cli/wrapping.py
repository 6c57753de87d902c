"""Wrap messages between words, but not within what a user copies: paths, settings, commands."""

import re

from nncli.cli.commands import COMMANDS
from nncli.cli.output import seen_width

_INDENT = "  "

_PLACE = re.compile(r"(?:Error: |Warning: )?(?:[A-Za-z]:(?=[/\\]))?[^:;,]*[/\\.][^:;,\s]*(?=:)")
# Texts with spaces that stay on one line.
_COPIED = re.compile(
    rf"\b(?:nncli (?:{'|'.join(COMMANDS)})|pip install)\b.*?(?=;|, |\)| in |$)"
    r"|(?<!\w)'[^']*'(?!\w)"
    r'|"(?:[^"\\]|\\.)*"'
    r"|(?:\w+\.[\w.]+: )?(?:\{[^{}]*\}|\[[^\[\]]*\])"
    r"|\w+\.[\w.]+: \S+"  # a key of a config with its value
)
_SPACE = "\0"  # in place of a space of such a text; messages have no control characters


def wrapped(line: str, width: int) -> list[str]:
    """Return a message as lines of at most `width` columns; all but the first are indented.

    A word, setting or command that is wider has a line of its own.
    """
    place = _PLACE.match(line)
    start = place.end() if place and place.end() < width else 0
    line = _joined(line[:start]) + _COPIED.sub(lambda found: _joined(found[0]), line[start:])
    first, *others = line.split(" ")
    lines = [first]
    for word in others:
        if seen_width(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(_INDENT + word)
    return [each.replace(_SPACE, " ") for each in lines]


def _joined(text: str) -> str:
    return text.replace(" ", _SPACE)
