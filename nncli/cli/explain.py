"""``nncli explain``."""

from collections.abc import Sequence

import click

from nncli.base.late import import_late
from nncli.cli.output import WIDTH, print_json

_GAP = 2


def _completed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of terms for the shell."""
    import_late("numpy")
    from nncli import names_by_kind

    names = {name for each in names_by_kind().values() for name in each}
    return sorted(name for name in names if name.startswith(incomplete))


@click.command()
@click.argument("words", metavar="[TERM]", nargs=-1, shell_complete=_completed)
@click.option("--json", "as_json", is_flag=True, help="Print the meanings as JSON.")
def explain(words: tuple[str, ...], as_json: bool) -> None:
    """Explain a term: a config key, a choice, a metric, ...

    Prints every meaning of TERM with its formula, its default, where it occurs, and related terms.
    Names of other libraries are understood, too. Without TERM, lists all terms.

      nncli explain learning_rate
      nncli explain weight decay
    """
    import_late("numpy")
    from nncli import explanation, meanings_of, names_by_kind

    term = " ".join(words)
    if as_json:
        print_json([each.as_json() for each in meanings_of(term)] if words else names_by_kind())
    elif words:
        click.echo(explanation(term), nl=False)
    else:
        blocks = [f"{kind}\n{_in_columns(names)}" for kind, names in names_by_kind().items()]
        click.echo("\n\n".join(blocks))


def _in_columns(names: Sequence[str]) -> str:
    """Return names in columns that are read from top to bottom."""
    width = max(map(len, names)) + _GAP
    lines = -(-len(names) // ((WIDTH - _GAP) // width))
    rows = (names[first::lines] for first in range(lines))
    return "\n".join(
        " " * _GAP + "".join(f"{name:{width}}" for name in row).rstrip() for row in rows
    )
