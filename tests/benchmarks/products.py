"""The matrix products of a training step alone: a lower bound of its time."""

import time
from itertools import pairwise

import numpy as np

from tests.benchmarks.work import Work


def seconds_of_products(work: Work, budget_seconds: float) -> float:
    """Return the time of the products of an epoch, measured on one batch for `budget_seconds`.

    These are the products of the forward pass, the weight gradients and the backward pass, with
    NumPy, for a full batch, into allocated arrays.
    """
    step = _Step(work)
    for _ in range(3):
        step.run()
    count, started = 0, time.perf_counter()
    while not count or time.perf_counter() - started < budget_seconds:
        step.run()
        count += 1
    seconds = (time.perf_counter() - started) / count
    return seconds * work.rows / work.batch_rows


class _Step:
    def __init__(self, work: Work) -> None:
        random = np.random.default_rng(0)

        def drawn(*shape: int) -> np.ndarray:
            return random.random(shape, np.float32)

        self.A = [drawn(work.batch_rows, units) for units in work.sizes]
        self.dA = [drawn(work.batch_rows, units) for units in work.sizes]
        self.W = [drawn(*shape) for shape in pairwise(work.sizes)]
        self.dW = [np.empty_like(W) for W in self.W]

    def run(self) -> None:
        A, dA, W, dW = self.A, self.dA, self.W, self.dW
        for layer in range(len(W)):
            np.matmul(A[layer], W[layer], out=A[layer + 1])
        for layer in reversed(range(len(W))):
            np.matmul(A[layer].T, dA[layer + 1], out=dW[layer])
            if layer:
                np.matmul(dA[layer + 1], W[layer].T, out=dA[layer])
