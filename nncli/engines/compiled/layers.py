"""Layers with compiled loops, which replace those of `nncli.nn.layers`."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from nncli.engines.compiled.loops import by_row, compiled, compiled_sum
from nncli.nn.buffers import NARROW
from nncli.nn.entries import Array
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.dense import Dense
from nncli.nn.layers.layer import Buffers, Layer


@compiled
def _add_and_rectify_rows(Z, b, A):
    for row in range(Z.shape[0]):
        for unit in range(Z.shape[1]):
            z = Z[row, unit] + b[unit]
            Z[row, unit] = z
            A[row, unit] = Z.dtype.type(0) if z <= 0 else z  # keeps NaN


@compiled
def _add_and_rectify_columns(Z, b, A):
    for unit in range(Z.shape[0]):
        for row in range(Z.shape[1]):
            z = Z[unit, row] + b[unit]
            Z[unit, row] = z
            A[unit, row] = Z.dtype.type(0) if z <= 0 else z


def add_bias_and_relu(Z: Array, b: Array, A: Array) -> None:
    """Add the bias to `Z`, and write the result of `nncli.nn.activation_functions.relu` to `A`."""
    if Z.flags.c_contiguous:
        _add_and_rectify_rows(Z, b, A)
    else:
        _add_and_rectify_columns(Z.T, b, A.T)


@compiled
def _add_and_bend_rows(Z, b, A, slope):
    for row in range(Z.shape[0]):
        for unit in range(Z.shape[1]):
            z = Z[row, unit] + b[unit]
            Z[row, unit] = z
            A[row, unit] = z if z > 0 else slope * z


@compiled
def _add_and_bend_columns(Z, b, A, slope):
    for unit in range(Z.shape[0]):
        for row in range(Z.shape[1]):
            z = Z[unit, row] + b[unit]
            Z[unit, row] = z
            A[unit, row] = z if z > 0 else slope * z


def add_bias_and_leaky_relu(Z: Array, b: Array, A: Array, slope: float) -> None:
    """Add the bias to `Z`, and write the result of `leaky_relu` to `A`."""
    if Z.flags.c_contiguous:
        _add_and_bend_rows(Z, b, A, Z.dtype.type(slope))
    else:
        _add_and_bend_columns(Z.T, b, A.T, Z.dtype.type(slope))


# The inner loops run over rows, because narrow arrays are stored in column-major order.


@compiled
def _narrow_forward(A, W, b, Z):
    for unit in range(Z.shape[1]):
        bias, weight = b[unit], W[0, unit]
        for row in range(Z.shape[0]):
            Z[row, unit] = bias + A[row, 0] * weight
        for before in range(1, A.shape[1]):
            weight = W[before, unit]
            for row in range(Z.shape[0]):
                Z[row, unit] += A[row, before] * weight


@compiled_sum
def _narrow_gradients(A, dZ, dW, db):
    for unit in range(dZ.shape[1]):
        total = dZ.dtype.type(0)
        for row in range(dZ.shape[0]):
            total += dZ[row, unit]
        db[unit] = total
        for before in range(A.shape[1]):
            total = dZ.dtype.type(0)
            for row in range(dZ.shape[0]):
                total += A[row, before] * dZ[row, unit]
            dW[before, unit] = total


@compiled
def _narrow_backward(dZ, W, dA):
    for before in range(dA.shape[1]):
        weight = W[before, 0]
        for row in range(dZ.shape[0]):
            dA[row, before] = dZ[row, 0] * weight
        for unit in range(1, dZ.shape[1]):
            weight = W[before, unit]
            for row in range(dZ.shape[0]):
                dA[row, before] += dZ[row, unit] * weight


# These work in place: if an output may alias an input, the compiler does not vectorize the loop.


@compiled
def _keep_where_positive(gradient, A):
    g, a = gradient.reshape(A.size), A.reshape(A.size)
    for i in range(a.size):
        g[i] *= a.dtype.type(a[i] > 0)


@compiled
def _multiply_where_negative(gradient, Z, slope):
    g, z = gradient.reshape(Z.size), Z.reshape(Z.size)
    for i in range(z.size):
        g[i] *= z.dtype.type(1) if z[i] > 0 else slope


@compiled
def _multiply_by_slope_of_sigmoid(gradient, A):
    g, a = gradient.reshape(A.size), A.reshape(A.size)
    for i in range(a.size):
        g[i] *= a[i] * (a.dtype.type(1) - a[i])


@compiled
def _multiply_by_slope_of_tanh(gradient, A):
    g, a = gradient.reshape(A.size), A.reshape(A.size)
    for i in range(a.size):
        g[i] *= a.dtype.type(1) - a[i] * a[i]


def relu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Replace `nncli.nn.activation_functions.relu_backward`."""
    _in_place(_keep_where_positive, dA, A, out)


