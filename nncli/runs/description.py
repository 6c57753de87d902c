"""Describe a config or a model as JSON values."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from nncli.config.is_config import is_config
from nncli.model.description import describe_model, describe_network
from nncli.model.model import Model
from nncli.model.model_file import read_model


def describe(what: Any) -> dict[str, Any]:
    """Return layers, shapes, parameter counts and floating-point operations as JSON values.

    For a model, also return preprocessing, metrics, training record, provenance and config.

    Parameters
    ----------
    what : Model, path, mapping, Config or LoadedConfig
        A model, its file or its run directory; or a config.

    Raises
    ------
    ConfigError, DataError, ModelFileError
        If `what` is neither a model nor a config.
    """
    if isinstance(what, str | Path) and not is_config(what):
        what = read_model(Path(what))
    if isinstance(what, Model):
        return describe_model(what)
    from nncli.config.load import load_config  # slow to import, and not needed for a model
    from nncli.runs.construction import build_network

    loaded = load_config(what)
    data = loaded.config.data
    shape = data.shape or loaded.config.load_data().shape
    shape = replace(shape, inputs=data.ends(shape.task).inputs or shape.inputs)  # with features
    network, objective = build_network(loaded.resolved(shape.task), shape)
    return {**describe_network(network), "task": shape.task, "loss": objective.name}
