"""Losses of a row and their derivatives.

The loss of a batch is the mean of the losses of its rows. Most losses take the output a of every
unit. Those in `OF_SUMS` take the weighted sum z of the output layer and include the activation.
"""

from collections.abc import Callable, Sequence
from math import exp, log, log1p
from typing import NamedTuple

from nncli.engines.plain.activations import sigmoid, softmax, step


def _sign(number: float) -> float:
    return float((number > 0) - (number < 0))


def _squared_error(a: float, t: float) -> float:
    """Return (a - t)²."""
    return (a - t) * (a - t)


def _squared_error_derivative(a: float, t: float) -> float:
    """Return 2 (a - t)."""
    return 2 * (a - t)


def _half_squared_error(a: float, t: float) -> float:
    """Return ½ (a - t)²."""
    return (a - t) * (a - t) / 2


def _error(a: float, t: float) -> float:
    """Return a - t."""
    return a - t


def _absolute_error(a: float, t: float) -> float:
    """Return |a - t|."""
    return abs(a - t)


def _absolute_error_derivative(a: float, t: float) -> float:
    """Return the sign of a - t; it is 0 at a = t."""
    return _sign(a - t)


def _huber(a: float, t: float, delta: float) -> float:
    """Return e²/2 where |e| ≤ δ, else δ (|e| - δ/2), with e = a - t."""
    e = abs(a - t)
    return e * e / 2 if e <= delta else delta * (e - delta / 2)


def _huber_derivative(a: float, t: float, delta: float) -> float:
    """Return e where |e| ≤ δ, else δ times the sign of e."""
    return a - t if abs(a - t) <= delta else delta * _sign(a - t)


def _hinge(a: float, t: float) -> float:
    """Return the larger of 1 - t a and 0, for a target t of 1 or -1."""
    return max(1 - t * a, 0.0)


def _hinge_derivative(a: float, t: float) -> float:
    """Return -t where 1 - t a > 0, else 0."""
    return -t if 1 - t * a > 0 else 0.0


def _perceptron(z: float, t: float) -> float:
    """Return (a - t) z with a = step(z): 0 for a correct output, |z| for an incorrect one."""
    return (step(z) - t) * z


def _perceptron_derivative(z: float, t: float) -> float:
    """Return a - t."""
    return step(z) - t


def _sigmoid_cross_entropy(z: float, t: float) -> float:
    """Return -(t ln a + (1 - t) ln(1 - a)) with a = sigmoid(z).

    As ln a = z - ln(1 + eᶻ) and ln(1 - a) = -ln(1 + eᶻ), this is ln(1 + eᶻ) - t z, with
    ln(1 + eᶻ) = max(z, 0) + ln(1 + e^-|z|).
    """
    return (max(z, 0.0) - t * z) + log1p(exp(-abs(z)))


def _sigmoid_cross_entropy_derivative(z: float, t: float) -> float:
    """Return a - t: ∂L/∂a = (a - t) / (a (1 - a)), times ∂a/∂z = a (1 - a)."""
    return sigmoid(z) - t


class Loss(NamedTuple):
    """A loss that is a sum over outputs.

    Attributes
    ----------
    term, derivative : functions
        The term of one output and its target, and its derivative by the output.
    is_mean : bool
        Whether the sum is divided by the number of outputs.
    """

    term: Callable[..., float]
    derivative: Callable[..., float]
    is_mean: bool = False


LOSSES = {
    "mean_squared_error": Loss(_squared_error, _squared_error_derivative, is_mean=True),
    "squared_error": Loss(_squared_error, _squared_error_derivative),
    "half_squared_error": Loss(_half_squared_error, _error),
    "mean_absolute_error": Loss(_absolute_error, _absolute_error_derivative, is_mean=True),
    "huber": Loss(_huber, _huber_derivative, is_mean=True),
    "hinge": Loss(_hinge, _hinge_derivative),
    "perceptron": Loss(_perceptron, _perceptron_derivative),
    "sigmoid_cross_entropy": Loss(_sigmoid_cross_entropy, _sigmoid_cross_entropy_derivative),
}
OF_SUMS = ("perceptron", "sigmoid_cross_entropy", "cross_entropy")


def row_loss(
    name: str, outputs: Sequence[float], targets: Sequence[float], **parameters: float
) -> tuple[float, list[float]]:
    """Return the loss of a row, and its derivative by each output (or sum; see `OF_SUMS`)."""
    if name == "cross_entropy":
        return _cross_entropy(outputs, targets)
    loss = LOSSES[name]
    share = 1 / len(outputs) if loss.is_mean else 1.0
    value, derivatives = 0.0, []
    for output, target in zip(outputs, targets, strict=True):
        value += share * loss.term(output, target, **parameters)
        derivatives.append(share * loss.derivative(output, target, **parameters))
    return value, derivatives


def _cross_entropy(z: Sequence[float], targets: Sequence[float]) -> tuple[float, list[float]]:
    """Return -Σ t ln a with a = softmax(z), and its derivatives a - t; the targets sum to 1.

    ln aⱼ = zⱼ - ln Σᵢ e^zᵢ; subtracting the largest z from each changes nothing. The derivative by
    zⱼ is -Σᵢ tᵢ / aᵢ · ∂aᵢ/∂zⱼ = aⱼ Σᵢ tᵢ - tⱼ = aⱼ - tⱼ.
    """
    largest = max(z)
    logarithm = log(sum(exp(each - largest) for each in z))
    value = sum(t * (logarithm - (each - largest)) for t, each in zip(targets, z, strict=True))
    return value, [a - t for a, t in zip(softmax(z), targets, strict=True)]
