"""What to type after a diagnosis."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.base.words import shell_word

if TYPE_CHECKING:
    from nncli import Diagnosis


def print_next(found: "Diagnosis", what: Path) -> None:
    """Print the commands that may follow: train with the first change, read about the worst."""
    if not found.findings:
        return
    lines = [f"nncli explain {found.codes[0]}"]
    change = next((each.found.change for each in found.findings if each.found.change), None)
    if change and (config := _config_of(what)):
        lines.insert(0, f"nncli train {shell_word(str(config))} {shell_word(str(change))}")
    click.echo("\n".join(["", "Next:", *(f"  {line}" for line in lines)]))


def _config_of(what: Path) -> Path | None:
    """Return the config that trains again: `what` itself, or that of the run."""
    from nncli import is_config

    if is_config(what):
        return what
    config = (what if what.is_dir() else what.parent) / "config.yaml"
    return config if config.is_file() else None
