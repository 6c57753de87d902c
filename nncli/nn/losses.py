"""Loss functions and their gradients.

Every loss is a mean over the rows of a batch. ``function(outputs, T, gradient, scratch,
**parameters)`` returns its value and writes ∂loss/∂outputs to `gradient`. `outputs`, the targets
`T`, `gradient` and `scratch` share one shape (B, O) and dtype; `scratch` is overwritten, `outputs`
is unchanged.

The cross-entropies take logits, the weighted sums Z before the output activation: combined with
the activation they are stable for any Z, and the gradient is simply (A - T) / B.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf

import numpy as np

from nncli.nn.activation_functions import sigmoid
from nncli.nn.entries import Array, Entry, Formula, Parameter, Piecewise


def mean_squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = Σ (a - t)² / (B O), the mean over rows and outputs."""
    return _squares(A, T, gradient, factor=1 / A.size)


def squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = Σ (a - t)² / B, summed over outputs."""
    return _squares(A, T, gradient, factor=1 / len(A))


def half_squared_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = ½ Σ (a - t)² / B, summed over outputs; its gradient is (A - T) / B."""
    return _squares(A, T, gradient, factor=0.5 / len(A))


def _squares(A: Array, T: Array, gradient: Array, factor: float) -> float:
    """Return the sum of squared errors times `factor`, and write its gradient."""
    np.subtract(A, T, out=gradient)
    value = _inner(gradient, gradient) * factor
    np.multiply(gradient, 2 * factor, out=gradient)
    return value


def _inner(A: Array, B: Array) -> float:
    """Return Σ a b without copying arrays of the same memory order."""
    if A.flags.f_contiguous:
        A, B = A.T, B.T
    return float(np.vdot(A, B))


