"""Layers that record their passes."""

from collections.abc import Sequence

import numpy as np

from nncli.nn.entries import Array
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.layer import Buffers, Claim, Layer


class RecordedLayer(Layer):
    """A layer that stores copies of its inputs, outputs and overwritten arrays.

    Attributes
    ----------
    layer : Layer
        The layer that computes.
    X, Y : arrays (B, I), (B, O)
        Input and output of the last forward pass.
    dY, dX : arrays (B, O), (B, I)
        The derivatives of the loss in the backward pass; 0 before it.
    before : dict of str to array
        The arrays of the layer before the step.
    kept : dict of str to array
        The state before the last forward pass.
    derivative : array or None
        The derivative of an activation after the backward pass.
    """

    layer: Layer
    X: Array
    Y: Array
    dY: Array
    dX: Array
    kept: dict[str, Array]
    derivative: Array | None = None

    @classmethod
    def of(cls, layer: Layer) -> "RecordedLayer":
        """Return a layer that records `layer`."""
        recorded = cls.__new__(cls)
        recorded.__dict__.update(layer.__dict__)
        recorded.layer, recorded.weights = layer, layer.weights
        recorded.removes_shift = layer.removes_shift
        return recorded

    def bind(self) -> None:
        """Bind the layer, and keep its arrays."""
        self.layer = self.layer.bound(self.arrays)
        self.before = {name: each.copy() for name, each in self.arrays.items()}

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return the buffers of the layer."""
        return self.layer.buffers(claim, is_first=is_first)

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Run the layer forward, and record it."""
        self.kept = {name: self.arrays[name].copy() for name in self.state}
        Y = self.layer.forward(X, own, step)
        self.X, self.Y = X.copy(), Y.copy()
        self.dX, self.dY = np.zeros_like(X), np.zeros_like(Y)  # until the backward pass
        return Y

    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Run the layer backward, and record it."""
        self.dY = dY.copy()
        if isinstance(self.layer, ActivationLayer):
            self.derivative = _derivative(self.layer, self.X, self.Y)
        dX = self.layer.backward(dY, own, gradients)
        self.dX = dX.copy()
        return dX


def _derivative(layer: ActivationLayer, Z: Array, A: Array) -> Array:
    """Return the derivative of an activation: its backward function applied to dA = 1."""

    def of(dA: Array) -> Array:
        out = np.empty_like(A)
        layer.multiply(dA, Z.copy(), A.copy(), out)
        return out

    if not layer.entry.output_only:
        return of(np.ones_like(A))
    units = np.eye(A.shape[1], dtype=A.dtype)
    return np.stack([of(np.broadcast_to(row, A.shape)) for row in units], axis=1)
