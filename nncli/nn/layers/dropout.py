"""Dropout: hidden units that are left out at random, in every step others."""

from collections.abc import Sequence

import numpy as np

from nncli.base.random_streams import Stream, counted
from nncli.nn.entries import Array
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.layer import Buffers, Claim, Layer


class Dropout(Layer):
    """Multiplies every output before it by 0 or by 1 / (1 - rate) (Srivastava et al., 2014).

    Inverted: what is kept is divided by the share that is kept, so that nothing has to be scaled
    when the network is used. Unit u of row r is kept where number r O + u of the step and the
    layer, from 0 and in float32, is at least the rate, whatever the network's precision.

    Parameters
    ----------
    rate : float
        The share that is left out.
    seed, index : int
        Tell its numbers from those of others: the config's seed, the hidden block, from 0.
    """

    def __init__(self, units: int, rate: float, seed: int, index: int) -> None:
        super().__init__("dropout", units, units, {"rate": rate})
        self._rate, self._seed, self._index = rate, seed, index

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return Y, the factors, and the numbers that they are made of."""
        units = self.outputs
        drawn = claim.row_by_row(units, np.float32)
        return Buffers(Y=claim(units), factors=claim.row_by_row(units, claim.dtype), drawn=drawn)

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return X times 0 or 1 / (1 - rate) in training, else X."""
        if step is None:
            return X
        random = counted(self._seed, Stream.DROPOUT, step, self._index)
        random.random(dtype=np.float32, out=own.drawn)
        np.greater_equal(own.drawn, self._rate, out=own.factors)
        np.multiply(own.factors, 1 / (1 - self._rate), out=own.factors)
        Y: Array = own.Y
        np.multiply(X, own.factors, out=Y)
        return Y

    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Multiply `dY` in place by what the forward pass has multiplied by."""
        np.multiply(dY, own.factors, out=dY)
        return dY


def with_dropout(layers: Sequence[Layer], rates: Sequence[float], seed: int) -> list[Layer]:
    """Return layers with dropout behind hidden activations, by a rate for each of them; 0: none."""
    left, result = list(rates), []
    for layer in layers:
        result.append(layer)
        if isinstance(layer, ActivationLayer) and left and (rate := left.pop(0)):
            result.append(Dropout(layer.outputs, rate, seed, len(rates) - len(left) - 1))
    return result
