"""Compare backpropagation with finite differences of the loss.

The derivative of a parameter is computed from the loss at six points around it (Fornberg, 1988)::

    L'(w) = (45 (L₊₁ - L₋₁) - 9 (L₊₂ - L₋₂) + (L₊₃ - L₋₃)) / 60h + O(h⁶),  L₊ₖ = L(w + k h)

A step of 1e-3 is small enough for this formula. The rounding error, which is divided by h, is then
a hundred times smaller than for (L₊₁ - L₋₁) / 2h. The fourth and fifth differences of these points
tell whether the result is reliable: they nearly vanish where the loss is smooth, but not at a kink,
even or odd. If they do not vanish, the step is reduced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncli.base.arguments import argument, unexpected
from nncli.base.errors import UsageError
from nncli.base.random_streams import Stream, generator
from nncli.config.load import ConfigSource, config_name, load_config
from nncli.config.overrides import Overrides, with_setting
from nncli.engines.batches import gathered
from nncli.nn.entries import Array
from nncli.nn.network import Block, Network
from nncli.nn.objective import Objective
from nncli.nn.penalties import Regularization
from nncli.runs.preparation import prepare

STEPS = (1e-3, 1e-4, 1e-5, 1e-6)
MOST_ROUGHNESS = 1e-6  # largest difference over h, relative to the derivative
MOST_FROM_ROUNDING = 5e-7  # largest relative error from rounding alone

_POINTS = (-3, -2, -1, 0, 1, 2, 3)
_DERIVATIVE = np.array([-1, 9, -45, 0, 45, -9, 1]) / 60
_DIFFERENCES = np.array([[0, 1, -4, 6, -4, 1, 0], [-1, 4, -5, 0, 5, -4, 1]])
_STEP = 0  # a training step, so that all layers are checked in training mode
_ROUNDING_OF_DIFFERENCES = 10  # relative to one loss: about the norm of the coefficients


@dataclass(frozen=True)
class LayerCheck:
    """The result of the check for a layer.

    Attributes
    ----------
    number : int
        The number of the layer, from 1.
    activation : str
    checked : int
        The number of parameters compared.
    skipped : int
        The number of parameters at a kink of an activation, the loss or a penalty, where the
        derivative does not exist.
    largest_error : float
        The largest |a - n| / max(|a| + |n|, f), with a from backpropagation and n from differences.
        f is large enough that rounding alone contributes at most `MOST_FROM_ROUNDING`. 0 if nothing
        was checked, NaN if a number was not finite.
    """

    number: int
    activation: str
    checked: int
    skipped: int
    largest_error: float


class Derivative(NamedTuple):
    """A derivative from differences, and its uncertainty due to rounding."""

    value: float
    uncertainty: float


class Surface:
    """The loss on some rows, including penalties, as a function of a network's parameters."""

    def __init__(
        self,
        network: Network,
        objective: Objective,
        regularization: Regularization,
        X: Array,
        T: Array,
    ) -> None:
        self._network, self._objective, self._penalties = network, objective, regularization
        self._X, self._T = X, T
        self._work = network.workspace(len(X))

    def value(self) -> float:
        """Return the loss in training mode."""
        self._network.logits(self._X, self._work, _STEP)
        loss = self._objective(self._network, self._T, self._work)
        return loss + self._penalties.penalty(self._network.weights(self._network.parameters))

    def gradient(self) -> Array:
        """Return the gradient (P,) by backpropagation."""
        self.value()
        network, flat = self._network, np.zeros_like(self._network.parameters)
        network.backward(self._work, network.by_layer(flat))
        weights = network.weights(network.parameters)
        scratch = network.weights(np.empty_like(flat))
        self._penalties.add_penalties(network.weights(flat), weights, scratch)
        return flat

    def rounding(self, random: np.random.Generator, draws: int = 10) -> float:
        """Estimate the rounding error of the loss.

        The estimate is the largest change of the loss when the last digit of every parameter
        changes.
        """
        parameters, value = self._network.parameters, self.value()
        kept, epsilon = parameters.copy(), float(np.finfo(parameters.dtype).eps)
        found = [epsilon * abs(value)]
        for _ in range(draws):
            np.multiply(kept, 1 + epsilon * random.choice((-1, 1), kept.size), out=parameters)
            found.append(abs(self.value() - value))
        np.copyto(parameters, kept)
        return max(found)

    def derivative(self, index: int, rounding: float) -> Derivative | None:
        """Return the derivative of parameter `index`; None at a kink.

        Parameters
        ----------
        rounding : float
            The result of the method `rounding`.
        """
        for step in STEPS:
            around = [self._shifted(index, point * step) for point in _POINTS]
            value = float(_DERIVATIVE @ around) / step
            roughness = float(np.abs(_DIFFERENCES @ around).max()) / step
            uncertainty = _ROUNDING_OF_DIFFERENCES * rounding / step
            # `not >` instead of `<=`: NaN is an error to report, not a kink.
            if not roughness > MOST_ROUGHNESS * abs(value) + uncertainty:
                return Derivative(value, uncertainty)
        return None

    def _shifted(self, index: int, by: float) -> float:
        parameters = self._network.parameters
        before = parameters[index]
        parameters[index] = before + by
        value = self.value()
        parameters[index] = before
        return value


