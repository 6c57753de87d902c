"""Numbers as text in a report."""

from collections.abc import Sequence
from typing import Any

from nncli.explain.document.elements import Table
from nncli.explain.document.notation import Notation

SPLIT_NAMES = {"held_out": "held-out"}


def figure(value: float) -> str:
    """Return a metric with about four significant digits."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1000 or value == 0 else f"{value:.3g}"


def quantity(value: float) -> str:
    """Return a value in the units of a target."""
    return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:.4g}"


def percent(value: float) -> str:
    """Return a fraction as a percentage."""
    return f"{100 * value:.1f} %"


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
    of = f"{split_words(split)} " if split else ""
    return f"{rows:,} {of}row{'' if rows == 1 else 's'}"


def listed(names: Sequence[Any], most: int, write: Notation) -> str:
    """Return the first names, and how many there are if not all are shown."""
    shown = ", ".join(write.name(str(each)) for each in names[:most])
    return shown if len(names) <= most else f"{shown}, ... ({len(names):,})"
