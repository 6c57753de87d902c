"""The inputs as the network sees them: how large they are, column by column."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nncli.explain.diagnosis.case import Case

Numbers = NDArray[np.float64]

LARGE = 50.0
"""Root mean square of inputs that are too large; `inputs` says how it was measured."""

_FEWEST_ROWS = 4  # fewer examples show no scale


@dataclass(frozen=True)
class Seen:
    """The scaled inputs of some training rows, without marks such as 0 and 1.

    Small constants are left out, too.

    Attributes
    ----------
    names : list of str
    means, deviations : array (I,)
    sizes : array (I,)
        Root mean square of the values that are not 0: rare values count with their full size.
    """

    names: list[str]
    means: Numbers
    deviations: Numbers
    sizes: Numbers

    @property
    def mean(self) -> float:
        """Root mean square of the means of the columns."""
        return root_mean_square(self.means)

    @property
    def deviation(self) -> float:
        """Root mean square of the standard deviations of the columns."""
        return root_mean_square(self.deviations)

    @property
    def size(self) -> float:
        """Root mean square of all inputs."""
        return float(np.hypot(self.mean, self.deviation))


def seen(case: Case) -> Seen | None:
    """Return the inputs that have a scale; None if there are none, or too few rows."""
    X = case.start.X.astype(np.float64)
    if len(X) < _FEWEST_ROWS or not np.isfinite(X).all():
        return None
    used = ~(_are_marks(X) | _are_like_a_bias(X))
    if not used.any():
        return None
    X, names = X[:, used], [case.dataset.inputs[int(at)] for at in np.flatnonzero(used)]
    times = np.maximum(np.count_nonzero(X, axis=0), 1)
    sizes = np.sqrt(np.square(X).sum(axis=0) / times)
    return Seen(names, X.mean(axis=0), X.std(axis=0), sizes)


def trains(case: Case) -> bool:
    """Return whether there is any training; without epochs, a config only shows its weights."""
    return case.config.training.complete.epochs > 0


def _are_marks(X: Numbers) -> NDArray[np.bool_]:
    """Return which columns have two values from -1 to 1: a truth, or a text of a category."""
    low, high = X.min(axis=0), X.max(axis=0)
    two = ((low == X) | (high == X)).all(axis=0)
    return np.asarray(two & (low >= -1) & (high <= 1) & (high - low >= 1))


def _are_like_a_bias(X: Numbers) -> NDArray[np.bool_]:
    """Return which columns have one value, but not one that dominates the sums."""
    return np.asarray((X[0] == X).all(axis=0) & (np.abs(X[0]) <= LARGE))


def root_mean_square(numbers: NDArray[np.floating]) -> float:
    """Return sqrt(mean of x²), computed in float64."""
    return float(np.sqrt(np.square(numbers, dtype=np.float64).mean()))
