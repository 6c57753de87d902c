"""The gradient on the same rows after every epoch, for histograms."""

from collections.abc import Mapping

import numpy as np

from nncli.engines.batches import gathered
from nncli.engines.engine import Setup
from nncli.nn.entries import Array
from nncli.nn.network import Network

_ROWS = 256
_STEP = 0  # a training step, so that batch_norm uses the rows at hand


class SampledGradient:
    """The gradient of the loss on up to 256 training rows, spread evenly.

    It is without dropout, penalties and clipping. So it depends only on the weights, and epochs can
    be compared; a run that resumes continues with the same rows.
    """

    def __init__(self, setup: Setup) -> None:
        own, split = setup.network, setup.training
        self._network = Network(own.layers, own.parameters.copy(), own.state.copy())
        self._mask, self._objective = own.mask, setup.objective
        places = np.linspace(0, len(split) - 1, min(len(split), _ROWS)).astype(np.intp)
        self._X, self._T = gathered(split, setup.scaling, setup.codes, places.tolist())
        weights = None if split.weights is None else split.weights[split.rows[places]]
        self._weights = None if weights is None else weights[:, np.newaxis].astype(own.dtype)
        self._work = self._network.workspace(len(places))
        self._gradient = np.zeros_like(own.parameters)

    @np.errstate(over="ignore", invalid="ignore")  # histograms leave out what is not finite
    def at(self, snapshot: Mapping[str, Array]) -> Array:
        """Return the gradient (P,) at the weights of a snapshot; the next call overwrites it."""
        network, work = self._network, self._work
        np.copyto(network.parameters, snapshot["parameters"])
        np.copyto(network.state, snapshot["state"])
        network.logits(self._X, work, _STEP)
        self._objective(network, self._T, work)
        if self._weights is not None:
            np.multiply(work.gradient, self._weights, out=work.gradient)
        network.backward(work, network.by_layer(self._gradient))
        if self._mask is not None:
            np.multiply(self._gradient, self._mask, out=self._gradient)
        return self._gradient
