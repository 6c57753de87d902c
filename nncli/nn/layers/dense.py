"""The dense layer Z = X W + b: every unit is connected to every input."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from nncli.nn.entries import Array, Value
from nncli.nn.layers.layer import Buffers, Claim, Layer
from nncli.nn.layers.worked import Worked

DENSE = "dense"


class Dense(Layer):
    """Weighted sums Z = X W + b with the weights W (I, O) and the biases b (O,)."""

    weights = "W"
    biases = "b"
    worked = Worked({"W": "w", "b": "b"})
    starts = MappingProxyType({"b": 0.0})

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(DENSE, inputs, outputs)
        self.trained = {"W": (inputs, outputs), "b": (outputs,)}

    @property
    def described(self) -> dict[str, Value]:
        """The numbers of inputs and outputs."""
        return {"inputs": self.inputs, "outputs": self.outputs}

    @property
    def flops_per_row(self) -> int:
        """Floating-point operations of Z = X W + b for one row."""
        return 2 * self.inputs * self.outputs

    def bind(self) -> None:
        """Keep direct references to the arrays, for speed."""
        self._W, self._b = self.arrays["W"], self.arrays["b"]

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return buffers for Z, ones, and dX except in the first layer."""
        Z = claim(self.outputs)
        return Buffers(X=None, Y=Z, ones=claim.ones, dX=None if is_first else claim(self.inputs))

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return Z = X W + b."""
        own.X = X
        Z = own.Y
        np.matmul(X, self._W, out=Z)
        np.add(Z, self._b, out=Z)
        return Z  # type: ignore[no-any-return]  # set by `buffers`

    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Write ∂L/∂W = Xᵀ dZ and ∂L/∂b = Σ over rows of dZ; return dX = dZ Wᵀ.

        This is the chain rule (Rumelhart, Hinton and Williams, 1986). The first layer returns
        `dY`.
        """
        dW, db = gradients
        np.matmul(own.X.T, dY, out=dW)
        np.dot(own.ones, dY, out=db)
        dX: Array | None = own.dX
        if dX is None:
            return dY
        # For a single unit this is an outer product, which is faster without BLAS.
        product = np.multiply if dY.shape[1] == 1 else np.matmul
        product(dY, self._W.T, out=dX)
        return dX
