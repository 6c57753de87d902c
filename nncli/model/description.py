"""Descriptions of networks, models and runs, as printed by ``nncli show``."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.run_files import RECORDED_WEIGHTS
from nncli.model.model import Model
from nncli.model.model_file import read_model
from nncli.nn.entries import Value
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.network import Block, Network
from nncli.training.history_file import Table
from nncli.training.recorded_weights import read_recorded


class LayerHistory(NamedTuple):
    """Training statistics of a layer in the first and last epoch.

    Attributes
    ----------
    gradient_norm : (float, float)
    saturated : (float, float) or None
        The fraction of saturated activations; None if the run did not record it.
    """

    gradient_norm: tuple[float, float]
    saturated: tuple[float, float] | None


def layer_histories(table: Table, layers: int, history: Path) -> list[LayerHistory]:
    """Return the training statistics of the `layers` of a run; empty for a run without epochs.

    Parameters
    ----------
    table : dict of str to list
        Content of the file `history`.

    Raises
    ------
    DataError
        If this is the history of another network.
    """
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


def recorded_weights(run: Path | str) -> dict[str, NDArray[Any]]:
    """Return the weights that ``training.record_weights`` kept, as `Result.recorded_weights` does.

    Raises
    ------
    DataError, ModelFileError
        If `run` is not a run directory with recorded weights.
    """
    directory = Path(run)
    network, place = read_model(directory).network, directory / RECORDED_WEIGHTS
    if not place.exists():
        raise DataError(
            f"{run}: has no {RECORDED_WEIGHTS}; train with training.record_weights=N to keep the "
            "weights every N steps"
        )
    return read_recorded(place, network).named(network)


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
    """Return the parameters of an activation; for learned ones, the initial values."""
    return {
        (f"initial_{key}" if key in activation.trained else key): each
        for key, each in activation.parameters.items()
    }


def _between(block: Block) -> dict[str, Value | str]:
    """Return the normalization between the weighted sums and the activation, if any."""
    described: dict[str, Value | str] = {}
    for layer in block.between:
        described |= {"normalization": layer.kind, **layer.parameters}
    return described


def describe_model(model: Model) -> dict[str, Any]:
    """Return the content of a model file, except its arrays, as JSON values."""
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
            **({"features": preprocessing.inputs} if preprocessing.features else {}),
        },
        "metrics": model.metrics,
        "training": model.training,
        "provenance": model.provenance,
        "config": model.config,
    }
