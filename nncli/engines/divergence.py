"""Explain divergence: where numbers stopped being finite, and what to try."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from nncli.nn.entries import Array
from nncli.nn.layers.dense import DENSE
from nncli.nn.network import Network, numbered
from nncli.nn.workspace import Workspace

_LARGE_INPUT = 100.0  # inputs this large should be scaled


def is_finite(array: Array) -> bool:
    """Return whether every number in `array` is finite.

    The sum of squares is a faster test. Only if it is not finite, check every number.
    """
    return isfinite(float(np.vdot(array, array))) or bool(np.isfinite(array).all())


def exact_square(gradient: Array) -> float:
    """Return Σ g² for numbers whose squares overflow their own type."""
    wide = gradient.astype(np.float64)
    return float(np.dot(wide, wide))


def reason_of(network: Network, work: Workspace | None = None) -> str:
    """Describe the first layer whose numbers are not finite.

    This checks the weights first. Then it checks the pre-activations in `work`, or without `work`
    the state of the layers.
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
            return f"the pre-activations of layer {number} are too large"
    return f"the outputs of layer {len(network.blocks)} are too far from the targets"


def remedy(X: Array | None, steps: int, clip_norm: float | None, *, are_bytes: bool = False) -> str:
    """Return what to try, the most promising first.

    Parameters
    ----------
    X : array (B, I) or None
        Batch in which training diverged.
    steps : int
        Number of steps including the failed one; at the first step, the rate is not the cause.
    are_bytes : bool
        Whether the inputs are bytes that are not scaled, such as pixels. Their columns have one
        range, and a pixel that hardly varies must not be enlarged, as ``standard`` would.
    """
    scaling = "data.scale: unit" if are_bytes else "data.scale: standard"
    rate = "a smaller training.learning_rate"
    clipping = "training.clip_norm: 1"
    if steps <= 1 or (X is not None and float(np.abs(X).max()) > _LARGE_INPUT):
        return f"try {scaling}, or {rate}"
    return f"try {rate}" + (f", or {clipping}" if clip_norm is None else f", or {scaling}")


@np.errstate(over="ignore", invalid="ignore")
def explained(
    network: Network, X: Array, loss: float, norms: Sequence[float], steps: int, advice: str
) -> str:
    """Return what is not finite in a step, with advice.

    Parameters
    ----------
    X : array (B, I)
        The batch.
    loss : float
        Its loss, before the step.
    norms : sequence of float
        The squared gradient norm of each block, summed over the epoch up to the step.
    steps : int
        Number of steps including the failed one.
    """
    if isfinite(loss):
        wrong = [not isfinite(each) for each in norms]
        if not any(wrong):
            return f"the penalty of the weights is not finite; {advice}"
        layer = len(wrong) - wrong[::-1].index(True)  # backpropagation starts at the output
        return f"the gradient of layer {layer} is not finite; {advice}"
    work = network.workspace(len(X))
    network.logits(X, work, steps - 1)
    return f"the loss is {loss}, because {reason_of(network, work)}; {advice}"
