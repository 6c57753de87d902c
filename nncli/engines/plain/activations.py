"""Activation functions g and their derivatives g', one number at a time.

z is a weighted sum of a unit. The functions keep to the published definitions, in a form whose
powers of e cannot overflow: e^z only for z below 0. A z that is not a number stays one, so that
the loss reveals it.
"""

from collections.abc import Callable, Sequence
from math import erfc, exp, expm1, log1p, pi, sqrt, tanh
from typing import NamedTuple


def sigmoid(z: float) -> float:
    """Return the logistic function 1 / (1 + e⁻ᶻ), which equals eᶻ / (1 + eᶻ)."""
    return exp(z) / (1 + exp(z)) if z < 0 else 1 / (1 + exp(-z))


def _sigmoid_derivative(z: float) -> float:
    """Return a (1 - a)."""
    a = sigmoid(z)
    return a * (1 - a)


def _tanh_derivative(z: float) -> float:
    """Return 1 - a²."""
    return 1 - tanh(z) * tanh(z)


def step(z: float) -> float:
    """Return 1 where z ≥ 0, else 0."""
    return 1.0 if z >= 0 else 0.0


def _relu(z: float) -> float:
    """Return the larger of z and 0."""
    return max(z, 0.0)


def _relu_derivative(z: float) -> float:
    """Return 1 where z > 0, else 0."""
    return 1.0 if z > 0 else 0.0


def _leaky_relu(z: float, slope: float) -> float:
    """Return z where z > 0, else slope · z."""
    return z if z > 0 else slope * z


def _leaky_relu_derivative(z: float, slope: float) -> float:
    """Return 1 where z > 0, else slope."""
    return 1.0 if z > 0 else slope


def _elu(z: float, alpha: float) -> float:
    """Return z where z > 0, else α (eᶻ - 1)."""
    return z if z > 0 else alpha * expm1(z)


def _elu_derivative(z: float, alpha: float) -> float:
    """Return 1 where z > 0, else α eᶻ."""
    return 1.0 if z > 0 else alpha * exp(z)


# These keep mean 0 and variance 1 of normally distributed z (Klambauer et al., 2017).
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _selu(z: float) -> float:
    """Return λ elu(z)."""
    return _SELU_SCALE * _elu(z, _SELU_ALPHA)


def _selu_derivative(z: float) -> float:
    """Return λ elu'(z)."""
    return _SELU_SCALE * _elu_derivative(z, _SELU_ALPHA)


def _normal_distribution(z: float) -> float:
    """Return Φ(z), the probability that a standard normal number is at most z."""
    return erfc(-z / sqrt(2)) / 2


def _gelu(z: float) -> float:
    """Return z Φ(z)."""
    return z * _normal_distribution(z)


def _gelu_derivative(z: float) -> float:
    """Return Φ(z) + z φ(z), with the normal density φ(z) = e^(-z²/2) / √(2π)."""
    return _normal_distribution(z) + z * exp(-z * z / 2) / sqrt(2 * pi)


def _softplus(z: float) -> float:
    """Return ln(1 + eᶻ), which equals max(z, 0) + ln(1 + e^-|z|)."""
    return max(z, 0.0) + log1p(exp(-abs(z)))


def _softsign(z: float) -> float:
    """Return z / (1 + |z|)."""
    return z / (1 + abs(z))


def _softsign_derivative(z: float) -> float:
    """Return 1 / (1 + |z|)²."""
    return 1 / (1 + abs(z)) / (1 + abs(z))


def _sqlu(z: float, alpha: float) -> float:
    """Return z where z > 0, α (z + z²/4) where -2 ≤ z ≤ 0, and -α below."""
    if z > 0:
        return z
    return -alpha if z < -2 else alpha * (z + z * z / 4)


def _sqlu_derivative(z: float, alpha: float) -> float:
    """Return 1 where z > 0, α (1 + z/2) where -2 ≤ z ≤ 0, and 0 below."""
    if z > 0:
        return 1.0
    return 0.0 if z < -2 else alpha * (1 + z / 2)


def _silu(z: float) -> float:
    """Return z σ(z), with the sigmoid σ."""
    return z * sigmoid(z)


def _silu_derivative(z: float) -> float:
    """Return σ(z) (1 + z (1 - σ(z)))."""
    return sigmoid(z) * (1 + z * (1 - sigmoid(z)))


def _mish(z: float) -> float:
    """Return z tanh(softplus(z))."""
    return z * tanh(_softplus(z))


def _mish_derivative(z: float) -> float:
    """Return t + z σ(z) (1 - t²), with t = tanh(softplus(z)) and the sigmoid σ."""
    t = tanh(_softplus(z))
    return t + z * sigmoid(z) * (1 - t * t)


class Activation(NamedTuple):
    """An activation of a single unit: g(z) and g'(z), and the parameters of both as keywords."""

    function: Callable[..., float]
    derivative: Callable[..., float]


ACTIVATIONS = {
    "identity": Activation(lambda z: z, lambda z: 1.0),
    "step": Activation(step, lambda z: 0.0),
    "sigmoid": Activation(sigmoid, _sigmoid_derivative),
    "tanh": Activation(tanh, _tanh_derivative),
    "relu": Activation(_relu, _relu_derivative),
    "leaky_relu": Activation(_leaky_relu, _leaky_relu_derivative),
    "prelu": Activation(_leaky_relu, _leaky_relu_derivative),  # each unit has its own slope
    "elu": Activation(_elu, _elu_derivative),
    "selu": Activation(_selu, _selu_derivative),
    "gelu": Activation(_gelu, _gelu_derivative),
    "softplus": Activation(_softplus, sigmoid),
    "softsign": Activation(_softsign, _softsign_derivative),
    "sqlu": Activation(_sqlu, _sqlu_derivative),
    "silu": Activation(_silu, _silu_derivative),
    "mish": Activation(_mish, _mish_derivative),
}


def softmax(z: Sequence[float]) -> list[float]:
    """Return e^zᵢ / Σⱼ e^zⱼ for the sums of a row; subtracting the largest changes nothing."""
    largest = max(z)
    powers = [exp(each - largest) for each in z]
    total = sum(powers)
    return [power / total for power in powers]


def through_softmax(a: Sequence[float], da: Sequence[float]) -> list[float]:
    """Return ∂L/∂zⱼ = Σᵢ ∂L/∂aᵢ · ∂aᵢ/∂zⱼ for a = softmax(z).

    Each output depends on all sums: ∂aᵢ/∂zⱼ is aᵢ (1 - aᵢ) for i = j, else -aᵢ aⱼ. The sum over i
    is then aⱼ (∂L/∂aⱼ - Σᵢ ∂L/∂aᵢ · aᵢ).
    """
    total = sum(da[i] * a[i] for i in range(len(a)))
    return [a[j] * (da[j] - total) for j in range(len(a))]


def normalized_sigmoid(z: Sequence[float]) -> list[float]:
    """Return σ(zᵢ) / Σⱼ σ(zⱼ) for the sums of a row, as the softmax of ln σ(z)."""
    return softmax([min(each, 0.0) - log1p(exp(-abs(each))) for each in z])


def through_normalized_sigmoid(
    z: Sequence[float], a: Sequence[float], da: Sequence[float]
) -> list[float]:
    """Return ∂L/∂zⱼ for a = softmax(ln σ(z)): the derivative of ln σ(z) is 1 - σ(z) = σ(-z)."""
    return [each * sigmoid(-z[j]) for j, each in enumerate(through_softmax(a, da))]
