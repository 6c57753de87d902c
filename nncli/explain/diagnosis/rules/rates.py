"""Rules about steps that are too long: the learning rate is too high, or training diverged."""

from collections.abc import Callable, Iterator
from math import floor, log, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.killed import gradient_of_penalty, kills_units
from nncli.explain.diagnosis.rules.weights import MUCH, are_large, excess_of_outputs, other_weights
from nncli.nn.entries import Array

OF_NO_LEARNING = ("N001", "N002", "N003", "N004", "N005")
"""Symptoms of a network that is no better than simpler predictions."""

OF_NO_PROGRESS = (*OF_NO_LEARNING, "N042")
"""Symptoms of a network that has hardly learned yet."""

OF_LONG_STEPS = (*OF_NO_PROGRESS, "N010", "N013", "N014", "N020", "N021")
"""Symptoms of steps that are too long; they also push units to where their gradient is 0."""

AFTER_DIVERGENCE = (*OF_LONG_STEPS, "N011", "N012", "N015", "N024", "N025", "N040", "N043")
"""What the weights of a run that diverged show, whatever else is wrong."""

_RATE = "training.learning_rate"
ADAPTIVE = ("adam", "adamw", "nadam", "rmsprop", "adagrad")
_USUAL = {"sgd": 0.01, "adagrad": 0.01}  # else 0.001, as Kingma and Ba recommend for adam
_NEARLY_USUAL = 10.0  # times; a higher rate may diverge with any weights
_FEWEST_EPOCHS = 5

HIGH = 0.3
"""A step of this size, relative to the weights, is too long if the loss says so, too. In lectures
and on MNIST, good steps are at most 0.15 with adam, and 0.1 with sgd, where 0.001 is usual."""

_ABSURD = 3.0  # ten times as long: a step changes weighted sums by more than their size
_ABSURD_ALONE = 10.0  # without a run that shows the consequences

_WORSE = 1.1  # times the loss of a guess; a converged network is not worse than a guess
_JUMPS = 0.2  # mean change from epoch to epoch, relative to the loss; good runs have 0.03
_LONG = 20  # epochs; half of them show a plateau
_SMALLEST_JUMP = 1e-3  # relative to the loss; roundings change it by 1e-7
_FEW_RISES = 0.1  # of the epochs; where steps overshoot, about half of the changes are rises
_STILL_MOVES = 0.02  # size of a step; at a minimum it is near 0
_FLAT = 0.05  # relative change from the third to the fourth quarter


def diverged(case: Case) -> Iterator[Evidence]:
    """Find a training that diverged, from its message."""
    if case.ended != "diverged" or not case.divergence:
        return
    found, _, remedy = case.divergence.partition("; try ")
    training, scale = case.config.training, case.config.data.scale.name
    advised = next((each for each in ("unit", "standard") if f"data.scale: {each}" in remedy), "")
    if remedy.startswith("data.scale") and scale == "none":
        cause = "the inputs reach the network unscaled, and large numbers overflow in its layers"
        yield Evidence(found, cause, Change("data.scale", advised))
        return
    rate = training.complete.learning_rate
    usual = _USUAL.get(training.optimizer.name, 0.001)
    excess = excess_of_outputs(case) if rate <= _NEARLY_USUAL * usual else 1.0
    if excess > MUCH:
        yield Evidence(
            f"{found}; the initial weights make the outputs {excess:.2g} times as large as weights "
            "that suit the activations do",
            "the initial weights are too large: the first gradients are, too, so that steps "
            "overshoot",
            other_weights(case, case.network.blocks),
        )
        return
    lower = round_down(min(rate / 30, usual))
    cause = (
        f"steps with the learning rate {rate:g} are too long: each overshoots the minimum, and the "
        "next gradient is larger"
    )
    yield Evidence(found, cause, Change(_RATE, lower))


