"""Why a network is worse than a linear model."""

from collections.abc import Iterator

import numpy as np

from nncli.base.words import count
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change
from nncli.explain.diagnosis.rules.inputs import better_scale
from nncli.explain.diagnosis.rules.length import longer
from nncli.explain.diagnosis.rules.nothing_learned import Cause, still_falling
from nncli.explain.diagnosis.rules.progress import NOT_DONE, next_gain
from nncli.explain.diagnosis.rules.rates import HIGH, is_judged, largest_step
from nncli.explain.diagnosis.rules.seen import seen
from nncli.explain.diagnosis.rules.short_steps import LOW, higher_rate
from nncli.explain.diagnosis.rules.start import LARGE_INPUT
from nncli.explain.diagnosis.rules.weights import MUCH, excess_of_outputs, other_weights
from nncli.nn.schedules import SCHEDULES

_STRONG_L2, _STRONG_DROPOUT = 40.0, 0.5  # ten times the default of 4 / rows; half the units
_SHORT = 0.5  # the norm of the weights of a new unit is 1 or more
_APART = 30.0  # times the root mean square of another column: curvatures differ by a thousand
_UNITS = 32
_LONGER, _MUCH_LONGER = 5, 10  # times
_FALLEN = 0.1  # of the highest rate; a tenth of the steps' length is left
_FEWEST_EPOCHS = 8  # the last quarter, which `still_falling` looks at, are two epochs
_STILL_FALLING = 0.01  # of the loss, in an epoch


def cause_of(case: Case) -> Cause:
    """Return why a network has not learned what a linear model can tell from its training rows.

    The cause with the surest evidence comes first.
    """
    causes = (
        _held_back,
        _unscaled,
        _large_start,
        _short_steps,
        still_falling,
        _fallen_rate,
        _not_done,
        _few_epochs,
        _narrow,
    )
    return next((found for cause in causes for found in cause(case)), _otherwise(case))


def _held_back(case: Case) -> Iterator[Cause]:
    """Find settings that limit what the weights can say."""
    training, rows = case.config.training, len(case.dataset.splits["train"])
    if (training.l2 or 0) > _STRONG_L2 / rows:
        yield Cause(f"training.l2={training.l2:g} holds the weights back", Change("training.l2", 0))
    if np.max(training.dropout) >= _STRONG_DROPOUT:
        yield Cause("dropout leaves too few units to learn with", Change("training.dropout", 0))
    if training.max_norm is not None and training.max_norm < _SHORT:
        yield Cause(
            f"training.max_norm={training.max_norm:g} keeps the weights of each unit shorter than "
            "those of a new one, whose norm is about 1",
            Change("training.max_norm", None),
        )


def _unscaled(case: Case) -> Iterator[Cause]:
    """Find inputs of other sizes than a network expects, also under a normalization."""
    found = seen(case) if case.config.data.scale.name in ("none", "unit") else None
    if found is None or case.dataset.images is not None:
        return
    least, most = float(found.sizes.min()), float(found.sizes.max())
    if found.size > LARGE_INPUT or 0 < _APART * least < most:
        yield Cause(
            f"data.scale: {case.config.data.scale.name} leaves columns with root mean squares of "
            f"{least:.3g} to {most:.3g}, for which no learning rate is right",
            Change("data.scale", better_scale(case)),
        )


def _large_start(case: Case) -> Iterator[Cause]:
    """Find initial weights that are far too large."""
    excess = excess_of_outputs(case)
    if excess > MUCH:
        yield Cause(
            f"the initial weights make the weighted sums of the outputs {excess:.2g} times as "
            "large as weights that suit the activations do",
            other_weights(case, case.network.blocks),
        )


def _short_steps(case: Case) -> Iterator[Cause]:
    """Find short steps of a training that ends after a few epochs."""
    is_short = is_judged(case, fewest=1) and largest_step(case, np.max)[0] <= LOW
    if is_short and _has_hardly_begun(case) and (higher := higher_rate(case)) is not None:
        rate = max(case.history["learning_rate"])
        yield Cause(
            f"{_ending(case)}: steps with the learning rate {rate:g} are short",
            Change("training.learning_rate", higher),
        )


def _few_epochs(case: Case) -> Iterator[Cause]:
    """Find a training that ends after a few epochs."""
    if _has_hardly_begun(case):
        yield Cause(_ending(case), longer(case, _MUCH_LONGER))


def _has_hardly_begun(case: Case) -> bool:
    """Return whether there are only a few epochs, in all of which the loss falls clearly."""
    losses = np.array(case.history["train_loss"])
    is_falling = all(np.diff(losses) < -_STILL_FALLING * losses[1:])
    return len(losses) < _FEWEST_EPOCHS and is_falling


def _ending(case: Case) -> str:
    epochs = count(len(case.history["epoch"]), "epoch")
    return f"training ends after {epochs}, before the network has learned"


def _fallen_rate(case: Case) -> Iterator[Cause]:
    """Find a schedule that lets the rate fall before training is done, however long it is."""
    rates, chosen = case.history["learning_rate"], case.config.training.complete.schedule
    if rates[-1] > _FALLEN * max(rates) or SCHEDULES[chosen.name].depends_on_epochs:
        return
    is_safe = is_judged(case) and largest_step(case, np.max)[0] < HIGH
    if is_safe and (gain := next_gain(case)) > NOT_DONE:
        yield Cause(
            f"training.schedule={chosen.name} has lowered the rate from {max(rates):g} to "
            f"{rates[-1]:.2g} before training has reached the best weights: a step of a good "
            f"length would lower the loss by {gain:.1%} or more",
            Change("training.schedule", "constant"),
        )


def _not_done(case: Case) -> Iterator[Cause]:
    """Find weights that a step still improves clearly."""
    if (gain := next_gain(case)) > NOT_DONE:
        yield Cause(
            "training has not reached the best weights: a step of a good length would lower the "
            f"loss by {gain:.1%} or more",
            longer(case, _LONGER),
        )


def _narrow(case: Case) -> Iterator[Cause]:
    """Find a hidden layer with fewer units than there are inputs, if it is small."""
    hidden = case.config.model.hidden_layers
    if hidden and min(hidden) < min(len(case.dataset.inputs), _UNITS):
        wider = [max(units, _UNITS) for units in hidden]
        yield Cause(
            f"a hidden layer of {count(min(hidden), 'unit')} passes on less than the inputs say",
            Change("model.hidden_layers", wider),
        )


def _otherwise(case: Case) -> Cause:
    if case.config.model.hidden_layers:
        return Cause(
            "the network has not learned what a linear model can tell from its training rows: "
            "hidden layers are harder to train",
            Change("model.hidden_layers", []),
        )
    return Cause("training has not reached the best weights", remedy="use more training.epochs")
