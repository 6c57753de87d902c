"""``nncli trace``."""

from collections.abc import Sequence
from pathlib import Path

import click

from nncli.base.words import printable, shell_word
from nncli.cli.arguments import MODEL_OR_CONFIG, OUTPUT, PRECISION, TRUST_PATHS, settings

_MOST_ROWS = 100
_FORMATS = {"text": ".txt", "markdown": ".md", "latex": ".tex", "html": ".html"}


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
    help="Training row, counted from 0, or a range such as 0-3; may be repeated.",
)
@click.option("--forward", is_flag=True, help="Only the forward pass and the loss.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([*_FORMATS]),
    help="Output format.  [default: from the extension of FILE, else text]",
)
@click.option(
    "-o",
    "--out",
    type=OUTPUT,
    metavar="FILE",
    help="File to write, or - for standard output.  [default: -]",
)
@click.option(
    "--form",
    type=click.Choice(["scalar", "matrix", "theta"]),
    default="scalar",
    show_default=True,
    help="Equations of units and weights, or of matrices.",
)
@PRECISION
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=6,
    show_default=True,
    metavar="N",
    help="Maximum number of units per layer, and of terms per sum, to show; beyond it, tables "
    "replace most calculations.",
)
@click.option(
    "--blank",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Print a worksheet: leave out this fraction of the computed numbers, from 0 to 1.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    metavar="N",
    help="Number of the worksheet; another one leaves out other numbers. Default: 0.",
)
@click.option(
    "--solution", is_flag=True, help="Print the numbers that the worksheet leaves out, underlined."
)
@TRUST_PATHS
def trace(
    what: Path,
    overrides: tuple[str, ...],
    rows: tuple[str, ...],
    forward: bool,
    format_: str | None,
    out: Path | None,
    form: str,
    precision: int,
    limit: int,
    blank: float | None,
    seed: int | None,
    solution: bool,
    trust_paths: bool,
) -> None:
    """Print one training step as a worked example.

    Shows every weighted sum, activation and partial derivative, the loss, the gradient and the new
    weights, each with its formula and numbers, and the loss after the step. The step starts from
    the initial weights of CONFIG or the trained weights of the model file WEIGHTS or the run
    directory RUN, without dropout and row weights. Several rows are one step, with a table of each
    quantity:

      nncli trace CONFIG --row 0-3 --forward

    --form matrix writes the step in matrices; --form theta does so with the biases as first row of
    the weights, for inputs that begin with a 1.
    """
    from nncli import trace as page_of_step
    from nncli.base.storage.files import checked_output, write_text

    file = out if out and str(out) != "-" else None
    format_ = format_ or ("text" if file is None else _format_of(file))
    is_page = file is not None and file.suffix.lower() in _FORMATS.values()
    place = file and checked_output(file, replace=is_page)
    page = page_of_step(
        what,
        overrides,
        rows=_row_numbers(rows),
        format=format_,
        precision=precision,
        limit=limit,
        form=form,
        forward=forward,
        trust_paths=trust_paths,
        blank=blank,
        seed=seed,
        solution=solution,
    )
    if place is None:
        click.echo(page, nl=False)
        return
    write_text(place, page)
    click.echo(f"The page is in {shell_word(printable(str(place)))}.")


def _format_of(file: Path) -> str:
    """Return the format that the extension of a file names. Raises `UsageError`."""
    from nncli import UsageError

    for name, ending in _FORMATS.items():
        if file.suffix.lower() == ending:
            return name
    raise UsageError(
        f"-o {printable(str(file))}: expected a name that ends in .txt, .md, .tex or .html; "
        "rename it, or add --format"
    )


def _row_numbers(texts: Sequence[str]) -> list[int]:
    """Return the row numbers of texts such as ``3`` and ``0-3``, without duplicates.

    Raises
    ------
    UsageError
    """
    from nncli import UsageError

    numbers: list[int] = []
    for text in texts:
        first, dash, last = text.partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)) or len(text) > 40:
            raise UsageError(f"--row {text}: expected a number such as 0, or a range such as 0-3")
        found = range(int(first), int(last or first) + 1)
        if not found:
            raise UsageError(f"--row {text}: the first row comes after the last")
        if len(numbers) + len(found) > _MOST_ROWS:
            raise UsageError(f"--row {text}: expected at most {_MOST_ROWS} rows")
        numbers += found
    return list(dict.fromkeys(numbers))
