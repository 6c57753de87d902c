"""Print aligned tables of at most 80 columns."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from nncli.base.words import printable

WIDTH = 80


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
    """Print rows under a header: the first column to the left, the others to the right."""
    table = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *others = (
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        click.echo("  ".join([first, *others]).rstrip(), err=err)


def print_pairs(pairs: Sequence[tuple[str, Any]], *, err: bool = False) -> None:
    """Print names and values, a line each, the values in one column."""
    shown = [(printable(name), printable(str(value))) for name, value in pairs]
    width = max(len(name) for name, _ in shown)
    for name, value in shown:
        click.echo(f"{name:<{width}}  {value}", err=err)


def print_warning(text: str) -> None:
    """Print a warning on a line of standard error."""
    click.echo(f"Warning: {printable(text)}", err=True)


def figure(value: float) -> str:
    """Return a metric as it is printed: four decimals, but four digits of the very small or large.

    Losses and errors are in the units of the targets, which may be of any size.
    """
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"


def count_or_figure(value: float) -> str:
    """Return a number of rows as it is, and anything else as `figure` does."""
    return str(value) if isinstance(value, int) else figure(value)


def print_splits(
    metrics: Mapping[str, Mapping[str, float]], columns: Sequence[str], first: str = "split"
) -> None:
    """Print a line for each split, or what `first` says, with the columns that any of them has."""
    there = [column for column in columns if any(column in each for each in metrics.values())]
    rows = [
        (shortened(split, 20), *(count_or_figure(each[c]) if c in each else "" for c in there))
        for split, each in metrics.items()
    ]
    print_table((first, *there), rows)


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(re.sub(r"[^\n -~]", _as_json, text))


def _as_json(found: re.Match[str]) -> str:
    """Return a character as it may stand in JSON that a terminal shows."""
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def visible(content: bytes) -> bytes:
    """Return text for a terminal, without characters that would command it."""
    return re.sub(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]", b"?", content)


def print_bytes(content: bytes) -> None:
    """Write bytes to standard output, all of them.

    Where Python does not buffer (``PYTHONUNBUFFERED``) a write may stop half way, at the end of a
    disk or of the reader's patience, and only the next one says why.
    """
    rest = memoryview(content)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]


def shortened(text: str, width: int) -> str:
    """Return `text` fit to print: no control characters, and at most `width` characters."""
    text = printable(text)
    return text if len(text) <= width else text[: width - 2] + ".."
