"""Activation functions and their derivatives.

``forward(Z, out, **parameters)`` writes the activation A = g(Z) of the weighted sums `Z`, shape
(B, O), to `out`, another array of the same shape and dtype.

``backward(dA, Z, A, out, **parameters)`` writes ∂loss/∂Z = ∂loss/∂A · g'(Z) to `out`, which may be
`dA` itself. `Z` and `A` are the input and output of the forward pass; a function may use either as
scratch space, so both are undefined afterwards. The caller no longer needs them: it computes the
weight gradient that reads `A` first.

``slope_gradient(dA, Z, A, out)`` is for activations whose units learn their slope. It writes
∂loss/∂slope, shape (O,), to `out`. It runs before `backward` and keeps `dA` and `Z`, but may use
`A` as scratch space, so `backward` of such an activation must not read `A`. Their `forward` and
`backward` take `slope` as an array (O,), one number per unit.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from nncli.nn.entries import Array

# exp overflows above this. At the limit the sigmoid is 6e-39 in float32, 1e-308 in float64.
_LARGEST_EXPONENT = {"f": 88.0, "d": 709.0}  # by dtype character

# The normal density is 0 from here on in both dtypes; squares of much larger numbers overflow.
_ZERO_DENSITY = 60.0

_SELU_LAMBDA = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772

_ERFC = (
    -0.6513268598908547,
    0.6419697923564901,
    0.019476473204185572,
    -0.009561514786808641,
    -0.0009465953444819868,
    0.00036683949785280286,
    4.2523324806848585e-05,
    -2.0278578112341484e-05,
    -1.624290004572969e-06,
    1.3036558354116784e-06,
    1.5626441760267387e-08,
    -8.523809590658519e-08,
    6.529054335796349e-09,
    5.059343476801543e-09,
    -9.913641383926539e-10,
    -2.273652379639914e-10,
    9.64678035421067e-11,
    2.394077307303424e-12,
    -6.886111520365734e-12,
    8.945866570486422e-13,
    3.130140124383292e-13,
    -1.1268059430954034e-13,
    4.0997769947949028e-16,
)


def identity(Z: Array, out: Array) -> None:
    """Write g(z) = z."""
    np.copyto(out, Z)


def identity_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Write the gradient unchanged: g'(z) = 1."""
    if out is not dA:
        np.copyto(out, dA)


