"""Wrap texts of explanations at 80 columns."""

import re
from textwrap import fill

from nncli.explain.document.notation import NO_BREAK

WIDTH = 80

_SETTING = re.compile(r"[\w.]+: \{[^{}]*\}|\w+\.\w+: [\w.]+")


def filled(text: str, indent: str, following: str | None = None, width: int = WIDTH) -> str:
    """Wrap a text, but not within a key and its value."""
    lines = fill(
        _SETTING.sub(lambda found: found[0].replace(" ", NO_BREAK), text),
        width,
        initial_indent=indent,
        subsequent_indent=indent if following is None else following,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return lines.replace(NO_BREAK, " ")