def too_high(case: Case) -> Iterator[Evidence]:
    """Find long steps whose loss is worse than a guess, or jumps."""
    if not case.is_trained and not case.ended:
        yield from _absurd_in_config(case)
    if not is_judged(case):
        return
    losses = np.array(case.history["train_loss"])
    late = losses[len(losses) // 2 :]
    guess, level = _guess(case), _median(late)
    jump = float(np.abs(np.diff(late)).mean() / late.mean()) if late.mean() > 0 else 0.0
    rises = float((np.diff(late) > 0).mean())
    is_worse = guess is not None and level > _WORSE * guess and not _comes_down(case)
    is_killing = is_unsolved(case, level, 0.3) and kills_units(case)
    # Where all units saturate or die, the gradient is large only at first.
    step, number = largest_step(case, np.max if is_worse or is_killing else _median)
    if step < HIGH:
        return
    if is_worse:
        sign = f"the training loss is {level:.3g}, that of a guess {guess:.3g}"
    elif jump > _JUMPS and rises > 0.25 and is_unsolved(case, level):
        sign = f"the training loss changes by {jump:.0%} from epoch to epoch, up and down"
    elif is_killing:
        sign = f"the training loss is still {level:.3g}, and no gradient reaches layer 1 any more"
    elif _is_absurd(case, step, level):
        sign = f"the training loss is still {level:.3g}"
    elif _stays_high(case, late, level):
        sign = f"the training loss stays at {level:.3g}, and rises in {rises:.0%} of the epochs"
    else:
        return
    rate = max(case.history["learning_rate"])
    yield Evidence(
        f"{described_step(case, step, number)}; {sign}",
        f"steps with the learning rate {rate:g} overshoot the minimum",
        _lower_rate(case, rate, step),
        formula=condition_of_step(case, ">", HIGH),
    )


def _lower_rate(case: Case, rate: float, step: float) -> Change:
    """Return a rate instead of one whose steps are too long."""
    usual = _USUAL.get(case.config.training.optimizer.name, 0.001)
    return Change(_RATE, round_down(max(rate * min(0.1, 0.03 / step), min(usual, rate / 10))))


def _absurd_in_config(case: Case) -> Iterator[Evidence]:
    """Find adaptive steps that are absurd before any training.

    A normalization makes sums of any weights alike, and steps of adagrad soon are shorter.
    """
    training, blocks = case.config.training, case.network.blocks
    name, rate = training.optimizer.name, training.complete.learning_rate
    if name not in ADAPTIVE or name == "adagrad" or not training.complete.epochs:
        return
    step, number = max((rate * float(np.sqrt(each.inputs)), each.number) for each in blocks)
    if step > _ABSURD_ALONE and not any(each.between for each in blocks):
        yield Evidence(
            described_step(case, step, number),
            f"steps with the learning rate {rate:g} replace the weights, so that nothing they "
            "learn lasts",
            _lower_rate(case, rate, step),
            formula=condition_of_step(case, ">", _ABSURD_ALONE),
        )


def plateau(case: Case) -> Iterator[Evidence]:
    """Find a loss of all rows that goes up and down on a plateau with steps along the gradient.

    Without penalty and dropout, a short enough step against the gradient of the loss of all rows
    lowers it. So a rise means that the step is too long, whatever the rows are.
    """
    training = case.config.training
    penalized = training.l1 or training.complete.l2 or training.dropout or training.max_norm
    if not is_judged(case) or training.optimizer.name != "sgd" or penalized:
        return
    losses = np.array(case.history["train_loss"])
    late = losses[len(losses) // 2 :]
    changes, level = np.diff(late), _median(late)
    step, number = largest_step(case, _median)
    is_of_all = training.complete.batch_size == "full" and len(losses) >= _LONG
    rises, jump = float((changes > 0).mean()), float(np.abs(changes).mean()) / max(level, 1e-9)
    if not is_of_all or rises < 0.3 or jump < _SMALLEST_JUMP or step < _STILL_MOVES:
        return
    if _trend(late) > _FLAT or not is_unsolved(case, level):
        return
    rate = max(case.history["learning_rate"])
    yield Evidence(
        f"in the last {len(late)} epochs, the training loss stays at {level:.3g}, but rises in "
        f"{rises:.0%} of them; {described_step(case, step, number)}",
        f"steps with the learning rate {rate:g} cross the valley instead of following it",
        Change(_RATE, round_down(rate / 10)),
        formula=condition_of_step(case, ">", _STILL_MOVES),
    )


def _comes_down(case: Case) -> bool:
    """Return whether a loss falls steadily from large first weights: another finding."""
    rises = float((np.diff(case.history["train_loss"]) > 0).mean())
    return rises <= _FEW_RISES and are_large(case, case.network.blocks)


def _is_absurd(case: Case, step: float, level: float) -> bool:
    """Return whether each adaptive step replaces the weights, so that nothing they learn lasts.

    Where no gradient but that of the penalty reaches the first layer, its units are dead; see
    `kills_units`.
    """
    return (
        case.config.training.optimizer.name in ADAPTIVE
        and step > _ABSURD
        and is_unsolved(case, level, 0.3)
        and min(case.history["gradient_norm_1"][-3:]) > 2 * gradient_of_penalty(case)
    )


def _stays_high(case: Case, late: NDArray[np.float64], level: float) -> bool:
    """Return whether long steps along gradients of batches keep a loss high; see also `plateau`.

    The size of an adaptive step is only an upper limit.
    """
    training = case.config.training
    if training.optimizer.name != "sgd" or training.complete.batch_size == "full":
        return False
    rises = float((np.diff(late) > 0).mean())
    is_flat = len(late) >= _LONG // 2 and _trend(late) < _FLAT and rises > 0.3
    return is_flat and is_unsolved(case, level)


def _trend(late: NDArray[np.float64]) -> float:
    """Return the relative change of a loss from the first to the second half of some epochs."""
    first, second = late[: len(late) // 2].mean(), late[len(late) // 2 :].mean()
    return float(abs(first - second) / max(_median(late), 1e-9))


def is_judged(case: Case, fewest: int = _FEWEST_EPOCHS) -> bool:
    """Return whether the size of steps is known and means anything: not for a perceptron's loss."""
    training = case.config.training
    return (
        case.is_trained
        and len(case.history.get("epoch", [])) >= fewest
        and training.optimizer.name in ("sgd", *ADAPTIVE)
        and training.loss is not None
        and training.loss.name != "perceptron"
    )


def largest_step(
    case: Case, over: Callable[..., Any], *, clipped: bool = True
) -> tuple[float, int]:
    """Return the largest relative step of a layer, and the layer; `over` sums up the epochs.

    An adaptive step changes each weight by about the rate, so that it changes a weighted sum of
    inputs of size 1 by up to rate·√inputs times its usual size. Another step is relative to √units,
    the usual norm of the weights of a layer at the start.
    """
    rates, blocks = np.array(case.history["learning_rate"]), case.network.blocks
    kept = _kept_by_clipping(case) if clipped else 1.0
    steps = []
    for block in blocks:
        if case.config.training.optimizer.name in ADAPTIVE:
            step = over(rates * _kept_by_adagrad(case)) * np.sqrt(block.inputs)
        else:
            momentum = case.config.training.optimizer.parameters.get("momentum", 0.0)
            norms = np.array(case.history[f"gradient_norm_{block.number}"]) * kept
            step = over(rates * norms) / (1 - momentum) / np.sqrt(block.outputs)
        steps.append((float(step), block.number))
    return max(steps)


def steps_per_epoch(case: Case) -> int:
    """Return the number of steps of an epoch; 1 if the number of rows is not known."""
    batch, train = case.config.training.complete.batch_size, case.splits.get("train")
    return 1 if batch == "full" or train is None else -(-train.rows // batch)


def _kept_by_adagrad(case: Case) -> NDArray[np.float64] | float:
    """Return the factor by which adagrad shortens the steps of each epoch, an upper limit.

    It divides by the root of the sum of all squared gradients: that of step t is about √t.
    """
    if case.config.training.optimizer.name != "adagrad":
        return 1.0
    before = np.arange(len(case.history["epoch"])) * steps_per_epoch(case)
    return np.asarray(1 / np.sqrt(before + 1), np.float64)


def _kept_by_clipping(case: Case) -> NDArray[np.float64] | float:
    """Return the factor by which clipping shortens the steps of each epoch, or an upper limit."""
    training = case.config.training
    limits = [] if training.clip_norm is None else [training.clip_norm]
    if training.clip_value is not None:  # all entries may have this size
        limits.append(training.clip_value * float(np.sqrt(len(case.network.parameters))))
    if not limits:
        return 1.0
    squares = [
        np.square(case.history[f"gradient_norm_{block.number}"]) for block in case.network.blocks
    ]
    norms = np.sqrt(np.array(squares, np.float64).sum(axis=0))
    return np.asarray(min(limits) / np.maximum(norms, min(limits)), np.float64)


def _median(values: Array) -> float:
    """Return the median. NumPy's would import numpy.ma, which takes longer than all quick rules."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def described_step(case: Case, step: float, number: int) -> str:
    """Return the sentence that says how long a step of a layer is."""
    if case.config.training.optimizer.name in ADAPTIVE:
        return (
            f"a step changes each weight of layer {number} by up to {step:.2g} times its usual size"
        )
    return f"a step changes the weights of layer {number} by {step:.2g} times their usual size"


def condition_of_step(case: Case, sign: str, limit: float) -> Condition:
    """Return the condition that `largest_step` fulfills."""
    if case.config.training.optimizer.name in ADAPTIVE:
        return Condition(
            f"η·√inputs {sign} {limit:.3g}",
            rf"\eta \sqrt{{\mathrm{{inputs}}}} {sign} {limit:.3g}",
            "η: learning rate; inputs: number of inputs of the layer",
        )
    return Condition(
        f"η·‖∂L/∂W‖ / √units {sign} {limit:.3g}",
        r"\eta \lVert \partial L / \partial W \rVert / \sqrt{\mathrm{units}} "
        rf"{sign} {limit:.3g}",
        "η: learning rate; L: loss; W: weights and biases of the layer; ‖·‖: norm; units: number "
        "of its units",
    )


def _guess(case: Case) -> float | None:
    """Return the cross-entropy of outputs for sums of 0; None for another loss."""
    outputs, loss = case.network.output.outputs, case.config.training.loss
    if loss is None or loss.name not in ("cross_entropy", "sigmoid_cross_entropy"):
        return None
    return log(outputs) if loss.name == "cross_entropy" else outputs * log(2)


def is_unsolved(case: Case, level: float, share: float = 0.5) -> bool:
    """Return whether a loss is far from 0: above a share of that of a guess, or R² below 0.8."""
    guess = _guess(case)
    if guess:
        return level > share * guess
    split = case.splits.get("train")
    return split is not None and split.metrics.get("r2", 1.0) < 0.8


def round_down(rate: float) -> float:
    """Return the next smaller number of the form 1e-3 or 3e-3."""
    size = floor(log10(rate))
    digit = 3 if rate >= 3 * 10.0**size * (1 - 1e-9) else 1
    return float(f"{digit}e{size}")
