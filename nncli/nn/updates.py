"""Optimizer updates: one step from a gradient to new parameters.

``update(parameters, gradient, slots, scratch, learning_rate, step, **settings)`` changes the flat
vector `parameters` and the rows of `slots` (vectors of the same length) in place. `step` counts
from 1. `gradient` and `scratch` (another such vector) are undefined afterwards; nothing is
allocated. Slots start at zero.

In the equations g is the gradient, w a parameter, η the learning rate and t the step.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from nncli.nn.entries import Array


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
    """Stochastic gradient descent with optional momentum (Polyak, 1964).

    Without momentum: w ← w - η g. With momentum μ and velocity v: v ← μ v + g, then w ← w - η v.
    With Nesterov momentum (Sutskever, Martens, Dahl and Hinton, 2013): w ← w - η (g + μ v), with
    the new v.
    """
    if momentum:
        (velocity,) = slots
        np.multiply(velocity, momentum, out=velocity)
        np.add(velocity, gradient, out=velocity)
        if nesterov:
            np.multiply(gradient, learning_rate, out=gradient)
            np.subtract(parameters, gradient, out=parameters)
            np.multiply(velocity, momentum * learning_rate, out=gradient)
        else:
            np.multiply(velocity, learning_rate, out=gradient)
    else:
        np.multiply(gradient, learning_rate, out=gradient)
    np.subtract(parameters, gradient, out=parameters)


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
    """Adam (Kingma and Ba, 2015, algorithm 1).

    m ← β₁ m + (1 - β₁) g and v ← β₂ v + (1 - β₂) g²; then w ← w - η m̂ / (√v̂ + ε) with
    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).

    The slots hold m / (1 - β₁) and v / (1 - β₂), and constant factors are combined: the result is
    the same up to rounding, with ten passes over the vectors instead of fourteen.
    """
    mean, square = slots
    np.multiply(mean, beta1, out=mean)
    np.add(mean, gradient, out=mean)
    np.multiply(square, beta2, out=square)
    np.multiply(gradient, gradient, out=gradient)
    np.add(square, gradient, out=square)
    mean_factor = (1 - beta1) / (1 - beta1**step)
    root_factor = sqrt((1 - beta2) / (1 - beta2**step))
    denominator = np.sqrt(square, out=gradient)
    np.add(denominator, epsilon / root_factor, out=denominator)
    np.divide(mean, denominator, out=denominator)
    np.multiply(denominator, learning_rate * mean_factor / root_factor, out=denominator)
    np.subtract(parameters, denominator, out=parameters)


def adagrad(
    parameters: Array,
    gradient: Array,
    slots: Array,
    scratch: Array,
    learning_rate: float,
    step: int,
    epsilon: float,
) -> None:
    """AdaGrad (Duchi, Hazan and Singer, 2011): v ← v + g²; w ← w - η g / (√v + ε)."""
    (square,) = slots
    np.multiply(gradient, gradient, out=scratch)
    np.add(square, scratch, out=square)
    _divide_by_root(gradient, square, scratch, epsilon)
    np.multiply(gradient, learning_rate, out=gradient)
    np.subtract(parameters, gradient, out=parameters)


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
    """RMSProp (Tieleman and Hinton, 2012): v ← ρ v + (1 - ρ) g²; w ← w - η g / (√v + ε)."""
    (square,) = slots
    np.multiply(gradient, gradient, out=scratch)
    np.multiply(scratch, 1 - decay, out=scratch)
    np.multiply(square, decay, out=square)
    np.add(square, scratch, out=square)
    _divide_by_root(gradient, square, scratch, epsilon)
    np.multiply(gradient, learning_rate, out=gradient)
    np.subtract(parameters, gradient, out=parameters)


def _divide_by_root(gradient: Array, square: Array, scratch: Array, epsilon: float) -> None:
    """Divide `gradient` by √square + ε in place."""
    np.sqrt(square, out=scratch)
    np.add(scratch, epsilon, out=scratch)
    np.divide(gradient, scratch, out=gradient)


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
    """AdamW (Loshchilov and Hutter, 2019): w ← w - η λ w, then a step of Adam.

    As in the paper, λ applies to all parameters, including biases.
    """
    np.multiply(parameters, 1 - learning_rate * weight_decay, out=parameters)
    adam(parameters, gradient, slots, scratch, learning_rate, step, beta1, beta2, epsilon)


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
    """NAdam, Adam with Nesterov momentum (Dozat, 2016); the momentum is constant.

    m and v as in Adam; then w ← w - η m̄ / (√v̂ + ε) with v̂ = v / (1 - β₂ᵗ) and
    m̄ = β₁ m / (1 - β₁ᵗ⁺¹) + (1 - β₁) g / (1 - β₁ᵗ).
    """
    mean, square = slots
    np.multiply(mean, beta1, out=mean)
    np.multiply(gradient, 1 - beta1, out=scratch)
    np.add(mean, scratch, out=mean)
    np.multiply(square, beta2, out=square)
    np.multiply(gradient, gradient, out=scratch)
    np.multiply(scratch, 1 - beta2, out=scratch)
    np.add(square, scratch, out=square)
    np.multiply(gradient, (1 - beta1) / (1 - beta1**step), out=gradient)
    np.multiply(mean, beta1 / (1 - beta1 ** (step + 1)), out=scratch)
    np.add(gradient, scratch, out=gradient)
    np.multiply(square, 1 / (1 - beta2**step), out=scratch)
    _divide_by_root(gradient, scratch, scratch, epsilon)
    np.multiply(gradient, learning_rate, out=gradient)
    np.subtract(parameters, gradient, out=parameters)
