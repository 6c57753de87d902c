"""Dropout: hidden units that are left out at random, in every step others."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike

from nncli.base.random_streams import Stream, generator
from nncli.nn.entries import Array
from nncli.nn.network import Layer


class Dropout:
    """Draws which units of a step are kept (Srivastava et al., 2014).

    Inverted: what is kept is divided by the share that is kept, so that nothing has to be scaled
    when the network is used. The draw depends on the seed and the number of the step alone.

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
        self._seed = seed

    def draw(self, step: int, rows: int) -> Mapping[int, Array]:
        """Return, by hidden layer, what the activations (rows, O) of a step are multiplied by."""
        if not self._rates:
            return {}
        random = generator(self._seed, Stream.DROPOUT, step)
        keep = {}
        for index, rate in self._rates.items():
            factors = keep[index] = self._keep[index][:rows]
            random.random(dtype=factors.dtype, out=factors)
            np.greater_equal(factors, rate, out=factors)
            np.multiply(factors, 1 / (1 - rate), out=factors)
        return keep
