"""The objective: the loss of a network's output, which training minimizes."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nncli.nn.entries import Array, Value
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network
from nncli.nn.workspace import Workspace


class Objective:
    """The loss of a network's output, and its gradient with respect to the logits.

    Parameters
    ----------
    function : function, optional
        Replaces the function of the loss; same signature.

    Attributes
    ----------
    name : str
        A name in the table of losses.
    parameters : dict
        All parameters of the loss.
    function : function
        The function of the loss, or its replacement.
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
        self.function = function or LOSSES[name].function
        self._function = partial(self.function, **parameters)

    def __call__(self, network: Network, T: Array, work: Workspace) -> float:
        """Return the loss of the logits in `work` and write their dZ to ``work.gradient``.

        `T` (B, O) are the targets. Unless the loss takes logits, the logits are undefined
        afterwards.
        """
        if self.on_logits:
            return self._function(work.logits, T, work.gradient, work.scratch)
        A = network.activate_output(work)
        value = self._function(A, T, work.gradient, work.scratch)
        network.output.backward(work.gradient, work.buffers[-1], ())
        return value

    def of_rows(self, output: ActivationLayer, Z: Array, T: Array) -> NDArray[np.float64]:
        """Return the loss of each row (B,) from its logits `Z` (B, O), computed in float64.

        `output` is the output activation, `T` (B, O) are the targets.
        """
        Y, loss = Z.astype(np.float64), LOSSES[self.name]
        if not self.on_logits:
            sums, Y = Y, np.empty_like(Y)
            output.apply(sums, Y)
        terms = loss.terms(Y, T.astype(np.float64), **self.parameters)
        found = terms.mean(axis=1) if loss.mean_over_outputs else terms.sum(axis=1)
        return np.asarray(found)
