"""What is said of training whose numbers are no longer finite: where it began, and the remedy."""

from math import isfinite

import numpy as np

from nncli.nn.entries import Array
from nncli.nn.network import Network, Workspace

_LARGE_INPUT = 100.0  # what scaling would bring down to about 1


class NotFinite(ArithmeticError):  # noqa: N818 - becomes a DivergenceError with its place
    """Training has come to a number that is not finite; the message says which, and the remedy."""


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
    """Return in words which layer is the first with weights, or with sums in `work`, not finite."""
    for number, arrays in enumerate(network.arrays, 1):
        if not all(np.isfinite(each).all() for each in arrays):
            return f"the weights of layer {number} are not finite"
    for number, Z in enumerate(work.Z if work else [], 1):
        if not np.isfinite(Z).all():
            return f"the sums of layer {number} are too large"
    return f"the outputs of layer {len(network.layers)} are too far from the targets"


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
