"""Warn before training of what it cannot reach."""

from collections.abc import Iterator

import numpy as np

from nncli.data.dataset import Dataset
from nncli.model.evaluation import target_outside
from nncli.nn.network import Network


def advice(dataset: Dataset, network: Network) -> list[str]:
    """Return, a line each, why training cannot reach what the user may expect."""
    return [
        *dataset.warnings,
        *_equal_units(network),
        *_one_layer_for_xor(dataset, network),
        *_targets_out_of_reach(dataset, network),
    ]


def _equal_units(network: Network) -> Iterator[str]:
    for block in network.blocks[:-1]:
        units = np.vstack([network.arrays[name] for name in block.names])
        if units.shape[1] > 1 and (units == units[:, :1]).all():
            yield (
                f"all units of layer {block.number} start alike, so they get the same gradient and "
                "stay alike for ever; choose another model.initializer"
            )


def _one_layer_for_xor(dataset: Dataset, network: Network) -> Iterator[str]:
    if len(network.blocks) == 1 and list(dataset.targets) == ["xor"]:
        yield (
            "one layer cannot separate XOR: no straight line has its two classes on two sides; "
            "add a hidden layer"
        )


def _targets_out_of_reach(dataset: Dataset, network: Network) -> Iterator[str]:
    output, split = network.output, dataset.splits["train"]
    low, high = output.entry.reach
    outside = None if split.of_classes else target_outside(split, dataset.targets, low, high)
    if outside:
        place, value = outside
        yield (
            f"{place}: a {output.kind} output lies from {low:g} to {high:g}, and cannot come to "
            f"{value:g}; choose model.output: identity"
        )
