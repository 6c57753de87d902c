"""Build a network from a config (layers, initial weights, connections), and scale its data."""

from collections.abc import Mapping
from dataclasses import replace
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
from nncli.engines.batches import as_seen, with_scaled_targets
from nncli.model.evaluation import scaling_of, target_scaling_of
from nncli.model.model import Model
from nncli.nn.biases import draw_biases
from nncli.nn.network import Network, initial_parameters, random_connections
from nncli.nn.objective import Objective


def build_network(
    resolved: Resolved, shape: Shape, *, with_weights: bool = True
) -> tuple[Network, Objective]:
    """Return the network with its initial parameters, and its training objective.

    Parameters
    ----------
    with_weights : bool
        Whether to start from the weights and biases in the config, if given.

    Raises
    ------
    Misfit
        If given arrays do not fit the layers.
    OutOfMemoryError
        If the network does not fit in memory.
    DataError
        If the file with the given arrays cannot be read.
    """
    config, ends = resolved.config, Ends(shape.inputs, shape.outputs)
    layers = layers_of(resolved, shape.task, ends)
    check_memory(layers, config.training.precision)
    initializers = [(each.name, each.parameters) for each in resolved.initializers]
    parameters = initial_parameters(layers, initializers, config.seed, config.training.precision)
    network = Network(layers, parameters)
    biases = [(each.name, each.parameters) for each in resolved.bias_initializers]
    draw_biases(network, biases, config.seed)
    if with_weights:
        for name, array in given_arrays(config, layers, ends).items():
            network.named[name][...] = array
    _connect(network, config, given_masks(config, layers, ends))
    return network, Objective(resolved.loss.name, resolved.loss.parameters)


def _connect(network: Network, config: Config, given: Mapping[int, Any]) -> None:
    """Remove the connections that the config excludes."""
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


def learned_splits(dataset: Dataset) -> dict[str, Split]:
    """Return the training and validation rows, with their features as inputs if there are any.

    Raises
    ------
    DataError
        As for `Features.values`, also for rows of other splits.
    """
    splits, features = dataset.splits, dataset.features
    used = {name: split for name, split in splits.items() if name in ("train", "validation")}
    if features is None:
        return used
    arrays = {id(split.inputs): split.inputs for split in splits.values()}
    learned = {id(split.inputs) for split in used.values()}
    for key in arrays.keys() - learned:
        features.check(arrays[key])
    computed = {key: features.computed(arrays[key]) for key in learned}
    return {name: replace(each, inputs=computed[id(each.inputs)]) for name, each in used.items()}


def scalings_of(
    dataset: Dataset, train: Split, config: Config, network: Network, start: Model | None
) -> tuple[Scaling, Scaling]:
    """Return the scalings of inputs and targets, from `start` or fitted to the training rows.

    Parameters
    ----------
    train : Split
        The training rows, from `learned_splits`.
    """
    if start:
        return scaling_of(start), target_scaling_of(start)
    scaling = fit(config.data.scale.name, train, dataset.scaled)
    check_spread(scaling, dataset.inputs, ", or drop it")
    scaling = replace(scaling, features=dataset.features)
    if dataset.scales_targets and network.output.kind == "identity":
        target_scaling = fit_targets(train)
        check_spread(target_scaling, dataset.targets, "")
        return scaling, target_scaling
    return scaling, NOT_SCALED  # targets for an output with a bounded range stay as they are


def seen_splits(
    dataset: Dataset,
    learned: Mapping[str, Split],
    scalings: tuple[Scaling, Scaling],
    dtype: DTypeLike,
) -> tuple[dict[str, Split], Scaling]:
    """Return rows from `learned_splits` as the network learns them, and the rest of the scaling.

    See `as_seen`.
    """
    scaling, target_scaling = scalings
    if dataset.scales_targets:
        learned = with_scaled_targets(learned, target_scaling, dtype)
    return as_seen(learned, replace(scaling, features=None), dtype)
