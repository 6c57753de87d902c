"""A loss joined to a network's output: the function to minimize."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from nncli.nn.entries import Array, Value
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network
from nncli.nn.workspace import Workspace


class Objective:
    """A loss joined to a network's output.

    Parameters
    ----------
    function : function, optional
        In the place of the loss's own, with the same signature.

    Attributes
    ----------
    name : str
        A name in the table of losses.
    parameters : dict
        All its parameters.
    """

    def __init__(
        self,
        name: str,
        parameters: Mapping[str, Value],
        function: Callable[..., float] | None = None,
    ) -> None:
        self.name = name
        self.parameters = dict(parameters)
        self.on_logits = LOSSES[name].on_logits
        self._function = partial(function or LOSSES[name].function, **parameters)

    def __call__(self, network: Network, T: Array, work: Workspace) -> float:
        """Return the loss of the logits in `work` and leave their dZ in ``work.gradient``.

        `T` (B, O) are the targets. Where the loss is not one on logits, these are undefined
        afterwards.
        """
        if self.on_logits:
            return self._function(work.logits, T, work.gradient, work.scratch)
        A = network.activate_output(work)
        value = self._function(A, T, work.gradient, work.scratch)
        network.output.backward(work.gradient, work.buffers[-1], ())
        return value

    def of_logits(self, output: ActivationLayer, Z: Array, T: Array) -> float:
        """Return the loss of logits `Z` (B, O), which `output` takes, worked out in float64."""
        Y, targets = Z.astype(np.float64), T.astype(np.float64)
        if not self.on_logits:
            sums, Y = Y, np.empty_like(Y)
            output.apply(sums, Y)
        return self._function(Y, targets, np.empty_like(Y), np.empty_like(Y))
