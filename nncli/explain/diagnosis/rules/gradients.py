"""Rules about gradients that shrink or grow from layer to layer."""

from collections.abc import Iterator
from functools import partial
from math import isfinite

import numpy as np

from nncli.base.words import briefly
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.passed import Passed, passed
from nncli.explain.diagnosis.rules.gain import learned
from nncli.explain.diagnosis.rules.weights import (
    are_large,
    are_small,
    gain_of,
    initial_gain,
    other_weights,
)
from nncli.nn.entries import Array
from nncli.nn.network import Block

_FEWEST = 3  # layers; with fewer there is no depth for a gradient to vanish in

# Between the (1/4)^2 and (1/4)^3 of two and three sigmoid layers. Measured in the first epoch:
# ReLU and tanh networks of 2 to 10 layers that learn have ratios from 0.3 to 12, and sigmoid
# networks that stay at a constant guess have 0.02 and less, once they are there.
_VANISHED = 0.03
_SHRUNK = 0.25  # in the first epoch, whose mean includes larger gradients of the first steps
_SHORTEST_WAY = 0.1  # weights are about 0.1 to 1; if they cannot move so far, the rate is too low
_LEARNED = 0.05  # of what a constant guess misses; less is no more than noise

# Without a run. XOR is not learned from 0.001 on by sgd. Other optimizers, which take steps of the
# same size in all layers, learn it even from a ratio of 0.0000004, unless a penalty decides their
# steps. Measured with adam: two moons are learned where the gradient of the loss is 2 times that of
# the penalty or more, and not where it is 0.5 times or less.
_VANISHED_AT_THE_START = 0.001
_OF_PENALTY = 0.1

# By theory, weights of the gain g multiply the gradient of a ReLU layer by g / √2. Measured: ReLU
# networks with a growth of up to 50 still learn XOR, those with 300 and more diverge or die.
_EXPLODED = 100.0
_EXPLODED_AT_THE_START = 1000.0  # without a run that shows the consequences
_WELL = 0.5  # of what a constant guess misses; more is no failure


def _condition(letter: str, arrays: str, sign: str, limit: float) -> Condition:
    """Return the condition of a ratio of the first and the last layer."""
    first, last = (rf"\lVert \partial L / \partial {letter}_{at} \rVert" for at in "1n")
    return Condition(
        f"‖∂L/∂{letter}1‖ / ‖∂L/∂{letter}n‖ {sign} {limit:g}",
        f"{first} / {last} {sign} {limit:g}",
        f"L: loss; {letter}1, {letter}n: {arrays} of the first and the last layer; ‖·‖: norm",
    )


def vanishing(case: Case) -> Iterator[Evidence]:
    """Find a gradient that is far smaller in the first layer than in the last, and its cause."""
    blocks = case.network.blocks
    if len(blocks) < _FEWEST or not _may_have_failed(case):
        return
    slopes = [_largest_slope(block) for block in blocks[:-1]]
    is_flat = bool(np.exp(np.mean(np.log(slopes))) <= 0.5) if min(slopes) > 0 else False
    shown = _vanished(case, is_flat=is_flat)
    if not shown:
        return
    middle = blocks[1:-1]
    is_small = not any(block.between for block in middle) and are_small(case, middle)
    if not (is_flat or is_small):
        return
    yield Evidence(
        shown + _result_of(case),
        _cause_of_vanishing(case, is_flat=is_flat, is_small=is_small),
        _change_of_vanishing(case, is_flat=is_flat, is_small=is_small),
        "set model.activation to relu and remove model.initializer",
        _condition("W", "weights", "<", _VANISHED if case.is_trained else _VANISHED_AT_THE_START),
    )


def exploding(case: Case) -> Iterator[Evidence]:
    """Find a gradient that grows from the last layer to the first, as the weights are too large."""
    blocks = case.network.blocks
    if len(blocks) < _FEWEST:
        return
    diverged = case.ended == "diverged"
    share = learned(case)
    if case.is_trained and not diverged and (share is None or share > _WELL):
        return
    gradient = _start_of_one_class(case).gradient
    first, last = (_norm_but_weights(gradient, block) for block in (blocks[0], blocks[-1]))
    least = _EXPLODED if case.is_trained or diverged else _EXPLODED_AT_THE_START
    middle = blocks[1:-1]
    if not isfinite(first) or first <= least * last or last == 0 or not are_large(case, middle):
        return
    ratio = first / last
    yield Evidence(
        f"before training, the norm of the gradient of the biases is {first:.2g} in layer 1 and "
        f"{last:.2g} in layer {len(blocks)}: it grows by a factor of "
        f"{ratio ** (1 / (len(blocks) - 1)):.2g} per layer" + _result_of(case),
        f"the initial weights are too large: those of layer {middle[0].number} multiply the size "
        f"of their inputs by {initial_gain(case, middle[0]):.2g}",
        other_weights(case, blocks[:-1]),
        "choose smaller initial weights",
        _condition("b", "biases", ">", least),
    )


def _may_have_failed(case: Case) -> bool:
    """Return whether a network is untrained, or no better than a guess after training."""
    if not case.is_trained:
        return True
    share = learned(case)
    return bool(share is not None and share <= _LEARNED and _way(case) >= _SHORTEST_WAY)


