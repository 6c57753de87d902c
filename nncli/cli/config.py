"""``nncli config``: check, show, schema."""

from pathlib import Path
from typing import Any

import click

from nncli.base.late import import_late
from nncli.base.words import printable
from nncli.cli.arguments import CONFIG, settings
from nncli.cli.commands import Commands


@click.group(cls=Commands)
def config() -> None:
    """Check a config, print it in full, or print the schema."""
    import_late("numpy")


def _takes_config(function: Any) -> Any:
    function = click.argument(
        "overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=settings
    )(function)
    return click.argument("config", type=CONFIG)(function)


@config.command()
@_takes_config
def check(config: Path, overrides: tuple[str, ...]) -> None:
    """Report every problem in CONFIG as file:line:column: key: problem.

    Finds everything that training would reject, except problems that depend on the data.
    """
    from nncli import load_config

    data = load_config(config, overrides).config.data
    unread = "" if data.division else "; the data was not read"
    click.echo(f"{printable(str(config))}: valid{unread}")


@config.command()
@_takes_config
def show(config: Path, overrides: tuple[str, ...]) -> None:
    """Print CONFIG with every default filled in."""
    from nncli import load_config

    click.echo(load_config(config, overrides).text(), nl=False)


@config.command()
@click.option("--markdown", is_flag=True, help="Print a reference in Markdown instead.")
def schema(markdown: bool) -> None:
    """Print the JSON Schema of a config, for editors."""
    from nncli import config_reference, config_schema
    from nncli.cli.output import print_json

    if markdown:
        click.echo(config_reference(), nl=False)
    else:
        print_json(config_schema())
