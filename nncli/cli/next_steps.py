"""What to type after a diagnosis."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.base.words import shell_word

if TYPE_CHECKING:
    from nncli import Diagnosis


def print_next(found: "Diagnosis", what: Path, *, data: Path | None, trust_paths: bool) -> None:
    """Print the commands that may follow: prove and make the first change, read about the worst.

    They get the options of the command that was typed. A change that a proof has shown not to help
    is not offered.
    """
    if not found.findings:
        return
    lines = []
    if found.change:
        moved = f" --data {shell_word(str(data))}" if data else ""
        command = f"nncli diagnose {shell_word(str(what))}{moved}"
        command += " --trust-paths" if trust_paths else ""
        lines += [] if found.proofs else [f"{command} --prove"]
        first = next(each.found.change for each in found.findings if each.found.change)
        lines += [f"{command} --apply"] if found.change == first else []  # that is what it writes
        if config := _config_of(what):
            change = shell_word(str(found.change))
            lines.append(f"nncli train {shell_word(str(config))}{moved} {change}")
    lines.append(f"nncli explain {found.codes[0]}")
    click.echo("\n".join(["", "Next:", *(f"  {line}" for line in lines)]))


def _config_of(what: Path) -> Path | None:
    """Return the config that trains again: `what` itself, or that of the run."""
    from nncli import is_config

    if is_config(what):
        return what
    config = (what if what.is_dir() else what.parent) / "config.yaml"
    return config if config.is_file() else None
