"""Activation functions, each beside its derivative.

``forward(Z, out, **parameters)`` writes the activation A = g(Z) of the weighted sums `Z`, shape
(B, O), to `out`, another array of the same shape and dtype.

``backward(dA, Z, A, out, **parameters)`` writes ∂loss/∂Z = ∂loss/∂A · g'(Z) to `out`, which may be
`dA` itself. `Z` and `A` are what the forward pass read and wrote; a function may use either as
scratch space, so both are undefined afterwards. The caller has no more use for them: the weight
gradient that reads `A` is computed first.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nncli.model.entries import Array, Entry, Parameter

# exp of more than this overflows. At the bound the sigmoid is 6e-39 in float32, 1e-308 in float64.
_LARGEST_EXPONENT = {np.dtype(np.float32): 88.0, np.dtype(np.float64): 709.0}


def identity(Z: Array, out: Array) -> None:
    """Write g(z) = z."""
    np.copyto(out, Z)


def identity_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Write the gradient as it is: g'(z) = 1."""
    if out is not dA:
        np.copyto(out, dA)


def sigmoid(Z: Array, out: Array) -> None:
    """Write the logistic function g(z) = 1 / (1 + e⁻ᶻ) (Verhulst, 1838).

    The exponent is bounded, so that no input overflows and small values keep their precision.
    """
    np.negative(Z, out=out)
    np.minimum(out, _LARGEST_EXPONENT[out.dtype], out=out)
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
    np.maximum(Z, 0, out=out)


def relu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 where z > 0, else 0; g'(0) is taken as 0."""
    np.sign(A, out=A)
    np.multiply(dA, A, out=out)


def leaky_relu(Z: Array, out: Array, slope: float) -> None:
    """Write g(z) = z where z > 0, else slope · z (Maas, Hannun and Ng, 2013)."""
    np.multiply(Z, slope, out=out)
    np.maximum(Z, out, out=out)


def leaky_relu_backward(dA: Array, Z: Array, A: Array, out: Array, slope: float) -> None:
    """Multiply by g'(z) = 1 where z > 0, else slope; g'(0) is taken as slope."""
    np.sign(Z, out=Z)
    np.maximum(Z, slope, out=Z)
    np.multiply(dA, Z, out=out)


def softmax(Z: Array, out: Array) -> None:
    """Write g(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ over the units of each row (Bridle, 1990).

    The row's largest z is subtracted first, which changes nothing but keeps e^z finite.
    """
    np.subtract(Z, Z.max(axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    np.divide(out, out.sum(axis=1, keepdims=True), out=out)


def softmax_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by the Jacobian ∂aᵢ/∂zⱼ = aᵢ (δᵢⱼ - aⱼ): out = a (dA - Σⱼ dAⱼ aⱼ)."""
    np.multiply(dA, A, out=Z)
    np.subtract(dA, Z.sum(axis=1, keepdims=True), out=out)
    np.multiply(out, A, out=out)


@dataclass(frozen=True)
class Activation(Entry):
    """An activation function.

    Attributes
    ----------
    forward, backward : functions
        As the module says.
    initializer : str
        The name of the weight initializer that suits a layer with this activation.
    output_for : tuple of str
        The tasks for which it can be the output activation.
    loss : str
        The name of the loss that suits it at the output.
    output_only : bool
        Whether it couples the units of a row, so that it can stand at the output only.
    """

    forward: Callable[..., None]
    backward: Callable[..., None]
    initializer: str
    output_for: tuple[str, ...] = ()
    loss: str = "mean_squared_error"
    output_only: bool = False


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(
        "z: a linear layer",
        identity,
        identity_backward,
        initializer="xavier_normal",
        output_for=("regression",),
    ),
    "sigmoid": Activation(
        "1 / (1 + exp(-z)): between 0 and 1",
        sigmoid,
        sigmoid_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass"),
        loss="sigmoid_cross_entropy",
    ),
    "tanh": Activation(
        "hyperbolic tangent: between -1 and 1", tanh, tanh_backward, initializer="xavier_normal"
    ),
    "relu": Activation("max(z, 0)", relu, relu_backward, initializer="he_normal"),
    "leaky_relu": Activation(
        "z where z > 0, else slope * z",
        leaky_relu,
        leaky_relu_backward,
        initializer="he_normal",
        parameters={
            "slope": Parameter(0.01, "slope for negative sums", at_least=0.0, below=1.0),
        },
    ),
    "softmax": Activation(
        "exp(z) divided by its sum over the units: one probability a class",
        softmax,
        softmax_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass"),
        loss="cross_entropy",
        output_only=True,
    ),
}
