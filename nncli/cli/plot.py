"""``nncli plot``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.arguments import MODEL_OR_CONFIG, MOVED_DATA, TRUST_PATHS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _kinds(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem[str]]":
    """Return the kinds of plots that start with `incomplete`."""
    from click.shell_completion import CompletionItem

    from nncli import PLOT_KINDS

    names = [name for name in PLOT_KINDS if name.startswith(incomplete)]
    return [CompletionItem(name, help=PLOT_KINDS[name].summary) for name in names]


def _list_kinds(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    """Print the kinds of plots and exit."""
    if not is_asked or ctx.resilient_parsing:
        return
    from nncli import PLOT_KINDS
    from nncli.cli.output import print_pairs

    print_pairs(
        [
            (name, f"{kind.summary}{' (only if named)' if kind.on_request else ''}")
            for name, kind in PLOT_KINDS.items()
        ]
    )
    ctx.exit()


@click.command()
@click.argument("what", metavar="[RUN|WEIGHTS|CONFIG]", type=MODEL_OR_CONFIG)
@click.argument("kinds", nargs=-1, metavar="[KIND]...", shell_complete=_kinds)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="PLACE",
    help="Folder for the files, or for one kind a file.  [default: RUN/plots, NAME-plots or plots]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["png", "svg", "pdf"]),
    help="File format.  [default: from the extension of PLACE, else png]",
)
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_kinds,
    help="List the kinds of plots and exit.",
)
@MOVED_DATA
@TRUST_PATHS
def plot(
    what: Path,
    kinds: tuple[str, ...],
    out: Path | None,
    format_: str | None,
    file: Path | None,
    trust_paths: bool,
) -> None:
    """Draw plots of a run, a model file or a config.

    Draws every KIND that applies, except slow ones, or only the kinds that are named:

      nncli plot runs/xor-001 curves surface

    If the data of training is missing, a warning names the kinds that need it.

    Without a run, model or config, the KINDs activations, losses and schedules draw all functions:

      nncli plot activations
    """
    from nncli import PLOT_KINDS, save_plots
    from nncli import plot as plots_of
    from nncli.cli.output import print_warning

    if is_of_all := what.name in PLOT_KINDS and str(what) == what.name and not what.exists():
        kinds = (what.name, *kinds)
    figures: dict[str, Any] = plots_of(
        None if is_of_all else what,
        list(kinds) or None,
        data=file,
        trust_paths=trust_paths,
        note=print_warning,
    )
    default = "plots" if is_of_all else f"{what.stem}-plots"
    place = out or (what / "plots" if what.is_dir() else Path(default))
    for path in save_plots(figures, place, format=format_):
        click.echo(path)
