"""Weight initializers.

``draw(random, inputs, outputs, **parameters)`` returns float64 weights of shape
(inputs, outputs); the caller rounds them to the training precision. Biases start at zero.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nncli.model.entries import Entry, Parameter

Random = np.random.Generator
Weights = NDArray[np.float64]


def normal(random: Random, inputs: int, outputs: int, scale: float) -> Weights:
    """Draw from N(0, scale²)."""
    return random.normal(0.0, scale, (inputs, outputs))


def uniform(random: Random, inputs: int, outputs: int, scale: float) -> Weights:
    """Draw from U(-scale, scale)."""
    return random.uniform(-scale, scale, (inputs, outputs))


def xavier_normal(random: Random, inputs: int, outputs: int) -> Weights:
    """Draw from N(0, 2 / (inputs + outputs)) (Glorot and Bengio, 2010)."""
    return normal(random, inputs, outputs, (2.0 / (inputs + outputs)) ** 0.5)


def xavier_uniform(random: Random, inputs: int, outputs: int) -> Weights:
    """Draw from U(-r, r) with r = √(6 / (inputs + outputs)) (Glorot and Bengio, 2010)."""
    return uniform(random, inputs, outputs, (6.0 / (inputs + outputs)) ** 0.5)


def he_normal(random: Random, inputs: int, outputs: int) -> Weights:
    """Draw from N(0, 2 / inputs) (He, Zhang, Ren and Sun, 2015)."""
    return normal(random, inputs, outputs, (2.0 / inputs) ** 0.5)


def he_uniform(random: Random, inputs: int, outputs: int) -> Weights:
    """Draw from U(-r, r) with r = √(6 / inputs) (He, Zhang, Ren and Sun, 2015)."""
    return uniform(random, inputs, outputs, (6.0 / inputs) ** 0.5)


def constant(random: Random, inputs: int, outputs: int, value: float) -> Weights:
    """Return `value` everywhere: every unit of a layer then stays like its neighbors."""
    return np.full((inputs, outputs), value)


def zeros(random: Random, inputs: int, outputs: int) -> Weights:
    """Return zeros."""
    return np.zeros((inputs, outputs))


@dataclass(frozen=True)
class Initializer(Entry):
    """A weight initializer; `draw` is as the module says."""

    draw: Callable[..., Weights]


INITIALIZERS: dict[str, Initializer] = {
    "normal": Initializer(
        "normal distribution around 0",
        normal,
        parameters={"scale": Parameter(0.05, "standard deviation", above=0.0)},
    ),
    "uniform": Initializer(
        "uniform distribution around 0",
        uniform,
        parameters={"scale": Parameter(0.05, "largest absolute value", above=0.0)},
    ),
    "xavier_normal": Initializer(
        "normal, variance 2 / (inputs + outputs); suits sigmoid and tanh", xavier_normal
    ),
    "xavier_uniform": Initializer(
        "uniform, variance 2 / (inputs + outputs); suits sigmoid and tanh", xavier_uniform
    ),
    "he_normal": Initializer("normal, variance 2 / inputs; suits ReLU", he_normal),
    "he_uniform": Initializer("uniform, variance 2 / inputs; suits ReLU", he_uniform),
    "constant": Initializer(
        "the same value everywhere",
        constant,
        parameters={"value": Parameter(0.0, "value of every weight")},
    ),
    "zeros": Initializer("0 everywhere", zeros),
}