def mean_absolute_error(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = Σ |a - t| / (B O); the gradient at a = t is defined as 0."""
    np.subtract(A, T, out=gradient)
    np.abs(gradient, out=scratch)
    np.sign(gradient, out=gradient)
    np.multiply(gradient, 1 / A.size, out=gradient)
    return float(scratch.sum()) / A.size


def huber(A: Array, T: Array, gradient: Array, scratch: Array, delta: float) -> float:
    """Return L = Σ h(a - t) / (B O) (Huber, 1964).

    h(e) = e²/2 where |e| ≤ δ, else δ (|e| - δ/2). With c = e clipped to ±δ, both cases are
    h(e) = c (e - c/2), and h'(e) = c.
    """
    np.subtract(A, T, out=scratch)
    np.clip(scratch, -delta, delta, out=gradient)
    value = _inner(gradient, scratch) - _inner(gradient, gradient) / 2
    np.multiply(gradient, 1 / A.size, out=gradient)
    return value / A.size


def hinge(A: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = Σ max(0, 1 - t a) / B for targets t of 1 and -1 (Vapnik, 1995).

    Summed over outputs. Several outputs are one-vs-rest classifiers, one per class.
    """
    np.multiply(T, A, out=scratch)
    np.subtract(1, scratch, out=scratch)
    np.maximum(scratch, 0, out=scratch)
    value = float(scratch.sum()) / len(A)
    np.sign(scratch, out=scratch)
    np.multiply(scratch, T, out=gradient)
    np.multiply(gradient, -1 / len(A), out=gradient)
    return value


def perceptron(Z: Array, T: Array, gradient: Array, scratch: Array, at_0: float = 1.0) -> float:
    """Return the perceptron criterion L = Σ (a - t) z / B with a = step(z) (Rosenblatt, 1958).

    A correct output adds 0, an incorrect one |z|. The gradient is (a - t) / B. Gradient descent on
    one row is then the perceptron learning rule, w ← w + η (t - a) x. `at_0` is step(0).
    """
    np.heaviside(Z, at_0, out=gradient)
    np.subtract(gradient, T, out=gradient)
    value = _inner(gradient, Z) / len(Z)
    np.multiply(gradient, 1 / len(Z), out=gradient)
    return value


def sigmoid_cross_entropy(Z: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = -Σ (t ln a + (1 - t) ln(1 - a)) / B with a = sigmoid(z), summed over outputs.

    Computed as Σ (([z > 0] - t) z + ln(1 + e^-|z|)) / B, without overflow or cancellation.
    """
    rows = len(Z)
    np.abs(Z, out=scratch)
    np.negative(scratch, out=scratch)
    np.exp(scratch, out=scratch)
    np.log1p(scratch, out=scratch)
    np.greater(Z, 0, out=gradient)
    np.subtract(gradient, T, out=gradient)
    np.multiply(gradient, Z, out=gradient)
    np.add(scratch, gradient, out=scratch)
    value = float(np.add.reduce(scratch, axis=None)) / rows
    sigmoid(Z, out=gradient)
    np.subtract(gradient, T, out=gradient)
    np.multiply(gradient, 1 / rows, out=gradient)
    return value


def cross_entropy(Z: Array, T: Array, gradient: Array, scratch: Array) -> float:
    """Return L = -Σ t ln a / B with a = softmax(z); the targets of each row sum to 1.

    Computed as Σ (ln Σⱼ e^zⱼ - Σⱼ tⱼ zⱼ) / B after subtracting the largest z of each row.
    """
    rows = len(Z)
    column = scratch[:, :1]
    np.maximum.reduce(Z, axis=1, keepdims=True, out=column)
    np.subtract(Z, column, out=gradient)
    value = -_inner(T, gradient)
    np.exp(gradient, out=gradient)
    np.add.reduce(gradient, axis=1, keepdims=True, out=column)
    np.divide(gradient, column, out=gradient)
    np.log(column, out=column)
    value += float(column.sum())
    np.subtract(gradient, T, out=gradient)
    np.multiply(gradient, 1 / rows, out=gradient)
    return value / rows


def _squares_of(A: Array, T: Array) -> Array:
    return np.square(A - T)


def _halves_of(A: Array, T: Array) -> Array:
    return np.square(A - T) / 2


def _sizes_of(A: Array, T: Array) -> Array:
    return np.abs(A - T)


def _huber_of(A: Array, T: Array, delta: float) -> Array:
    clipped = np.clip(A - T, -delta, delta)
    return clipped * (A - T - clipped / 2)


def _hinge_of(A: Array, T: Array) -> Array:
    return np.maximum(1 - T * A, 0)


def _perceptron_of(Z: Array, T: Array) -> Array:
    return (np.heaviside(Z, 1) - T) * Z


def _sigmoid_cross_entropy_of(Z: Array, T: Array) -> Array:
    return ((Z > 0) - T) * Z + np.log1p(np.exp(-np.abs(Z)))


def _cross_entropy_of(Z: Array, T: Array) -> Array:
    shifted = Z - Z.max(axis=1, keepdims=True)
    logarithms = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(logarithms / Z.shape[1] - T * shifted)  # spread the logarithm over the units


@dataclass(frozen=True)
class Loss(Entry):
    """A loss function.

    Attributes
    ----------
    function : function
        The loss and its gradient, as the module docstring describes.
    terms : function
        ``terms(outputs, T, **parameters)`` returns the terms (B, O) of the loss before the mean;
        slower than `function`.
    term, derivative : Formula or Piecewise
        The term of one output <a>, with its sum <z> and target <t>, before the mean. Its
        derivative is with respect to z for a loss on logits, else a.
    mean_over_outputs : bool
        Whether the mean is over outputs as well as rows.
    outputs : tuple of str
        The supported output activations.
    on_logits : bool
        Whether the loss takes the weighted sums Z of the output layer instead of its activations.
    target_range : (float, float) or None
        The range of valid regression targets; None if the loss is only for classes.
    """

    function: Callable[..., float]
    terms: Callable[..., Array] = field(kw_only=True)
    term: Formula | Piecewise = field(kw_only=True)
    derivative: Formula | Piecewise = field(kw_only=True)
    mean_over_outputs: bool = field(default=False, kw_only=True)
    outputs: tuple[str, ...]
    on_logits: bool = False
    target_range: tuple[float, float] | None = (-inf, inf)


_SMOOTH_OUTPUTS = ("identity", "sigmoid", "tanh", "normalized_sigmoid", "softmax")

_ERROR = Formula("|<a> - <t>|", r"\lvert <a> - <t> \rvert")


def _absolute_error(values: Mapping[str, float]) -> float:
    return abs(values["a"] - values["t"])


def _within_margin(values: Mapping[str, float]) -> float:
    return 1 - values["t"] * values["a"]


LOSSES: dict[str, Loss] = {
    "mean_squared_error": Loss(
        "squared error, mean over outputs",
        mean_squared_error,
        terms=_squares_of,
        outputs=_SMOOTH_OUTPUTS,
        term=Formula("(<a> - <t>)²", "(<a> - <t>)^2"),
        derivative=Formula("2·(<a> - <t>)", "2 (<a> - <t>)"),
        mean_over_outputs=True,
    ),
    "squared_error": Loss(
        "squared error, summed over outputs",
        squared_error,
        terms=_squares_of,
        outputs=_SMOOTH_OUTPUTS,
        term=Formula("(<a> - <t>)²", "(<a> - <t>)^2"),
        derivative=Formula("2·(<a> - <t>)", "2 (<a> - <t>)"),
    ),
    "half_squared_error": Loss(
        "half the squared error, summed over outputs",
        half_squared_error,
        terms=_halves_of,
        outputs=_SMOOTH_OUTPUTS,
        term=Formula("½·(<a> - <t>)²", r"\tfrac{1}{2} (<a> - <t>)^2"),
        derivative=Formula("<a> - <t>", "<a> - <t>"),
    ),
    "mean_absolute_error": Loss(
        "absolute error, mean over outputs",
        mean_absolute_error,
        terms=_sizes_of,
        outputs=_SMOOTH_OUTPUTS,
        term=Formula("|<a> - <t>|", r"\lvert <a> - <t> \rvert"),
        derivative=Formula("sign(<a> - <t>)", r"\operatorname{sign}(<a> - <t>)"),
        mean_over_outputs=True,
    ),
    "huber": Loss(
        "squared error near 0, absolute error beyond delta, mean over outputs",
        huber,
        terms=_huber_of,
        outputs=_SMOOTH_OUTPUTS,
        parameters={
            "delta": Parameter(1.0, "threshold between squared and absolute error", above=0.0)
        },
        term=Piecewise(
            (
                (
                    "delta",
                    Formula(
                        "<delta>·(|<a> - <t>| - <delta>/2)",
                        r"<delta> (\lvert <a> - <t> \rvert - <delta>/2)",
                    ),
                ),
                (-inf, Formula("(<a> - <t>)²/2", "(<a> - <t>)^2/2")),
            ),
            variable=_ERROR,
            value=_absolute_error,
        ),
        derivative=Piecewise(
            (
                (
                    "delta",
                    Formula("<delta>·sign(<a> - <t>)", r"<delta> \operatorname{sign}(<a> - <t>)"),
                ),
                (-inf, Formula("<a> - <t>", "<a> - <t>")),
            ),
            variable=_ERROR,
            value=_absolute_error,
        ),
        mean_over_outputs=True,
    ),
    "hinge": Loss(
        "hinge loss for targets 1 and -1, summed over outputs",
        hinge,
        terms=_hinge_of,
        outputs=("identity",),
        term=Formula("max(0, 1 - <t>·<a>)", r"\max(0, 1 - <t> \cdot <a>)"),
        derivative=Piecewise(
            ((0, Formula("-<t>", "-<t>")), (-inf, Formula("0", "0"))),
            variable=Formula("1 - <t>·<a>", r"1 - <t> \cdot <a>"),
            value=_within_margin,
        ),
        target_range=None,
    ),
    "perceptron": Loss(
        "perceptron criterion; with sgd this is the perceptron learning rule",
        perceptron,
        terms=_perceptron_of,
        outputs=("step",),
        on_logits=True,
        term=Formula("(<a> - <t>)·<z>", r"(<a> - <t>) \cdot <z>"),
        derivative=Formula("<a> - <t>", "<a> - <t>"),
        target_range=None,
    ),
    "sigmoid_cross_entropy": Loss(
        "cross-entropy of independent sigmoid outputs, summed over outputs",
        sigmoid_cross_entropy,
        terms=_sigmoid_cross_entropy_of,
        outputs=("sigmoid",),
        on_logits=True,
        term=Formula(
            "-(<t>·ln <a> + (1 - <t>)·ln(1 - <a>))", r"-(<t> \ln <a> + (1 - <t>) \ln(1 - <a>))"
        ),
        derivative=Formula("<a> - <t>", "<a> - <t>"),
        target_range=(0.0, 1.0),
    ),
    "cross_entropy": Loss(
        "cross-entropy of a softmax output",
        cross_entropy,
        terms=_cross_entropy_of,
        outputs=("softmax",),
        on_logits=True,
        term=Formula("-<t>·ln <a>", r"-<t> \ln <a>"),
        derivative=Formula("<a> - <t>", "<a> - <t>"),
        target_range=None,
    ),
}
