"""Build a network from a config: layers, first weights, connections; and scale its data."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nncli.config.network import check_memory, given_arrays, given_masks, layers_of
from nncli.config.resolve import Resolved
from nncli.config.schema import Config
from nncli.config.source import Ends
from nncli.data.dataset import Dataset, Shape
from nncli.data.scaling import NOT_SCALED, Scaling, check_spread, fit, fit_targets
from nncli.data.splits import Split
from nncli.engines.batches import with_scaled_targets
from nncli.model.evaluation import scaling_of, target_scaling_of
from nncli.model.model import Model
from nncli.nn.network import Network, initial_parameters, random_connections
from nncli.nn.objective import Objective


def build_network(
    resolved: Resolved, shape: Shape, *, with_weights: bool = True
) -> tuple[Network, Objective]:
    """Return the network with its initial parameters, and what it is to be trained for.

    Parameters
    ----------
    with_weights : bool
        Whether it starts from the weights and biases that the config gives, if it does.

    Raises
    ------
    Misfit
        When given arrays are not what the layers need.
    OutOfMemoryError
        When the machine cannot hold the network.
    DataError
        When the file with the given arrays cannot be read.
    """
    config, ends = resolved.config, Ends(shape.inputs, shape.outputs)
    layers = layers_of(resolved, shape.task, ends)
    check_memory(layers, config.training.precision)
    initializers = [(each.name, each.parameters) for each in resolved.initializers]
    parameters = initial_parameters(layers, initializers, config.seed, config.training.precision)
    network = Network(layers, parameters)
    if with_weights:
        for name, array in given_arrays(config, layers, ends).items():
            network.named[name][...] = array
    _connect(network, config, given_masks(config, layers, ends))
    return network, Objective(resolved.loss.name, resolved.loss.parameters)


def _connect(network: Network, config: Config, given: Mapping[int, Any]) -> None:
    """Leave out the connections that the config does not want."""
    model, blocks = config.model, network.blocks
    densities = model.density if isinstance(model.density, list) else [model.density] * len(blocks)
    masks = {}
    for index, (part, density) in enumerate(zip(blocks, densities, strict=True)):
        if index in given:
            masks[part.weights] = np.array(given[index], network.dtype)
        elif density < 1:
            masks[part.weights] = random_connections(
                part.inputs, part.outputs, density, config.seed, index
            )
    if masks:
        network.connect_partially(masks)


def scalings_of(
    dataset: Dataset, config: Config, network: Network, start: Model | None
) -> tuple[Scaling, Scaling]:
    """Return how inputs and targets are scaled: as `start` does, or as the training rows say."""
    if start:
        return scaling_of(start), target_scaling_of(start)
    scaled = dataset.encoding.scaled if dataset.encoding else None
    scaling = fit(config.data.scale.name, dataset.splits["train"], scaled)
    check_spread(scaling, dataset.columns, ", or leave it out")
    if dataset.scales_targets and network.output.kind == "identity":
        target_scaling = fit_targets(dataset.splits["train"])
        check_spread(target_scaling, dataset.targets, "")
        return scaling, target_scaling
    return scaling, NOT_SCALED  # targets for an output that is bound to a range stay


def learned_splits(dataset: Dataset, target_scaling: Scaling, dtype: DTypeLike) -> dict[str, Split]:
    """Return the rows to train and to validate with, with targets as the network learns them."""
    used = ("train", "validation")
    splits = {name: split for name, split in dataset.splits.items() if name in used}
    return with_scaled_targets(splits, target_scaling, dtype) if dataset.scales_targets else splits
