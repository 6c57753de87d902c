"""Numbers as text in a report."""

from collections.abc import Sequence
from typing import Any

from nncli.explain.document.elements import Table
from nncli.explain.document.notation import Notation

SPLIT_NAMES = {"held_out": "held-out"}


def figure(value: float) -> str:
    """Return a metric with about four significant digits, or without decimals if it is large."""
    if value == 0 or 1e-3 <= abs(value) < 1000:
        return f"{value:.4f}"
    return _whole(value) or f"{value:.3g}"


def quantity(value: float) -> str:
    """Return a value in the units of a target."""
    return _whole(value) or f"{value:.4g}"


def _whole(value: float) -> str:
    """Return a large value without decimals, which a reader can compare with others in the data."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else ""


def percent(value: float) -> str:
    """Return a fraction as a percentage, which is rounded neither to 0 nor to 100."""
    for digits in range(1, 9):
        shown = f"{100 * value:.{digits}f}"
        if value in (0, 1) or float(shown) not in (0, 100):
            break
    return f"{shown} %"


def duration(seconds: float) -> str:
    """Return a time in words."""
    if seconds < 0.1:
        return "less than 0.1 seconds"
    for limit, unit in ((60, "seconds"), (3600, "minutes")):
        if seconds < limit:
            return f"{60 * seconds / limit:.1f} {unit}"
    return f"{seconds / 3600:,.1f} hours"


def number(value: float) -> str:
    """Return a count or a metric."""
    return f"{value:,}" if isinstance(value, int) else figure(value)


def split_words(split: str) -> str:
    """Return the name of a split in a sentence."""
    return SPLIT_NAMES.get(split, split)


def table_of(
    caption: str, columns: dict[str, dict[str, float]], write: Notation, first: str
) -> Table:
    """Return a table with a row per metric and a column per split, fold or guess."""
    names = list(dict.fromkeys(name for each in columns.values() for name in each))
    rows = [
        [
            write.plain(name.replace("_", " ")),
            *(number(each[name]) if name in each else "" for each in columns.values()),
        ]
        for name in names
    ]
    return Table(caption, [first, *map(write.plain, columns)], rows)


def rows_words(rows: int, split: str = "") -> str:
    """Return a number of rows, of a split if it is named."""
    of = f"{'training' if split == 'train' else split_words(split)} " if split else ""
    return f"{rows:,} {of}row{'' if rows == 1 else 's'}"


def brief(text: str, most: int = 100) -> str:
    """Return a text of at most `most` characters, with its start and, where names differ, end."""
    if len(text) <= most:
        return text
    end = (most - 3) // 3
    return f"{text[: most - 3 - end]}...{text[-end:]}"


def listed(names: Sequence[Any], most: int, write: Notation) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(write.name(brief(str(each))) for each in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
