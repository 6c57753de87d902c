"""``nncli diagnose``."""

from pathlib import Path

import click

from nncli.cli.arguments import MODEL_OR_CONFIG, MOVED_DATA, TRUST_PATHS


@click.command()
@click.argument("what", metavar="RUN|WEIGHTS|CONFIG", type=MODEL_OR_CONFIG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "html"]),
    default="text",
    show_default=True,
    help="Format of the page.",
)
@MOVED_DATA
@TRUST_PATHS
def diagnose(what: Path, as_json: bool, format_: str, file: Path | None, trust_paths: bool) -> None:
    """Say why training went as it did, and what to change.

    Each finding has its evidence with numbers, the likely cause and one setting to change. Of a
    CONFIG, only the start of training is diagnosed; of a run of folds or seeds, all models
    together.
    """
    from nncli import diagnose as diagnosis_of
    from nncli.cli.next_steps import print_next
    from nncli.cli.output import print_json, print_warning

    found = diagnosis_of(what, data=file, trust_paths=trust_paths, note=print_warning)
    if as_json:
        print_json(found.as_json())
        return
    click.echo(found.page(format_), nl=False)
    if format_ == "text":
        print_next(found, what)
