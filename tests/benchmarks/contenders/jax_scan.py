"""JAX, as its documentation recommends for speed.

An epoch is one compiled call: a `lax.scan` over the shuffled row numbers of its batches, with the
parameters and the optimizer's state donated. The call is compiled ahead of time, which is timed
separately. See JAX's pages on just-in-time compilation, buffer donation and benchmarking.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.answer import Contender, Options, main
from tests.benchmarks.rows import Rows, as_float32
from tests.benchmarks.weights import initial_weights
from tests.benchmarks.work import Work

ACTIVATIONS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}
THREADS = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())

Parameters = list[tuple[jax.Array, jax.Array]]
State = tuple[Parameters, tuple[Any, ...]]


class Training(Contender):
    """Training with one call per epoch, or one call for all epochs of a single batch each."""

    threads = THREADS

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self._work, self._X_test = work, rows.X_test
        self._random = np.random.default_rng(0)
        self._epochs_a_call = work.timed if work.is_full_batch else 1
        self._data = jnp.asarray(as_float32(rows.X)), jnp.asarray(rows.y)
        self._state = _start(work)
        started = time.perf_counter()
        function = partial(_steps_on_all, work) if work.is_full_batch else partial(_epoch, work)
        jitted = jax.jit(function, donate_argnums=0)
        self._call = jitted.lower(self._state, *self._data, self._order()).compile()
        self._compile_seconds = time.perf_counter() - started

    def rounds(self, count: int) -> None:
        """Train for `count` epochs."""
        for _ in range(count // self._epochs_a_call):
            self._state = self._call(self._state, *self._data, self._order())
        jax.block_until_ready(self._state)

    def predictions(self) -> NDArray[Any]:
        """Return the predicted classes or numbers of the test rows."""
        parameters, _ = self._state
        Z = np.asarray(_forward(self._work, parameters, as_float32(self._X_test)))
        if self._work.output == "softmax":
            return np.asarray(Z.argmax(axis=1))
        return Z[:, 0] > 0 if self._work.output == "sigmoid" else Z[:, 0]

    def facts(self) -> dict[str, float]:
        """Return how long the compilation took."""
        return {"compile_seconds": self._compile_seconds}

    def _order(self) -> jax.Array:
        if self._work.is_full_batch:
            return jnp.arange(self._epochs_a_call)
        return jnp.asarray(self._random.permutation(self._work.rows).astype(np.int32))


class Prediction(Contender):
    """Prediction from NumPy rows to probabilities and classes as NumPy arrays."""

    threads = THREADS

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self._X, self._parameters = as_float32(rows.X), _start(work)[0]
        self._chosen: NDArray[Any] = np.empty(0)
        started = time.perf_counter()
        jitted = jax.jit(partial(_probabilities, work))
        self._call = jitted.lower(self._parameters, self._X).compile()
        self._compile_seconds = time.perf_counter() - started

    def rounds(self, count: int) -> None:
        """Predict all rows `count` times."""
        for _ in range(count):
            probabilities, chosen = self._call(self._parameters, self._X)
            np.asarray(probabilities)
            self._chosen = np.asarray(chosen)

    def predictions(self) -> NDArray[Any]:
        """Return the classes predicted by the last call."""
        return self._chosen

    def facts(self) -> dict[str, float]:
        """Return how long the compilation took."""
        return {"compile_seconds": self._compile_seconds}


def _start(work: Work) -> State:
    parameters = [(jnp.asarray(W), jnp.zeros(W.shape[1])) for W in initial_weights(work)]
    if work.optimizer == "sgd":
        return parameters, ()
    zeros = partial(jax.tree.map, jnp.zeros_like)
    return parameters, (zeros(parameters), zeros(parameters), jnp.zeros(()))


def _epoch(work: Work, state: State, X: jax.Array, y: jax.Array, order: jax.Array) -> State:
    """Take a step on each batch of the rows in `order`; the last batch may be short."""
    full = work.rows // work.batch_rows * work.batch_rows

    def step(state: State, chosen: jax.Array) -> tuple[State, None]:
        return _step(work, state, X[chosen], y[chosen]), None

    state, _ = jax.lax.scan(step, state, order[:full].reshape(-1, work.batch_rows))
    return step(state, order[full:])[0] if full < work.rows else state


def _steps_on_all(work: Work, state: State, X: jax.Array, y: jax.Array, steps: jax.Array) -> State:
    """Take a step on all rows for each number in `steps`."""
    return jax.lax.scan(lambda state, _: (_step(work, state, X, y), None), state, steps)[0]


def _step(work: Work, state: State, X: jax.Array, y: jax.Array) -> State:
    parameters, slots = state
    gradient = jax.grad(partial(_loss, work))(parameters, X, y)
    return OPTIMIZERS[work.optimizer](parameters, gradient, slots, work.learning_rate)


def _loss(work: Work, parameters: Parameters, X: jax.Array, y: jax.Array) -> jax.Array:
    Z = _forward(work, parameters, X)
    if work.output == "softmax":
        return -jnp.take_along_axis(jax.nn.log_softmax(Z), y[:, None], axis=1).mean()
    if work.output == "sigmoid":
        return (jax.nn.softplus(Z[:, 0]) - y * Z[:, 0]).mean()
    return jnp.square(Z[:, 0] - y).mean()


def _forward(work: Work, parameters: Parameters, X: Any) -> jax.Array:
    *hidden, (W, b) = parameters
    for W_hidden, b_hidden in hidden:
        X = ACTIVATIONS[work.hidden](X @ W_hidden + b_hidden)
    return X @ W + b


def _probabilities(work: Work, parameters: Parameters, X: Any) -> tuple[jax.Array, jax.Array]:
    Z = _forward(work, parameters, X)
    return jax.nn.softmax(Z), Z.argmax(axis=1)


def _sgd(parameters: Parameters, gradient: Parameters, slots: Any, rate: float) -> State:
    return jax.tree.map(lambda p, g: p - rate * g, parameters, gradient), slots


def _adam(parameters: Parameters, gradient: Parameters, slots: Any, rate: float) -> State:
    mean, square, step = slots
    step = step + 1
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
    scale = rate * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    epsilon = 1e-8 * jnp.sqrt(1 - 0.999**step)
    parameters = jax.tree.map(
        lambda p, m, v: p - scale * m / (jnp.sqrt(v) + epsilon), parameters, mean, square
    )
    return parameters, (mean, square, step)


OPTIMIZERS: dict[str, Callable[..., State]] = {"adam": _adam, "sgd": _sgd}


if __name__ == "__main__":
    main(Training, Prediction)
