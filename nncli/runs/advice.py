"""Warn before training about what it cannot achieve."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nncli.base.storage.mapping import row_blocks
from nncli.base.words import count
from nncli.config.schema import Config
from nncli.data.dataset import Dataset
from nncli.model.evaluation import target_outside
from nncli.nn.network import Block, Network

_PARTS_OF_A_RANGE = 256  # inputs in the first of them are scaled to below 0.004

# Measured with the plain engine on one core, for each row.
_PLAIN_SECONDS_A_PARAMETER = 0.16e-6
_PLAIN_SECONDS_A_UNIT = 1.8e-6


def advice(dataset: Dataset, network: Network, config: Config, engine: str) -> list[str]:
    """Return lines about what may keep training from the result that the user expects.

    `engine` is the name of the engine, or ``auto``.
    """
    return [
        *dataset.warnings,
        *(_inputs_near_0(dataset) if config.data.scale.name == "unit" else ()),
        *_equal_units(network),
        *(() if dataset.features else one_layer_for_xor(dataset.targets, network)),
        *map(_of_chain, () if weights_are_given(config) else linear_chains(network)),
        *_targets_out_of_reach(dataset, network),
        *(_slow_loops(dataset, network, config) if engine == "plain" else ()),
    ]


def _slow_loops(dataset: Dataset, network: Network, config: Config) -> Iterator[str]:
    a_row = len(network.parameters) * _PLAIN_SECONDS_A_PARAMETER
    a_row += sum(block.outputs for block in network.blocks) * _PLAIN_SECONDS_A_UNIT
    minutes = len(dataset.splits["train"]) * config.training.complete.epochs * a_row / 60
    if minutes > 1:
        hours = round(minutes / 60)
        time = count(hours, "hour") if hours > 1 else count(round(minutes), "minute")
        yield (
            f"training.engine: plain needs about {time} for these rows and epochs; use numpy to "
            "get the same weights sooner"
        )


def _inputs_near_0(dataset: Dataset) -> Iterator[str]:
    split = dataset.splits["train"]
    dtype, low, high = split.inputs.dtype, 0, 0
    # In bytes, 1 is not small. Features are no whole numbers of a type.
    if dtype.kind not in "iu" or dtype.itemsize == 1 or dataset.features:
        return
    largest = int(np.iinfo(dtype).max)
    for start, block in row_blocks(split.inputs, split.rows):
        least, most = int(block.min()), int(block.max())
        low, high = (min(low, least), max(high, most)) if start else (least, most)
        if max(-low, high) * _PARTS_OF_A_RANGE >= largest:
            return
    if low or high:
        yield (
            f"the inputs are whole numbers from {low} to {high} of type {dtype}, but data.scale: "
            f"unit divides by the maximum of the type, {largest}, so all are nearly 0; set "
            "data.scale: minmax or standard"
        )


def _equal_units(network: Network) -> Iterator[str]:
    for block in network.blocks[:-1]:
        units = np.vstack([network.arrays[name] for name in block.names])
        if units.shape[1] > 1 and (units == units[:, :1]).all():
            yield (
                f"all units of layer {block.number} start with the same weights and get the same "
                "gradient, so they stay the same; choose another model.initializer"
            )


def one_layer_for_xor(targets: Sequence[str], network: Network) -> Iterator[str]:
    """Yield a line if a network without a hidden layer is to learn XOR."""
    if len(network.blocks) == 1 and list(targets) == ["xor"]:
        yield (
            "one layer cannot separate XOR: no straight line separates its two classes; add a "
            "hidden layer"
        )


@dataclass(frozen=True)
class LinearChain:
    """Layers in a row that together compute no more than one layer.

    Attributes
    ----------
    first, last : int
        Numbers of the first and the last layer, from 1.
    rank : int or None
        The highest rank of the product of their weights, if one layer could have a higher one.
    """

    first: int
    last: int
    rank: int | None

    @property
    def said(self) -> str:
        """What the layers compute, in words."""
        joined = "and" if self.last == self.first + 1 else "to"
        rank = f" with weights of rank {self.rank} at most" if self.rank else ""
        layers = f"layers {self.first} {joined} {self.last}"
        return f"{layers} together compute no more than one layer{rank}"


def linear_chains(network: Network) -> Iterator[LinearChain]:
    """Yield each chain of layers that compute no more than one layer.

    A normalization ends a chain, as its scale depends on the values of the row or the batch.
    """
    chain: list[Block] = []
    for block in network.blocks:
        chain.append(block)
        if block.activation.kind == "identity" and not block.between:
            continue
        yield from _one_for(chain)
        chain = []
    yield from _one_for(chain)


def _one_for(chain: Sequence[Block]) -> Iterator[LinearChain]:
    """Yield layers as a chain, if there are several."""
    if len(chain) < 2:
        return
    first, last = chain[0], chain[-1]
    narrowest = min(block.outputs for block in chain[:-1])
    is_narrow = narrowest < min(first.inputs, last.outputs)
    yield LinearChain(first.number, last.number, narrowest if is_narrow else None)


def _of_chain(chain: LinearChain) -> str:
    remedy = ", unless you want this bottleneck" if chain.rank else ", or remove a layer"
    return (
        f"{chain.said}: the activation between them is identity; choose another "
        f"model.activation{remedy}"
    )


def weights_are_given(config: Config) -> bool:
    """Return whether the config itself lists the initial weights, as in an example by hand."""
    return isinstance(config.model.initial_weights, list)


def _targets_out_of_reach(dataset: Dataset, network: Network) -> Iterator[str]:
    if outside := target_out_of_reach(dataset, network):
        place, value = outside
        low, high = network.output.entry.reach
        yield (
            f"{place}: a {network.output.kind} output is between {low:g} and {high:g}, and cannot "
            f"reach {value:g}; choose model.output: identity"
        )


def target_out_of_reach(dataset: Dataset, network: Network) -> tuple[str, float] | None:
    """Return the place in its file and the value of a training target that no output can reach."""
    split = dataset.splits["train"]
    if split.of_classes:
        return None
    low, high = network.output.entry.reach
    return target_outside(split, dataset.targets, low, high, dataset.row_numbers("train"))
