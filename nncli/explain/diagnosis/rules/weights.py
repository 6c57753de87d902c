"""The scale of initial weights and biases, and the settings that change it."""

from collections.abc import Mapping, Sequence

import numpy as np

from nncli.config.named import Named
from nncli.config.schema import Config
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change
from nncli.nn.entries import Array, Value
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.network import Block

MUCH = 10.0
"""Outputs that are so many times too large have a squared error of 100 times the usual one."""

_SUITABLE = 2.0  # the gains of the defaults for relu and for tanh differ by 1.4, and both train


def gain_of(W: Array) -> float:
    """Return the factor by which weights (I, O) scale the size of many independent inputs."""
    return float(np.sqrt(np.square(W, dtype=np.float64).mean() * len(W)))


def initial_gain(case: Case, block: Block) -> float:
    """Return the gain of the weights that a layer starts with, without reading the data."""
    if case.config.model.initial_weights is not None:
        return gain_of(case.network.arrays[block.weights])  # close to it if training has failed
    chosen = initializer_of(case.config, block)
    return _drawn_gain(block, chosen.name, chosen.parameters)


def are_small(case: Case, blocks: Sequence[Block]) -> bool:
    """Return whether the initial weights of layers are too small for their activations."""
    return _excess(case, blocks) < 1 / _SUITABLE


def are_large(case: Case, blocks: Sequence[Block]) -> bool:
    """Return whether the initial weights of layers are too large for their activations."""
    return _excess(case, blocks) > _SUITABLE


def other_weights(
    case: Case, blocks: Sequence[Block], names: Mapping[int, str] | None = None
) -> Change | None:
    """Return the setting that gives layers suitable weights; None if one setting is not enough.

    Parameters
    ----------
    names : mapping of int to str, optional
        Initializers by the number of the layer; default: those that suit the activations.
    """
    model = case.config.model
    if model.initial_weights is not None:
        drawn = [initializer_of(case.config, block).name for block in blocks]
        return None if {"constant", "zeros"} & {*drawn} else Change("model.initial_weights", None)
    suited = names or {block.number: block.activation.entry.initializer for block in blocks}
    if isinstance(model.initializer, list):
        listed = [
            suited.get(number, each.in_short()) for number, each in enumerate(model.initializer, 1)
        ]
        return Change("model.initializer", listed)
    return Change("model.initializer", suited[blocks[0].number])


def no_biases(case: Case) -> Change | None:
    """Return the setting that starts all biases at 0; None if they are in a file of weights."""
    model = case.config.model
    if model.initial_biases is not None:
        return Change("model.initial_biases", None)
    is_file = isinstance(model.initial_weights, str)
    return None if is_file else Change("model.bias_initializer", "zeros")


def initializer_of(config: Config, block: Block) -> Named:
    """Return the initializer that a complete config names for a layer."""
    chosen = config.model.initializer
    assert chosen is not None  # complete
    return chosen[block.number - 1] if isinstance(chosen, list) else chosen


def excess_of_outputs(case: Case) -> float:
    """Return how many times as large the initial weights make the outputs as suitable ones.

    A normalization and a bounded activation undo what the layers before have done. Given weights
    count as suitable.
    """
    if case.config.model.initial_weights is not None:
        return 1.0
    found, *_, last = 1.0, *case.network.blocks
    for block in case.network.blocks:
        found = 1.0 if block.between else found * _excess_of(case, block)
        if block is not last and block.activation.saturates:
            found = min(found, 1.0)
    return found


def _excess(case: Case, blocks: Sequence[Block]) -> float:
    """Return the mean factor by which initial gains exceed the suitable ones."""
    factors = [_excess_of(case, block) for block in blocks]
    return float(np.exp(np.mean(np.log(np.maximum(factors, 1e-300)))))


def _excess_of(case: Case, block: Block) -> float:
    suited = block.activation.entry.initializer
    is_given = case.config.model.initial_weights is not None
    if not is_given and initializer_of(case.config, block).name == suited:
        return 1.0  # without drawing millions of weights twice
    return initial_gain(case, block) / _drawn_gain(block, suited, {})


def _drawn_gain(block: Block, name: str, parameters: Mapping[str, Value]) -> float:
    random = np.random.default_rng(0)  # only the scale matters
    return gain_of(INITIALIZERS[name].draw(random, block.inputs, block.outputs, **parameters))
