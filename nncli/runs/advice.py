"""Warn before training of what it cannot come to."""

from collections.abc import Iterator

import numpy as np

from nncli.model.evaluation import target_outside
from nncli.runs.job import Job


def warnings_for(job: Job) -> list[str]:
    """Return, a line each, why training cannot come to what the user may expect."""
    return [
        *job.dataset.warnings,
        *_equal_units(job),
        *_one_layer_for_xor(job),
        *_targets_out_of_reach(job),
    ]


def _equal_units(job: Job) -> Iterator[str]:
    network = job.setup.network
    for block in network.blocks[:-1]:
        units = np.vstack([network.arrays[name] for name in block.names])
        if units.shape[1] > 1 and (units == units[:, :1]).all():
            yield (
                f"all units of layer {block.number} start alike, so they get the same gradient and "
                "stay alike for ever; choose another model.initializer"
            )


def _one_layer_for_xor(job: Job) -> Iterator[str]:
    if len(job.blocks) == 1 and list(job.dataset.targets) == ["xor"]:
        yield (
            "one layer cannot separate XOR: no straight line has its two classes on two sides; "
            "add a hidden layer"
        )


def _targets_out_of_reach(job: Job) -> Iterator[str]:
    output, split = job.setup.network.output, job.dataset.splits["train"]
    low, high = output.entry.reach
    outside = None if split.of_classes else target_outside(split, job.dataset.targets, low, high)
    if outside:
        place, value = outside
        yield (
            f"{place}: a {output.kind} output lies from {low:g} to {high:g}, and cannot come to "
            f"{value:g}; choose model.output: identity"
        )
