"""Warn before training of what it cannot come to."""

from collections.abc import Iterator

import numpy as np

from nncli.model.evaluation import target_outside
from nncli.nn.activations import ACTIVATIONS
from nncli.runs.pipeline import Job


def warnings_for(job: Job) -> list[str]:
    """Return, a line each, why training cannot come to what the user may expect."""
    return [
        *job.dataset.warnings,
        *_equal_units(job),
        *_one_layer_for_xor(job),
        *_targets_out_of_reach(job),
    ]


def _equal_units(job: Job) -> Iterator[str]:
    for number, arrays in enumerate(job.network.arrays[:-1], 1):
        units = np.vstack([each for each in arrays if each.size])
        if units.shape[1] > 1 and (units == units[:, :1]).all():
            yield (
                f"all units of layer {number} start alike, so they get the same gradient and stay "
                "alike for ever; choose another model.initializer"
            )


def _one_layer_for_xor(job: Job) -> Iterator[str]:
    if len(job.network.layers) == 1 and list(job.dataset.targets) == ["xor"]:
        yield (
            "one layer cannot separate XOR: no straight line has its two classes on two sides; "
            "add a hidden layer"
        )


def _targets_out_of_reach(job: Job) -> Iterator[str]:
    output, split = job.network.layers[-1].activation, job.dataset.splits["train"]
    low, high = ACTIVATIONS[output].reach
    outside = None if split.of_classes else target_outside(split, job.dataset.targets, low, high)
    if outside:
        place, value = outside
        yield (
            f"{place}: a {output} output lies from {low:g} to {high:g}, and cannot come to "
            f"{value:g}; choose model.output: identity"
        )
