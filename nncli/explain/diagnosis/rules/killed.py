"""Units that steps have killed, as the history of the gradients shows without the data."""

import numpy as np

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.rules.weights import are_large

# Of the gradient of layer 1. In layers that learn, it is 0.1 times that of the last layer or more.
# If its ReLU units are dead, nothing is left of it, but the last biases still follow each batch.
_ALIVE = 5.0  # times that of the penalty, in the first epoch
_GAIN = 2.0  # more than that of the usual initial weights: a layer then has the norm gain·√units
_REACHED, _GONE = 0.01, 1e-3  # of that of the last layer, in the first epoch and in the last ones

_STRONG_L2 = 0.25  # the largest curvature of the cross-entropy along a weight


def kills_units(case: Case) -> bool:
    """Return whether a gradient reached the first layer at first, but then only the last one.

    Low biases kill units before the first step. Large weights may do so in it, at any rate, and a
    strong penalty later.
    """
    blocks, l1, l2 = case.network.blocks, case.config.training.l1, case.config.training.complete.l2
    first, last = (case.history[f"gradient_norm_{blocks[at].number}"] for at in (0, -1))
    at_first, at_last = l2 * _GAIN * blocks[0].outputs ** 0.5, gradient_of_penalty(case)
    return (
        len(blocks) > 1
        and first[0] > max(_ALIVE * max(at_first, at_last), _REACHED * last[0])
        and max(first[-3:]) <= 2 * at_last + _GONE * min(last[-3:])
        and not l1
        and l2 < _STRONG_L2
        and not are_large(case, blocks[:-1])
    )


def gradient_of_penalty(case: Case) -> float:
    """Return the norm of the gradient that only l2 gives the weights of layer 1."""
    first = case.network.arrays[case.network.blocks[0].weights]
    return case.config.training.complete.l2 * float(np.linalg.norm(first))
