"""Random numbers that depend on nothing but the seed and what they are for.

Every use of chance has a stream of its own, made anew from ``[seed, stream, index]``. A run can
therefore go on from any epoch without a saved generator, and a new stream never shifts the
numbers of another. The values are part of what a seed means: never renumber them.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What the random numbers are for."""

    WEIGHTS = 1  # index: the layer
    VALIDATION_SPLIT = 2
    SHUFFLE = 3  # index: the epoch
    TRAIN_ROWS = 4  # generated data
    TEST_ROWS = 5
    GRADIENT_CHECK = 6
    DROPOUT = 7  # counted; index: the hidden layer
    CONNECTIONS = 8  # index: the layer
    TEST_SPLIT = 9
    FOLDS = 10


def generator(seed: int, stream: Stream, index: int = 0) -> np.random.Generator:
    """Return the generator of `stream` for `seed`, the same on every call."""
    return np.random.default_rng([seed, stream, index])


def counted(seed: int, stream: Stream, step: int, index: int) -> np.random.Generator:
    """Return a generator for the numbers of `stream` that a training step needs.

    It is Philox4x64-10 (Salmon, Moraes, Dror and Shaw, 2011) with the key (seed, stream) and the
    counter (n, 0, index, step), n from 1: every number depends on its place alone, so that an
    engine on any machine can compute it by itself. `index` tells several uses in a step apart.
    """
    key, counter = [seed, int(stream)], [0, 0, index, step]
    return np.random.Generator(np.random.Philox(key=key, counter=counter))
