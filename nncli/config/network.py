"""The layers that a config describes, and their given arrays."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.errors import OutOfMemoryError
from nncli.base.words import count
from nncli.config.resolve import Misfit, Resolved
from nncli.config.schema import Config
from nncli.config.source import Ends
from nncli.data.dataset import Task
from nncli.nn.layers.kinds import array_names, block
from nncli.nn.layers.layer import Layer
from nncli.nn.network import Block, blocks, least_values, numbered, parameter_count

Size = tuple[int | None, ...]

_BYTES = {"float32": 4, "float64": 8}


def layers_of(resolved: Resolved, task: Task, ends: Ends) -> list[Layer]:
    """Return the layers of a network; unknown numbers of inputs or outputs count as 1."""
    single = task == "binary" and resolved.activations[-1].name != "softmax"
    outputs = 1 if single else ends.outputs or 1
    sizes = [ends.inputs or 1, *resolved.config.model.hidden_layers, outputs]
    layers: list[Layer] = []
    for before, units, activation, normalization in zip(
        sizes, sizes[1:], resolved.activations, resolved.normalizations, strict=False
    ):
        layers += block(
            before,
            units,
            activation.name,
            activation.parameters,
            normalization=normalization.name,
            settings=normalization.parameters,
        )
    return layers


def check_memory(layers: Sequence[Layer], precision: str) -> None:
    """Check that weights, gradient, optimizer slots and best epoch fit in the machine's memory.

    Raises
    ------
    OutOfMemoryError
        When they do not fit.
    """
    needed = 5 * parameter_count(layers) * _BYTES[precision]
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there:
        raise OutOfMemoryError(
            f"training this network takes about {needed / 1e9:.1f} GB of memory; the machine has "
            f"{there / 1e9:.1f} GB; use smaller model.hidden_layers"
        )


def given_arrays(config: Config, layers: Sequence[Layer], ends: Ends) -> dict[str, Any]:
    """Return the weights, biases and other arrays given in a config, by name.

    Raises
    ------
    Misfit
        When their number differs from the number of layers, or one does not suit its layer.
    DataError
        When the file with the arrays cannot be read.
    """
    given, least = _given(config, blocks(layers)), least_values(layers)
    expected = _sizes(layers, ends)
    for name, (key, value) in given.items():
        if name not in expected:
            raise Misfit(("model", key), _unexpected(name, len(blocks(layers))))
        found = _misfit(value, expected[name], config.training.precision, least.get(name))
        if found:
            raise Misfit(("model", key), f"{name}: {found}")
    return {name: value for name, (_, value) in given.items()}


def given_masks(config: Config, layers: Sequence[Layer], ends: Ends) -> dict[int, Any]:
    """Return the masks given in a config, by the index of the block.

    Raises
    ------
    Misfit
        When the shape of a mask differs from that of its layer's weights.
    """
    masks = {n: mask for n, mask in enumerate(config.model.masks or []) if mask is not None}
    sizes = _sizes(layers, ends)
    for index, mask in masks.items():
        part = blocks(layers)[index]
        expected = sizes[part.weights]
        widths = {len(row) for row in mask} or {0}
        if len(widths) > 1 or not _fits((len(mask), *widths), expected):
            raise Misfit(
                ("model", "masks", index),
                f"found {count(len(mask), 'row')}; layer {part.number} has {_size(expected)} "
                "connections, one row per input",
            )
    return masks


def _given(config: Config, parts: Sequence[Block]) -> dict[str, tuple[str, Any]]:
    """Return the given arrays by name, ``W1``, ``b1`` and so on, each with the key it came from.

    Arrays other than weights and biases are optional, and can only come from an ``.npz`` file.
    """
    weights, biases = config.model.initial_weights, config.model.initial_biases
    given: dict[str, tuple[str, Any]] = {}
    if isinstance(weights, str):
        given = {name: ("initial_weights", array) for name, array in _arrays_of(Path(weights))}
    elif weights is not None:
        given = {f"W{n}": ("initial_weights", each) for n, each in enumerate(weights, 1)}
    for number, each in enumerate(biases or [], 1):
        given[f"b{number}"] = ("initial_biases", each)
    for key, letter, there in (
        ("initial_weights", "W", weights is not None),
        ("initial_biases", "b", biases is not None),
    ):
        names = [f"{letter}{part.number}" for part in parts]
        missing = [name for name in names if name not in given]
        if there and missing:
            raise Misfit(("model", key), f"{missing[0]} is missing; expected one per layer")
    return given


def _arrays_of(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the arrays of an ``.npz`` file that have the name of a layer's array."""
    from nncli.data.files.array_file import read_arrays

    kinds = "|".join(array_names())
    arrays = read_arrays(path)
    for name in arrays:
        if re.fullmatch(rf"({kinds})\d+", name):
            yield name, arrays[name]


def _sizes(layers: Sequence[Layer], ends: Ends) -> dict[str, Size]:
    """Return the size of every array by name, with None for unknown dimensions."""
    sizes: dict[str, Size] = {}
    last = len(blocks(layers))
    for number, layer in numbered(layers):
        arrays: Mapping[str, Size] = {**layer.trained, **layer.state}
        for name, size in arrays.items():
            if number == 1 and ends.inputs is None and name == layer.weights:
                size = (None, *size[1:])
            if number == last and ends.outputs is None:
                size = (*size[:-1], None)
            sizes[f"{name}{number}"] = size
    return sizes


def _unexpected(name: str, layers: int) -> str:
    """Return why no layer of the network takes an array with this name."""
    kind, number = re.fullmatch(r"(.*?)(\d+)", name).groups()  # type: ignore[union-attr]  # it is one
    if 1 <= int(number) <= layers:
        return f"{name}: layer {number} has no {kind}"
    return f"has {name}, but the network has {count(layers, 'layer')}"


def _misfit(value: Any, size: Size, precision: str, least: float | None) -> str | None:
    """Return why a given value does not fit an array of the network, or None if it does."""
    order = "one row per input and one column per unit" if len(size) == 2 else "one per unit"
    expected = f"expected {'1 number' if size == (1,) else f'{_size(size)} numbers'}, {order}"
    if len(lengths := _row_lengths(value)) > 1:
        return f"found rows of length {' and '.join(map(str, lengths))}; {expected}"
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        return f"found {'text' if array.dtype.kind in 'SU' else array.dtype.name}; {expected}"
    if not _fits(array.shape, size):
        return f"found {_size(array.shape) or 'a single number'}; {expected}"
    outside = np.argwhere(~(np.abs(array) <= np.finfo(precision).max))  # NaN too
    if len(outside):
        place = outside[0].tolist()
        found = float(array[tuple(place)])
        what = f"numbers that {precision} can hold" if np.isfinite(found) else "finite numbers"
        return f"found {found:g} at {place}; expected {what}"
    if least is not None and array.min() < least:
        return f"found {array.min():g}; expected numbers of {least:g} or more"
    return None


def _row_lengths(value: Any) -> list[int]:
    """Return the different row lengths of a matrix given as a list."""
    rows = value if isinstance(value, list) else []
    return sorted({len(row) for row in rows if isinstance(row, list)})


def _fits(found: tuple[int, ...], expected: Size) -> bool:
    """Return whether a size is as expected; unknown dimensions must be at least 1."""
    pairs = zip(found, expected, strict=False)
    return len(found) == len(expected) and all(
        each == known or (known is None and each > 0) for each, known in pairs
    )


def _size(size: Size) -> str:
    return " x ".join("any" if each is None else str(each) for each in size)
