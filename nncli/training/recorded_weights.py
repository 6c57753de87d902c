"""``recorded_weights.npz``: copies of the weights, taken every few steps of training."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError, reason
from nncli.base.storage.directory import Place
from nncli.base.storage.npz_file import parse_own_npz, write_npz
from nncli.base.storage.regular_file import open_regular
from nncli.nn.entries import Array
from nncli.nn.network import Network, state_views

MOST_BYTES = 1 << 28  # of all copies; they are kept in memory, and written with each checkpoint

_MOST_HEADERS = 1 << 12  # bytes of the file around the arrays
_NUMBERS = ("every", "batches")
_ARRAYS = ("parameters", "state")


@dataclass(frozen=True)
class RecordedWeights:
    """Copies of the network's flat vectors, before training and then every few steps.

    Attributes
    ----------
    every : int
        Number of steps between two copies.
    batches : int
        Number of steps in an epoch.
    parameters, state : array (N, P), (N, S)
        The N copies; float32 or float64.
    """

    every: int
    batches: int
    parameters: NDArray[Any]
    state: NDArray[Any]

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def steps(self) -> NDArray[np.int64]:
        """The number of steps (N,) before each copy."""
        return np.arange(len(self), dtype=np.int64) * self.every

    @property
    def epochs(self) -> NDArray[np.float64]:
        """The number of epochs (N,) before each copy."""
        return self.steps / self.batches

    def named(self, network: Network) -> dict[str, NDArray[Any]]:
        """Return ``step``, ``epoch`` and the network's arrays by name, all with N entries."""
        return {
            "step": self.steps,
            "epoch": self.epochs,
            **_split(self.parameters, network.arrays),
            **_split(self.state, state_views(network.layers, network.state)),
        }


def _split(copies: NDArray[Any], views: Mapping[str, Array]) -> dict[str, NDArray[Any]]:
    """Return copies (N, P) of a flat vector by the names of its views, in their shapes."""
    ends = np.cumsum([0, *(view.size for view in views.values())]).tolist()
    return {
        name: copies[:, start:end].reshape(len(copies), *view.shape)
        for (name, view), (start, end) in zip(views.items(), pairwise(ends), strict=True)
    }


def write_recorded(place: Place, recorded: RecordedWeights) -> None:
    """Write the copies atomically. Raises `OutputError`."""
    numbers = {name: np.array(getattr(recorded, name)) for name in _NUMBERS}
    write_npz(place, {**numbers, **{name: getattr(recorded, name) for name in _ARRAYS}})


def read_recorded(place: Place, network: Network) -> RecordedWeights:
    """Read the copies of the weights of a network.

    Raises
    ------
    DataError
        If the file cannot be read, is not exactly as `write_recorded` writes it, or is of another
        network.
    """
    try:
        arrays = _arrays(place)
        _check(arrays, network)
    except OSError as error:
        raise DataError(f"{place}: cannot be read ({reason(error)})") from error
    except ValueError as error:
        raise DataError(f"{place}: is damaged, or not of this nncli version ({error})") from error
    every, batches = (int(arrays[name]) for name in _NUMBERS)
    return RecordedWeights(every, batches, arrays["parameters"], arrays["state"])


def _arrays(place: Place) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file that is not too large. Raises `OSError` or `ValueError`."""
    with open_regular(place) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MOST_BYTES + _MOST_HEADERS:
            raise ValueError(f"has {size:,} bytes; at most {MOST_BYTES >> 20} MiB are kept")
        return parse_own_npz(stream, size)


def _check(arrays: dict[str, NDArray[Any]], network: Network) -> None:
    """Raise `ValueError` if arrays are not the recorded weights of a network."""
    if tuple(arrays) != _NUMBERS + _ARRAYS:
        raise ValueError("has other arrays")
    for name in _NUMBERS:
        number = arrays[name]
        if number.shape != () or number.dtype != np.int64 or number < 1:
            raise ValueError(f"its {name} is not a positive integer")
    parameters, state = (arrays[name] for name in _ARRAYS)
    for found, own in ((parameters, network.parameters), (state, network.state)):
        if found.shape[1:] != own.shape or found.dtype != own.dtype or not len(found):
            raise ValueError("is not of this network")
    if len(parameters) != len(state):
        raise ValueError("its copies do not match each other")
    if len(parameters) * int(arrays["every"]) > np.iinfo(np.int64).max:
        raise ValueError("counts steps that do not exist")
    if not all(np.isfinite(each).all() for each in (parameters, state)):
        raise ValueError("has numbers that are not finite")
