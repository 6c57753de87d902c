"""Describe a network, a model file or a run: what ``nncli show`` prints."""

from collections.abc import Sequence
from typing import Any

from nncli.artifact import Model
from nncli.model.network import Layer, parameter_count


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
