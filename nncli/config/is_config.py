"""Distinguish configs from model files and run directories."""

from pathlib import Path

from nncli.data.files.kinds import kind_of_file

_ARCHIVES = ("zip", "archive", "workbook", "opendocument", "document")


def is_config(path: str | Path) -> bool:
    """Return whether `path` is a config, by content or, if there is no such file, by name."""
    path = Path(path)
    if not path.is_file():
        return path.suffix in (".yaml", ".yml")
    try:
        return path.suffix != ".npz" and kind_of_file(path) not in _ARCHIVES
    except OSError:
        return False
