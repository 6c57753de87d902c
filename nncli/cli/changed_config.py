"""The file with the changed config of a diagnosis."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nncli.base.words import printable, shell_word

if TYPE_CHECKING:
    from nncli import Diagnosis


def place_of(what: Path, out: Path | None) -> Path:
    """Return the file for the changed config, which must not exist.

    By default it is next to the config; for a run or a model, in the working directory.
    """
    from nncli import is_config
    from nncli.base.storage.files import checked_output

    if out is None:
        if is_config(what):
            out = what.with_name(f"{what.stem}-fixed.yaml")
        else:
            run = what if what.is_dir() else what.parent
            out = Path(f"{run.absolute().name}-fixed.yaml")
    return out if str(out) == "-" else checked_output(out)


def write_changed(found: "Diagnosis", place: Path, *, err: bool = False) -> None:
    """Write the config with the first change that no proof shows not to help."""
    from nncli.base.storage.files import write_text

    if str(place) == "-":
        click.echo(found.changed_config(Path()), nl=False)
        return
    write_text(place, found.changed_config(place.parent), replace=False)
    line = f"Wrote {printable(str(place))} with {printable(str(found.change))}. Next:"
    click.echo(f"\n{line}\n  nncli train {shell_word(str(place))}", err=err)
