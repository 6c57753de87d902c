"""Convert metadata of model files to the formats of earlier versions of nncli."""

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], Any]


def as_format_2(metadata: dict[str, Any]) -> None:
    """Convert metadata to format 2 in place: a dense layer includes its activation."""
    metadata["format_version"] = 2
    metadata["layers"] = [
        {
            **dense["parameters"],
            "activation": activation["kind"],
            "activation_parameters": activation["parameters"],
        }
        for dense, activation in zip(metadata["layers"][::2], metadata["layers"][1::2], strict=True)
    ]
    preprocessing = metadata["preprocessing"]
    preprocessing["types"] = ["number"] * len(preprocessing["columns"])


def as_format_1(metadata: dict[str, Any]) -> None:
    """Convert metadata to format 1 in place: no scaled targets, tables or images."""
    as_format_2(metadata)
    metadata["format_version"] = 1
    for key in ("target_offset", "target_scale", "encoding", "images"):
        del metadata["preprocessing"][key]


def in_format_1(change: Change) -> Change:
    """Return a change of metadata that first converts it to format 1."""
    return lambda metadata: (as_format_1(metadata), change(metadata))[1]


def in_format_2(change: Change) -> Change:
    """Return a change of metadata that first converts it to format 2."""
    return lambda metadata: (as_format_2(metadata), change(metadata))[1]
