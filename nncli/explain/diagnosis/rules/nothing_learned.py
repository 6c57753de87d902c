"""Why a network learned nothing, as far as its config, weights and history show."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change
from nncli.explain.diagnosis.rules.gain import compared
from nncli.explain.diagnosis.rules.progress import steps_of
from nncli.explain.diagnosis.rules.weights import gain_of, initial_gain, other_weights
from nncli.nn.network import Block

# Initializers give the sums of a unit a variance of about 1, so that a layer has a root mean square
# of sqrt(inputs) * weight near 1. A layer below a twentieth of it passes on next to nothing.
# The same holds for a layer that starts so, or with more than ten times the usual size: it is then
# not a penalty that made it small.
_SHRUNK = 0.05
_SMALLER, _LARGE_START = 0.5, 10.0
_SHORT = 0.2  # of the weights of a unit: two layers then pass on a twentieth, too

# Along a weight of an input with variance 1, the cross-entropy has a curvature of at most 1/4. An
# l2 above that, or such a slope of l1, outweighs what most data say, even if training was too
# short to shrink the weights.
_STRONG = 0.25
_STRONG_OF_ROWS = 40.0  # over rows: ten times the default for tables, which holds no signal back
# Steps of Adam are at most as long as the rate, so the decay keeps each weight below 1 / decay.
_STRONG_DECAY = 1.0
_USUAL_DECAY = 0.01
_DECAYED = 3.0  # rate * decay * steps: the decay alone leaves exp(-3), a twentieth

# In the broken runs, the gradient of the first of four or more layers is 1e-3 of that of the last
# or less; networks that learn have 0.1 and more.
_VANISHED, _DEEP = 1e-2, 3

# Of the loss, in the last quarter of the epochs: far above rounding. It must fall in nearly every
# epoch, too: a loss that goes up and down, as that of a perceptron, says nothing about the rate.
_STILL_FALLING, _NEARLY_EVERY = 0.01, 0.9
_FEWEST_EPOCHS = 8  # a quarter are two epochs
_NEAR = 0.1  # of the loss of the constant
_UNMOVED = 0.01  # of the loss at the start
_LOW = 0.1  # of a usual rate: less moves usual weights too slowly, too
_SGD_RATE, _RATE = 0.1, 0.01  # usual rates for scaled inputs, without and with adapted steps
_RANKS = 0.1  # of the gain in ROC AUC: the weighted sum tells some rows apart
_UNITS = 16


@dataclass(frozen=True)
class Cause:
    """Why nothing was learned: the words of an `Evidence`."""

    words: str
    change: Change | None = None
    remedy: str = ""


def cause_of(case: Case) -> Cause:
    """Return the most likely cause, the one with the surest evidence first."""
    late = [still_falling, _no_hidden_layer]
    if _is_near_constant(case):  # what still falls is only the distance from the constant
        late.reverse()
    causes = (_no_difference, held_back, _far_start, _vanishing, _hardly_moved)
    found = (each for cause in (*causes, *late) for each in cause(case))
    return next(found, _UNKNOWN)


def held_back(case: Case) -> Iterator[Cause]:
    """Yield the settings that keep weights near 0, and so leave little to learn with."""
    for cause in (_short_weights, _decay, _penalty):
        yield from cause(case)


def _is_near_constant(case: Case) -> bool:
    """Return whether the network is hardly worse than a constant on its training rows."""
    gains = _gains(case, "R²", "log loss")
    return bool(gains) and min(gains) > -_NEAR


def _gains(case: Case, *names: str) -> list[float]:
    """Return the gains of some metrics on the training rows, as far as they are known."""
    train = case.splits.get("train")
    found = compared(train) if train else {}
    return [found[name].gain for name in names if name in found]


def _no_difference(case: Case) -> Iterator[Cause]:
    """Find a layer norm of a single unit, from which it subtracts its own sum as the mean."""
    for block in case.network.blocks[:-1]:
        if block.outputs == 1 and any(layer.kind == "layer_norm" for layer in block.between):
            yield Cause(
                f"layer {block.number} has one unit, and layer_norm subtracts the mean of the "
                "units of a layer: nothing is left that depends on the inputs",
                Change("model.normalization", "none"),
            )


def _short_weights(case: Case) -> Iterator[Cause]:
    """Find a limit that keeps the weights of each unit so short that its sums are near 0."""
    limit = case.config.training.max_norm
    if limit is not None and limit < _SHORT:
        yield Cause(
            f"training.max_norm={limit:g} keeps the weights of each unit far shorter than those of "
            "a new layer, whose norm is about 1, so the sums stay near 0",
            Change("training.max_norm", None),
        )


def _decay(case: Case) -> Iterator[Cause]:
    """Find a decay that keeps the weights of a layer so small that its sums are near 0."""
    training = case.config.training
    decay = float(training.optimizer.parameters.get("weight_decay", 0.0))
    rates, (size, block) = case.history.get("learning_rate"), _smallest(case)
    way = fmean(rates) * steps_of(case) if rates else 0.0
    if decay >= _STRONG_DECAY and decay * way >= _DECAYED and size < _SHORT:
        yield Cause(
            f"weight_decay={decay:g} of the optimizer pulls the weights to 0 more strongly than "
            f"its steps pull them away: {_size_in_words(size, block)}",
            Change("training.optimizer.weight_decay", _USUAL_DECAY),
        )


def _penalty(case: Case) -> Iterator[Cause]:
    """Find a penalty that has shrunk the weights of a layer to almost 0."""
    training, train = case.config.training, case.splits.get("train")
    factors = {"l2": training.l2 or 0.0, "l1": training.l1}
    name = max(factors, key=lambda each: factors[each])
    rows = train.rows if train else 0
    least = 0.0 if name == "l1" else min(_STRONG, _STRONG_OF_ROWS / max(rows, 1))
    size, block = _smallest(case)
    shrinks = factors[name] > least and size < _SHRUNK
    if factors[name] >= _STRONG or (shrinks and size < _SMALLER * initial_gain(case, block)):
        yield Cause(
            f"training.{name}={factors[name]:g} pulls the weights to 0 more strongly than the loss "
            f"pulls them away: {_size_in_words(size, block)}",
            Change(f"training.{name}", 0),
        )


def _smallest(case: Case) -> tuple[float, Block]:
    """Return the gain of the layer with the smallest weights, and the layer."""
    gains = [(gain_of(case.network.arrays[block.weights]), block) for block in case.network.blocks]
    return min(gains, key=lambda each: each[0])


def _size_in_words(size: float, block: Block) -> str:
    return (
        f"in layer {block.number}, their root mean square times sqrt(inputs) is {size:.2g}; "
        "in a new layer, it is about 1"
    )


def _far_start(case: Case) -> Iterator[Cause]:
    """Find a hidden layer whose initial weights are far smaller or larger than usual."""
    for block in case.network.blocks[:-1]:
        if block.between:  # a normalization makes up for it
            continue
        start, end = initial_gain(case, block), gain_of(case.network.arrays[block.weights])
        is_small = 0 < start < _SHRUNK and end < _SHRUNK
        if is_small or start > _LARGE_START:
            words = (
                f"the initial weights of layer {block.number} are too "
                f"{'small' if is_small else 'large'}: their root mean square times sqrt(inputs) "
                f"is {start:.2g}, and {end:.2g} after training; usual is about 1"
            )
            yield Cause(words, *_usual_start(case, is_small=is_small))


def _usual_start(case: Case, *, is_small: bool) -> tuple[Change | None, str]:
    """Return the setting that draws usual weights, or words if these need a higher rate, too."""
    change = other_weights(case, case.network.blocks[:-1])
    usual = _usual_rate(case)
    if change and is_small and case.config.training.complete.learning_rate < _LOW * usual:
        return None, f"set {change} and training.learning_rate={usual:g}"
    return change, "draw the weights with model.initializer=he_normal"


def _vanishing(case: Case) -> Iterator[Cause]:
    """Find a gradient that gets lost on its way back through saturating activations."""
    hidden = case.network.blocks[:-1]
    last = len(hidden) + 1
    norms = [case.history.get(f"gradient_norm_{number}") for number in (1, last)]
    if len(hidden) < _DEEP or not norms[0] or not norms[1]:
        return
    saturates = all(block.activation.saturates and not block.between for block in hidden)
    if saturates and norms[0][-1] < _VANISHED * norms[1][-1]:
        yield Cause(
            f"the gradient of layer 1 has the norm {norms[0][-1]:.2g}, that of layer {last} "
            f"{norms[1][-1]:.2g}: the activation {hidden[0].activation.kind} makes it smaller in "
            "every layer",
            Change("model.activation", "relu"),
        )


def _hardly_moved(case: Case) -> Iterator[Cause]:
    """Find a loss far above that of a constant which stays as it is, although a bias lowers it."""
    losses, training = case.history.get("train_loss", []), case.config.training
    if case.task == "regression" and case.network.output.kind != "identity":
        return  # its targets may be out of reach
    is_worse = max(_gains(case, "R²", "log loss"), default=0.0) < -_NEAR
    if not is_worse or not losses or abs(losses[-1] - losses[0]) > _UNMOVED * abs(losses[0]):
        return
    words = (
        f"training has hardly moved the weights: the loss goes from {losses[0]:.4g} to "
        f"{losses[-1]:.4g}, far above that of a constant, which the output biases alone can reach"
    )
    for key in ("clip_norm", "clip_value"):
        if getattr(training, key) is not None:
            yield Cause(words, Change(f"training.{key}", None))
    if training.complete.learning_rate < (usual := _usual_rate(case)):
        yield Cause(words, Change("training.learning_rate", usual))


def _usual_rate(case: Case) -> float:
    return _SGD_RATE if case.config.training.optimizer.name == "sgd" else _RATE


def still_falling(case: Case) -> Iterator[Cause]:
    """Find a loss that still falls when training ends."""
    losses = case.history.get("train_loss", [])
    rate = case.config.training.complete.learning_rate
    if len(losses) < _FEWEST_EPOCHS:
        return
    last = np.array(losses[-1 - len(losses) // 4 :])
    falls = float((np.diff(last) < 0).mean()) >= _NEARLY_EVERY
    if falls and last[0] - last[-1] > _STILL_FALLING * abs(last[0]):
        yield Cause(
            f"the loss falls slowly and has not stopped falling: from {last[0]:.4g} to "
            f"{last[-1]:.4g} in the last quarter of the epochs",
            Change("training.learning_rate", float(f"{10 * rate:g}")),
        )


def _no_hidden_layer(case: Case) -> Iterator[Cause]:
    """Find a network of one layer; one with step outputs needs more than one changed setting."""
    is_short = 0 < len(case.history.get("epoch", [])) < _FEWEST_EPOCHS
    if (
        len(case.network.blocks) > 1
        or is_short
        or any(gain > _RANKS for gain in _gains(case, "ROC AUC"))
    ):
        return
    words = (
        "without a hidden layer, each output depends on a single weighted sum of the inputs, which "
        "does not tell these targets apart"
    )
    if case.network.output.kind == "step":
        yield Cause(words, remedy="add a hidden layer, and use the output sigmoid instead of step")
    else:
        yield Cause(words, Change("model.hidden_layers", [_UNITS]))


_UNKNOWN = Cause(
    "the inputs may say nothing about the targets, or training has lost what they say",
    remedy="check that each row has its own target, then train with the default settings",
)

ONLY_NOISE = Cause(
    "the network is better on its training rows only: what it has learned of them is their noise, "
    "which does not hold for other rows",
    remedy="check that the inputs can tell the targets, and that rows of all splits are alike",
)
"""Why a network gains something on training rows only."""
