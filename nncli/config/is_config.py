"""Distinguish configs from model files and run directories."""

from pathlib import Path

from nncli.config.config_file import OF_CONFIGS, lecture_of
from nncli.data.files.kinds import kind_of_file

_OF_MODELS = ("zip", "archive")  # a damaged model is not a config either


def is_config(path: str | Path) -> bool:
    """Return whether `path` is a config, by content or, if there is no such file, by name."""
    path = Path(path)
    if not path.is_file():
        return path.suffix in OF_CONFIGS or lecture_of(path) is not None
    try:
        return path.suffix != ".npz" and kind_of_file(path) not in _OF_MODELS
    except OSError:
        return False
