"""Describe a network, a model file or a run: what ``nncli show`` prints."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from nncli.base.errors import DataError
from nncli.model.model import Model
from nncli.nn.entries import Value
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.network import Block, Network
from nncli.training.history_file import read_history


class LayerHistory(NamedTuple):
    """What training was like for a layer, each in the first and in the last epoch.

    Attributes
    ----------
    gradient_norm : (float, float)
    saturated : (float, float) or None
        The share of its activations that are saturated; None if the run has not noted it.
    """

    gradient_norm: tuple[float, float]
    saturated: tuple[float, float] | None


def layer_histories(history: Path, layers: int) -> list[LayerHistory]:
    """Return what a run has noted of each of its `layers`; nothing of a run without an epoch.

    Raises
    ------
    DataError
        When the ``history.csv`` cannot be read or is not one.
    """
    table = read_history(history)
    if not table["epoch"] or "gradient_norm_1" not in table:
        return []

    def ends(name: str) -> tuple[float, float]:
        try:
            return table[name][0], table[name][-1]
        except KeyError as error:
            raise DataError(
                f"{history}: is damaged, or not the history of a run ({error})"
            ) from error

    return [
        LayerHistory(
            ends(f"gradient_norm_{number}"),
            ends(f"saturated_{number}") if f"saturated_{number}" in table else None,
        )
        for number in range(1, layers + 1)
    ]


def describe_network(network: Network) -> dict[str, Any]:
    """Return sizes, parameter counts and floating-point operations as JSON values."""
    return {
        "layers": [
            {
                "inputs": block.inputs,
                "outputs": block.outputs,
                "activation": block.activation.kind,
                **_parameters(block.activation),
                **_between(block),
                "parameters": block.parameter_count,
                "flops_per_row": block.flops_per_row,
            }
            for block in network.blocks
        ],
        "parameters": len(network.parameters),
        "flops_per_row": sum(block.flops_per_row for block in network.blocks),
    }


def _parameters(activation: ActivationLayer) -> dict[str, Value]:
    """Return the parameters of an activation; of those that are learned, what they started from."""
    return {
        (f"initial_{key}" if key in activation.trained else key): each
        for key, each in activation.parameters.items()
    }


def _between(block: Block) -> dict[str, Value | str]:
    """Return what stands between the weighted sums and the activation, if anything does."""
    described: dict[str, Value | str] = {}
    for layer in block.between:
        described |= {"normalization": layer.kind, **layer.parameters}
    return described


def describe_model(model: Model) -> dict[str, Any]:
    """Return everything that a model file says of itself but its config, as JSON values."""
    preprocessing = model.preprocessing
    return {
        "task": model.task,
        "targets": model.targets,
        "classes": model.classes,
        **describe_network(model.network),
        "precision": model.network.dtype.name,
        "loss": model.objective.name,
        "preprocessing": {
            "columns": preprocessing.columns,
            "offset": preprocessing.offset,
            "scale": preprocessing.scale,
            "target_offset": preprocessing.target_offset,
            "target_scale": preprocessing.target_scale,
            "encoding": preprocessing.encoding and preprocessing.encoding.as_json(),
            "images": preprocessing.images and asdict(preprocessing.images),
        },
        "metrics": model.metrics,
        "training": model.training,
        "provenance": model.provenance,
        "config": model.config,
    }
