"""The initial weights of every contender, and NumPy's predictions with them."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.work import Work

Weights = list[NDArray[np.float32]]


def initial_weights(work: Work) -> Weights:
    """Return a weight matrix (I, O) for each layer; the biases start at 0.

    The initializer is He normal for ReLU and Xavier (Glorot) normal otherwise, with a fixed seed.
    """
    random = np.random.default_rng(1)
    drawn = []
    for inputs, outputs in pairwise(work.sizes):
        variance = 2 / inputs if work.hidden == "relu" else 2 / (inputs + outputs)
        drawn.append(random.normal(0, variance**0.5, (inputs, outputs)).astype(np.float32))
    return drawn


def reference_classes(work: Work, X: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the classes that the initial weights predict for `X` (N, I), with ReLU layers."""
    A: NDArray[Any] = X.astype(np.float64)
    *hidden, last = initial_weights(work)
    for W in hidden:
        A = np.maximum(A @ W, 0)
    return np.asarray((A @ last).argmax(axis=1))
