"""The activation layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from nncli.nn.activations import ACTIVATIONS, Activation
from nncli.nn.entries import Array, Formula, Value
from nncli.nn.layers.layer import Buffers, Claim, Layer
from nncli.nn.layers.worked import Worked

_SLOPE_TERM = Formula("<da>·min(<z>, 0)", r"<da> \cdot \min(<z>, 0)")  # equation 9 of He et al.

SATURATION_ROWS = 100  # enough to estimate a fraction; more would slow down small networks


class ActivationLayer(Layer):
    """A = g(Z), with g an entry of `ACTIVATIONS`; some learn a slope (O,), one per unit.

    Parameters
    ----------
    entry : Activation, optional
        The entry, if it is not the one of this name in `ACTIVATIONS`.
    """

    def __init__(
        self,
        name: str,
        units: int,
        parameters: Mapping[str, Value],
        entry: Activation | None = None,
    ) -> None:
        super().__init__(name, units, units, parameters)
        self.entry = entry or ACTIVATIONS[name]
        if self.entry.slope_gradient:
            self.trained = {"slope": (units,)}
            self.starts = {"slope": float(parameters["slope"])}
            self.worked = Worked({"slope": "p"}, {"slope": _SLOPE_TERM})

    @property
    def settings(self) -> dict[str, Any]:
        """The keyword arguments of g and g'; a learned slope replaces its initial value."""
        return {**self.parameters, **self.arrays}

    @property
    def saturates(self) -> bool:
        """Whether g flattens at both ends, so that units can saturate."""
        return self.entry.responsive is not None

    def bind(self) -> None:
        """Bind the parameters to the forward and backward functions."""
        self.apply = partial(self.entry.forward, **self.settings)
        self.multiply = partial(self.entry.backward, **self.settings)

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return a buffer for A."""
        return Buffers(X=None, Y=claim(self.outputs))

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return A = g(X)."""
        own.X = X
        A: Array = own.Y
        self.apply(X, A)
        return A

    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Replace `dY` = ∂L/∂A in place with ∂L/∂Z = ∂L/∂A · g'(Z)."""
        if self.entry.slope_gradient:
            self.entry.slope_gradient(dY, own.X, own.Y, gradients[0])
        self.multiply(dY, own.X, own.Y, dY)
        return dY

    def saturated_share(self, Z: Array) -> float | None:
        """Return the fraction of saturated values in the first rows of the sums `Z` (B, O).

        None if g does not saturate. See `Activation.responsive`.
        """
        if self.entry.responsive is None:
            return None
        first = np.abs(Z[:SATURATION_ROWS])
        return float(np.count_nonzero(first > self.entry.responsive) / first.size)
