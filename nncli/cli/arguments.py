"""What arguments of the command line mean."""

from pathlib import Path


def is_config(path: Path) -> bool:
    """Return whether `path` is to be read as a config: text, or by its name."""
    if not path.is_file():
        return path.suffix in (".yaml", ".yml")
    try:
        with path.open("rb") as stream:
            return path.suffix != ".npz" and stream.read(2) != b"PK"
    except OSError:
        return False
