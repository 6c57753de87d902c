"""What to type after a diagnosis."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.base.words import shell_word

if TYPE_CHECKING:
    from nncli import Diagnosis


def print_next(found: "Diagnosis", what: Path) -> None:
    """Print the commands that may follow: prove and make the first change, read about the worst."""
    if not found.findings:
        return
    lines = []
    if found.change:
        command = f"nncli diagnose {shell_word(str(what))}"
        lines += [] if found.proofs else [f"{command} --prove"]
        lines.append(f"{command} --apply")
        if config := _config_of(what):
            lines.append(f"nncli train {shell_word(str(config))} {shell_word(str(found.change))}")
    lines.append(f"nncli explain {found.codes[0]}")
    click.echo("\n".join(["", "Next:", *(f"  {line}" for line in lines)]))


def _config_of(what: Path) -> Path | None:
    """Return the config that trains again: `what` itself, or that of the run."""
    from nncli import is_config

    if is_config(what):
        return what
    config = (what if what.is_dir() else what.parent) / "config.yaml"
    return config if config.is_file() else None
