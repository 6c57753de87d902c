"""Batch normalization: scale the sums of each unit to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from nncli.nn.entries import Array, Formula, Value
from nncli.nn.layers.layer import Buffers, Claim, Layer
from nncli.nn.layers.layer_norm import WORKED, gained
from nncli.nn.layers.worked import Line, Worked


def _over_rows(lines: Sequence[Line]) -> list[Line]:
    return [replace(line, mean="rows") if line.mean else line for line in lines]


class BatchNorm(Layer):
    """y = γ (z - μ) / √(v + ε) + β, with the mean μ and variance v of a unit over the batch.

    Ioffe and Szegedy (2015). The gain γ (O,) and the shift β (O,) are learned. Predictions use
    running means over the training batches instead: r ← (1 - momentum) r + momentum μ, and
    likewise for the unbiased variance v B / (B - 1).
    """

    starts = MappingProxyType(
        {"gain": 1.0, "shift": 0.0, "running_mean": 0.0, "running_variance": 1.0}
    )
    least = MappingProxyType({"running_variance": 0.0})
    removes_shift = True
    smallest_batch = 2
    worked = Worked(
        symbols={**WORKED.symbols, "running_mean": "r", "running_variance": "s"},
        terms=WORKED.terms,
        forward=_over_rows(WORKED.forward),
        backward=_over_rows(WORKED.backward),
        kept={
            "running_mean": Formula(
                "(1 - <momentum>)·<r> + <momentum>·<μ>",
                r"(1 - <momentum>) \cdot <r> + <momentum> \cdot <μ>",
            ),
            "running_variance": Formula(
                "(1 - <momentum>)·<s> + <momentum>·<v>·<rows> / (<rows> - 1)",
                r"(1 - <momentum>) \cdot <s> + <momentum> \cdot <v> \cdot <rows> / (<rows> - 1)",
            ),
        },
    )

    def __init__(self, units: int, parameters: Mapping[str, Value]) -> None:
        super().__init__("batch_norm", units, units, parameters)
        self.trained = {"gain": (units,), "shift": (units,)}
        self.state = {"running_mean": (units,), "running_variance": (units,)}
        self._momentum = parameters["momentum"]

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return buffers for y, n = (z - μ) / √(v + ε), scratch, and three numbers per unit."""
        wide = {name: claim(self.outputs) for name in ("Y", "normalized", "scratch")}
        narrow = {name: np.empty(self.outputs, claim.dtype) for name in ("mean", "inverse", "rest")}
        return Buffers(ones=claim.ones, rows=claim.rows, **wide, **narrow)

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return y; in training, also update the running means."""
        mean, inverse, normalized, Y = own.mean, own.inverse, own.normalized, own.Y
        if step is None:
            np.copyto(mean, self.arrays["running_mean"])
            np.copyto(inverse, self.arrays["running_variance"])
            np.subtract(X, mean, out=normalized)
        else:
            self._mean(X, own, mean)
            np.subtract(X, mean, out=normalized)
            np.multiply(normalized, normalized, out=Y)
            self._mean(Y, own, inverse)
            self._keep("running_mean", mean, 1.0, own)
            self._keep("running_variance", inverse, own.rows / (own.rows - 1), own)
        return gained(own, self)

    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Replace ∂L/∂y in place with ∂L/∂z = (∂L/∂n - c - e n) / √(v + ε).

        c and e are the means of ∂L/∂n and ∂L/∂n · n over the rows.
        """
        d_gain, d_shift = gradients
        gain, normalized, rest = self.arrays["gain"], own.normalized, own.rest
        np.multiply(dY, normalized, out=own.scratch)
        np.dot(own.ones, own.scratch, out=d_gain)
        np.dot(own.ones, dY, out=d_shift)
        np.multiply(d_gain, 1 / own.rows, out=rest)  # e / γ, as γ is constant for a unit
        np.multiply(normalized, rest, out=normalized)
        np.multiply(d_shift, 1 / own.rows, out=rest)
        np.subtract(dY, rest, out=dY)
        np.subtract(dY, normalized, out=dY)
        np.multiply(own.inverse, gain, out=rest)
        np.multiply(dY, rest, out=dY)
        return dY

    def _mean(self, values: Array, own: Buffers, out: Array) -> None:
        """Write the mean of each unit over the rows to `out` (O,)."""
        np.dot(own.ones, values, out=out)
        np.multiply(out, 1 / own.rows, out=out)

    def _keep(self, name: str, value: Array, factor: float, own: Buffers) -> None:
        """Update a running mean with a value (O,) times a factor."""
        running = self.arrays[name]
        np.multiply(running, 1 - self._momentum, out=running)
        np.multiply(value, self._momentum * factor, out=own.rest)
        np.add(running, own.rest, out=running)
