"""Build a network from a config: layers, first weights, connections."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.errors import NncliError
from nncli.config.resolve import Misfit, Resolved
from nncli.config.schema import Config
from nncli.data.dataset import Shape
from nncli.data.files.array_file import read_arrays
from nncli.nn.entries import Array
from nncli.nn.layers.kinds import array_names, block
from nncli.nn.layers.layer import Layer
from nncli.nn.network import (
    Network,
    initial_parameters,
    least_values,
    parameter_count,
    random_connections,
)
from nncli.nn.objective import Objective


def build_network(
    resolved: Resolved, shape: Shape, *, with_given: bool = True
) -> tuple[Network, Objective]:
    """Return the network with its initial parameters, and what it is to be trained for.

    Parameters
    ----------
    with_given : bool
        Whether it starts from the weights and biases that the config gives, if it does.

    Raises
    ------
    Misfit
        When given arrays are not what the layers need.
    NncliError
        When the machine cannot hold the network.
    """
    config = resolved.config
    layers = _layers(config, resolved, shape)
    _check_memory(layers, config.training.precision)
    initializers = [(each.name, each.parameters) for each in resolved.initializers]
    parameters = initial_parameters(layers, initializers, config.seed, config.training.precision)
    network = Network(layers, parameters)
    if with_given:
        _start_from_given(network, config)
    _connect(network, config)
    return network, Objective(resolved.loss.name, resolved.loss.parameters)


def _layers(config: Config, resolved: Resolved, shape: Shape) -> list[Layer]:
    single = shape.task == "binary" and resolved.activations[-1].name != "softmax"
    sizes = [shape.inputs, *config.model.hidden_layers, 1 if single else shape.outputs]
    layers: list[Layer] = []
    for inputs, outputs, activation, normalization in zip(
        sizes, sizes[1:], resolved.activations, resolved.normalizations, strict=False
    ):
        layers += block(
            inputs,
            outputs,
            activation.name,
            activation.parameters,
            normalization=normalization.name,
            settings=normalization.parameters,
        )
    return layers


def _start_from_given(network: Network, config: Config) -> None:
    """Put the arrays that the config gives into the network.

    Raises
    ------
    Misfit
        When there are not as many as layers, or one is not what its layer needs.
    """
    given, least = _given_arrays(config, network), least_values(network.layers)
    for name, view in network.named.items():
        if name in given:
            key, value = given.pop(name)
            if problem := _misfit(value, view, least.get(name)):
                raise Misfit(("model", key), f"{name}: {problem}")
            view[...] = value
    for name, (key, _) in given.items():
        raise Misfit(("model", key), _unexpected(name, network))


def _unexpected(name: str, network: Network) -> str:
    """Return why an array with the name of one of some layer has no place in a network."""
    kind, number = re.fullmatch(r"(.*?)(\d+)", name).groups()  # type: ignore[union-attr]  # it is one
    if 1 <= int(number) <= len(network.blocks):
        return f"{name}: layer {number} has no {kind}"
    return f"has {name}, but there are {len(network.blocks)} layers"


def _misfit(value: Any, view: Array, least: float | None) -> str | None:
    """Return why a given value cannot be copied into an array of the network, if it cannot."""
    order = "a row an input and a column a unit" if view.ndim == 2 else "one a unit"
    expected = f"expected {_size(view.shape)} numbers, {order}"
    if len(lengths := _row_lengths(value)) > 1:
        return f"found rows of {' and of '.join(map(str, lengths))}; {expected}"
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        return f"found {'text' if array.dtype.kind in 'SU' else array.dtype.name}; {expected}"
    if array.shape != view.shape:
        return f"found {_size(array.shape) or 'a single number'}; {expected}"
    outside = np.argwhere(~(np.abs(array) <= np.finfo(view.dtype).max))  # NaN too
    if len(outside):
        place = outside[0].tolist()
        found = float(array[tuple(place)])
        what = f"numbers that {view.dtype} can hold" if np.isfinite(found) else "finite numbers"
        return f"found {found:g} at {place}; expected {what}"
    if least is not None and array.min() < least:
        return f"found {array.min():g}; expected numbers of {least:g} or more"
    return None


def _row_lengths(value: Any) -> list[int]:
    """Return the different lengths of the rows of a matrix that is a list."""
    rows = value if isinstance(value, list) else []
    return sorted({len(row) for row in rows if isinstance(row, list)})


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _connect(network: Network, config: Config) -> None:
    """Leave out the connections that the config does not want.

    Raises
    ------
    Misfit
        When a mask has another shape than its layer's weights.
    """
    model, blocks = config.model, network.blocks
    densities = model.density if isinstance(model.density, list) else [model.density] * len(blocks)
    masks = {}
    for index, (part, density) in enumerate(zip(blocks, densities, strict=True)):
        given = model.masks[index] if model.masks else None
        if given is not None:
            shapes = {len(row) for row in given}
            if len(given) != part.inputs or shapes != {part.outputs}:
                raise Misfit(
                    ("model", "masks", index),
                    f"layer {part.number} has {part.inputs} x {part.outputs} connections, a row an "
                    f"input; found {len(given)} rows",
                )
            masks[part.weights] = np.array(given, network.dtype)
        elif density < 1:
            masks[part.weights] = random_connections(
                part.inputs, part.outputs, density, config.seed, index
            )
    if masks:
        network.connect_partially(masks)


def _given_arrays(config: Config, network: Network) -> dict[str, tuple[str, Any]]:
    """Return the given arrays by name, ``W1``, ``b1`` and so on, each with the key it is from.

    What is neither weights nor biases can come from an ``.npz`` alone, and need not.
    """
    weights, biases = config.model.initial_weights, config.model.initial_biases
    given: dict[str, tuple[str, Any]] = {}
    if isinstance(weights, str):
        kinds = "|".join(array_names())
        given = {
            name: ("initial_weights", array)
            for name, array in read_arrays(Path(weights)).items()
            if re.fullmatch(rf"({kinds})\d+", name)
        }
    elif weights is not None:
        given = {f"W{n}": ("initial_weights", each) for n, each in enumerate(weights, 1)}
    for number, each in enumerate(biases or [], 1):
        given[f"b{number}"] = ("initial_biases", each)
    for key, letter, there in (
        ("initial_weights", "W", weights is not None),
        ("initial_biases", "b", biases is not None),
    ):
        names = [f"{letter}{block.number}" for block in network.blocks]
        missing = [name for name in names if name not in given]
        if there and missing:
            raise Misfit(("model", key), f"lacks {missing[0]}; expected one for each layer")
    return given


def _check_memory(layers: Sequence[Layer], precision: str) -> None:
    """Refuse a network that the machine cannot hold: weights, gradient, slots and best epoch."""
    needed = 5 * parameter_count(layers) * np.dtype(precision).itemsize
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there:
        raise NncliError(
            f"training this network takes about {needed / 1e9:.1f} GB of memory; the machine has "
            f"{there / 1e9:.1f} GB: use smaller model.hidden_layers"
        )
