"""The rule about steps that are too short: by the rate, its schedule, or clipping."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from nncli.base.words import count
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.explain.diagnosis.measured import drops_units
from nncli.explain.diagnosis.rules.progress import (
    NEXT_GAIN,
    NO_WAY,
    NOT_DONE,
    SHORT_WAY,
    curvature,
    falls_along_a_line,
    next_gain,
    steps_of,
    way_of,
)
from nncli.explain.diagnosis.rules.rates import (
    ADAPTIVE,
    HIGH,
    condition_of_step,
    described_step,
    is_judged,
    is_unsolved,
    largest_step,
    round_down,
)

LOW = 0.005
"""A step of this size is short; in the lectures that learn, it is 0.01 or more."""

_GOOD, _LONG = 0.03, 0.1  # sizes of steps, see `HIGH`
_FEWER = 5.0  # times a rate that is low; less is no clear fault
_FEWEST_ROWS = 20  # a lecture shows a step or two, with a few rows
_ENDLESS = 10.0  # times as long as training
_CLIPPED = 0.1  # of the length of the steps is left
_NEXT_TO_NOTHING, _MOST_EPOCHS = 0.01, 0.5  # of the rate; of the epochs that have less of it
_RISE = 0.02  # of the best validation loss; more may be overfitting


def too_low(case: Case) -> Iterator[Evidence]:
    """Find steps that are so short that the network has hardly learned, and why they are short."""
    if not case.is_trained and not case.ended:
        yield from _endless_warmup(case)
    if not is_judged(case, fewest=1) or not is_unsolved(case, _loss_at_the_end(case)):
        return
    rules = (_clipped, _fallen, _along_a_line, _short_way)
    yield from islice((found for rule in rules for found in rule(case)), 1)


def _endless_warmup(case: Case) -> Iterator[Evidence]:
    """Find a warmup that is so much longer than training that the rate stays low."""
    epochs, schedule = case.config.training.complete.epochs, case.config.training.complete.schedule
    warmup = float(schedule.parameters.get("warmup", 0.0))
    if epochs and warmup >= _ENDLESS * epochs:
        yield Evidence(
            f"the warmup of training.schedule takes {warmup:g} epochs, and training "
            f"{count(epochs, 'epoch')}: the learning rate reaches at most {epochs / warmup:.2g} "
            f"times {case.config.training.complete.learning_rate:g}",
            "training.schedule keeps the steps short: its warmup is longer than training",
            Change("training.schedule", "constant"),
        )


def _loss_at_the_end(case: Case) -> float:
    """Return the training loss after the last step, if it is known; else that of the last epoch."""
    train = case.splits.get("train")
    last = float(case.history["train_loss"][-1])
    return last if train is None else min(last, train.metrics.get("loss", last))


def _clipped(case: Case) -> Iterator[Evidence]:
    """Find clipping that leaves next to nothing of each step."""
    step, number = largest_step(case, np.max)
    full, _ = largest_step(case, np.max, clipped=False)
    if not step < _CLIPPED * full or not _has_come_short(case):
        return
    training = case.config.training
    key = "clip_value" if training.clip_norm is None else "clip_norm"
    limit = getattr(training, key)
    higher = round_down(limit * _GOOD / step) if full > _LONG else None
    yield Evidence(
        f"with training.{key}={limit:g}, {described_step(case, step, number)}, without it by "
        f"{full:.2g}",
        f"training.{key} clips the gradient to next to nothing",
        Change(f"training.{key}", higher),
        formula=condition_of_step(case, "<", _CLIPPED * full),
    )


def _fallen(case: Case) -> Iterator[Evidence]:
    """Find a schedule that keeps the rate near 0 for most epochs, and a loss that can fall."""
    training, rates = case.config.training, np.array(case.history["learning_rate"])
    rate = training.complete.learning_rate
    few = int((rates < _NEXT_TO_NOTHING * rate).sum())
    if few < _MOST_EPOCHS * len(rates):
        return
    losses = case.history.get("validation_loss", [])
    overfits = bool(losses) and losses[-1] > (1 + _RISE) * min(losses)
    if overfits or drops_units(case) or not (gain := next_gain(case)) > NOT_DONE:
        return
    full = largest_step(case, np.max)[0] * rate / rates.max()
    schedule = training.complete.schedule
    warms_up = schedule.parameters.get("warmup", 0.0) > len(rates)
    fault = "its warmup is longer than training" if warms_up else f"{schedule.name} falls too fast"
    yield Evidence(
        f"in {few} of {count(len(rates), 'epoch')}, the learning rate is less than 1% of {rate:g}; "
        f"a step of a good length would lower the loss by {gain:.1%} or more",
        f"training.schedule keeps the steps short before the network has learned: {fault}",
        Change("training.schedule", "constant") if full < HIGH else None,
        "use training.schedule=constant and a lower training.learning_rate",
        NEXT_GAIN,
    )


def _along_a_line(case: Case) -> Iterator[Evidence]:
    """Find short steps with which the loss falls steadily, along a straight line."""
    if not is_judged(case):
        return
    step, number = largest_step(case, np.max, clipped=False)  # a rate is no remedy for clipping
    losses = case.history["train_loss"]
    if step > LOW or not falls_along_a_line(case):
        return
    if not _has_come_short(case) and not next_gain(case) > NOT_DONE:
        return
    yield from _with_higher_rate(
        case,
        f"{described_step(case, step, number)}; the training loss falls steadily, from "
        f"{losses[0]:.4g} to {losses[-1]:.4g} in {len(losses)} epochs",
    )


def _short_way(case: Case) -> Iterator[Evidence]:
    """Find steps that are short, also all together."""
    step, _ = largest_step(case, np.max, clipped=False)
    if step > LOW or not _has_come_short(case):
        return
    way, number = way_of(case)
    steps = count(steps_of(case), "step")
    yield from _with_higher_rate(
        case,
        f"{steps} change the weights of layer {number} by at most {way:.2g} times their usual "
        "size, all together",
    )


def _has_come_short(case: Case) -> bool:
    """Return whether the weights are where they were, or near it and could be better."""
    train = case.splits.get("train")
    if train is None or train.rows < _FEWEST_ROWS:
        return False
    way, _ = way_of(case)
    return way < NO_WAY or (way < SHORT_WAY and next_gain(case) > NOT_DONE)


def _with_higher_rate(case: Case, evidence: str) -> Iterator[Evidence]:
    """Yield the evidence with a rate that suits the network, if that is clearly higher."""
    rate, full = max(case.history["learning_rate"]), case.config.training.complete.learning_rate
    if (higher := higher_rate(case)) is None:
        return
    change = Change("training.learning_rate", higher)
    cause = f"steps with the learning rate {rate:g} are short: the weights hardly move"
    if full > _FEWER * rate:  # a warmup that is longer than training
        change = Change("training.schedule", "constant")
        cause += f"; training.schedule does not let the rate come near {full:g}"
    yield Evidence(evidence, cause, change, formula=condition_of_step(case, "≤", LOW))


def higher_rate(case: Case) -> float | None:
    """Return a rate that suits the network; None if it is not clearly higher."""
    if case.config.training.optimizer.name in ADAPTIVE:
        longest = _GOOD / np.sqrt(max(block.inputs for block in case.network.blocks))
    else:
        momentum = case.config.training.optimizer.parameters.get("momentum", 0.0)
        longest = (1 - momentum) / max(curvature(case), 1e-9)
    higher = round_down(float(longest))
    return higher if higher >= _FEWER * max(case.history["learning_rate"]) else None
