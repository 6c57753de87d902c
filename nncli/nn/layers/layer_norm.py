"""Layer normalization: scale the sums of each row to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from types import MappingProxyType

import numpy as np

from nncli.nn.entries import Array, Formula, Value
from nncli.nn.layers.layer import Buffers, Claim, Layer
from nncli.nn.layers.worked import Line, Worked

WORKED = Worked(
    symbols={"gain": "γ", "shift": "β"},
    terms={
        "gain": Formula("<dy>·<n>", r"<dy> \cdot <n>"),
        "shift": Formula("<dy>", "<dy>"),
    },
    forward=(
        Line("μ", Formula("<z>", "<z>"), lambda v: v["z"], mean="units"),
        Line(
            "v", Formula("(<z> - <μ>)²", "(<z> - <μ>)^2"), lambda v: (v["z"] - v["μ"]) ** 2, "units"
        ),
        Line(
            "n",
            Formula("(<z> - <μ>) / √(<v> + <epsilon>)", r"(<z> - <μ>) / \sqrt{<v> + <epsilon>}"),
            lambda v: (v["z"] - v["μ"]) / np.sqrt(v["v"] + v["epsilon"]),
        ),
        Line(
            "y",
            Formula("<γ>·<n> + <β>", r"<γ> \cdot <n> + <β>"),
            lambda v: v["γ"] * v["n"] + v["β"],
        ),
    ),
    backward=(
        Line("dn", Formula("<γ>·<dy>", r"<γ> \cdot <dy>"), lambda v: v["γ"] * v["dy"]),
        Line("c", Formula("<dn>", "<dn>"), lambda v: v["dn"], mean="units"),
        Line("e", Formula("<dn>·<n>", r"<dn> \cdot <n>"), lambda v: v["dn"] * v["n"], mean="units"),
        Line(
            "dz",
            Formula(
                "(<dn> - <c> - <e>·<n>) / √(<v> + <epsilon>)",
                r"(<dn> - <c> - <e> \cdot <n>) / \sqrt{<v> + <epsilon>}",
            ),
            lambda v: (v["dn"] - v["c"] - v["e"] * v["n"]) / np.sqrt(v["v"] + v["epsilon"]),
        ),
    ),
)


def gained(own: Buffers, layer: Layer) -> Array:
    """Return y, given z - μ in ``own.normalized`` and v in ``own.inverse``.

    Overwrites them with n and 1 / √(v + ε).
    """
    inverse, normalized = own.inverse, own.normalized
    np.add(inverse, layer.parameters["epsilon"], out=inverse)
    np.sqrt(inverse, out=inverse)
    np.reciprocal(inverse, out=inverse)
    np.multiply(normalized, inverse, out=normalized)
    Y: Array = own.Y
    np.multiply(normalized, layer.arrays["gain"], out=Y)
    np.add(Y, layer.arrays["shift"], out=Y)
    return Y


class LayerNorm(Layer):
    """y = γ (z - μ) / √(v + ε) + β, with the mean μ and variance v of a row over its units.

    Ba, Kiros and Hinton (2016). The gain γ (O,) and the shift β (O,) are learned.
    """

    starts = MappingProxyType({"gain": 1.0, "shift": 0.0})
    worked = WORKED

    def __init__(self, units: int, parameters: Mapping[str, Value]) -> None:
        super().__init__("layer_norm", units, units, parameters)
        self.trained = {"gain": (units,), "shift": (units,)}

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return buffers for y, n = (z - μ) / √(v + ε), scratch, and three numbers per row."""
        wide = {name: claim(self.outputs) for name in ("Y", "normalized", "scratch")}
        narrow = {name: claim(1) for name in ("mean", "inverse", "inner")}
        return Buffers(ones=claim.ones, **wide, **narrow)

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return y."""
        mean, inverse, normalized, Y = own.mean, own.inverse, own.normalized, own.Y
        self._mean(X, mean)
        np.subtract(X, mean, out=normalized)
        np.multiply(normalized, normalized, out=Y)
        self._mean(Y, inverse)
        if not isfinite(inverse.max()):
            inverse[np.isinf(inverse)] = nan  # else y would be β and hide the overflow
        return gained(own, self)

    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Replace ∂L/∂y in place with ∂L/∂z = (∂L/∂n - c - e n) / √(v + ε).

        c and e are the means of ∂L/∂n and ∂L/∂n · n over the units.
        """
        d_gain, d_shift = gradients
        normalized, scratch = own.normalized, own.scratch
        np.multiply(dY, normalized, out=scratch)
        np.dot(own.ones, scratch, out=d_gain)
        np.dot(own.ones, dY, out=d_shift)
        np.multiply(dY, self.arrays["gain"], out=dY)
        self._mean(dY, own.mean)
        np.multiply(dY, normalized, out=scratch)
        self._mean(scratch, own.inner)
        np.multiply(normalized, own.inner, out=normalized)
        np.subtract(dY, own.mean, out=dY)
        np.subtract(dY, normalized, out=dY)
        np.multiply(dY, own.inverse, out=dY)
        return dY

    def _mean(self, values: Array, out: Array) -> None:
        """Write the mean of each row over the units to `out` (B, 1)."""
        np.add.reduce(values, axis=1, keepdims=True, out=out)
        np.multiply(out, 1 / self.outputs, out=out)
