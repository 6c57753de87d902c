"""What is said of training whose numbers are no longer finite: where it began, and the remedy."""

from math import isfinite

import numpy as np

from nncli.nn.entries import Array
from nncli.nn.layers.dense import DENSE
from nncli.nn.network import Network, numbered
from nncli.nn.workspace import Workspace

_LARGE_INPUT = 100.0  # what scaling would bring down to about 1


def is_finite(array: Array) -> bool:
    """Return whether every number of `array` is finite.

    The sum of squares tells in a fraction of the time, except where squares alone are too large.
    """
    return isfinite(float(np.vdot(array, array))) or bool(np.isfinite(array).all())


def exact_square(gradient: Array) -> float:
    """Return Σ g² of numbers whose squares are too large for their own type."""
    wide = gradient.astype(np.float64)
    return float(np.dot(wide, wide))


def reason_of(network: Network, work: Workspace | None = None) -> str:
    """Return in words which layer is the first with numbers that are not finite.

    With weights; without `work` also with what it keeps beside them, else with sums in `work`.
    """
    for block in network.blocks:
        if not np.isfinite(network.parameters[block.where]).all():
            return f"the weights of layer {block.number} are not finite"
    if work is None:
        for number, layer in numbered(network.layers):
            for name in layer.state:
                if not np.isfinite(layer.arrays[name]).all():
                    return f"the {name.replace('_', ' ')} of layer {number} is not finite"
    pairs = zip(numbered(network.layers), work.buffers, strict=True) if work else ()
    for (number, layer), own in pairs:
        if layer.kind == DENSE and not np.isfinite(own.Y).all():
            return f"the sums of layer {number} are too large"
    return f"the outputs of layer {len(network.blocks)} are too far from the targets"


def remedy(X: Array | None, steps: int, clip_norm: float | None) -> str:
    """Return what to try, the likeliest first.

    Parameters
    ----------
    X : array (B, I) or None
        The batch that it came up with.
    steps : int
        Steps taken, with the one that failed: at the first one the rate is not to blame.
    """
    scaling, rate = "data.scale: standard", "a smaller training.learning_rate"
    clipping = "training.clip_norm: 1"
    if steps <= 1 or (X is not None and float(np.abs(X).max()) > _LARGE_INPUT):
        return f"try {scaling}, or {rate}"
    return f"try {rate}" + (f", or {clipping}" if clip_norm is None else f", or {scaling}")
