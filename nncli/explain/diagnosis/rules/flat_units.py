"""Rules about hidden units whose activation is flat, so that they do not learn."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.gain import is_untrained, learned
from nncli.explain.diagnosis.rules.rate import smaller_rate
from nncli.explain.diagnosis.rules.seen import root_mean_square
from nncli.explain.diagnosis.rules.weights import (
    are_large,
    initial_gain,
    no_biases,
    other_weights,
)
from nncli.nn.entries import Array
from nncli.nn.network import Block

_DEAD = 0.001  # of the slope 1 of most activations: such a unit learns 1000 times more slowly

# Measured: healthy ReLU layers of 10 to 50 units have up to 0.3 dead units after training, and up
# to 0.7 before it, which then come back; where learning fails, 0.8 to 1.
_MOST_DEAD = 0.8
_ALL_DEAD_AT_THE_START = 1.0
_FEWEST_UNITS = 4  # of fewer units, all may die by chance: the layer is too small

# Measured: networks that learn well have up to 0.9 saturated activations in a hidden layer, also
# those that started so; where learning fails, the share is 0.92 to 1.
_MOST_SATURATED = 0.9
_SATURATED_AT_THE_START = 0.95  # without a run that shows the consequences
_FROM_THE_START = 0.5
_WELL = 0.5  # of what a constant guess misses; more is no failure

_LARGE_INPUTS = 3.0  # root mean square; it is 1 for standardized inputs, and below 1 for pixels

_FLAT = Condition(
    "g'(z) < 0.001 for all rows",
    r"g'(z) < 0.001 \text{ for all rows}",
    "z: weighted sum of a unit; g': derivative of its activation",
)


@dataclass(frozen=True)
class _Layer:
    """A hidden layer with its shares of flat units or activations before and after training."""

    block: Block
    start: float
    end: float


def dead_units(case: Case) -> Iterator[Evidence]:
    """Find hidden layers whose units are at the flat side of their activation for all rows."""
    if is_untrained(case):
        return
    found = [
        _Layer(block, _dead_share(block, start), _dead_share(block, end))
        for block, start, end in _hidden(case)
        if block.outputs >= _FEWEST_UNITS and not block.activation.saturates
    ]
    worst = max(found, key=lambda each: each.end, default=None)
    if worst is None or not _is_failed(case, worst.end, _MOST_DEAD, _ALL_DEAD_AT_THE_START):
        return
    large = are_large(case, case.network.blocks[:-1])
    shares = ", ".join(f"layer {each.block.number} {each.end:.0%}" for each in found)
    yield Evidence(
        f"of the {worst.block.activation.kind} units of layer {worst.block.number}, "
        f"{worst.end:.0%} have the derivative 0 for all of {len(case.start.X)} training rows"
        + (f" ({shares})" if len(found) > 1 else ""),
        _cause_of_death(case, worst, large=large),
        _change_of_dead(case, worst, large=large),
        "choose other initial weights or biases",
        _FLAT,
    )


def saturated_units(case: Case) -> Iterator[Evidence]:
    """Find hidden layers that are saturated, where learning failed."""
    if is_untrained(case):
        return
    found = [
        _Layer(block, _saturated_share(block, start), _saturated_share(block, end))
        for block, start, end in _hidden(case)
        if block.activation.saturates
    ]
    worst = max(found, key=lambda each: each.end, default=None)
    if worst is None or not _is_failed(case, worst.end, _MOST_SATURATED, _SATURATED_AT_THE_START):
        return
    earliest = next(each for each in found if each.start >= 0.9 * worst.start)
    cause, change = _cause_of_saturation(case, earliest)
    limit = worst.block.activation.entry.responsive
    yield Evidence(
        f"{worst.end:.0%} of the {worst.block.activation.kind} activations of layer "
        f"{worst.block.number} are saturated"
        + (f", and {worst.start:.0%} were before training" if case.is_trained else ""),
        cause,
        change,
        "choose smaller initial weights",
        Condition(
            f"|z| > {limit:.3g}",
            rf"\lvert z \rvert > {limit:.3g}",
            "z: weighted sum of a unit; beyond, the derivative of the activation is below a tenth "
            "of its maximum",
        ),
    )


def _is_failed(case: Case, share: float, most: float, most_at_the_start: float) -> bool:
    """Return whether a share of flat units is what keeps a network from learning."""
    if not case.is_trained:
        return share >= most_at_the_start
    success = learned(case)
    return success is not None and success < _WELL and share >= most


def _hidden(case: Case) -> Iterator[tuple[Block, Array, Array]]:
    """Yield the hidden layers with their sums before and after training."""
    blocks = case.network.blocks[:-1]
    yield from zip(blocks, case.start.sums, case.end.sums, strict=False)


def _dead_share(block: Block, sums: Array) -> float:
    """Return the fraction of units whose derivative is 0 for all rows."""
    Z, A, slopes = sums.copy(), np.empty_like(sums), np.ones_like(sums)
    block.activation.apply(Z, A)
    block.activation.multiply(slopes, Z, A, slopes)
    return float((np.abs(slopes).max(axis=0) < _DEAD).mean())


def _saturated_share(block: Block, sums: Array) -> float:
    """Return the fraction of activations that are flat."""
    return float((np.abs(sums) > block.activation.entry.responsive).mean())


def _cause_of_death(case: Case, worst: _Layer, *, large: bool) -> str:
    if worst.start >= _FROM_THE_START:
        dead = f"{worst.start:.0%} of them were already dead before training"
        return (
            f"{dead}: the initial biases are too low"
            if _has_low_biases(case, worst.block)
            else dead
        )
    steps = "the first steps were so large that the sums became negative for all rows"
    if large:
        gain = initial_gain(case, worst.block)
        return f"{steps}: the initial weights multiply the size of inputs by {gain:.2g}"
    return f"{steps}: the learning rate {case.config.training.complete.learning_rate:g} is too high"


def _change_of_dead(case: Case, worst: _Layer, *, large: bool) -> Change | None:
    if worst.start < _FROM_THE_START:
        hidden = case.network.blocks[:-1]
        return other_weights(case, hidden) if large else smaller_rate(case)
    if not _has_low_biases(case, worst.block):
        return Change("model.activation", "leaky_relu")
    return no_biases(case)


def _has_low_biases(case: Case, block: Block) -> bool:
    """Return whether most sums would have another sign without the initial biases."""
    biases = case.job.network.arrays.get(f"b{block.number}")
    if biases is None or block.between:
        return False
    without = case.start.sums[block.number - 1] - biases
    return bool((biases < 0).mean() > _FROM_THE_START) and _dead_share(block, without) < _MOST_DEAD


def _cause_of_saturation(case: Case, layer: _Layer) -> tuple[str, Change | None]:
    """Return why a layer is saturated, and what to change."""
    if layer.start < _FROM_THE_START:
        rate = case.config.training.complete.learning_rate
        return (
            f"with a learning rate of {rate:g}, the steps are so large that the weights grew too "
            "large",
            smaller_rate(case),
        )
    block = layer.block
    size = root_mean_square(case.start.inputs_of(block.number))
    if size > _LARGE_INPUTS and block.number == 1:
        scale = "unit" if case.dataset.images else "standard"
        cause = f"the inputs are too large: their root mean square is {size:.3g}"
        return cause, Change("data.scale", scale)
    if not are_large(case, [block]):
        return "the initial biases are too large", no_biases(case)
    cause = (
        f"the initial weights are too large: those of layer {block.number} multiply the size of "
        f"their inputs by {initial_gain(case, block):.2g}"
    )
    return cause, other_weights(case, case.network.blocks[:-1])
