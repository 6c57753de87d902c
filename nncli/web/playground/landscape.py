"""The loss of a page's network in the plane of two of its numbers, with the path of training."""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import UsageError
from nncli.nn.entries import Array
from nncli.web.playground.view import View

SIDE = 31  # losses along each axis
_MARGIN = 0.3  # around the path, as a fraction of its extent
_LEAST_EXTENT = 2.0
_MOST_COPIES = 400
_MOST_NUMBERS = 8_000_000  # of all copies
_MOST_SECONDS = 10.0


class Path:
    """The parameters at the frames of a page: evenly spaced copies, and the last.

    There are at most 400, and fewer of a large network.
    """

    def __init__(self) -> None:
        self._copies: list[Array] = []
        self._every = self._skipped = 1

    def add(self, parameters: Array) -> None:
        """Keep a copy, unless it is one of those between."""
        if self._skipped < self._every and len(self._copies) > 1:
            self._copies[-1] = parameters.copy()
            self._skipped += 1
            return
        self._copies.append(parameters.copy())
        self._skipped = 1
        if len(self._copies) > max(2, min(_MOST_COPIES, _MOST_NUMBERS // parameters.size)):
            self._copies = self._copies[::2]
            self._every *= 2

    def of(self, place: int) -> NDArray[np.float64]:
        """Return the values of one parameter."""
        return np.array([copy[place] for copy in self._copies], np.float64)


class Landscape(NamedTuple):
    """Losses in a plane of two parameters.

    Attributes
    ----------
    losses : array (31, 31)
        By the second parameter, from its largest value, then by the first.
    low, high : (float, float)
        The ends of both axes.
    path : array (N, 2)
    """

    losses: NDArray[np.float64]
    low: tuple[float, float]
    high: tuple[float, float]
    path: NDArray[np.float64]


def landscape(
    view: View, path: Path, places: Sequence[int], seconds: float = _MOST_SECONDS
) -> Landscape:
    """Return the training losses around the path; the network of `view` is left as it is.

    Parameters
    ----------
    places : two int
        Places in the vector of parameters.
    seconds : float
        The most time to take.

    Raises
    ------
    UsageError
        If it takes longer.
    """
    until = time.perf_counter() + seconds
    x, y = (path.of(place) for place in places)
    (x_low, x_high), (y_low, y_high) = _ends(x), _ends(y)
    parameters = view.network.parameters
    before = parameters.copy()
    losses = np.empty((SIDE, SIDE))
    try:
        for across, first in enumerate(np.linspace(x_low, x_high, SIDE)):
            if time.perf_counter() > until:
                raise UsageError("landscape: takes too long; use a smaller network or fewer rows")
            for down, second in enumerate(np.linspace(y_high, y_low, SIDE)):
                parameters[list(places)] = first, second
                losses[down, across] = view.measured_on("train").loss
    finally:
        np.copyto(parameters, before)
    return Landscape(losses, (x_low, y_low), (x_high, y_high), np.stack([x, y], axis=1))


def place_of(arrays: Mapping[str, Array], name: str, at: Sequence[int]) -> int:
    """Return the place of a number of a trained array in the vector of parameters."""
    place = 0
    for other, array in arrays.items():
        if other == name:
            return place + int(np.ravel_multi_index(tuple(at), array.shape))
        place += array.size
    raise KeyError(name)


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    extent = max((high - low) * (1 + 2 * _MARGIN), _LEAST_EXTENT)
    middle = (low + high) / 2
    return middle - extent / 2, middle + extent / 2
