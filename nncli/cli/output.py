"""Print aligned tables of at most 80 columns, JSON, and messages."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unicodedata import category, east_asian_width

import click

from nncli.base.words import printable, printable_json

if TYPE_CHECKING:
    from nncli import Guess

WIDTH = 80


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
    """Print rows under a header: the first column left-aligned, the others right-aligned."""
    table = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(seen_width, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *others = (
            cell + blank if index == 0 else blank + cell
            for index, (cell, blank) in enumerate(zip(row, _blanks(row, widths), strict=True))
        )
        click.echo("  ".join([first, *others]).rstrip(), err=err)


def print_pairs(pairs: Sequence[tuple[str, Any]], *, err: bool = False) -> None:
    """Print a line for each name and value, with the values aligned."""
    shown = [(printable(name), printable(str(value))) for name, value in pairs]
    width = max(seen_width(name) for name, _ in shown)
    for name, value in shown:
        click.echo(f"{name}{' ' * (width - seen_width(name))}  {value}", err=err)


def print_wrapped_pairs(pairs: Sequence[tuple[str, Any]]) -> None:
    """Print names and values like `print_pairs`, with long values on several lines."""
    from textwrap import wrap

    room = WIDTH - 2 - max(seen_width(name) for name, _ in pairs)
    lines = []
    for name, value in pairs:
        first, *others = wrap(str(value), room, break_on_hyphens=False) or [""]
        lines += [(name, first), *(("", other) for other in others)]
    print_pairs(lines)


def print_warning(text: str) -> None:
    """Print a warning on standard error, as `print_message` does."""
    print_message(f"Warning: {printable(text)}")


def print_message(line: str) -> None:
    """Print a line on standard error; on a terminal, wrap it at the terminal's width.

    A line that starts with a space, such as a command to copy, is not wrapped.
    """
    if (width := _width_of_terminal()) and seen_width(line) > width and not line.startswith(" "):
        from nncli.cli.wrapping import wrapped  # only here: few messages need it

        line = "\n".join(wrapped(line, width))
    click.echo(line, err=True)


def _width_of_terminal() -> int:
    """Return the columns of the terminal of standard error; 0 if unknown or without a terminal."""
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stderr.fileno()).columns
    return 0


def figure(value: float) -> str:
    """Return a metric with four decimals, or in scientific notation if very small or large.

    Losses and errors are in the units of the targets, which may have any scale.
    """
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"


def count_or_figure(value: float) -> str:
    """Return a number of rows unchanged, and other numbers as `figure` does."""
    return str(value) if isinstance(value, int) else figure(value)


def print_splits(
    metrics: Mapping[str, Mapping[str, float]], columns: Sequence[str], first: str = "split"
) -> None:
    """Print a line for each split, with all existing columns; `first` is the first header."""
    there = [column for column in columns if any(column in each for each in metrics.values())]
    rows = [
        (shortened(split, 20), *(count_or_figure(each[c]) if c in each else "" for c in there))
        for split, each in metrics.items()
    ]
    print_table((first, *there), rows)


def guess_words(guess: "Guess", width: int) -> str:
    """Return the text for a constant guess: ``always no``."""
    texts = [each if isinstance(each, str) else figure(each) for each in guess.values]
    return f"always {names_within(texts, width - len('always ')) or 'none'}"


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    click.echo(printable_json(json.dumps(value, indent=2, ensure_ascii=False)))


def visible(content: bytes) -> bytes:
    """Return lines with unprintable characters escaped for a terminal; JSON values are kept."""
    return printable_json(content.decode("utf-8", "replace")).encode("utf-8")


def visible_csv(content: bytes) -> bytes:
    """Return complete rows of a CSV file for a terminal: one line each, escaped to print."""
    text = re.sub('"[^"]*"', lambda quoted: printable(quoted[0]), content.decode("utf-8"))
    return "\n".join(map(printable, text.split("\n"))).encode("utf-8")


def shortened(text: str, width: int) -> str:
    """Return `text` without control characters, shortened to at most `width` columns."""
    text = printable(text)
    if seen_width(text) <= width:
        return text
    text = text[: max(width - 2, 0)]
    while text and seen_width(text) > width - 2:
        text = text[:-1]
    return text.rstrip() + ".."


_SHORTEST_NAME = 4  # characters that a cut list shows of its first name


def names_within(names: Sequence[str], width: int, *, first: str = "") -> str:
    """Return names in at most `width` columns, cut after a name.

    A list that is cut ends with the number of all names, unless it has a `first` text, which gives
    it.
    """
    whole = first + ", ".join(map(printable, names))
    if seen_width(whole) <= width:
        return whole
    end = ", ..." if first else f", ... ({len(names)})"
    room = width - len(end)
    if len(names) == 1 or room < len(first) + _SHORTEST_NAME:
        return shortened(whole, width)
    text = first + shortened(names[0], room - len(first))
    for name in names[1:]:
        longer = f"{text}, {printable(name)}"
        if seen_width(longer) > room:
            break
        text = longer
    return text + end


def seen_width(text: str) -> int:
    """Return the width of a printable text in terminal columns."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(each: str) -> int:
    if category(each) in ("Mn", "Me"):
        return 0  # combines with the character before it
    return 2 if east_asian_width(each) in ("W", "F") else 1


def _blanks(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return the spaces that pad each cell to its width."""
    return [" " * (width - seen_width(cell)) for cell, width in zip(row, widths, strict=True)]
