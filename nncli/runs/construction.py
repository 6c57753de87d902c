"""Build a network from a config: layers, first weights, connections."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.config.resolve import Misfit, resolve
from nncli.config.schema import Config
from nncli.data.files.array_file import read_arrays
from nncli.data.dataset import Shape
from nncli.base.errors import NncliError
from nncli.nn.entries import Array
from nncli.nn.network import (
    Layer,
    Network,
    Objective,
    initial_parameters,
    parameter_count,
    random_connections,
)


def build_network(config: Config, shape: Shape) -> tuple[Network, Objective]:
    """Return the network with its initial parameters, and what it is to be trained for."""
    resolved = resolve(config, shape.task)
    single = shape.task == "binary" and resolved.activations[-1].name != "softmax"
    sizes = [shape.inputs, *config.model.hidden_layers, 1 if single else shape.outputs]
    layers = [
        Layer(inputs, outputs, activation.name, activation.parameters)
        for inputs, outputs, activation in zip(sizes, sizes[1:], resolved.activations, strict=False)
    ]
    _check_memory(layers, config.training.precision)
    parameters = initial_parameters(
        layers,
        [(each.name, each.parameters) for each in resolved.initializers],
        config.seed,
        config.training.precision,
    )
    network = Network(layers, parameters)
    _start_from_given(network, config)
    _connect(network, config)
    return network, Objective(resolved.loss.name, resolved.loss.parameters)


def _start_from_given(network: Network, config: Config) -> None:
    """Put the weights, biases and slopes that the config gives into the network.

    Raises
    ------
    Misfit
        When there are not as many as layers, or one is not what its layer needs.
    """
    given = _given_arrays(config)
    for number, arrays in enumerate(network.arrays, 1):
        for kind, view in arrays._asdict().items():
            if (name := f"{kind}{number}") not in given:
                continue
            key, value = given.pop(name)
            problem = _misfit(value, view)
            if not view.size:
                problem = f"the activation of layer {number} learns no slopes"
            if problem:
                raise Misfit(("model", key), f"{name}: {problem}")
            view[...] = value
    for name, (key, _) in given.items():
        raise Misfit(("model", key), f"has {name}, but there are {len(network.layers)} layers")


def _misfit(value: Any, view: Array) -> str | None:
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
    model, layers = config.model, network.layers
    densities = model.density if isinstance(model.density, list) else [model.density] * len(layers)
    masks = {}
    for index, (layer, density) in enumerate(zip(layers, densities, strict=True)):
        given = model.masks[index] if model.masks else None
        if given is not None:
            shapes = {len(row) for row in given}
            if len(given) != layer.inputs or shapes != {layer.outputs}:
                raise Misfit(
                    ("model", "masks", index),
                    f"layer {index + 1} has {layer.inputs} x {layer.outputs} connections, a row an "
                    f"input; found {len(given)} rows",
                )
            masks[index] = np.array(given, network.dtype)
        elif density < 1:
            masks[index] = random_connections(
                layer.inputs, layer.outputs, density, config.seed, index
            )
    if masks:
        network.connect_partially(masks)


def _given_arrays(config: Config) -> dict[str, tuple[str, Any]]:
    """Return the given arrays by name, ``W1``, ``b1`` and so on, each with the key it is from.

    Slopes can come from an ``.npz`` alone, and need not.
    """
    weights, biases = config.model.initial_weights, config.model.initial_biases
    given: dict[str, tuple[str, Any]] = {}
    if isinstance(weights, str):
        arrays = read_arrays(Path(weights))
        given = {
            name: ("initial_weights", array)
            for name, array in arrays.items()
            if re.fullmatch(r"(W|b|slope)\d+", name)
        }
    elif weights is not None:
        given = {f"W{n}": ("initial_weights", each) for n, each in enumerate(weights, 1)}
    for number, each in enumerate(biases or [], 1):
        given[f"b{number}"] = ("initial_biases", each)
    layers = len(config.model.hidden_layers) + 1
    for key, letter, there in (
        ("initial_weights", "W", weights is not None),
        ("initial_biases", "b", biases is not None),
    ):
        missing = [f"{letter}{n}" for n in range(1, layers + 1) if f"{letter}{n}" not in given]
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
