"""Random numbers that depend only on the seed and their purpose.

Every use of randomness has its own stream, recreated from ``[seed, stream, index]``. So a run can
resume at any epoch without a saved generator, and a new stream never shifts the numbers of another.
The results for a seed depend on the stream numbers: never renumber them.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """The purpose of the random numbers."""

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
    PLOT = 11  # rows to draw
    IMPORTANCE = 12  # index: 0 for the rows, then the column from 1
    BOOTSTRAP = 13
    BIASES = 14  # index: the layer
    WORKSHEET = 15  # numbers to leave out


def generator(seed: int, stream: Stream, index: int = 0) -> np.random.Generator:
    """Return the generator of `stream` for `seed`; every call gives the same numbers."""
    return np.random.default_rng([seed, stream, index])


def counted(seed: int, stream: Stream, step: int, index: int) -> np.random.Generator:
    """Return a generator for the numbers of `stream` in one training step.

    It is Philox4x64-10 (Salmon, Moraes, Dror and Shaw, 2011) with the key (seed, stream) and the
    counter (n, 0, index, step), n from 1. Every number depends only on its position, so any engine
    can compute it independently. `index` distinguishes several uses within a step.
    """
    key, counter = [seed, int(stream)], [0, 0, index, step]
    return np.random.Generator(np.random.Philox(key=key, counter=counter))
