"""``nncli trace``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nncli.runs.job import Job

_MOST_ROWS = 100


@click.command()
@click.argument("what", metavar="WEIGHTS|RUN|CONFIG", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
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
def trace(
    what: Path,
    overrides: tuple[str, ...],
    rows: tuple[str, ...],
    format_: str,
    precision: int,
    limit: int,
) -> None:
    """Print one training step as a worked example.

    Every weighted sum, activation and partial derivative, the loss, the gradient and the new
    weights, each with its formula and its numbers: those of the first step on some training rows,
    from the initial weights of CONFIG or the trained ones of WEIGHTS. Dropout is left out.
    Several rows make one step, and a table of every unit by row.
    """
    from nncli.explain.formats import FORMATS
    from nncli.explain.trace.step import take_step
    from nncli.explain.trace.worked_example import worked_example

    chosen = _row_numbers(rows)
    job = _job(what, overrides)
    _check_rows(chosen, job)
    page_format = FORMATS[format_]
    page = worked_example(
        take_step(job, chosen), page_format.notation(precision), source=str(what), limit=limit
    )
    click.echo(page_format.write(page), nl=False)


def _row_numbers(texts: Sequence[str]) -> list[int]:
    """Return the row numbers that ``3`` and ``0-3`` mean, each once.

    Raises
    ------
    UsageError
    """
    from nncli.base.errors import UsageError

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


def _job(what: Path, overrides: Sequence[str]) -> "Job":
    from nncli.base.errors import UsageError
    from nncli.cli.arguments import is_config
    from nncli.config.load import load_config
    from nncli.runs.job import prepare, prepare_again

    if is_config(what):
        return prepare(load_config(what, [*overrides, "training.engine=numpy"]))
    if overrides:
        raise UsageError(f"{overrides[0]}: a model's settings are fixed; give its config instead")
    from nncli.model.model_file import read_model

    return prepare_again(read_model(what), what)


def _check_rows(rows: Sequence[int], job: "Job") -> None:
    from nncli.base.errors import UsageError

    there = len(job.dataset.splits["train"])
    if max(rows) >= there:
        raise UsageError(f"--row {max(rows)}: the data has the training rows 0 to {there - 1}")
    layer = job.setup.network.neediest
    if len(rows) < layer.smallest_batch:
        raise UsageError(
            f"--row {rows[0]}: {layer.kind} needs at least {layer.smallest_batch} rows in a batch; "
            f"try --row 0-{min(3, there - 1)}"
        )
