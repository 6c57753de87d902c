"""The engine that runs on the CPU with NumPy; steps reuse preallocated arrays."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nncli.base.clock import Clock
from nncli.base.threads import ENOUGH_WORK
from nncli.data.splits import Rows, Split
from nncli.engines.batches import Batches, evaluation_rows
from nncli.engines.divergence import exact_square, explained, is_finite, reason_of, remedy
from nncli.engines.engine import Setup, Steps, Sums, check_state
from nncli.metrics.scores import MEASURES
from nncli.nn.entries import Array
from nncli.nn.layers.dropout import with_dropout
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.workspace import Workspace


class NumpyEngine:
    """The `Engine` that runs on NumPy.

    Parameters
    ----------
    setup : Setup
    clock : Clock, optional
        Clock that measures the phases of every step.
    """

    name: ClassVar[str] = "numpy"
    enough_work: ClassVar[float] = ENOUGH_WORK
    has_own_threads: ClassVar[bool] = False

    def __init__(self, setup: Setup, clock: Clock | None = None) -> None:
        layers = with_dropout(setup.network.layers, setup.dropout, setup.seed)
        network = setup.network.with_layers(layers)
        self._network, self._clock, self._score = network, clock, setup.score
        self._objective = setup.objective
        self._measure = partial(MEASURES[setup.score.measure], **setup.score.parameters)
        entry = OPTIMIZERS[setup.optimizer]
        self._update = partial(entry.update, **setup.settings)
        self._regularization = setup.regularization
        self._kept = [each for each in (network.parameters, network.state) if each.size]
        self._gradient = np.zeros_like(network.parameters)
        self._slots = np.zeros((entry.slots, len(network.parameters)), network.dtype)
        self._scratch = np.empty_like(network.parameters)
        self._gradients = network.by_layer(self._gradient)
        self._by_block = [self._gradient[block.where] for block in network.blocks]
        self._weights = network.weights(network.parameters)
        self._weight_gradients = network.weights(self._gradient)
        self._weight_scratch = network.weights(self._scratch)
        self._work = network.workspace(setup.batch_rows)
        rows = evaluation_rows(network.output.outputs)
        self._evaluation_work = network.workspace(rows)
        self._steps = 0
        self._is_weighted = setup.training.weights is not None
        self._training = self._batches(setup, setup.training, setup.batch_rows)
        self._validation = (
            self._batches(setup, setup.validation, rows) if setup.validation else None
        )

    def _batches(self, setup: Setup, split: Split, batch_rows: int) -> Batches:
        return Batches(split, setup.scaling, setup.codes, batch_rows)

    def hold(self, pool: Rows | None) -> None:
        """Copy some rows from a mapped array to memory; None for none."""
        self._training.hold(pool)

    @np.errstate(over="ignore", invalid="ignore")  # results that are not finite are rejected
    def steps(self, batches: Rows, rates: Sequence[float], sums: Sums) -> Steps:
        """Take steps; see `Engine.steps`."""
        if not sums.steps:
            sums.squared_norms = [0.0] * len(self._by_block)
            sums.saturated = [None] * len(self._by_block)
        for done, (rows, rate) in enumerate(zip(batches, rates, strict=True)):
            if problem := self._step(rows, rate, sums):
                return Steps(done, problem)
        return Steps(len(batches))

    def epochs(self, rates: Sequence[float]) -> tuple[int, Iterator[Sums]]:
        """Take none: calls of `steps` cost little beside NumPy's."""
        return 0, iter(())

    def _step(self, rows: Rows, rate: float, sums: Sums) -> str | None:
        """Take a step; if a number is not finite, return the problem instead."""
        clock = self._clock
        if clock:
            clock.start()
        X, T = self._training.gather(rows)
        weights = self._training.weights(rows) if self._is_weighted else None
        if clock:
            clock.lap("data")
        work, before = self._work.first(len(rows)), ([*sums.squared_norms], sums.saturated)
        loss, score, penalty = self._backpropagate(X, T, weights, work, sums)
        self._steps += 1
        if not isfinite(loss + penalty + sum(sums.squared_norms)):
            norms = sums.squared_norms
            sums.squared_norms, sums.saturated = before
            return explained(self._network, X, loss, norms, self._steps, self._remedy(X))
        self._follow(rate)
        if clock:
            clock.lap("update")
        sums.loss += loss * len(rows)
        sums.score += score
        sums.penalty += penalty * len(rows)
        sums.rows += len(rows)
        sums.steps += 1
        return None

    def _backpropagate(
        self, X: Array, T: Array, weights: Array | None, work: Workspace, sums: Sums
    ) -> tuple[float, float, float]:
        """Write the gradient to `_gradient`; return loss, score and penalty before the update."""
        clock, network = self._clock, self._network
        network.logits(X, work, self._steps)
        if clock:
            clock.lap("forward")
        score = self._scored(T, work)
        if not sums.steps:  # once per epoch: too slow for every step
            sums.saturated = network.saturated_shares(work)
        loss = self._objective(network, T, work)
        if weights is not None:
            np.multiply(work.gradient, weights, out=work.gradient)
        if clock:
            clock.lap("loss")
        network.backward(work, self._gradients)
        if clock:
            clock.lap("backward")
        penalty = self._regularization.add_penalties(
            self._weight_gradients, self._weights, self._weight_scratch
        )
        if network.mask is not None:
            np.multiply(self._gradient, network.mask, out=self._gradient)
        norms = sums.squared_norms
        for index, gradient in enumerate(self._by_block):
            square = float(np.dot(gradient, gradient))
            norms[index] += square if isfinite(square) else exact_square(gradient)
        return loss, score, penalty

    def _follow(self, rate: float) -> None:
        """Update the parameters; the gradient is undefined afterwards."""
        self._regularization.clip(self._gradient)
        parameters, slots = self._network.parameters, self._slots
        self._update(parameters, self._gradient, slots, self._scratch, rate, self._steps)
        self._regularization.limit_norms(self._weights)

    def _scored(self, T: Array, work: Workspace) -> float:
        outputs = self._network.activate_output(work) if self._score.of_outputs else work.logits
        return float(self._measure(outputs, T, work.scratch))

    @np.errstate(over="ignore", invalid="ignore")
    def evaluate(self) -> tuple[float, float]:
        """Return the mean loss and the mean score over the validation rows."""
        assert self._validation is not None
        if self._clock:
            self._clock.start()
        loss_sum = score_sum = 0.0
        for X, T in self._validation.in_order():
            work = self._evaluation_work.first(len(X))
            self._network.logits(X, work)
            score_sum += self._scored(T, work)
            loss_sum += self._objective(self._network, T, work) * len(X)
        if self._clock:
            self._clock.lap("validation")
        rows = len(self._validation.split)
        return loss_sum / rows, score_sum / rows

    def problem(self) -> str | None:
        """Return which parameters are not finite, with a remedy, or None if all are finite."""
        network = self._network
        if all(is_finite(each) for each in self._kept):
            return None
        return f"{reason_of(network)}; {self._remedy(None)}"

    def _remedy(self, X: Array | None) -> str:
        clip_norm = self._regularization.clip_norm
        return remedy(X, self._steps, clip_norm, are_bytes=self._training.are_bytes)

    def snapshot(self) -> dict[str, Array]:
        """Return copies of the network's flat vectors."""
        network = self._network
        return {"parameters": network.parameters.copy(), "state": network.state.copy()}

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of the network's vectors and the optimizer's slots, and the step count."""
        return {**self.snapshot(), "slots": self._slots.copy(), "steps": np.array(self._steps)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Restore a `state`; see `Engine.restore`."""
        check_state(state, self.state())
        np.copyto(self._network.parameters, state["parameters"])
        np.copyto(self._network.state, state["state"])
        np.copyto(self._slots, state["slots"])
        self._steps = int(state["steps"])
