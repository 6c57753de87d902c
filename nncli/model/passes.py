"""Passes through a trained network that give a row the same outputs wherever it stands."""

from contextlib import AbstractContextManager

from nncli.base.threads import ENOUGH_WORK, limited_threads, suited_threads
from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.entries import Array
from nncli.nn.network import Network

MOST_ROWS = 384
# Measured with OpenBLAS: with fewer rows, its threads share them so that some are at an edge.
_FEWEST_ROWS = {"f": 96, "d": 384}
_FEWEST_OF_ONE_THREAD = 48
_OUTPUT_BYTES = 16 << 20  # of a pass; thousands of outputs have fewer rows


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
    """Return how many rows a network takes at a time: as many as suit one thread, if it can be."""
    rows = MOST_ROWS
    while rows > _FEWEST_ROWS[network.dtype.char] and network.largest_product(rows) >= ENOUGH_WORK:
        rows //= 2
    a_row = network.output.outputs * network.dtype.itemsize
    while rows > _FEWEST_OF_ONE_THREAD and rows * a_row > _OUTPUT_BYTES:
        rows //= 2
    return rows


def suited_threads_for(network: Network) -> AbstractContextManager[None]:
    """Let passes of a network take the threads that suit them, whatever the process uses.

    Of other threads a product has other last digits. Within training its own threads stay.
    """
    rows = rows_a_pass(network)
    if rows < _FEWEST_ROWS[network.dtype.char]:
        return limited_threads(1)
    return limited_threads(suited_threads(network.largest_product(rows)))
