"""``nncli diagnose``."""

from pathlib import Path

import click

from nncli.cli.arguments import MODEL_OR_CONFIG, MOVED_DATA, OUTPUT, TRUST_PATHS


@click.command()
@click.argument("what", metavar="RUN|WEIGHTS|CONFIG", type=MODEL_OR_CONFIG)
@click.argument("settings", nargs=-1, metavar="")  # to refuse them with a remedy
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "html"]),
    default="text",
    show_default=True,
    help="Format of the page.",
)
@click.option(
    "--prove", is_flag=True, help="Train briefly with and without each change, with three seeds."
)
@click.option(
    "--apply",
    is_flag=True,
    help="Write a config with the change of the first finding that has one.",
)
@click.option(
    "-o",
    "out",
    type=OUTPUT,
    metavar="FILE",
    help="File for --apply; default: NAME-fixed.yaml next to CONFIG, or here for a run.",
)
@MOVED_DATA
@TRUST_PATHS
def diagnose(
    what: Path,
    settings: tuple[str, ...],
    as_json: bool,
    format_: str,
    prove: bool,
    apply: bool,
    out: Path | None,
    file: Path | None,
    trust_paths: bool,
) -> None:
    """Say why training went as it did, and what to change.

    Each finding has its evidence with numbers, the likely cause and one setting to change. Of a
    CONFIG, only the start of training is diagnosed; of a run of folds or seeds, all models
    together.

    With --prove, each change is tried: a few epochs with and without it, on the same rows, with
    three seeds. Ctrl-C prints the findings and results so far.
    """
    from nncli import Interrupted, UsageError
    from nncli import diagnose as diagnosis_of
    from nncli.cli.changed_config import place_of, write_changed
    from nncli.cli.next_steps import print_next
    from nncli.cli.output import print_json, print_warning

    if settings:
        raise UsageError(
            f"{settings[0]}: diagnose takes no settings; write it in the config, or train with it"
        )
    if as_json and format_ != "text":
        raise UsageError(f"--format: --json prints no page in {format_}; leave out one of them")
    if out is not None and not apply:
        page = "" if format_ == "text" else f"; to save the page, redirect it with > {out}"
        raise UsageError(f"-o: names the file for --apply; add --apply, or leave out -o{page}")
    if str(out) == "-":
        _check_alone(json=as_json, format=format_ != "text", prove=prove)
    place = place_of(what, out) if apply else None
    found = diagnosis_of(
        what,
        data=file,
        trust_paths=trust_paths,
        prove=prove,
        progress=True,
        note=print_warning,
    )
    if as_json:
        print_json(found.as_json())
    elif str(place) != "-" and not (place and found.is_empty):
        click.echo(found.page(format_), nl=False)
    if found.signal is not None:
        raise Interrupted("Interrupted.", found.signal)
    if place:
        write_changed(found, place, err=as_json or format_ != "text")
    elif not as_json and format_ == "text":
        print_next(found, what, data=file, trust_paths=trust_paths)


def _check_alone(**options: bool) -> None:
    """Raise `UsageError` if an option has no effect, as only the changed config is printed."""
    from nncli import UsageError

    for name, is_given in options.items():
        if is_given:
            raise UsageError(f"--{name}: -o - prints the config alone; leave out one of them")
