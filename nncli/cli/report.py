"""``nncli report``."""

from pathlib import Path

import click

from nncli.base.words import printable, shell_word
from nncli.cli.arguments import MOVED_DATA, OUTPUT, RUN, TRUST_PATHS


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=RUN)
@click.option("--card", is_flag=True, help="Write a short model card in Markdown instead.")
@click.option(
    "-o",
    "--out",
    type=OUTPUT,
    metavar="FILE",
    help="File to write, or - for standard output.  [default: RUN/report.html, "
    "RUN/model-card.md, or comparison.html]",
)
@MOVED_DATA
@TRUST_PATHS
def report(
    runs: tuple[Path, ...], card: bool, out: Path | None, file: Path | None, trust_paths: bool
) -> None:
    """Write a report on a run as one HTML page.

    It has the result in words, metrics, plots, the data as it was understood, the config, and the
    command that repeats the run. Several RUNs, folds or seeds give a page that compares them. The
    page needs no network, script or other file.
    """
    from nncli import UsageError
    from nncli import report as report_on
    from nncli.base.storage.files import checked_output, write_text
    from nncli.cli.output import print_warning

    ending = ".md" if card else ".html"
    if out and str(out) != "-" and out.suffix.lower() != ending:
        raise UsageError(f"-o {printable(str(out))}: expected a name that ends in {ending}")
    place = out or _default_place(runs, card=card)
    if str(place) != "-":
        place = checked_output(place, replace=True)
    page = report_on(runs, card=card, data=file, trust_paths=trust_paths, note=print_warning)
    if str(place) == "-":
        click.echo(page, nl=False)
        return
    write_text(place, page)
    click.echo(f"The report is in {shell_word(printable(str(place)))}.")


def _default_place(runs: tuple[Path, ...], *, card: bool) -> Path:
    run = runs[0].parent if runs[0].name == "weights.npz" else runs[0]
    if len(runs) == 1 and (run / "config.yaml").exists():
        return run / ("model-card.md" if card else "report.html")
    return Path("comparison.html")
