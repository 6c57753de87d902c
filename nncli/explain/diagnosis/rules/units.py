"""Rules about single units of a layer."""

from collections.abc import Iterator

import numpy as np

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.nn.entries import Formula

_SAME = Formula("w[i,1] = w[i,2] = ... for all i", r"w_{i,1} = w_{i,2} = \dots \text{ for all } i")


def same_units(case: Case) -> Iterator[Evidence]:
    """Find hidden layers whose units all have the same weights and bias."""
    network = case.network
    for block in network.blocks[:-1]:
        units = np.vstack([network.arrays[name] for name in block.names])
        if units.shape[1] > 1 and (units == units[:, :1]).all():
            yield Evidence(
                f"the {units.shape[1]} units of layer {block.number} have exactly the same weights "
                "and bias, so the layer computes no more than one unit",
                "they start with the same weights, get the same gradient, and stay the same",
                Change("model.initializer", "he_normal"),
                formula=_SAME,
            )
