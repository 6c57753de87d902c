"""Weight initializers.

``draw(random, inputs, outputs, **parameters)`` returns float64 weights of shape
(inputs, outputs); the caller rounds them to the training precision. Biases are drawn as one more
row of the weights, so `inputs` and `outputs` are those of their layer, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.nn.entries import Entry, Parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Random = np.random.Generator
    Weights = NDArray[np.float64]
else:
    Random = Weights = Any


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


def lecun_normal(random: Random, inputs: int, outputs: int) -> Weights:
    """Draw from N(0, 1 / inputs) (LeCun, Bottou, Orr and Müller, 1998)."""
    return normal(random, inputs, outputs, (1.0 / inputs) ** 0.5)


def lecun_uniform(random: Random, inputs: int, outputs: int) -> Weights:
    """Draw from U(-r, r) with r = √(3 / inputs) (LeCun, Bottou, Orr and Müller, 1998)."""
    return uniform(random, inputs, outputs, (3.0 / inputs) ** 0.5)


def orthogonal(random: Random, inputs: int, outputs: int, gain: float) -> Weights:
    """Draw a matrix with orthonormal rows or columns, times `gain` (Saxe et al., 2014).

    The result is Q of the QR decomposition of a Gaussian matrix. Its columns are multiplied by the
    signs of R's diagonal to make it uniform over all such matrices (Mezzadri, 2007).
    """
    tall = random.normal(size=(max(inputs, outputs), min(inputs, outputs)))
    q, r = np.linalg.qr(tall)
    q *= np.where(np.diag(r) < 0, -gain, gain)
    return q if inputs >= outputs else q.T


def constant(random: Random, inputs: int, outputs: int, value: float) -> Weights:
    """Return `value` everywhere: all units of a layer then stay identical."""
    return np.full((inputs, outputs), value)


def zeros(random: Random, inputs: int, outputs: int) -> Weights:
    """Return zeros."""
    return np.zeros((inputs, outputs))


@dataclass(frozen=True)
class Initializer(Entry):
    """A weight initializer; the module docstring describes `draw`."""

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
    "lecun_normal": Initializer("normal, variance 1 / inputs; suits SELU", lecun_normal),
    "lecun_uniform": Initializer("uniform, variance 1 / inputs; suits SELU", lecun_uniform),
    "orthogonal": Initializer(
        "orthonormal rows or columns",
        orthogonal,
        parameters={"gain": Parameter(1.0, "factor for all weights", above=0.0)},
    ),
    "constant": Initializer(
        "the same value everywhere",
        constant,
        parameters={"value": Parameter(0.0, "value of all weights")},
    ),
    "zeros": Initializer("0 everywhere", zeros),
}