def leaky_relu_backward(dA: Array, Z: Array, A: Array, out: Array, slope: float) -> None:
    """Replace `nncli.nn.activation_functions.leaky_relu_backward`."""
    _in_place(_multiply_where_negative, dA, Z, out, Z.dtype.type(slope))


def sigmoid_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Replace `nncli.nn.activation_functions.sigmoid_backward`."""
    _in_place(_multiply_by_slope_of_sigmoid, dA, A, out)


def tanh_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Replace `nncli.nn.activation_functions.tanh_backward`."""
    _in_place(_multiply_by_slope_of_tanh, dA, A, out)


def _in_place(
    multiply: Callable[..., None], dA: Array, saved: Array, out: Array, *numbers: np.floating[Any]
) -> None:
    if out is not dA:
        np.copyto(out, dA)
    multiply(*by_row(out, saved), *numbers)


_BIASED_FORWARD: dict[str, Callable[..., None]] = {
    "relu": add_bias_and_relu,
    "leaky_relu": add_bias_and_leaky_relu,
}

_BACKWARD: dict[str, Callable[..., None]] = {
    "relu": relu_backward,
    "leaky_relu": leaky_relu_backward,
    "sigmoid": sigmoid_backward,
    "tanh": tanh_backward,
}

Kind = TypeVar("Kind", bound=Layer)


class NarrowDense(Dense):
    """A dense layer with few inputs and outputs, with one loop per pass."""

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return Z = X W + b."""
        own.X = X
        Z: Array = own.Y
        _narrow_forward(X, self._W, self._b, Z)
        return Z

    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Write the gradients and return dX, as `Dense` does."""
        _narrow_gradients(own.X, dY, *gradients)
        dX: Array | None = own.dX
        if dX is None:
            return dY
        _narrow_backward(dY, self._W, dX)
        return dX


class UnbiasedDense(Dense):
    """A dense layer whose bias is added by the following activation."""

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return X W."""
        own.X = X
        Z: Array = own.Y
        np.matmul(X, self._W, out=Z)
        return Z


class BiasedActivation(ActivationLayer):
    """An activation that also adds the bias `b` (O,) of the preceding layer in its loop."""

    b: Array

    def bind(self) -> None:
        """Bind the parameters to the functions."""
        super().bind()
        self._biased = partial(_BIASED_FORWARD[self.kind], **self.settings)
        self.multiply = partial(_BACKWARD[self.kind], **self.settings)

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return g(X + b); this adds the bias to `X` in place."""
        own.X = X
        A: Array = own.Y
        self._biased(X, self.b, A)
        return A


class LoopedActivation(ActivationLayer):
    """An activation whose backward pass is one loop."""

    def bind(self) -> None:
        """Bind the parameters to the functions."""
        super().bind()
        self.multiply = partial(_BACKWARD[self.kind], **self.settings)


def compiled_layers(layers: Sequence[Layer]) -> list[Layer]:
    """Return equivalent layers, with compiled loops where available; arrays are shared."""
    result: list[Layer] = []
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        before = result[-1] if result else None
        kind = type(layer)
        if isinstance(layer, Dense):
            if max(layer.inputs, layer.outputs) <= NARROW:
                kind = NarrowDense
            elif following is not layers[-1] and following and following.kind in _BIASED_FORWARD:
                kind = UnbiasedDense
        elif isinstance(before, UnbiasedDense):
            kind = BiasedActivation
        elif layer.kind in _BACKWARD:
            kind = LoopedActivation
        looped = _as(kind, layer)
        if isinstance(looped, BiasedActivation) and before:
            looped.b = before.arrays[Dense.biases]
        result.append(looped)
    return result


def _as(kind: type[Kind], layer: Layer) -> Kind:
    """Return a layer of another class with the same attributes."""
    other = kind.__new__(kind)
    other.__dict__.update(layer.__dict__)
    return other