def gradcheck(
    config: ConfigSource, overrides: Overrides = (), *, rows: int = 10
) -> list[LayerCheck]:
    """Compare backpropagation with finite differences of the loss, layer by layer.

    Runs in float64 on the first training rows of a config, with its initial weights and without
    dropout. Parameters at a kink, where the derivative does not exist, are skipped.

    Parameters
    ----------
    config, overrides
        As for `train`.
    rows : int
        The number of training rows to use.

    Raises
    ------
    ConfigError, DataError
        As for `train`.
    UsageError
        If no gradient passes through a hidden layer, or there are too few rows.
    """
    if isinstance(rows, bool) or not isinstance(rows, Integral) or rows < 1:
        raise unexpected(argument("rows"), rows, "an integer of 1 or more")
    settings = with_setting(overrides, "training.precision", "float64")
    loaded = load_config(config, with_setting(settings, "training.engine", "numpy"))
    job = prepare(loaded.selecting)
    _check_trainable(config_name(config), job.blocks)
    setup = job.setup
    first = range(min(rows, len(setup.training)))
    layer = setup.network.neediest
    if len(first) < layer.smallest_batch:
        raise UsageError(
            f"{argument('rows')} {rows}: {layer.kind} needs at least {layer.smallest_batch} rows "
            "in a batch"
        )
    X, T = gathered(setup.training, setup.scaling, setup.codes, first)
    return check_gradients(
        setup.network, setup.objective, setup.regularization, X, T, seed=job.config.seed
    )


def _check_trainable(name: str, blocks: Sequence[Block]) -> None:
    """Raise `UsageError` if no gradient passes through a hidden layer."""
    for block in blocks[:-1]:
        activation = block.activation
        if not activation.entry.trainable:
            raise UsageError(
                f"{name}: no gradient passes through layer {block.number}: the derivative of "
                f"{activation.kind} is 0 everywhere; choose another activation"
            )


@np.errstate(over="ignore", invalid="ignore")  # visible in the reported error
def check_gradients(
    network: Network,
    objective: Objective,
    regularization: Regularization,
    X: Array,
    T: Array,
    *,
    seed: int = 0,
    most_per_layer: int = 200,
) -> list[LayerCheck]:
    """Check every layer of a float64 network on the rows `X` (B, I) with targets `T` (B, O).

    In a layer with more than `most_per_layer` parameters, a random sample is checked. The loss
    includes the penalties of `regularization`; gradients are not clipped.
    """
    random = generator(seed, Stream.GRADIENT_CHECK)
    chosen = _chosen(network, most_per_layer, random)
    surface = Surface(network, objective, regularization, X, T)
    gradient, rounding = surface.gradient(), surface.rounding(random)
    return [
        _check(block, surface, gradient, indices.tolist(), rounding)
        for block, indices in zip(network.blocks, chosen, strict=True)
    ]


def _chosen(network: Network, most: int, random: np.random.Generator) -> list[NDArray[np.intp]]:
    """Return the parameters to check in each layer: at most `most` of its trained ones."""
    trained = np.ones(network.parameters.size) if network.mask is None else network.mask
    chosen = []
    for block in network.blocks:
        indices = block.where.start + np.flatnonzero(trained[block.where])
        if len(indices) > most:
            indices = np.sort(random.choice(indices, most, replace=False))
        chosen.append(indices)
    return chosen


def _check(
    block: Block, surface: Surface, gradient: Array, indices: Sequence[int], rounding: float
) -> LayerCheck:
    found = [(float(gradient[index]), surface.derivative(index, rounding)) for index in indices]
    errors = [_relative_error(a, n) for a, n in found if n is not None]
    # Unlike Python's max, NumPy's propagates NaN.
    largest = float(np.max(errors, initial=0.0))
    skipped = len(indices) - len(errors)
    return LayerCheck(block.number, block.activation.kind, len(errors), skipped, largest)


def _relative_error(a: float, n: Derivative) -> float:
    size = max(abs(a) + abs(n.value), n.uncertainty / MOST_FROM_ROUNDING)
    difference = abs(a - n.value)
    return difference / size if difference else 0.0
