"""``nncli trace``."""

from collections.abc import Sequence
from pathlib import Path

import click

from nncli.cli.arguments import MODEL_OR_CONFIG, TRUST_PATHS, settings

_MOST_ROWS = 100


@click.command()
@click.argument("what", metavar="WEIGHTS|RUN|CONFIG", type=MODEL_OR_CONFIG)
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=settings)
@click.option(
    "--row",
    "rows",
    multiple=True,
    default=["0"],
    show_default=True,
    metavar="N",
    help="A training row, counted from 0, or several: 0-3. May be given again.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "latex"]),
    default="text",
    show_default=True,
    help="How to write the page.",
)
@click.option(
    "--precision",
    type=click.IntRange(1, 17),
    default=6,
    show_default=True,
    metavar="N",
    help="Significant digits of the numbers.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=6,
    show_default=True,
    metavar="N",
    help="The most units of a layer, and terms of a sum, that are shown.",
)
@TRUST_PATHS
def trace(
    what: Path,
    overrides: tuple[str, ...],
    rows: tuple[str, ...],
    format_: str,
    precision: int,
    limit: int,
    trust_paths: bool,
) -> None:
    """Print one training step as a worked example.

    Every weighted sum, activation and partial derivative, the loss, the gradient and the new
    weights, each with its formula and its numbers: those of the first step on some training rows,
    from the initial weights of CONFIG or the trained ones of WEIGHTS. Dropout is left out.
    Several rows make one step, and a table of every unit by row.
    """
    from nncli import trace as page_of_step

    page = page_of_step(
        what,
        overrides,
        rows=_row_numbers(rows),
        format=format_,
        precision=precision,
        limit=limit,
        trust_paths=trust_paths,
    )
    click.echo(page, nl=False)


def _row_numbers(texts: Sequence[str]) -> list[int]:
    """Return the row numbers that ``3`` and ``0-3`` mean, each once.

    Raises
    ------
    UsageError
    """
    from nncli import UsageError

    numbers: list[int] = []
    for text in texts:
        first, dash, last = text.partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)) or len(text) > 40:
            raise UsageError(f"--row {text}: expected a number such as 0, or two such as 0-3")
        found = range(int(first), int(last or first) + 1)
        if not found:
            raise UsageError(f"--row {text}: the first row comes after the last")
        if len(numbers) + len(found) > _MOST_ROWS:
            raise UsageError(f"--row {text}: expected at most {_MOST_ROWS} rows")
        numbers += found
    return list(dict.fromkeys(numbers))
