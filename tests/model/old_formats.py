"""Metadata of model files as earlier versions of nncli wrote it, made of what it writes now."""

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], Any]


def as_format_2(metadata: dict[str, Any]) -> None:
    """Turn metadata in place into that of format 2: a dense layer and its activation in one."""
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
    """Turn metadata in place into that of format 1: no targets to scale, tables or images."""
    as_format_2(metadata)
    metadata["format_version"] = 1
    for key in ("target_offset", "target_scale", "encoding", "images"):
        del metadata["preprocessing"][key]


def in_format_1(change: Change) -> Change:
    """Return a change of metadata that makes it that of format 1 first."""
    return lambda metadata: (as_format_1(metadata), change(metadata))[1]


def in_format_2(change: Change) -> Change:
    """Return a change of metadata that makes it that of format 2 first."""
    return lambda metadata: (as_format_2(metadata), change(metadata))[1]
