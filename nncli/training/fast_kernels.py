"""Numba's loops in the place of NumPy's passes; imported only where they are chosen.

Each function has the signature of the NumPy function that it replaces, whose docstring has the
equation, and gives the same numbers but for rounding. What is not here was no faster: see
ARCHITECTURE.md.

A loop works out a number in a variable of its own and stores it once: to read again what was just
stored makes an update three times as slow where a vector's memory is not aligned with the
processor's. Numbers that come from Python take the precision of the arrays first, as NumPy lets
them; in a loop they would make it one of float64.
"""

from math import sqrt

import numpy as np
from numba import njit

from nncli.model.entries import Array
from nncli.model.kernels import Kernels

# NumPy's division by zero gives an infinity. Python's raises, and a loop that may raise is not
# turned into vector instructions.
_compiled = njit(cache=True, error_model="numpy")


@_compiled
def _descend(w, g, rate):
    for i in range(w.size):
        w[i] -= rate * g[i]


@_compiled
def _descend_with_momentum(w, g, velocity, rate, momentum, nesterov):
    for i in range(w.size):
        v = momentum * velocity[i] + g[i]
        velocity[i] = v
        w[i] -= rate * (g[i] + momentum * v if nesterov else v)


def sgd(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    momentum: float,
    nesterov: bool,
) -> None:
    """Replace `nncli.training.optimizers.sgd`."""
    number = parameters.dtype.type
    if momentum:
        _descend_with_momentum(
            parameters, gradient, slots[0], number(learning_rate), number(momentum), nesterov
        )
    else:
        _descend(parameters, gradient, number(learning_rate))


@_compiled
def _follow_means(w, g, means, squares, beta1, beta2, epsilon, rate, kept):
    for i in range(w.size):
        m = beta1 * means[i] + g[i]
        s = beta2 * squares[i] + g[i] * g[i]
        means[i] = m
        squares[i] = s
        w[i] = kept * w[i] - rate * (m / (np.sqrt(s) + epsilon))


def adam(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    """Replace `nncli.training.optimizers.adam`."""
    adamw(parameters, gradient, slots, scratch, learning_rate, step, beta1, beta2, epsilon, 0.0)


def adamw(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: float,
) -> None:
    """Replace `nncli.training.optimizers.adamw`."""
    number = parameters.dtype.type
    mean_factor = (1 - beta1) / (1 - beta1**step)
    root_factor = sqrt((1 - beta2) / (1 - beta2**step))
    _follow_means(
        parameters,
        gradient,
        slots[0],
        slots[1],
        number(beta1),
        number(beta2),
        number(epsilon / root_factor),
        number(learning_rate * mean_factor / root_factor),
        number(1 - learning_rate * weight_decay),
    )


@_compiled
def _follow_by_all_squares(w, g, squares, rate, epsilon):
    for i in range(w.size):
        s = squares[i] + g[i] * g[i]
        squares[i] = s
        w[i] -= rate * (g[i] / (np.sqrt(s) + epsilon))


def adagrad(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    epsilon: float,
) -> None:
    """Replace `nncli.training.optimizers.adagrad`."""
    number = parameters.dtype.type
    _follow_by_all_squares(parameters, gradient, slots[0], number(learning_rate), number(epsilon))


@_compiled
def _follow_by_mean_squares(w, g, squares, decay, share, rate, epsilon):
    for i in range(w.size):
        s = decay * squares[i] + share * (g[i] * g[i])
        squares[i] = s
        w[i] -= rate * (g[i] / (np.sqrt(s) + epsilon))


def rmsprop(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    decay: float,
    epsilon: float,
) -> None:
    """Replace `nncli.training.optimizers.rmsprop`."""
    number = parameters.dtype.type
    _follow_by_mean_squares(
        parameters,
        gradient,
        slots[0],
        number(decay),
        number(1 - decay),
        number(learning_rate),
        number(epsilon),
    )


@_compiled
def _follow_means_ahead(
    w, g, means, squares, beta1, share1, beta2, share2, own, ahead, unbiased, rate, epsilon
):
    for i in range(w.size):
        m = beta1 * means[i] + share1 * g[i]
        s = beta2 * squares[i] + share2 * (g[i] * g[i])
        means[i] = m
        squares[i] = s
        w[i] -= rate * ((own * g[i] + ahead * m) / (np.sqrt(unbiased * s) + epsilon))


def nadam(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> None:
    """Replace `nncli.training.optimizers.nadam`."""
    number = parameters.dtype.type
    _follow_means_ahead(
        parameters,
        gradient,
        slots[0],
        slots[1],
        number(beta1),
        number(1 - beta1),
        number(beta2),
        number(1 - beta2),
        number((1 - beta1) / (1 - beta1**step)),
        number(beta1 / (1 - beta1 ** (step + 1))),
        number(1 / (1 - beta2**step)),
        number(learning_rate),
        number(epsilon),
    )


FAST = Kernels(
    name="numba",
    optimizers={
        "sgd": sgd,
        "adam": adam,
        "adamw": adamw,
        "adagrad": adagrad,
        "rmsprop": rmsprop,
        "nadam": nadam,
    },
)
