"""Rules about units with equal weights, and inputs without connections."""

from collections.abc import Iterator

import numpy as np

from nncli.base.words import briefly, count
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.gain import is_untrained
from nncli.explain.diagnosis.rules.weights import initializer_of, other_weights
from nncli.nn.entries import Array
from nncli.nn.network import Block

_SAME = Condition(
    "w[i,1] = w[i,2] = ... for all i",
    r"w_{i,1} = w_{i,2} = \dots \text{ for all } i",
    "w[i,j]: weight from input i to unit j; equal up to 0.00001 of the largest",
)
_UNUSED = Condition(
    "w[i,j] = 0 for all j",
    r"w_{i,j} = 0 \text{ for all } j",
    "w[i,j]: weight from input i to unit j of the first layer",
)

# Units that start equal may differ by rounding, which is 1e-7 in float32 and grows in training.
_DIFFERENCE = 1e-5

_MOST_PIXELS = 0.5  # a picture does not need every pixel, as neighbors are alike
_MOST_ENTRIES = 100  # of a mask that is written out as the change


def unused_inputs(case: Case) -> Iterator[Evidence]:
    """Find inputs that a density or a mask leaves without any connection."""
    first, mask = case.network.blocks[0], case.job.network.mask
    if mask is None:
        return
    unconnected = ~case.job.network.views(mask)[first.weights].any(axis=1)
    varies = np.ptp(case.start.X, axis=0) > 0  # a constant input is of no use anyway
    unused = np.flatnonzero(unconnected & varies)
    if len(unused) < (_MOST_PIXELS * varies.sum() if case.dataset.images else 1):
        return
    names = case.dataset.inputs
    listed = briefly([names[place] if names else str(place + 1) for place in unused.tolist()])
    yield Evidence(
        f"without a connection to layer 1, the network cannot use {len(unused)} of its "
        f"{count(len(varies), 'input')}: {listed}",
        *_cause(case, mask, unused.tolist()),
        formula=_UNUSED,
    )


def _cause(case: Case, mask: Array, unused: list[int]) -> tuple[str, Change | None, str]:
    """Return why inputs have no connection, the setting that connects them, or what to do."""
    masks, first = case.config.model.masks, case.network.blocks[0]
    given = masks[0] if masks else None
    if masks and given is not None:
        rows = "its row" if len(unused) == 1 else "their rows"
        connected = [[1] * first.outputs if at in unused else row for at, row in enumerate(given)]
        is_full = all(all(row) for row in connected) and _densities(case)[0] == 1
        changed = [None if is_full else connected, *masks[1:]]
        is_short = is_full or first.inputs * first.outputs <= _MOST_ENTRIES
        value = changed if any(each is not None for each in changed) else None
        return (
            f"model.masks has only 0 in {rows} of the matrix of layer 1",
            Change("model.masks", value) if is_short else None,
            f"set 1 in {rows} of model.masks; or remove the columns from the data, if the mask "
            "is meant to leave them out",
        )
    density = _densities(case)[0]
    return (
        f"with density {density:g}, an input has no connection to any of {first.outputs} units "
        f"with a probability of {(1 - density) ** first.outputs:.0%}",
        _denser(case, mask),
        "",
    )


def _denser(case: Case, mask: Array) -> Change:
    """Return the setting that connects all inputs, and all units of layers that have lost some."""
    arrays = case.job.network.views(mask)
    densities = [
        density if place and arrays[block.weights].any(axis=0).all() else 1.0
        for place, (block, density) in enumerate(
            zip(case.network.blocks, _densities(case), strict=True)
        )
    ]
    return Change("model.density", densities if any(each < 1 for each in densities) else 1.0)


def _densities(case: Case) -> list[float]:
    """Return the fraction of the connections that each layer keeps."""
    density = case.config.model.density
    return density if isinstance(density, list) else [density] * len(case.network.blocks)


def same_units(case: Case) -> Iterator[Evidence]:
    """Find hidden layers with units that have the same weights and bias, and keep them."""
    if is_untrained(case):
        return
    for block in case.network.blocks[:-1]:
        same = _largest_group(case, block) if _may_be_equal(case, block) else 0
        if same < 2:
            continue
        rest = "computes no more than one unit"
        if same < block.outputs:
            rest = f"computes no more than {count(block.outputs - same + 1, 'unit')}"
        which = f"the {same}" if same == block.outputs else f"{same} of the {block.outputs}"
        yield Evidence(
            f"{which} units of layer {block.number} have exactly the same weights and bias, so the "
            f"layer {rest}",
            "they start with the same weights, get the same gradient, and stay the same",
            _different_start(case),
            "give the units different initial weights",
            _SAME,
        )


def _may_be_equal(case: Case, block: Block) -> bool:
    """Return whether units can start equal; units that grow alike in training are no fault."""
    is_given = case.config.model.initial_weights is not None
    return is_given or initializer_of(case.config, block).name in ("constant", "zeros")


def _largest_group(case: Case, block: Block) -> int:
    """Return the number of units in the largest group of equal ones."""
    network = case.network
    own = _by_unit(network.arrays, block)
    if not case.is_trained:  # they stay equal only if they also get the same gradient
        own = np.hstack([own, _by_unit(case.start.gradient, block)])
        if _drops(case, block):
            return 0
    elif not own.any(axis=1).all() and own.any():
        own = own[own.any(axis=1)]  # units that a penalty or a mask has switched off
    scale = np.abs(own).max() or 1.0
    # Equal rows of `own` are next to each other in the order of all their numbers, rounded.
    rounded = np.round(own / (scale * _DIFFERENCE))
    return int(np.unique(rounded, axis=0, return_counts=True)[1].max())


def _by_unit(arrays: dict[str, Array], block: Block) -> Array:
    """Return all numbers of each unit of a layer, shape (units, numbers)."""
    return np.vstack([arrays[name] for name in block.names]).T


def _drops(case: Case, block: Block) -> bool:
    """Return whether a dropout tells the units of a layer apart."""
    dropout = case.config.training.dropout
    return bool(dropout[block.number - 1] if isinstance(dropout, list) else dropout)


def _different_start(case: Case) -> Change | None:
    """Return the setting that lets the units of every layer start differently."""
    blocks = [block for block in case.network.blocks if _may_be_equal(case, block)]
    model = case.config.model
    if len(blocks) == len(case.network.blocks) and isinstance(model.initializer, list):
        return Change("model.initializer", _spread(blocks[0]))
    return other_weights(case, blocks, {block.number: _spread(block) for block in blocks})


def _spread(block: Block) -> str:
    """Return an initializer that makes the units of a layer differ much.

    With tanh, half of the usual variance left two moons at the best line for 3 of 10 seeds.
    """
    name = block.activation.entry.initializer
    return "he_normal" if name == "xavier_normal" else name
