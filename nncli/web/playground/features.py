"""The features of two columns that a page offers."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from nncli.data.features import FEATURES, INPUT, Feature


def offered_features(columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return all features of some columns, each with its name and as a config writes it."""
    return [
        {
            "name": Feature.of(kind, places, columns).name,
            "written": _written(kind, [columns[place] for place in places]),
        }
        for kind, about in FEATURES.items()
        for places in combinations(range(len(columns)), about.arguments)
    ]


def _written(kind: str, names: list[str]) -> str | dict[str, str | list[str]]:
    if kind == INPUT:
        return names[0]
    return {kind: names if len(names) > 1 else names[0]}
