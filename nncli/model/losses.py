"""Loss functions: value and gradient beside each other, with one normalizer.

Every loss is a mean over the rows of a batch. ``function(outputs, T, gradient, scratch)`` returns
its value and writes ∂loss/∂outputs to `gradient`. `outputs`, the targets `T`, `gradient` and
`scratch` have the shape (B, O) and one dtype; `scratch` is overwritten, `outputs` is kept.

The cross-entropies take logits, the weighted sums Z before the output activation: joined with the
activation they are stable for any size of Z, and the gradient is simply (A - T) / B.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nncli.model.activations import sigmoid
from nncli.model.entries import Array, Entry


def mean_squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = Σ (a - t)² / (B O), a mean over rows and over outputs."""
    np.subtract(A, T, out=gradient)
    value = float(np.vdot(gradient, gradient)) / gradient.size
    np.multiply(gradient, 2 / gradient.size, out=gradient)
    return value


def sigmoid_cross_entropy(Z: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = -Σ (t ln a + (1 - t) ln(1 - a)) / B with a = sigmoid(z), summed over outputs.

    Computed as Σ (max(z, 0) - t z + ln(1 + e^-|z|)) / B, which neither overflows nor cancels.
    """
    rows = len(Z)
    np.maximum(Z, 0, out=gradient)
    np.multiply(T, Z, out=scratch)
    np.subtract(gradient, scratch, out=gradient)
    value = float(gradient.sum())
    np.abs(Z, out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    value = (value + float(scratch.sum())) / rows
    sigmoid(Z, out=gradient)
    np.subtract(gradient, T, out=gradient)
    np.multiply(gradient, 1 / rows, out=gradient)
    return value


def cross_entropy(Z: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = -Σ t ln a / B with a = softmax(z); the targets of each row add up to 1.

    Computed as Σ (ln Σⱼ e^zⱼ - Σⱼ tⱼ zⱼ) / B, after subtracting the row's largest z.
    """
    rows = len(Z)
    column = scratch[:, :1]
    np.maximum.reduce(Z, axis=1, keepdims=True, out=column)
    np.subtract(Z, column, out=gradient)
    value = -float(np.vdot(T, gradient))
    np.exp(gradient, out=gradient)
    np.add.reduce(gradient, axis=1, keepdims=True, out=column)
    np.divide(gradient, column, out=gradient)
    np.log(column, out=column)
    value += float(column.sum())
    np.subtract(gradient, T, out=gradient)
    np.multiply(gradient, 1 / rows, out=gradient)
    return value / rows


@dataclass(frozen=True)
class Loss(Entry):
    """A loss function.

    Attributes
    ----------
    function : function
        As the module says.
    outputs : tuple of str
        The output activations that it can be used with.
    on_logits : bool
        Whether it takes the weighted sums Z of the output layer, not its activations A.
    """

    function: Callable[[Array, Array, Array, Array], float]
    outputs: tuple[str, ...]
    on_logits: bool = False


LOSSES: dict[str, Loss] = {
    "mean_squared_error": Loss(
        "squared error, mean over outputs and rows",
        mean_squared_error,
        outputs=("identity", "sigmoid", "softmax"),
    ),
    "sigmoid_cross_entropy": Loss(
        "cross-entropy of independent sigmoid outputs, summed over outputs",
        sigmoid_cross_entropy,
        outputs=("sigmoid",),
        on_logits=True,
    ),
    "cross_entropy": Loss(
        "cross-entropy of a softmax output",
        cross_entropy,
        outputs=("softmax",),
        on_logits=True,
    ),
}
