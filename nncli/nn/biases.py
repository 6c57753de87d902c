"""Initial biases that are drawn at random."""

from collections.abc import Mapping, Sequence

from nncli.base.random_streams import Stream, generator
from nncli.nn.entries import Value
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.dense import Dense
from nncli.nn.network import Network


def draw_biases(
    network: Network, initializers: Sequence[tuple[str, Mapping[str, Value]]], seed: int
) -> None:
    """Draw the biases of a network in place; each block has its own random stream.

    The biases of a block are one row of a weight matrix (I, O), as if they were the weights of one
    more input that is always 1. So they have the distribution of the weights for the same
    initializer.

    Parameters
    ----------
    initializers : one (name, parameters) per block
    """
    for block, (name, parameters) in zip(network.blocks, initializers, strict=True):
        random = generator(seed, Stream.BIASES, block.number - 1)
        rows = INITIALIZERS[name].draw(random, block.inputs, block.outputs, **parameters)
        network.arrays[f"{Dense.biases}{block.number}"][:] = rows[0]
