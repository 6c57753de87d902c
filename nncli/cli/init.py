"""``nncli init``."""

from collections.abc import Sequence
from pathlib import Path

import click

_OF_TABLES = ("csv", "parquet")
_OF_IMAGES = "images"


@click.command()
@click.argument("template", default="xor")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write; - for standard output.  [default: TEMPLATE.yaml, or named after DATA]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DATA",
    help="Of csv or parquet: the table; of images: the folder.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="COLUMN",
    help="Of csv or parquet: the column to predict; may be given several times.",
)
def init(template: str, out: Path | None, data: Path | None, targets: tuple[str, ...]) -> None:
    """Write a commented config to start from.

    TEMPLATE is xor, the default, or mnist, or for data of your own csv, parquet or images:

      nncli init csv --data my.csv --target price

      nncli init images --data folder
    """
    from nncli.base.errors import UsageError
    from nncli.base.storage.files import checked_output, write_text
    from nncli.base.words import did_you_mean
    from nncli.config.templates import TEMPLATES, template_text

    known = [*TEMPLATES, *_OF_TABLES, _OF_IMAGES]
    if template not in known:
        hint = did_you_mean(template, known) or "; there are " + ", ".join(known)
        raise UsageError(f"unknown template {template!r}{hint}")
    if template in _OF_TABLES:
        path = out or Path(f"{data.stem if data else template}.yaml")
        text = _text_of_table(template, data, targets, path)
    elif template == _OF_IMAGES:
        from nncli.config.starter import starter_text_of_images

        if data is None or targets:
            raise UsageError("images needs --data with the folder; the classes are its folders")
        path = out or Path(f"{data.absolute().name}.yaml")
        text = starter_text_of_images(data, path)
    elif data or targets:
        raise UsageError(f"{template} has data of its own; --data and --target are for csv")
    else:
        path, text = out or Path(f"{template}.yaml"), template_text(template)
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    write_text(checked_output(path), text)
    click.echo(f"Wrote {path}. Next:\n  nncli train {path}")


def _text_of_table(template: str, data: Path | None, targets: Sequence[str], path: Path) -> str:
    from nncli.base.errors import UsageError
    from nncli.base.words import listed
    from nncli.config.starter import starter_text
    from nncli.data.files.table_file import column_names

    if data is None:
        raise UsageError(f"{template} needs --data with the file, and --target with the column")
    if not targets:
        names = listed(column_names(data), 20)
        raise UsageError(f"{template} needs --target with a column of {data}: {names}")
    return starter_text(data, list(dict.fromkeys(targets)), path)
