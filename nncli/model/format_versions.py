"""The versions of the model file's format, and what a version means.

1 had no target_offset, target_scale and encoding. 1 and 2 had no separate activation layers. Before
4, `step` was 0 at z = 0. Before 5, there were no features.
"""

from collections.abc import Iterable
from typing import Any

from nncli.data.features import Features
from nncli.model.metadata import Refusal, get
from nncli.nn.former import FORMER_ACTIVATIONS
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.dense import DENSE
from nncli.nn.layers.layer import Layer

NEWEST = 5
_WITHOUT_FEATURES = 4
_LAST_FORMER = 3
_MOST_LAYERS = 10_000  # networks of configs have at most a few thousand


def version_for(layers: Iterable[Layer], features: Features | None) -> int:
    """Return the lowest version that describes a model, so that earlier nncli can read it."""
    if features is not None:
        return NEWEST
    activations = (each for each in layers if isinstance(each, ActivationLayer))
    if all(each.entry is FORMER_ACTIVATIONS.get(each.kind, each.entry) for each in activations):
        return _LAST_FORMER
    return _WITHOUT_FEATURES


def has_features(metadata: dict[str, Any]) -> bool:
    """Return whether the preprocessing has features."""
    version: int = metadata["format_version"]
    return version > _WITHOUT_FEATURES


def check_version(metadata: object) -> None:
    """Raise `Refusal` unless the version is one that this nncli reads."""
    version = get(metadata, "format_version", int)
    if version > NEWEST:
        raise Refusal(
            f"has format version {version}; this nncli reads versions up to {NEWEST}; "
            "install a newer nncli"
        )
    if version < 1:
        raise Refusal(f"has format version {version}; expected 1 or more")


def has_former(metadata: dict[str, Any]) -> bool:
    """Return whether activations and losses are those of `nncli.nn.former`."""
    version: int = metadata["format_version"]
    return version <= _LAST_FORMER


def descriptions(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one description per layer, in the current format."""
    described = get(metadata, "layers", list)
    if len(described) > _MOST_LAYERS:
        raise Refusal(f"has more than {_MOST_LAYERS:,} layers")
    if metadata["format_version"] > 2:
        return described
    return [
        part
        for each in described
        for part in (
            {
                "kind": DENSE,
                "parameters": {name: get(each, name, int) for name in ("inputs", "outputs")},
            },
            {
                "kind": get(each, "activation", str),
                "parameters": get(each, "activation_parameters", dict),
            },
        )
    ]
