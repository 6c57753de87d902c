"""Parameter updates in one compiled loop, which replace `nncli.nn.updates`."""

from collections.abc import Callable
from math import sqrt

import numpy as np

from nncli.engines.compiled.loops import compiled
from nncli.nn.entries import Array


@compiled
def _descend(w, g, rate):
    for i in range(w.size):
        w[i] -= rate * g[i]


@compiled
def _descend_with_momentum(w, g, velocity, rate, momentum, nesterov):
    zero, smallest = w.dtype.type(0), np.finfo(w.dtype).tiny
    for i in range(w.size):
        v = momentum * velocity[i] + g[i]
        v = zero if abs(v) < smallest else v
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
    """Replace `nncli.nn.updates.sgd`."""
    number = parameters.dtype.type
    if momentum:
        _descend_with_momentum(
            parameters, gradient, slots[0], number(learning_rate), number(momentum), nesterov
        )
    else:
        _descend(parameters, gradient, number(learning_rate))


@compiled
def _follow_means(w, g, means, squares, beta1, beta2, epsilon, rate, kept):
    zero, smallest = w.dtype.type(0), np.finfo(w.dtype).tiny
    for i in range(w.size):
        m = beta1 * means[i] + g[i]
        m = zero if abs(m) < smallest else m
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
    """Replace `nncli.nn.updates.adam`."""
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
    """Replace `nncli.nn.updates.adamw`."""
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


@compiled
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
    """Replace `nncli.nn.updates.adagrad`."""
    number = parameters.dtype.type
    _follow_by_all_squares(parameters, gradient, slots[0], number(learning_rate), number(epsilon))


@compiled
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
    """Replace `nncli.nn.updates.rmsprop`."""
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


@compiled
def _follow_means_ahead(
    w, g, means, squares, beta1, share1, beta2, share2, own, ahead, unbiased, rate, epsilon
):
    zero, smallest = w.dtype.type(0), np.finfo(w.dtype).tiny
    for i in range(w.size):
        m = beta1 * means[i] + share1 * g[i]
        m = zero if abs(m) < smallest else m
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
    """Replace `nncli.nn.updates.nadam`."""
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


OPTIMIZERS: dict[str, Callable[..., None]] = {
    "sgd": sgd,
    "adam": adam,
    "adamw": adamw,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "nadam": nadam,
}
