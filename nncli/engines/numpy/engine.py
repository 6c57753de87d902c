"""What the training loop asks of whatever does the arithmetic, and the NumPy that does it."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nncli.engines.divergence import NotFinite, exact_square, is_finite, reason_of, remedy
from nncli.engines.scores import ACCURACY, Score
from nncli.nn.dropout import Dropout
from nncli.nn.entries import Array, Value
from nncli.nn.kernels import NUMPY, Kernels
from nncli.nn.network import Network, Objective, layer_slices, layer_views
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization

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

    def step(
        self, X: Array, T: Array, learning_rate: float, weights: Array | None = None
    ) -> tuple[float, float]:
        """Take a step; return the loss and the score's sum over rows, both before the step.

        `weights` (B, 1) is how much the gradient of each row counts; in what is returned all count
        alike.

        Raises
        ------
        NotFinite
            When the loss or the gradient is no finite number; the parameters are then unchanged.
        """
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

    def check_finite(self) -> None:
        """Raise `NotFinite` when one of the parameters is no finite number."""
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of all arrays that the next step depends on."""
        ...

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` returned, of an engine made like this one.

        Raises
        ------
        ValueError
            When an array is missing, or not like this engine's.
        """
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
        self._score_sum = kernels.scores.get(score.sum_over_rows, score.sum_over_rows)
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

    @np.errstate(over="ignore", invalid="ignore")  # what is not finite is refused
    def step(
        self, X: Array, T: Array, learning_rate: float, weights: Array | None = None
    ) -> tuple[float, float]:
        """Take a step, as the `Engine` says."""
        loss, score = self.backpropagate(X, T, weights)
        if not isfinite(loss + sum(self._squared_norms)):
            raise NotFinite(self._divergence(X, loss))
        self.update(learning_rate)
        return loss, score

    def _divergence(self, X: Array, loss: float) -> str:
        """Return what is no longer finite in the step that was begun on `X`, and the remedy."""
        advice = self._remedy(X)
        if isfinite(loss):
            wrong = [not isfinite(each) for each in self._squared_norms]
            layer = len(wrong) - wrong[::-1].index(True)  # errors come from the output
            return f"the gradient of layer {layer} is not finite; {advice}"
        work = self._work.first(len(X))
        self.network.logits(X, work, self._dropout.draw(self._steps - 1, len(X)))
        return f"the loss is {loss}, {reason_of(self.network, work)}; {advice}"

    def _remedy(self, X: Array | None) -> str:
        return remedy(X, self._steps, self.regularization.clip_norm)

    def backpropagate(
        self, X: Array, T: Array, weights: Array | None = None
    ) -> tuple[float, float]:
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
        if weights is not None:
            np.multiply(work.dA[-1], weights, out=work.dA[-1])
        self.network.backward(X, work, self._layer_gradients, keep)
        self.regularization.add_penalties(self._layer_gradients, self.network.arrays, self._scratch)
        if self.network.mask is not None:
            np.multiply(self.gradient, self.network.mask, out=self.gradient)
        for index, gradient in enumerate(self._gradient_of):
            square = float(np.dot(gradient, gradient))
            self._squared_norms[index] += square if isfinite(square) else exact_square(gradient)
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

    def check_finite(self) -> None:
        """Raise `NotFinite` when one of the parameters is no finite number."""
        if not is_finite(self.network.parameters):
            raise NotFinite(f"{reason_of(self.network)}; {self._remedy(None)}")

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of parameters, optimizer slots, counts of steps and statistics.

        The statistics (2, L) are the squared norms and the saturated shares of the layers, 0 where
        there is none.
        """
        return {
            "parameters": self.parameters(),
            "slots": self._slots.copy(),
            "steps": np.array(self._steps),
            "steps_in_statistics": np.array(self._steps_in_statistics),
            "statistics": np.array(
                [self._squared_norms, [each or 0.0 for each in self._saturated]]
            ),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` returned, as the `Engine` says."""
        for name, own in self.state().items():
            found = state.get(name)
            if found is None or (found.shape, found.dtype) != (own.shape, own.dtype):
                raise ValueError(f"has no {name} of the shape {own.shape} and the type {own.dtype}")
        np.copyto(self.network.parameters, state["parameters"])
        np.copyto(self._slots, state["slots"])
        self._steps = int(state["steps"])
        self._steps_in_statistics = int(state["steps_in_statistics"])
        self._squared_norms, shares = state["statistics"].tolist()
        self._saturated = [
            share if layer.saturates and self._steps_in_statistics else None
            for layer, share in zip(self.network.layers, shares, strict=True)
        ]
