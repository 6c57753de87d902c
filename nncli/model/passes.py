"""Passes through a trained network that give a row the same outputs wherever it stands."""

from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.entries import Array
from nncli.nn.network import Network

MOST_ROWS = 384
# Measured with OpenBLAS: with fewer rows, its threads share them so that some are at an edge.
_FEWEST_ROWS = {"f": 96, "d": 384}
_OPERATIONS = 1 << 26  # a millisecond's work, which a row alone takes too


class Passes:
    """Runs a network over batches that all have the same number of rows, filled up with zeros.

    How a matrix product rounds depends on the shapes of the matrices. As these are always the same,
    a row has the same logits and outputs alone, in any file, and in any place of it.

    Attributes
    ----------
    rows : int
        How many there are in a pass; the network alone decides it.
    X : array (rows, I)
        Where the inputs of a pass may be written to.
    logits : array (count, O)
        Those of the last pass, until the next.
    """

    logits: Array

    def __init__(self, network: Network) -> None:
        self.rows = rows_a_pass(network)
        inputs = network.layers[0].inputs
        self.X = shaped(flat_buffer(self.rows, inputs, network.dtype), self.rows, inputs)
        self._network, self._work = network, network.workspace(self.rows)

    def run(self, X: Array) -> None:
        """Run the network on up to `rows` rows, an array (count, I) or the first rows of `X`."""
        count = len(X)
        if count < self.rows:
            self.X[:count] = X
            self.X[count:] = 0
            X = self.X
        self.logits = self._network.logits(X, self._work)[:count]

    def outputs(self) -> Array:
        """Return the outputs (count, O) of the last pass, until the next."""
        return self._network.activate_output(self._work)[: len(self.logits)]


def rows_a_pass(network: Network) -> int:
    """Return how many rows a network takes at a time: fewer, where one takes long."""
    operations, rows = sum(layer.flops_per_row for layer in network.layers), MOST_ROWS
    while rows > _FEWEST_ROWS[network.dtype.char] and rows * operations > _OPERATIONS:
        rows //= 2
    return rows
