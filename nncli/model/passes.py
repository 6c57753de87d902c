"""Passes through a trained network; a row's outputs depend neither on other rows nor its place."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nncli.base.threads import (
    ENOUGH_WORK,
    limited_threads,
    most_threads,
    suited_threads,
    threads_of_products,
)
from nncli.nn.buffers import flat_buffer, shaped
from nncli.nn.entries import Array
from nncli.nn.layers.dense import Dense
from nncli.nn.network import Network

MOST_ROWS = 384
# Measured with OpenBLAS: with fewer rows, its threads split them so that some are at an edge.
_FEWEST_ROWS = {"f": 96, "d": 384}
_FEWEST_OF_ONE_THREAD = 48
_OUTPUT_BYTES = 16 << 20  # per pass; networks with thousands of outputs get fewer rows

# Short sums often round to the same value in any order, so more of them are compared.
_SUMS_TO_COMPARE, _LONG_SUM = 32, 16


class Passes:
    """Run a network over batches that are padded with zeros to a fixed number of rows.

    The rounding of a matrix product depends on the shapes of the matrices, and with some kernels
    also on a row's position. Here the shapes are fixed, and only positions are used where a trial
    row gives bit-for-bit equal sums. A row thus has the same logits and outputs alone, in any file,
    and at any position.

    Parameters
    ----------
    network : Network
    passes : int
        The number of passes in a run.

    Attributes
    ----------
    a_pass : int
        The number of rows per pass: all positions, or half of them with OpenBLAS for AVX2.
    rows : int
        The number of rows in a run.
    X : array (rows, I)
        A buffer for the inputs of a run.
    logits : array (count, O)
        The logits of the last run, valid until the next.
    """

    logits: Array

    def __init__(self, network: Network, passes: int = 1) -> None:
        places, inputs = rows_a_pass(network), network.layers[0].inputs
        self._batch = shaped(flat_buffer(places, inputs, network.dtype), places, inputs)
        self._network, self._work = network, network.workspace(places)
        equal = np.ones(places, np.bool_)
        for layer in network.layers:
            if isinstance(layer, Dense):
                shape = places, layer.inputs, layer.outputs
                equal &= equal_places(*shape, network.dtype.char, threads_of_products())
        self._places = np.flatnonzero(equal)
        self.a_pass = len(self._places)
        self.rows = passes * self.a_pass
        is_batch = passes == 1 and self.a_pass == places
        self.X = self._batch if is_batch else np.empty((self.rows, inputs), network.dtype)
        self._logits = np.empty((self.rows, network.output.outputs), network.dtype)

    def run(self, X: Array) -> None:
        """Run the network on up to `rows` rows, an array (count, I) or the first rows of `X`."""
        self.logits = self._logits[: len(X)]
        for part in self.parts():
            self._place(X[part], self._batch)
            self._take(self._network.logits(self._batch, self._work), self.logits[part])

    def outputs(self) -> Array:
        """Return the outputs (count, O) of the last run."""
        outputs = np.empty_like(self.logits)
        for part in self.parts():
            self._place(self.logits[part], self._work.logits)
            self._take(self._network.activate_output(self._work), outputs[part])
        return outputs

    def parts(self) -> Iterator[slice]:
        """Yield the rows of each pass of the last run."""
        starts = range(0, len(self.logits), self.a_pass)
        return (slice(start, start + self.a_pass) for start in starts)

    def _place(self, rows: Array, batch: Array) -> None:
        """Write rows to their positions, and 0 to the others."""
        if self.a_pass == len(batch):
            batch[: len(rows)] = rows
            batch[len(rows) :] = 0
        else:
            batch[...] = 0
            batch[self._places[: len(rows)]] = rows

    def _take(self, batch: Array, rows: Array) -> None:
        """Write what is at the positions of rows to them."""
        if self.a_pass == len(batch):
            rows[...] = batch[: len(rows)]
        else:
            rows[...] = batch[self._places[: len(rows)]]


@lru_cache(maxsize=256)
def equal_places(
    rows: int, inputs: int, outputs: int, dtype: str, threads: int
) -> NDArray[np.bool_]:
    """Return which rows of a product X W have the same sums as the first for equal inputs.

    A kernel that processes twelve rows at once may sum the first six in a different order:
    OpenBLAS does so in float32 with AVX2. Libraries do not document this, so it is measured.

    Parameters
    ----------
    rows, inputs, outputs : int
        The shapes: X (rows, inputs) and W (inputs, outputs).
    dtype : str
        The dtype character.
    threads : int
        The number of threads in use; only part of the cache key.

    Returns
    -------
    array (rows,)
    """
    X, Z = (
        shaped(flat_buffer(rows, columns, dtype), rows, columns) for columns in (inputs, outputs)
    )
    W = np.add.outer(np.sin(np.arange(inputs)), np.cos(np.arange(outputs))).astype(dtype)
    equal, bits = np.ones(rows, np.bool_), f"u{Z.itemsize}"
    sums = _SUMS_TO_COMPARE * _LONG_SUM // min(inputs, _LONG_SUM)
    for trial in range(1, -(-sums // outputs) + 1):
        X[...] = np.cos(np.arange(1, inputs + 1) * trial)
        np.matmul(X, W, out=Z)
        equal &= (Z.view(bits) == Z[0].view(bits)).all(axis=1)
    return equal


def rows_a_pass(network: Network) -> int:
    """Return the number of rows per pass, small enough for one thread if possible."""
    rows = MOST_ROWS
    while rows > _FEWEST_ROWS[network.dtype.char] and network.largest_product(rows) >= ENOUGH_WORK:
        rows //= 2
    a_row = network.output.outputs * network.dtype.itemsize
    while rows > _FEWEST_OF_ONE_THREAD and rows * a_row > _OUTPUT_BYTES:
        rows //= 2
    return rows


def suited_threads_for(network: Network) -> AbstractContextManager[None]:
    """Limit the threads of products in passes of a network to a number that it alone decides.

    The number of threads affects the rounding of products. Within training, its own limit applies.
    """
    rows = rows_a_pass(network)
    products = 1
    if rows >= _FEWEST_ROWS[network.dtype.char]:
        products = suited_threads(network.largest_product(rows))
    return limited_threads(products, lanes=most_threads)
