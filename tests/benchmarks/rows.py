"""The rows that all contenders use: MNIST from the cache, or synthetic rows of a fixed seed."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.work import Work

PIXELS = 784
TEST_ROWS = 10_000
SMOKE_TEST_ROWS = 500


@dataclass(frozen=True)
class Rows:
    """Training rows and test rows.

    Attributes
    ----------
    X, X_test : array (N, I)
        Bytes for images, otherwise float32.
    y, y_test : array (N,)
        Classes as int64, or target values as float32.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]


def load(work: Work) -> Rows:
    """Return the rows of `work`; for prediction, `X` has the first test rows."""
    found = SOURCES[work.data](work.rows)
    if work.task == "predict":
        return Rows(
            found.X_test[: work.rows], found.y_test[: work.rows], found.X_test, found.y_test
        )
    return found


def as_float32(X: NDArray[Any]) -> NDArray[np.float32]:
    """Return inputs for the peers: float32, with bytes scaled to the range 0 to 1."""
    if X.dtype != np.uint8:
        return X.astype(np.float32, copy=False)
    return X.astype(np.float32) / np.float32(255)


def mnist(rows: int) -> Rows:
    """Return the first `rows` rows of MNIST, with images memory-mapped from the cache."""
    folder = Path(os.environ["NNCLI_CACHE"]) / "mnist"

    def images(name: str) -> NDArray[np.uint8]:
        bytes_ = np.memmap(folder / f"{name}-images-idx3-ubyte", np.uint8, mode="r", offset=16)
        return np.asarray(bytes_).reshape(-1, PIXELS)

    def labels(name: str) -> NDArray[np.int64]:
        return np.fromfile(folder / f"{name}-labels-idx1-ubyte", np.uint8, offset=8).astype(
            np.int64
        )

    return Rows(images("train")[:rows], labels("train")[:rows], images("t10k"), labels("t10k"))


def digits(rows: int) -> Rows:
    """Make rows shaped like MNIST: ten pictures plus noise."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 200, (10, PIXELS))
    y = random.integers(0, 10, rows + SMOKE_TEST_ROWS)
    X = pictures[y] + random.integers(0, 56, (len(y), PIXELS))
    return _parted(X.astype(np.uint8), y, rows)


def xor(rows: int) -> Rows:
    """Make noisy XOR: the corners of the unit square plus normal noise of deviation 0.25."""
    random = np.random.default_rng(0)
    corners = random.integers(0, 2, (rows + TEST_ROWS, 2))
    X = corners + random.normal(0, 0.25, corners.shape)
    return _parted(X.astype(np.float32), corners[:, 0] ^ corners[:, 1], rows)


def numbers(rows: int) -> Rows:
    """Make a regression with 30 inputs: a sum of sines, squares and products, plus noise."""
    random = np.random.default_rng(0)
    X = random.normal(size=(rows + TEST_ROWS, 30)).astype(np.float32)
    y = np.sin(2 * X[:, 0]) + 0.3 * X[:, 1] ** 2 + X[:, 2] * X[:, 3] + 0.2 * X[:, 4:].sum(axis=1)
    y += random.normal(0, 0.1, len(y))
    return _parted(X, ((y - y.mean()) / y.std()).astype(np.float32), rows)


def _parted(X: NDArray[Any], y: NDArray[Any], rows: int) -> Rows:
    return Rows(X[:rows], y[:rows], X[rows:], y[rows:])


SOURCES: dict[str, Callable[[int], Rows]] = {
    "mnist": mnist,
    "digits": digits,
    "xor": xor,
    "numbers": numbers,
}
