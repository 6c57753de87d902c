"""``nncli data show --row``: one row of the data."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nncli.base.words import count

if TYPE_CHECKING:
    from nncli import DataRow

_MOST_LINES = 100
_CELL_WIDTH = 24
_SHORTEST_NAME = 6


def print_row(found: "DataRow", *, matrix: bool) -> None:
    """Print where a row is from, its target, and its image, cells or inputs.

    Parameters
    ----------
    matrix : bool
        Whether to print the numbers of the image instead of drawing it.

    Raises
    ------
    UsageError
        If `matrix` is set, but the row is not an image.
    """
    from nncli import UsageError
    from nncli.cli.output import print_pairs, shortened

    if matrix and found.image is None:
        raise UsageError("--matrix: is for images; the rows of this data are not images; remove it")
    targets = [(shortened(name, _CELL_WIDTH), value) for name, value in found.target.items()]
    print_pairs([("split", found.split), ("row", found.row), *targets])
    click.echo()
    if found.image is not None:
        _print_image(found, matrix=matrix)
    elif found.cells:
        _print_cells(found)
    else:
        inputs = [((name,), [("", f"{value:g}")]) for name, value in found.inputs.items()]
        _print_table(("input", "value"), inputs)


def _print_image(found: "DataRow", *, matrix: bool) -> None:
    from nncli import PICTURE_SIGNS, drawn, matrices
    from nncli.base.streams import can_show
    from nncli.cli.output import WIDTH

    assert found.image is not None
    lines = (
        matrices(found.image, WIDTH)
        if matrix
        else drawn(
            found.image,
            WIDTH,
            inverted=found.has_light_background,
            ascii_only=not can_show(PICTURE_SIGNS, sys.stdout),
        )
    )
    for line in lines:
        click.echo(line)


def _print_cells(found: "DataRow") -> None:
    """Print each cell with the inputs it becomes, or the role of its column."""
    rows = []
    for name, cell in found.cells.items():
        role = ("", f"({found.roles.get(name, 'not used')})")
        rows.append(((name, cell or ""), _inputs_of(found, name) or [role]))
    _print_table(("column", "cell", "inputs"), rows)


def _inputs_of(found: "DataRow", column: str) -> list[tuple[str, str]]:
    """Return the inputs of a column with their values; of several only those that are not 0."""
    names = found.inputs_of.get(column, [])
    shown = [each for each in names if found.inputs[each] or len(names) == 1]
    pairs = [(each, f"{found.inputs[each]:g}") for each in shown]
    if rest := len(names) - len(shown):
        pairs.append(("", f"{count(rest, 'other')} 0" if shown else f"all {rest} are 0"))
    return pairs


def _print_table(
    header: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], Sequence[tuple[str, str]]]]
) -> None:
    """Print rows, left-aligned: the first hundred. The last column has names with values."""
    from nncli.cli.output import WIDTH, seen_width, shortened

    table = [(header[:-1], [("", header[-1])]), *rows[:_MOST_LINES]]
    firsts = [[shortened(each, _CELL_WIDTH) for each in first] for first, _ in table]
    widths = [max(map(seen_width, column)) for column in zip(*firsts, strict=True)]
    room = WIDTH - sum(widths) - 2 * len(widths)
    for first, (_, last) in zip(firsts, table, strict=True):
        pairs = zip(first, widths, strict=True)
        padded = [each + " " * (width - seen_width(each)) for each, width in pairs]
        click.echo("  ".join([*padded, _within(last, room)]).rstrip())
    if len(rows) > _MOST_LINES:
        click.echo(f"and {len(rows) - _MOST_LINES} more")


def _within(pairs: Sequence[tuple[str, str]], width: int) -> str:
    """Return names with their values in at most `width` columns: names are cut, values are not."""
    from nncli.cli.output import names_within, seen_width, shortened

    texts: list[str] = []
    for room in range(max(_SHORTEST_NAME, width), _SHORTEST_NAME - 1, -1):
        texts = [f"{shortened(name, room)} {value}".lstrip() for name, value in pairs]
        if seen_width(", ".join(texts)) <= width:
            break
    return names_within(texts, width)
