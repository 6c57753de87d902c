"""Load a model from its file or its run directory."""

from pathlib import Path

from nncli.base.arguments import path_in
from nncli.model.model import Model
from nncli.model.model_file import read_model


def load(path: Path | str) -> Model:
    """Load a model from a model file or a run directory.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, or not written by nncli.
    """
    return read_model(path_in(path, "path"))
