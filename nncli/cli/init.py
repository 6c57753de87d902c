"""``nncli init``."""

from pathlib import Path

import click

from nncli.base.late import import_late
from nncli.base.words import printable, shell_word
from nncli.cli.arguments import DATA, OUTPUT, templates
from nncli.cli.output import print_warning


def _list_templates(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    """Print the templates and the lectures and exit."""
    if not is_asked or ctx.resilient_parsing:
        return
    import_late("numpy")
    from nncli import TEMPLATE_PURPOSES, lectures
    from nncli.cli.output import print_pairs

    print_pairs([*TEMPLATE_PURPOSES.items()])
    click.echo("\nLectures, in the order of the course: nncli init lecture NAME\n")
    print_pairs([(each.name, each.shows) for each in lectures().values()])
    ctx.exit()


@click.command()
@click.argument(
    "arguments", nargs=-1, metavar="[TEMPLATE [NAME]] [KEY=VALUE]...", shell_complete=templates
)
@click.option(
    "-o",
    "--out",
    type=OUTPUT,
    metavar="FILE",
    help="File to write; - is standard output.  [default: TEMPLATE.yaml, or named after DATA or "
    "NAME]",
)
@click.option(
    "--data",
    type=DATA,
    metavar="DATA",
    help="File with the table, or folder with the images.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="COLUMN",
    help="Column of the table to predict; may be repeated.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_templates,
    help="List the templates and the lectures and exit.",
)
def init(
    arguments: tuple[str, ...],
    out: Path | None,
    data: Path | None,
    targets: tuple[str, ...],
    force: bool,
) -> None:
    """Write a commented config to start from.

    TEMPLATE is xor (the default), mnist, circle, gauss, moons, spiral, plane, waves, hills, table,
    images or lecture. Of these, table and images are for your own data; csv and parquet are
    synonyms of table:

      nncli init table --data my.csv --target price

      nncli init images --data folder

    A lecture is a config of a course on neural networks, one of those that --list prints:

      nncli init lecture xor_perceptron

    KEY=VALUE sets a key of the config, as for 'nncli train':

      nncli init table --data my.csv --target price data.id=name
    """
    import_late("numpy")
    from nncli import default_place, first_config, lectures
    from nncli.base.storage.files import checked_output, write_text

    has_template = bool(arguments) and "=" not in arguments[0]
    template = arguments[0] if has_template else "xor"
    settings = arguments[1:] if has_template else arguments
    lecture = None
    if template == "lecture" and settings and "=" not in settings[0]:
        lecture, settings = settings[0], settings[1:]
    place = out or default_place(template, data, lecture)
    hint = ", or --force to replace it"
    if data and str(place) != "-":  # before reading the data, which may take long
        checked_output(place, replace=force, hint=hint)
    path, text = first_config(
        template,
        settings,
        data=data,
        target=targets,
        lecture=lecture,
        path=place,
        note=print_warning,
    )
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    write_text(checked_output(path, replace=force, hint=hint), text, replace=force)
    command = lectures()[lecture].command if lecture else "train"
    click.echo(f"Wrote {printable(str(path))}. Next:\n  nncli {command} {shell_word(str(path))}")
