"""What a page draws of a network: the values of all units in a plane, weights, losses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncli.base.random_streams import Stream, generator
from nncli.data.splits import Rows, Split
from nncli.engines.batches import Batches, with_scaled_targets
from nncli.metrics.scores import MEASURES
from nncli.nn.entries import Array
from nncli.nn.network import Network
from nncli.runs.job import Job

SIDE = 40  # points of the plane along each axis
MOST_ROWS = 2000  # rows that losses are measured on
MOST_MAPS = 32  # units of a layer that are drawn in the plane
_STEPS = 127  # of the values from 0 to a unit's largest

Inputs = Callable[[NDArray[np.float64]], Array]
"""A function of points (B, 2) of the plane that returns the network's inputs (B, I)."""


@dataclass(frozen=True)
class Plane:
    """The plane of two inputs.

    Attributes
    ----------
    names : (str, str)
    low, high : (float, float)
        The ends of both axes.
    """

    names: tuple[str, str]
    low: tuple[float, float]
    high: tuple[float, float]

    def points(self, side: int = SIDE) -> NDArray[np.float64]:
        """Return the points (side², 2), row by row from the top, in the middles of the pixels."""
        middles = (np.arange(side) + 0.5) / side
        x, y = (low + middles * (high - low) for low, high in zip(self.low, self.high, strict=True))
        across, down = np.meshgrid(x, y[::-1])
        return np.stack([across.ravel(), down.ravel()], axis=1)


class UnitMap(NamedTuple):
    """The outputs of all units of a layer in the plane.

    Attributes
    ----------
    values : array (O, side, side) of int8
        Outputs divided by `largest`, times 127.
    largest : array (O,) of float64
        The largest absolute output of each unit, or 1 if all are 0.
    """

    values: NDArray[np.int8]
    largest: NDArray[np.float64]


class Measured(NamedTuple):
    """Mean loss and mean score over some rows."""

    loss: float
    score: float


class View:
    """A network as it is at some step: `show` copies its weights, the rest computes from them.

    Parameters
    ----------
    job : Job
    points : array (P, I)
        The points of the plane, as inputs of the network; P is a square number.

    Attributes
    ----------
    network : Network
    """

    def __init__(self, job: Job, points: Array | None) -> None:
        own = job.network
        self.network = Network(own.layers, own.parameters.copy(), own.state.copy())
        self._points = points
        self._work = None if points is None else self.network.workspace(len(points))
        self._rows = {name: _Rows(job, self.network, name) for name in ("train", "test")}

    def show(self, snapshot: dict[str, Array]) -> None:
        """Copy the weights of a snapshot of the engine."""
        np.copyto(self.network.parameters, snapshot["parameters"])
        np.copyto(self.network.state, snapshot["state"])

    @np.errstate(over="ignore", invalid="ignore")
    def maps(self) -> list[UnitMap]:
        """Return the outputs of the first 32 units of each layer in the plane, if there is one."""
        if self._points is None or self._work is None:
            return []
        self.network.outputs(self._points, self._work)
        side = round(len(self._points) ** 0.5)
        return [_map_of(own.Y[:, :MOST_MAPS], side) for _, own in self._work.activations]

    def measured(self) -> dict[str, Measured]:
        """Return loss and score of the training and of the test rows, if there are any."""
        return {name: self.measured_on(name) for name, rows in self._rows.items() if rows.count}

    def measured_on(self, name: str) -> Measured:
        """Return loss and score of ``train`` or ``test``."""
        return self._rows[name].measured()

    def hidden(self, layer: int) -> Array:
        """Return the outputs (N, O) of a layer, from 0, for the training rows that are measured."""
        return self._rows["train"].hidden(layer)


def shown_rows(job: Job, split: Split) -> Rows:
    """Return which rows of a split, counted in it, are measured and drawn: at most `MOST_ROWS`."""
    random = generator(job.config.seed, Stream.PLOT)
    chosen: Rows = np.sort(random.permutation(len(split))[:MOST_ROWS])
    return chosen


def _map_of(values: Array, side: int) -> UnitMap:
    by_unit = np.nan_to_num(values.T.astype(np.float64))
    largest = np.abs(by_unit).max(axis=1)
    largest[largest == 0] = 1
    scaled = np.rint(by_unit / largest[:, np.newaxis] * _STEPS).astype(np.int8)
    return UnitMap(scaled.reshape(-1, side, side), largest)


class _Rows:
    """Rows of a split whose loss is measured again and again: at most `MOST_ROWS`."""

    def __init__(self, job: Job, network: Network, name: str) -> None:
        setup = job.setup
        self._job, self._network = job, network
        split = as_learned(job, name)
        self.count = 0 if split is None else min(len(split), MOST_ROWS)
        if split is None:
            return
        chosen = shown_rows(job, split)
        scaling = setup.scaling if name == "train" else job.scaling
        batches = Batches(split, scaling, setup.codes, self.count)
        self._X, self._T = batches.gather(split.rows[chosen])
        self._work = network.workspace(self.count)

    @np.errstate(over="ignore", invalid="ignore")
    def measured(self) -> Measured:
        score, objective = self._job.score, self._job.setup.objective
        self._network.logits(self._X, self._work)
        measure = MEASURES[score.measure]
        outputs = self._work.logits
        if score.of_outputs:
            outputs = self._network.activate_output(self._work)
        total = measure(outputs, self._T, self._work.scratch, **score.parameters)
        loss = objective(self._network, self._T, self._work)
        return Measured(float(loss), float(total) / self.count)

    @np.errstate(over="ignore", invalid="ignore")
    def hidden(self, layer: int) -> Array:
        self._network.outputs(self._X, self._work)
        found: Array = self._work.activations[layer][1].Y
        return found


def as_learned(job: Job, name: str) -> Split | None:
    """Return a split with targets as the network learns them, or None if there is none."""
    if name == "train":
        return job.setup.training
    split = job.dataset.splits.get(name)
    if split is None or not job.dataset.scales_targets:
        return split
    return with_scaled_targets({name: split}, job.target_scaling, job.network.dtype)[name]
