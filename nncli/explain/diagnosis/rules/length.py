"""Rules about the length of training: too few epochs, or stopped too early."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from nncli.base.words import count
from nncli.config.training_section import EarlyStopping
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.measured import drops_units
from nncli.explain.diagnosis.rules.progress import (
    NO_WAY,
    SHORT_WAY,
    condition_of_way,
    falls_along_a_line,
    steps_of,
    way_of,
)
from nncli.explain.diagnosis.rules.rates import is_judged, is_unsolved
from nncli.metrics.names import rises, split_and_metric
from nncli.runs.saved_metrics import SavedSplit
from nncli.training.outcome import EARLY, FINISHED

_FEWEST_EPOCHS = 8  # two in each quarter
_CLEAR_FALL = (
    0.15  # from one quarter to the next; the lectures that are long enough have 0.1 or less
)
_FEW_RISES = 0.3  # of the last epochs; half of them rise by chance on a plateau
_MORE = 5  # times as many epochs
_MORE_OF_FEW = 10

# With fewer epochs, there are no quarters. The first two have half of training each, so the same
# fall is asked of them; of later ones half of it, as a quarter of 8 epochs is two.
_FIRST_EPOCHS, _FALL_OF_EPOCH = 2, _CLEAR_FALL / 2
_FEWEST_STEPS, _FEWEST_ROWS = 3, 20  # a lecture shows a step or two, with a few rows
_SOLVED = 0.25  # of the loss of a guess

_MOST_PATIENCE = 10  # half of the default; with more, noise rarely hides a clear fall
_PATIENCE = 20
_RISE = 0.02  # of the best value; more may be overfitting
_LEARNED = 0.01  # of the loss of a guess: nothing is left to learn

# On the way to a minimum, the gain of an epoch goes to 0. If the smallest of three is still 5 %, an
# epoch or two without a gain are chance, as long as they do not undo the last two gains.
_SHORT_PATIENCE, _STEADY, _STEADY_GAIN = 2, 3, 0.05

_KEY = "training.early_stopping"

_FALL = Condition(
    "(L₃ - L₄) / L₃ > 0.15",
    r"(L_3 - L_4) / L_3 > 0.15",
    "L₃, L₄: mean loss of the third and of the last quarter of the epochs",
)


def too_few_epochs(case: Case) -> Iterator[Evidence]:
    """Find a loss that still falls clearly at the end of training.

    A user who interrupts training knows that it was short.
    """
    name = "validation_loss" if "validation_loss" in case.history else "train_loss"
    losses = np.array(case.history.get(name, []))
    if case.ended != FINISHED or not len(losses) or not np.isfinite(losses).all():
        return
    is_short = len(losses) < _FEWEST_EPOCHS
    if not is_unsolved(case, float(losses[-1]), _SOLVED):
        return
    found = _fall_in_few_epochs(case) if is_short else _fall_in_quarters(losses, name)
    formula = None if is_short else _FALL
    if few := _fall_in_few_steps(case):
        found = few
        formula = condition_of_way(case)
    if found:
        yield Evidence(
            found,
            "training ends before the loss has reached its minimum",
            longer(case, _MORE_OF_FEW if is_short or few else _MORE),
            formula=formula,
        )


def longer(case: Case, times: int) -> Change:
    """Return the setting that makes training several times as long."""
    training = case.config.training
    key = "training.steps" if training.steps else "training.epochs"
    return Change(key, (training.steps or training.complete.epochs) * times)


def _fall_in_few_steps(case: Case) -> str:
    """Return how short the way of all steps is if the loss falls along a line; else empty."""
    losses, train = case.history["train_loss"], case.splits.get("train")
    if not is_judged(case) or train is None or train.rows < _FEWEST_ROWS:
        return ""
    way, number = way_of(case)
    if not NO_WAY < way < SHORT_WAY:  # a shorter one is due to the steps, not to their number
        return ""
    if not is_unsolved(case, losses[-1]) or not falls_along_a_line(case):
        return ""
    return (
        f"the training loss falls steadily, from {losses[0]:.4g} to {losses[-1]:.4g}, in "
        f"{count(steps_of(case), 'step')}, which change the weights of layer {number} by at most "
        f"{way:.2g} times their usual size, all together"
    )


def _fall_in_quarters(losses: NDArray[np.float64], name: str) -> str:
    """Return how much the loss falls from one quarter to the last one; empty if it hardly does."""
    epochs = len(losses)
    quarter = epochs // 4
    second, third, fourth = (
        float(losses[epochs - n * quarter : epochs - (n - 1) * quarter].mean()) for n in (3, 2, 1)
    )
    rises_late = float((np.diff(losses[epochs // 2 :]) > 0).mean())
    if not (third < second and fourth < (1 - _CLEAR_FALL) * third and rises_late < _FEW_RISES):
        return ""
    return (
        f"in the last quarter of {epochs} epochs, the {name.replace('_', ' ')} is {fourth:.3g} on "
        f"average, in the quarter before {third:.3g}: it falls by {1 - fourth / third:.0%}"
    )


def _fall_in_few_epochs(case: Case) -> str:
    """Return how much the training loss falls at the end of a few epochs; empty if hardly.

    With a single epoch, its mean loss is that of its middle, and is compared with the end.
    """
    losses, validation = case.history["train_loss"], case.history.get("validation_loss", [])
    train, steps = case.splits.get("train"), steps_of(case)
    if train is None or train.rows < _FEWEST_ROWS:
        return ""
    is_steady = all(np.diff(losses) < 0) and all(np.diff(validation) < 0)
    at_the_end = train.metrics.get("loss", losses[-1])
    if steps < _FEWEST_STEPS or not is_steady or not is_unsolved(case, at_the_end, _SOLVED):
        return ""
    if len(losses) == 1:
        if _has_another_mode(case):
            return ""
        before, after = losses[0], at_the_end
        where = f"on average in the only epoch, and {after:.3g} at its end"
    else:
        before, after = losses[-2:]
        where = f"in epoch {len(losses) - 1}, and {after:.3g} in epoch {len(losses)}, the last one"
    is_early = len(losses) <= _FIRST_EPOCHS and not _is_worse_than_a_guess(train, at_the_end, case)
    fall = 1 - after / before if before > 0 else 0.0
    if fall <= (_CLEAR_FALL if is_early else _FALL_OF_EPOCH):
        return ""
    return f"the training loss is {before:.3g} {where}: it falls by {fall:.0%}"


def _is_worse_than_a_guess(train: SavedSplit, loss: float, case: Case) -> bool:
    """Return whether a network is worse than a constant, as none is that has learned enough."""
    r2 = train.metrics.get("r2")
    return is_unsolved(case, loss, 1.0) if r2 is None else r2 < 0


def _has_another_mode(case: Case) -> bool:
    """Return whether a network gives another loss in training than afterwards."""
    return drops_units(case) or any(block.between for block in case.network.blocks)


def stopped_too_early(case: Case) -> Iterator[Evidence]:
    """Find early stopping while the network still learned."""
    stopping = case.config.training.complete.early_stopping if case.ended == EARLY else None
    if not stopping or stopping.monitor not in case.history:
        return
    values = np.array(case.history[stopping.monitor])
    if rises(split_and_metric(stopping.monitor)[1]):
        values = 1 - values  # of no metric is the best value above 1
    since = min(stopping.patience, len(values) - 1)
    losses = np.array(case.history["train_loss"])
    if since < 1 or not is_unsolved(case, float(losses[-1]), _LEARNED):
        return
    rules = (_min_change_too_large, _patience_for_a_plateau, _patience_for_a_fall)
    found = (each for rule in rules for each in rule(case, stopping, values, since))
    yield from islice(found, 1)


def _min_change_too_large(
    case: Case, stopping: EarlyStopping, values: NDArray[np.float64], since: int
) -> Iterator[Evidence]:
    """Find a value that improves clearly in the last epochs, but little in each of them."""
    before, losses = float(values[-1 - since]), case.history["train_loss"]
    clear = _RISE if is_unsolved(case, losses[-1]) else _CLEAR_FALL
    gain = before - float(values[-1])
    if stopping.min_change > 0 and gain > clear * before:
        yield Evidence(
            f"the {_name(stopping)} improved by {gain:.3g} in the last {since} epochs, but by less "
            f"than min_change, {stopping.min_change:g}, at a time",
            "min_change is larger than what a good epoch gains",
            Change(f"{_KEY}.min_change", 0.0),
        )


def _patience_for_a_plateau(
    case: Case, stopping: EarlyStopping, values: NDArray[np.float64], since: int
) -> Iterator[Evidence]:
    """Find a training loss that falls while the value stays near its best."""
    best, losses = float(values.min()), case.history["train_loss"]
    size = abs(float(case.history[stopping.monitor][int(values.argmin())]))
    is_worse = float(values[-since:].mean()) - best > _RISE * max(size, 1e-12)
    if stopping.patience > _MOST_PATIENCE or is_worse or not losses[-1] < losses[-1 - since]:
        return
    if is_unsolved(case, losses[-1]):
        yield Evidence(
            f"training stopped after {len(values)} epochs, {stopping.patience} without a better "
            f"{_name(stopping)}; meanwhile the training loss fell from {losses[-1 - since]:.4g} to "
            f"{losses[-1]:.4g}, and the {_name(stopping)} is within {_RISE:.0%} of its best",
            f"the {_name(stopping)} varies from epoch to epoch, and the patience is too short for "
            "that",
            _more_patience(stopping),
        )


def _patience_for_a_fall(
    case: Case, stopping: EarlyStopping, values: NDArray[np.float64], since: int
) -> Iterator[Evidence]:
    """Find a value that improves by far in each epoch, until one or two are a bit worse."""
    best, losses = int(values.argmin()), case.history["train_loss"]
    if stopping.patience > _SHORT_PATIENCE or best < _STEADY:
        return
    gain = float(-np.diff(values[best - _STEADY : best + 1]).max())
    is_better = values[-1] < values[best - 2] and losses[-1] < losses[-1 - since]
    if gain < _STEADY_GAIN * values[best] or not is_better:
        return
    what = _name(stopping)
    yield Evidence(
        f"until its best epoch, {best + 1}, the {what} improved by {gain:.3g} or more in each of "
        f"{_STEADY} epochs; training stopped after epoch {len(values)}, where it is "
        f"{abs(float(values[-1] - values[best])):.3g} worse",
        f"the {what} varies from epoch to epoch, and the patience is too short for that",
        _more_patience(stopping),
    )


def _name(stopping: EarlyStopping) -> str:
    return stopping.monitor.replace("_", " ")


def _more_patience(stopping: EarlyStopping) -> Change:
    return Change(f"{_KEY}.patience", max(_PATIENCE, 10 * stopping.patience))
