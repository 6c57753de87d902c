"""Describe a network, a model file or a run: what ``nncli show`` prints."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nncli.artifact import Model
from nncli.errors import DataError, reason
from nncli.model.network import Layer, parameter_count


def gradient_flow(history: Path) -> list[tuple[float, float]]:
    """Return each layer's gradient norm in the first and in the last epoch of a run.

    Raises
    ------
    DataError
        When the ``history.csv`` cannot be read or is not one.
    """
    try:
        with history.open(encoding="utf-8", newline="") as stream:
            epochs = list(csv.DictReader(stream))
        if not epochs:
            return []
        names = [name for name in epochs[0] if name.startswith("gradient_norm_")]
        return [(float(epochs[0][name]), float(epochs[-1][name])) for name in names]
    except OSError as error:
        raise DataError(f"{history}: cannot be read ({reason(error)})") from error
    except (ValueError, TypeError, csv.Error) as error:
        raise DataError(f"{history}: is damaged, or not the history of a run ({error})") from error


def describe_layers(layers: Sequence[Layer]) -> dict[str, Any]:
    """Return sizes, parameter counts and floating-point operations as JSON values."""
    return {
        "layers": [
            {
                "inputs": layer.inputs,
                "outputs": layer.outputs,
                "activation": layer.activation,
                **layer.activation_parameters,
                "parameters": layer.parameter_count,
                "flops_per_row": layer.flops_per_row,
            }
            for layer in layers
        ],
        "parameters": parameter_count(layers),
        "flops_per_row": sum(layer.flops_per_row for layer in layers),
    }


def describe_model(model: Model) -> dict[str, Any]:
    """Return everything that a model file says of itself but its config, as JSON values."""
    preprocessing = model.preprocessing
    return {
        "task": model.task,
        "target": model.target,
        "classes": model.classes,
        **describe_layers(model.network.layers),
        "precision": model.network.dtype.name,
        "loss": model.objective.name,
        "preprocessing": {
            "columns": preprocessing.columns,
            "offset": preprocessing.offset,
            "scale": preprocessing.scale,
        },
        "metrics": model.metrics,
        "training": model.training,
        "provenance": model.provenance,
        "config": model.config,
    }
