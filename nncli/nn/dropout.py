"""Dropout: hidden units that are left out at random, in every step others."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike

from nncli.base.random_streams import Stream, counted
from nncli.nn.entries import Array
from nncli.nn.network import Layer


class Dropout:
    """Draws which units of a step are kept (Srivastava et al., 2014).

    Inverted: what is kept is divided by the share that is kept, so that nothing has to be scaled
    when the network is used. Unit u of row r is kept where number r O + u of the step and the
    layer, from 0 and in float32, is at least the rate, whatever the network's precision.

    Parameters
    ----------
    rates : sequence of float
        For each hidden layer the share that is left out; 0 for a layer without dropout.
    rows : int
        Rows of the largest batch.
    """

    def __init__(
        self,
        rates: Sequence[float],
        layers: Sequence[Layer],
        rows: int,
        dtype: DTypeLike,
        seed: int,
    ) -> None:
        self._rates = {index: rate for index, rate in enumerate(rates) if rate}
        self._keep: dict[int, Array] = {
            index: np.empty((rows, layers[index].outputs), dtype) for index in self._rates
        }
        self._drawn = {i: np.empty(each.shape, np.float32) for i, each in self._keep.items()}
        self._seed = seed

    def draw(self, step: int, rows: int) -> Mapping[int, Array]:
        """Return, by hidden layer, what the activations (rows, O) of a step are multiplied by."""
        keep = {}
        for index, rate in self._rates.items():
            factors, drawn = self._keep[index][:rows], self._drawn[index][:rows]
            keep[index] = factors
            random = counted(self._seed, Stream.DROPOUT, step, index)
            random.random(dtype=np.float32, out=drawn)
            np.greater_equal(drawn, rate, out=factors)
            np.multiply(factors, 1 / (1 - rate), out=factors)
        return keep
