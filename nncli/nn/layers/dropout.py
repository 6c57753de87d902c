"""Dropout: in every training step, drop random hidden units."""

from collections.abc import Sequence

import numpy as np

from nncli.base.random_streams import Stream, counted
from nncli.nn.entries import Array
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.layer import Buffers, Claim, Layer


class Dropout(Layer):
    """Multiply every input by 0 or by 1 / (1 - rate) (Srivastava et al., 2014).

    This is inverted dropout: kept values are scaled up in training, so predictions need no
    scaling. Unit u of row r is kept if random number r O + u of this step and layer is at least
    the rate. Numbers count from 0 and are drawn in float32 whatever the network's precision.

    Parameters
    ----------
    rate : float
        The fraction of units to drop.
    seed, index : int
        The config's seed and the index of the hidden block, from 0; they select the random stream.
    """

    def __init__(self, units: int, rate: float, seed: int, index: int) -> None:
        super().__init__("dropout", units, units, {"rate": rate})
        self.rate, self.seed, self.index = rate, seed, index

    def buffers(self, claim: Claim, *, is_first: bool) -> Buffers:
        """Return buffers for Y, the factors, and the random numbers behind them."""
        units = self.outputs
        drawn = claim.row_by_row(units, np.float32)
        return Buffers(Y=claim(units), factors=claim.row_by_row(units, claim.dtype), drawn=drawn)

    def forward(self, X: Array, own: Buffers, step: int | None) -> Array:
        """Return X times 0 or 1 / (1 - rate) in training, else X."""
        if step is None:
            return X
        random = counted(self.seed, Stream.DROPOUT, step, self.index)
        random.random(dtype=np.float32, out=own.drawn)
        np.greater_equal(own.drawn, self.rate, out=own.factors)
        np.multiply(own.factors, 1 / (1 - self.rate), out=own.factors)
        Y: Array = own.Y
        np.multiply(X, own.factors, out=Y)
        return Y

    def backward(self, dY: Array, own: Buffers, gradients: Sequence[Array]) -> Array:
        """Multiply `dY` in place by the factors of the forward pass."""
        np.multiply(dY, own.factors, out=dY)
        return dY


def with_dropout(layers: Sequence[Layer], rates: Sequence[float], seed: int) -> list[Layer]:
    """Return the layers with dropout after hidden activations; a rate of 0 adds none."""
    left, result = list(rates), []
    for layer in layers:
        result.append(layer)
        if isinstance(layer, ActivationLayer) and left and (rate := left.pop(0)):
            result.append(Dropout(layer.outputs, rate, seed, len(rates) - len(left) - 1))
    return result
