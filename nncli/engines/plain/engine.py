"""The engine that trains with the loops of this package: `network`, `losses` and `descent`.

It is a NumPy engine whose arithmetic is replaced. Rows, metrics, checkpoints and the messages when
training diverges are the same. Each step copies the parameters to lists, and the new ones back.

Python's floats are float64. With the precision float32, sums are still computed in float64, and the
parameters and velocities are rounded to float32 after each step.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import ClassVar

import numpy as np

from nncli.base.clock import Clock
from nncli.base.threads import ENOUGH_WORK
from nncli.engines.engine import Setup, Sums
from nncli.engines.numpy.engine import NumpyEngine
from nncli.engines.plain.descent import add_penalties, descend, flat
from nncli.engines.plain.network import (
    Arrays,
    Layer,
    Pass,
    backward,
    forward,
    output_gradient,
    zeros_like,
)
from nncli.nn.entries import Array
from nncli.nn.layers.activation import SATURATION_ROWS
from nncli.nn.network import Network
from nncli.nn.workspace import Workspace


class PlainEngine(NumpyEngine):
    """The `Engine` that computes one number at a time, in Python.

    It trains dense layers by gradient descent, with momentum, penalties and missing connections.
    `nncli.config.plain_engine` refuses all other settings.
    """

    name: ClassVar[str] = "plain"
    enough_work: ClassVar[float] = ENOUGH_WORK

    def __init__(self, setup: Setup, clock: Clock | None = None) -> None:
        # With a limit, even an infinite one, no message recommends clipping, which has no loop.
        regularization = replace(setup.regularization, clip_norm=inf)
        super().__init__(replace(setup, regularization=regularization), clock)
        self._momentum = float(setup.settings["momentum"])
        self._direction: list[float] = []  # the gradient, in the order of the parameters

    def _backpropagate(
        self, X: Array, T: Array, weights: Array | None, work: Workspace, sums: Sums
    ) -> tuple[float, float, float]:
        """Compute the gradient of a batch; return loss, score and penalty before the update.

        The loss is the mean over the rows. A row's weight multiplies its gradient, not its loss.
        """
        layers, rows = layers_of(self._network), len(X)
        gradients = [zeros_like(layer.arrays) for layer in layers]
        factors = [1.0] * rows if weights is None else weights[:, 0].tolist()
        loss = 0.0
        first: list[Pass] = []
        measured: list[list[float]] = []
        for row, targets, factor in zip(X, T, factors, strict=True):
            x = row.tolist()
            done = forward(layers, x)
            self._lap("forward")
            value, dz = self._loss_of(layers, done, targets)
            self._lap("loss")
            backward(layers, x, done, [each * factor / rows for each in dz], gradients)
            self._lap("backward")
            loss += value
            measured.append(self._measured(done))
            if len(first) < SATURATION_ROWS:
                first.append(done)
        if not sums.steps:
            sums.saturated = self._saturated_shares(first)
        penalty = self._finish(layers, gradients, sums)
        return loss / rows, self._score_of(measured, T), penalty

    def _loss_of(
        self, layers: Sequence[Layer], done: Pass, targets: Array
    ) -> tuple[float, list[float]]:
        loss = self._objective
        return output_gradient(layers[-1], done, targets.tolist(), loss.name, loss.parameters)

    def _finish(self, layers: Sequence[Layer], gradients: Sequence[Arrays], sums: Sums) -> float:
        """Add penalties, clear the gradient of missing connections, and add up the norms.

        Return the penalty.
        """
        penalties, penalty = self._regularization, 0.0
        for layer, gradient in zip(layers, gradients, strict=True):
            penalty += add_penalties(layer.arrays, gradient, penalties.l1, penalties.l2)
        self._direction = flat(gradients)
        if self._network.mask is not None:
            pairs = zip(self._direction, self._network.mask.tolist(), strict=True)
            self._direction = [each * connected for each, connected in pairs]
        for index, block in enumerate(self._network.blocks):
            sums.squared_norms[index] += sum(each * each for each in self._direction[block.where])
        return penalty

    def _follow(self, rate: float) -> None:
        """Update the parameters."""
        parameters, velocities = self._network.parameters.tolist(), self._slots[0].tolist()
        descend(parameters, self._direction, velocities, rate, self._momentum)
        self._network.parameters[:] = parameters
        self._slots[0] = velocities

    def _measured(self, done: Pass) -> list[float]:
        """Return what the score is measured on: outputs or logits."""
        return (done.outputs if self._score.of_outputs else done.sums)[-1]

    def _score_of(self, measured: Sequence[list[float]], T: Array) -> float:
        Y = np.array(measured)
        return float(self._measure(Y, T, np.empty_like(Y)))

    def _saturated_shares(self, passes: Sequence[Pass]) -> list[float | None]:
        return [
            block.activation.saturated_share(np.array([done.sums[index] for done in passes]))
            for index, block in enumerate(self._network.blocks)
        ]

    def _lap(self, phase: str) -> None:
        if self._clock:
            self._clock.lap(phase)

    @np.errstate(over="ignore", invalid="ignore")
    def evaluate(self) -> tuple[float, float]:
        """Return the mean loss and the mean score over the validation rows."""
        assert self._validation is not None
        if self._clock:
            self._clock.start()
        layers = layers_of(self._network)
        loss = score = 0.0
        for X, T in self._validation.in_order():
            passes = [forward(layers, row.tolist()) for row in X]
            for done, targets in zip(passes, T, strict=True):
                loss += self._loss_of(layers, done, targets)[0]
            score += self._score_of([self._measured(done) for done in passes], T)
        self._lap("validation")
        rows = len(self._validation.split)
        return loss / rows, score / rows


def layers_of(network: Network) -> list[Layer]:
    """Return the layers of a network with their parameters as lists."""
    layers = []
    for block in network.blocks:
        W, b, *slopes = (network.arrays[name].tolist() for name in block.names)
        arrays = Arrays(W, b, slopes[0] if slopes else [])
        layers.append(Layer(arrays, block.activation.kind, block.activation.parameters))
    return layers
