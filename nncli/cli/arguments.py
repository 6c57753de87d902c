"""What arguments of the command line mean."""

from pathlib import Path


def is_config(path: Path) -> bool:
    """Return whether `path` is to be read as a config: text, or by its name."""
    if not path.is_file():
        return path.suffix in (".yaml", ".yml")
    from nncli.data.files.kinds import kind_of_file

    try:
        return path.suffix != ".npz" and kind_of_file(path) != "zip"
    except OSError:
        return False
