"""``nncli derive``."""

from pathlib import Path

import click

from nncli.base.errors import UsageError
from nncli.base.words import printable
from nncli.cli.arguments import PRECISION


@click.command()
@click.argument("expression", metavar="EXPRESSION")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "latex", "html"]),
    help="Output format.  [default: text]",
)
@PRECISION
@click.option(
    "--limit", is_flag=True, help="Add the difference quotients (f(x + h) - f(x)) / h for small h."
)
@click.option(
    "--plot", "is_plotted", is_flag=True, help="Draw the computational graph as a picture instead."
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File for --plot: .png, .svg or .pdf.  [default: derivation.png]",
)
def derive(
    expression: str,
    values: tuple[str, ...],
    format_: str | None,
    precision: int,
    limit: bool,
    is_plotted: bool,
    out: Path | None,
) -> None:
    """Derive an expression by the chain rule.

    Prints the value of every node of the computational graph, its derivatives by its inputs, and
    the derivative of the result by every node and variable, each with its formula and numbers:

      nncli derive "f = (x + y) * z" x=-2 y=5 z=-4

    EXPRESSION has + - * / ^ and parentheses, the functions exp, log, sin, cos, tan, sqrt, abs, max
    and min, and every activation of one number. Definitions are separated by ; and the last one is
    the result:

      nncli derive "f(u) = u^2 + 1; y = f(f(w))" w=0.5
    """
    from nncli import derive as page_of
    from nncli import derive_plot, save_plots

    if out and not is_plotted:
        raise UsageError("-o: is for a picture; add --plot, too")
    if not is_plotted:
        page = page_of(expression, values, format=format_ or "text", precision=precision,
                       limit=limit)  # fmt: skip
        click.echo(page, nl=False)
        return
    if format_ or limit:
        option = "--format" if format_ else "--limit"
        raise UsageError(f"{option}: is for the page; leave out --plot")
    figure = derive_plot(expression, values, precision=precision)
    (path,) = save_plots({"derivation": figure}, out or Path("derivation.png"))
    click.echo(f"The graph is in {printable(str(path))}.")