def sigmoid(Z: Array, out: Array) -> None:
    """Write the logistic function g(z) = 1 / (1 + e⁻ᶻ) (Verhulst, 1838).

    The exponent is capped so that no input overflows; small values keep their precision.
    """
    np.negative(Z, out=out)
    np.minimum(out, _LARGEST_EXPONENT[out.dtype.char], out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.reciprocal(out, out=out)


def sigmoid_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = a (1 - a)."""
    np.multiply(dA, A, out=out)
    np.subtract(1, A, out=A)
    np.multiply(out, A, out=out)


def tanh(Z: Array, out: Array) -> None:
    """Write the hyperbolic tangent g(z) = (eᶻ - e⁻ᶻ) / (eᶻ + e⁻ᶻ)."""
    np.tanh(Z, out=out)


def tanh_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 - a²."""
    np.multiply(A, A, out=A)
    np.subtract(1, A, out=A)
    np.multiply(dA, A, out=out)


def relu(Z: Array, out: Array) -> None:
    """Write the rectified linear unit g(z) = max(z, 0) (Nair and Hinton, 2010)."""
    out.fill(0)  # the maximum of two arrays is three times as fast as of an array and 0
    np.maximum(Z, out, out=out)


def relu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 where z > 0, else 0; g'(0) is defined as 0."""
    np.greater(A, 0, out=A)
    np.multiply(dA, A, out=out)


def leaky_relu(Z: Array, out: Array, slope: float) -> None:
    """Write g(z) = z where z > 0, else slope · z (Maas, Hannun and Ng, 2013)."""
    np.multiply(Z, slope, out=out)
    np.maximum(Z, out, out=out)


def leaky_relu_backward(dA: Array, Z: Array, A: Array, out: Array, slope: float) -> None:
    """Multiply by g'(z) = 1 where z > 0, else slope; g'(0) is defined as slope."""
    np.sign(Z, out=Z)
    np.maximum(Z, slope, out=Z)
    np.multiply(dA, Z, out=out)


def prelu(Z: Array, out: Array, slope: Array) -> None:
    """Write the parametric ReLU g(z) = z where z > 0, else p z; p is learned (He et al., 2015)."""
    np.multiply(Z, slope, out=out)
    np.copyto(out, Z, where=Z > 0)


def prelu_backward(dA: Array, Z: Array, A: Array, out: Array, slope: Array) -> None:
    """Multiply by g'(z) = 1 where z > 0, else p; g'(0) is defined as p."""
    above = Z > 0
    np.copyto(Z, slope)
    np.copyto(Z, 1, where=above)
    np.multiply(dA, Z, out=out)


def prelu_slope_gradient(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Write ∂loss/∂p = Σ over rows of dA · min(z, 0) (He et al., 2015, equation 9)."""
    np.minimum(Z, 0, out=A)
    np.multiply(dA, A, out=A)
    np.add.reduce(A, axis=0, out=out)


def step(Z: Array, out: Array, at_0: float = 1.0) -> None:
    """Write the binary step g(z) = 1 where z ≥ 0, else 0 (McCulloch and Pitts, 1943).

    `at_0` is g(0).
    """
    np.heaviside(Z, at_0, out=out)


def step_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Write 0: the derivative is 0 wherever it exists."""
    out.fill(0)


def elu(Z: Array, out: Array, alpha: float) -> None:
    """Write g(z) = z where z > 0, else α (eᶻ - 1) (Clevert, Unterthiner and Hochreiter, 2016)."""
    np.minimum(Z, 0, out=out)
    np.expm1(out, out=out)
    np.multiply(out, alpha, out=out)
    np.copyto(out, Z, where=Z > 0)


def elu_backward(dA: Array, Z: Array, A: Array, out: Array, alpha: float) -> None:
    """Multiply by g'(z) = 1 where z > 0, else α eᶻ = a + α."""
    np.add(A, alpha, out=A)
    np.copyto(A, 1, where=Z > 0)
    np.multiply(dA, A, out=out)


def selu(Z: Array, out: Array) -> None:
    """Write g(z) = λ elu(z), λ = 1.0507, α = 1.67326 (Klambauer et al., 2017)."""
    elu(Z, out, _SELU_ALPHA)
    np.multiply(out, _SELU_LAMBDA, out=out)


def selu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = λ where z > 0, else λ α eᶻ = a + λ α."""
    np.add(A, _SELU_LAMBDA * _SELU_ALPHA, out=A)
    np.copyto(A, _SELU_LAMBDA, where=Z > 0)
    np.multiply(dA, A, out=out)


def gelu(Z: Array, out: Array) -> None:
    """Write g(z) = z Φ(z), with Φ the normal distribution function (Hendrycks and Gimpel, 2016).

    This is the exact form, Φ(z) = erfc(-z / √2) / 2, not the tanh approximation.
    """
    _half_erfc(Z, out)
    np.multiply(out, Z, out=out)


def gelu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = Φ(z) + z φ(z), with φ the normal density."""
    _half_erfc(Z, A)
    near = np.minimum(np.abs(Z), _ZERO_DENSITY)
    density = np.exp(-0.5 * near * near)
    np.multiply(Z, density, out=Z)
    np.multiply(Z, 1 / sqrt(2 * pi), out=Z)
    np.add(A, Z, out=A)
    np.multiply(dA, A, out=out)


def _half_erfc(Z: Array, out: Array) -> None:
    """Write Φ(z) = erfc(-z / √2) / 2 with a relative error of at most 1e-13.

    With x = |z| / √2 and t = 2 / (2 + x), ln(erfc(x) / t) + x² is smooth in t; the coefficients
    are its Chebyshev expansion on 0 ≤ t ≤ 1.
    """
    from numpy.polynomial.chebyshev import chebval  # slow to import; only GELU needs it

    # Above 26 (float64) or 9 (float32) erfc correctly underflows to 0.
    x = np.minimum(np.abs(Z), _ZERO_DENSITY) * (0.5**0.5)
    t = 2 / (2 + x)
    smooth = chebval(2 * t - 1, np.asarray(_ERFC, Z.dtype))
    tail = 0.5 * t * np.exp(smooth - x * x)
    np.subtract(1, tail, out=out)
    np.copyto(out, tail, where=Z < 0)


def softplus(Z: Array, out: Array) -> None:
    """Write g(z) = ln(1 + eᶻ) (Dugas et al., 2001)."""
    np.logaddexp(Z, 0, out=out)


def softplus_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 / (1 + e⁻ᶻ) = 1 - e⁻ᵃ."""
    np.negative(A, out=A)
    np.expm1(A, out=A)
    np.negative(A, out=A)
    np.multiply(dA, A, out=out)


def softsign(Z: Array, out: Array) -> None:
    """Write g(z) = z / (1 + |z|), also called ElliotSig (Elliott, 1993)."""
    np.abs(Z, out=out)
    np.add(out, 1, out=out)
    np.divide(Z, out, out=out)


def softsign_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 / (1 + |z|)²."""
    np.abs(Z, out=Z)
    np.add(Z, 1, out=Z)
    np.divide(dA, Z, out=out)  # twice: the square of a large sum overflows
    np.divide(out, Z, out=out)


def sqlu(Z: Array, out: Array, alpha: float) -> None:
    """Write the square linear unit (Wuraola and Patel, 2018).

    g(z) = z where z > 0, α (z + z²/4) where -2 ≤ z ≤ 0, and -α below; z + z²/4 = (1 + z/2)² - 1.
    """
    np.clip(Z, -2, 0, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 1, out=out)
    np.multiply(out, out, out=out)
    np.subtract(out, 1, out=out)
    np.multiply(out, alpha, out=out)
    np.copyto(out, Z, where=Z > 0)


def sqlu_backward(dA: Array, Z: Array, A: Array, out: Array, alpha: float) -> None:
    """Multiply by g'(z) = 1 where z > 0, α (1 + z/2) where -2 ≤ z ≤ 0, and 0 below."""
    np.clip(Z, -2, 0, out=A)
    np.multiply(A, alpha / 2, out=A)
    np.add(A, alpha, out=A)
    np.copyto(A, 1, where=Z > 0)
    np.multiply(dA, A, out=out)


def silu(Z: Array, out: Array) -> None:
    """Write g(z) = z / (1 + e⁻ᶻ), also called swish (Elfwing, Uchibe and Doya, 2018)."""
    sigmoid(Z, out)
    np.multiply(out, Z, out=out)


def silu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = s + a (1 - s) = a - s (a - 1), with s the sigmoid of z."""
    sigmoid(Z, Z)
    np.subtract(A, 1, out=A)
    np.multiply(Z, A, out=Z)
    np.subtract(A, Z, out=A)
    np.add(A, 1, out=A)
    np.multiply(dA, A, out=out)


def mish(Z: Array, out: Array) -> None:
    """Write g(z) = z tanh(ln(1 + eᶻ)) (Misra, 2019)."""
    softplus(Z, out)
    np.tanh(out, out=out)
    np.multiply(out, Z, out=out)


def mish_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = t + z s (1 - t²), with t = tanh(ln(1 + eᶻ)) and s the sigmoid of z."""
    softplus(Z, A)
    s = -np.expm1(-A)
    np.tanh(A, out=A)
    np.multiply(Z, s, out=Z)
    np.multiply(Z, 1 - A * A, out=Z)
    np.add(A, Z, out=A)
    np.multiply(dA, A, out=out)


def softmax(Z: Array, out: Array) -> None:
    """Write g(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ over the units of each row (Bridle, 1990).

    The largest z of the row is subtracted first: this keeps e^z finite without changing g.
    """
    np.subtract(Z, Z.max(axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    np.divide(out, out.sum(axis=1, keepdims=True), out=out)


def softmax_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by the Jacobian ∂aᵢ/∂zⱼ = aᵢ (δᵢⱼ - aⱼ): out = a (dA - Σⱼ dAⱼ aⱼ)."""
    np.multiply(dA, A, out=Z)
    np.subtract(dA, Z.sum(axis=1, keepdims=True), out=out)
    np.multiply(out, A, out=out)


def normalized_sigmoid(Z: Array, out: Array) -> None:
    """Write g(z)ᵢ = sᵢ / Σⱼ sⱼ over the units of each row, with s = 1 / (1 + e⁻ᶻ).

    It is the softmax of ln s = -ln(1 + e⁻ᶻ), so the sum of very small s does not underflow.
    """
    np.negative(Z, out=out)
    softplus(out, out)
    np.negative(out, out=out)
    softmax(out, out)


def normalized_sigmoid_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by the Jacobian ∂aᵢ/∂zⱼ = aᵢ (δᵢⱼ - aⱼ) (1 - sⱼ): that of softmax, times 1 - s."""
    np.multiply(dA, A, out=out)
    np.multiply(A, out.sum(axis=1, keepdims=True), out=A)
    np.subtract(out, A, out=out)
    np.negative(Z, out=Z)
    sigmoid(Z, Z)
    np.multiply(out, Z, out=out)