def _way(case: Case) -> float:
    """Return about how far the steps can have moved the weights of the last layer."""
    training, rates = case.config.training, case.history.get("learning_rate", [])
    rows = case.splits["train"].rows
    batch = rows if training.batch_size == "full" else training.complete.batch_size
    steps = -(-rows // batch) if isinstance(batch, int) and batch else 0
    norm = 1.0  # adam and the like take steps of the size of the rate
    if training.optimizer.name == "sgd" and rates:
        norm = _norms_in(case, 0)[-1]
    return float(sum(rates) * steps * norm)


def _vanished(case: Case, *, is_flat: bool) -> str:
    """Return in words how the gradient shrinks, if it has vanished; otherwise ``""``."""
    if not case.is_trained:
        start = _start_of_one_class(case).norms
        vanished = 0 < start[0] < _VANISHED_AT_THE_START * start[-1]
        return _shrinking("before training", start) if vanished and _is_lost(case, start) else ""
    first, last = (_norms_in(case, epoch) for epoch in (0, -1))
    if 0 < first[0] < _VANISHED * first[-1]:
        return _shrinking("in the first epoch", first)
    if not is_flat or not first[0]:
        return ""
    arrays, blocks = case.network.arrays, case.network.blocks
    first = _without_penalty(case, first, [initial_gain(case, block) for block in blocks])
    last = _without_penalty(case, last, [gain_of(arrays[block.weights]) for block in blocks])
    stays = last[0] < _VANISHED * last[-1] and first[0] < _SHRUNK * first[-1]
    return _shrinking("in the last epoch, not counting penalties", last) if stays else ""


def _shrinking(when: str, norms: list[float]) -> str:
    ratio = norms[0] / norms[-1]
    return (
        f"{when}, the norm of the gradient is {norms[0]:.2g} in layer 1 and {norms[-1]:.2g} in "
        f"layer {len(norms)}: it shrinks by a factor of "
        f"{ratio ** (1 / (len(norms) - 1)):.2g} per layer"
    )


def _norms_in(case: Case, epoch: int) -> list[float]:
    return [case.history[f"gradient_norm_{block.number}"][epoch] for block in case.network.blocks]


def _without_penalty(case: Case, norms: list[float], gains: list[float]) -> list[float]:
    """Return the norms of the gradient of the loss alone.

    Those of the history include the penalty, which has a gradient in every layer, however little
    of that of the loss arrives there. Both point in different directions, so their squares add up.
    """
    of_penalty = map(partial(_norm_of_penalty, case), case.network.blocks, gains)
    squares = [norm**2 - own**2 for norm, own in zip(norms, of_penalty, strict=True)]
    return [float(np.sqrt(max(square, 0.0))) for square in squares]


def _norm_of_penalty(case: Case, block: Block, gain: float) -> float:
    """Return the norm of the gradient of the penalty of weights that have a gain."""
    l1, l2 = case.config.training.l1, case.config.training.complete.l2
    return float((l2 * gain + l1 * np.sqrt(block.inputs)) * np.sqrt(block.outputs))


def _is_lost(case: Case, norms: list[float]) -> bool:
    """Return whether a small gradient of layer 1 before training makes no useful steps."""
    if case.config.training.optimizer.name == "sgd":
        return True
    first = case.network.blocks[0]
    return norms[0] < _OF_PENALTY * _norm_of_penalty(case, first, initial_gain(case, first))


def _start_of_one_class(case: Case) -> Passed:
    """Return a pass before training of rows with similar targets, those with the larger gradient.

    Over all rows, the gradient of the last layer may be nearly 0, as the targets cancel.
    """
    start, setup = case.start, case.job.setup
    is_high = start.T[:, 0] >= np.median(start.T[:, 0])
    halves = [
        passed(setup.network, setup.objective, start.X[half], start.T[half])
        for half in (is_high, ~is_high)
        if half.any()
    ]
    return max(halves, key=lambda each: each.norms[-1])


def _norm_but_weights(gradient: dict[str, Array], block: Block) -> float:
    """Return the norm of a layer's gradient of the biases, and of gains and the like.

    Unlike that of the weights, it does not depend on the size of the layer's inputs.
    """
    arrays = [gradient[name].ravel() for name in block.names if name != block.weights]
    return float(np.linalg.norm(np.concatenate(arrays)))


def _largest_slope(block: Block) -> float:
    """Return the largest derivative of a layer's activation."""
    Z = np.linspace(-5, 5, 101)[:, np.newaxis].repeat(block.outputs, axis=1)
    A, slope = np.empty_like(Z), np.ones_like(Z)
    activation = block.activation
    activation.apply(Z, A)
    activation.multiply(slope, Z, A, slope)
    return float(slope.max())


def _result_of(case: Case) -> str:
    if case.ended == "diverged":
        return "; training diverged"
    share = learned(case)
    if share is None or not case.is_trained:
        return ""
    return f"; after training, the network is {_better(share)} a constant guess"


def _better(share: float) -> str:
    return "no better than" if share < _LEARNED else f"only {share:.0%} better than"


def _cause_of_vanishing(case: Case, *, is_flat: bool, is_small: bool) -> str:
    middle = case.network.blocks[1]
    small = (
        f"the initial weights are too small: those of layer {middle.number} multiply the size of "
        f"their inputs by {initial_gain(case, middle):.2g}"
    )
    if not is_flat:
        return small
    kinds = {block.activation.kind for block in case.network.blocks[:-1]}
    flat = f"the derivative of {briefly(sorted(kinds))} is at most {_largest_slope(middle):.2g}"
    return f"{flat}, and {small}" if is_small else f"{flat}, and each layer multiplies by it"


def _change_of_vanishing(case: Case, *, is_flat: bool, is_small: bool) -> Change | None:
    if is_flat and is_small:
        return None  # two faults: each alone makes the gradient vanish
    if is_flat:
        return Change("model.activation", "relu")
    return other_weights(case, case.network.blocks[:-1])
