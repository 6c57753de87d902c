"""What the training loop asks of whatever does the arithmetic, and the NumPy that does it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from nncli.model.entries import Array, Value
from nncli.model.kernels import NUMPY, Kernels
from nncli.model.network import Network, Objective, layer_slices, layer_views
from nncli.training.dropout import Dropout
from nncli.training.metrics import ACCURACY, Score
from nncli.training.optimizers import OPTIMIZERS
from nncli.training.regularization import Regularization

EVALUATION_ROWS = 500  # a batch of 784 inputs in float32 then fits the cache of a core


class LayerStatistics(NamedTuple):
    """What the steps of an epoch tell of a layer.

    Attributes
    ----------
    gradient_norm : float
        Of the layer's gradient, all its parameters together, before clipping: root mean square over
        the steps, 0 if there were none.
    saturated : float or None
        Share of its activations that are saturated on the first rows of the first step, before it
        and before dropout; None if its activation does not saturate, or there was no step.
    """

    gradient_norm: float
    saturated: float | None


class Engine(Protocol):
    """Takes training steps on a network and evaluates it.

    Attributes
    ----------
    score : Score
        What is measured beside the loss.
    """

    score: Score

    def step(self, X: Array, T: Array, learning_rate: float) -> tuple[float, float]:
        """Take a step; return the loss and the score's sum over rows, both before the step."""
        ...

    def evaluate(self, X: Array, T: Array) -> tuple[float, float]:
        """Return the loss and the score's sum over rows."""
        ...

    def layer_statistics(self) -> list[LayerStatistics]:
        """Return the statistics of each layer over the steps since the last call."""
        ...

    def parameters(self) -> Array:
        """Return a copy of the flat parameter vector."""
        ...

    def state(self) -> dict[str, Array]:
        """Return copies of all arrays that the next step depends on."""
        ...


class NumpyEngine:
    """The `Engine` that runs on the CPU with NumPy; a step allocates nothing that lasts.

    Parameters
    ----------
    network : Network
        Its parameters are changed in place.
    objective : Objective
    score : Score
        What `step` and `evaluate` measure beside the loss.
    optimizer : str
        A name in `OPTIMIZERS`; `settings` are its parameters.
    regularization : Regularization
    dropout : sequence of float
        For each hidden layer the share of its units that is left out in a step; drawn by `seed`.
        The loss and the score that `step` returns are those with units left out.
    batch_rows : int
        Rows of the largest batch that `step` will see.
    kernels : Kernels
        What network, objective and optimizer use in the place of NumPy.
    """

    def __init__(
        self,
        network: Network,
        objective: Objective,
        *,
        score: Score = ACCURACY,
        optimizer: str,
        settings: dict[str, Value],
        regularization: Regularization,
        dropout: Sequence[float] = (),
        seed: int = 0,
        batch_rows: int,
        kernels: Kernels = NUMPY,
    ) -> None:
        self.kernels = kernels
        self.network = network.with_kernels(kernels)
        self.score = score
        self._score_sum = kernels.scores.get(score.name, score.sum_over_rows)
        self.objective = objective.with_kernels(kernels)
        self._update = kernels.optimizers.get(optimizer, OPTIMIZERS[optimizer].update)
        self._settings = settings
        self.regularization = regularization
        self._steps = 0
        self.gradient = np.zeros_like(network.parameters)
        self._slots = np.zeros(
            (OPTIMIZERS[optimizer].slots, len(network.parameters)), network.dtype
        )
        self._scratch = np.empty_like(network.parameters)
        self._layer_gradients = layer_views(network.layers, self.gradient)
        self._gradient_of = [self.gradient[where] for where in layer_slices(network.layers)]
        self._start_statistics()
        self._work = network.workspace(batch_rows)
        self._dropout = Dropout(dropout, network.layers, batch_rows, network.dtype, seed)
        self._evaluation_work = network.workspace(EVALUATION_ROWS)

    def _start_statistics(self) -> None:
        self._squared_norms = [0.0] * len(self.network.layers)
        self._saturated: list[float | None] = [None] * len(self.network.layers)
        self._steps_in_statistics = 0

    @np.errstate(over="ignore", invalid="ignore")  # the loop refuses a loss that is not finite
    def step(self, X: Array, T: Array, learning_rate: float) -> tuple[float, float]:
        """Take a step; return the loss and the score's sum over rows, both before the step."""
        loss, score = self.backpropagate(X, T)
        self.update(learning_rate)
        return loss, score

    def backpropagate(self, X: Array, T: Array) -> tuple[float, float]:
        """Do the first part of a step: leave in `gradient` what the optimizer is to follow.

        That is the gradient of the loss with the penalties and the connections that are not there
        taken into account, clipped. Returns what `step` returns.
        """
        work = self._work.first(len(X))
        keep = self._dropout.draw(self._steps, len(X))
        self.network.logits(X, work, keep)
        score = self._score_sum(self.network, T, work)
        if not self._steps_in_statistics:  # once an epoch: too slow for every step
            self._saturated = self.network.saturated_shares(work)
        loss = self.objective(self.network, T, work)
        self.network.backward(X, work, self._layer_gradients, keep)
        self.regularization.add_penalties(self._layer_gradients, self.network.arrays, self._scratch)
        if self.network.mask is not None:
            np.multiply(self.gradient, self.network.mask, out=self.gradient)
        for index, gradient in enumerate(self._gradient_of):
            self._squared_norms[index] += float(np.dot(gradient, gradient))
        self._steps += 1
        self._steps_in_statistics += 1
        self.regularization.clip(self.gradient)
        return loss, score

    def update(self, learning_rate: float) -> None:
        """Do the second part of a step: follow `gradient`, which is undefined afterwards."""
        self._update(
            self.network.parameters,
            self.gradient,
            self._slots,
            self._scratch,
            learning_rate,
            self._steps,
            **self._settings,
        )
        self.regularization.limit_norms(self.network.arrays)

    @np.errstate(over="ignore", invalid="ignore")
    def evaluate(self, X: Array, T: Array) -> tuple[float, float]:
        """Return the loss and the score's sum; `X` has up to `EVALUATION_ROWS` rows."""
        work = self._evaluation_work.first(len(X))
        self.network.logits(X, work)
        score = self._score_sum(self.network, T, work)
        return self.objective(self.network, T, work), score

    def layer_statistics(self) -> list[LayerStatistics]:
        """Return the statistics of each layer over the steps since the last call."""
        steps = max(self._steps_in_statistics, 1)
        norms = [(squared / steps) ** 0.5 for squared in self._squared_norms]
        statistics = list(map(LayerStatistics, norms, self._saturated))
        self._start_statistics()
        return statistics

    def parameters(self) -> Array:
        """Return a copy of the flat parameter vector."""
        return self.network.parameters.copy()

    def state(self) -> dict[str, Array]:
        """Return copies of the parameters, the optimizer's slots and the count of steps."""
        return {
            "parameters": self.parameters(),
            "slots": self._slots.copy(),
            "steps": np.array(self._steps),
        }
