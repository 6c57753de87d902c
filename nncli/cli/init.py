"""``nncli init``."""

from pathlib import Path

import click

from nncli.base.late import import_late
from nncli.base.words import printable, shell_word
from nncli.cli.arguments import DATA, OUTPUT, templates
from nncli.cli.output import print_warning


@click.command()
@click.argument(
    "arguments", nargs=-1, metavar="[TEMPLATE] [KEY=VALUE]...", shell_complete=templates
)
@click.option(
    "-o",
    "--out",
    type=OUTPUT,
    metavar="FILE",
    help="File to write; - is standard output.  [default: TEMPLATE.yaml, or named after DATA]",
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
def init(
    arguments: tuple[str, ...],
    out: Path | None,
    data: Path | None,
    targets: tuple[str, ...],
    force: bool,
) -> None:
    """Write a commented config to start from.

    TEMPLATE is xor (the default), mnist, table or images. The last two are for your own data; csv
    and parquet are synonyms of table:

      nncli init table --data my.csv --target price

      nncli init images --data folder

    KEY=VALUE sets a key of the config, as for 'nncli train':

      nncli init table --data my.csv --target price data.id=name
    """
    import_late("numpy")
    from nncli import default_place, first_config
    from nncli.base.storage.files import checked_output, write_text

    has_template = bool(arguments) and "=" not in arguments[0]
    template = arguments[0] if has_template else "xor"
    place = out or default_place(template, data)
    hint = ", or --force to replace it"
    if str(place) != "-":
        checked_output(place, replace=force, hint=hint)
    path, text = first_config(
        template,
        arguments[1:] if has_template else arguments,
        data=data,
        target=targets,
        path=place,
        note=print_warning,
    )
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    write_text(checked_output(path, replace=force, hint=hint), text, replace=force)
    click.echo(f"Wrote {printable(str(path))}. Next:\n  nncli train {shell_word(str(path))}")
