"""One pass of rows through a network, forward and backward, with all its numbers."""

from dataclasses import dataclass

import numpy as np

from nncli.nn.entries import Array
from nncli.nn.network import Network
from nncli.nn.objective import Objective

_STEP = 0  # a training step, so that a batch normalization uses the rows themselves


@dataclass(frozen=True)
class Passed:
    """The numbers of a pass of B rows.

    Attributes
    ----------
    X, T : arrays (B, I) and (B, O)
        Inputs and targets as the network sees them: scaled, classes as codes.
    sums : list of array (B, units)
        Z of each layer: what its activation is applied to.
    activations : list of array (B, units)
        A of each layer; the last are the outputs.
    loss : float
        Mean loss of the rows, without penalties.
    gradient : dict of str to array
        Gradient of the loss by the name of the array: W1, b1, ...
    norms : list of float
        Norm of the gradient of each layer.
    """

    X: Array
    T: Array
    sums: list[Array]
    activations: list[Array]
    loss: float
    gradient: dict[str, Array]
    norms: list[float]

    def inputs_of(self, number: int) -> Array:
        """Return the inputs of a layer (B, I), by its number from 1."""
        return self.X if number == 1 else self.activations[number - 2]


@np.errstate(over="ignore", invalid="ignore")  # visible in the numbers
def passed(network: Network, objective: Objective, X: Array, T: Array) -> Passed:
    """Pass rows through a network as a training step does, without dropout and update.

    The network does not change.
    """
    copy = Network(network.layers, network.parameters.copy(), network.state.copy())
    work = copy.workspace(len(X))
    copy.logits(X, work, _STEP)
    copy.activate_output(work)
    sums = [own.X.copy() for _, own in work.activations[:-1]] + [work.logits.copy()]
    activations = [own.Y.copy() for _, own in work.activations]
    loss = objective(copy, T, work)
    flat = np.zeros_like(copy.parameters)
    copy.backward(work, copy.by_layer(flat))
    norms = [float(np.linalg.norm(flat[block.where])) for block in copy.blocks]
    return Passed(X, T, sums, activations, loss, copy.views(flat), norms)
