"""Epochs of one step that were taken ahead in one call, and are handed out one by one."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.engines.compiled.state import LOSS, PENALTY, SCORE, SUMS
from nncli.engines.engine import Setup, Steps, Sums
from nncli.nn.entries import Array
from nncli.nn.layers.activation import SATURATION_ROWS

_MOST_PARAMETERS = 4096  # more take longer to copy than the calls that this saves
_MOST_NUMBERS = 1 << 20  # of all epochs


def are_taken_together(setup: Setup) -> bool:
    """Return whether the program of a step records it as an epoch, for `Epochs`."""
    size = len(setup.network.parameters) + len(setup.network.state)
    return setup.batch_rows >= len(setup.training) and size <= _MOST_PARAMETERS


class Epochs:
    """Epochs of one step, of which the program writes sums and parameters.

    There are as many of them as fit into a few megabytes.

    Parameters
    ----------
    start : dict of str to array
        The engine's state before them.
    rates : sequence of float
    counts : sequence of int or None
        For each block, None if its activation does not saturate.

    Attributes
    ----------
    sums : array (E, 3 + blocks + counts) of float64
        Of each epoch: the sums in the order of `SUMS`, squared gradient norms, and the saturated
        units of each block that has a count.
    snapshots : array (E, P + S)
        Parameters and state of the network after each epoch.
    given : int
        How many were handed out.
    """

    def __init__(
        self,
        setup: Setup,
        start: dict[str, NDArray[Any]],
        rates: Sequence[float],
        counts: Sequence[int | None],
    ) -> None:
        self._setup, self.start, self._counts = setup, start, counts
        numbers = len(SUMS) + len(counts) + sum(each is not None for each in counts)
        size = len(start["parameters"]) + len(start["state"])
        most = max(1, _MOST_NUMBERS // (numbers + size))
        self.rates = rates[:most]
        self.sums = np.empty((len(self.rates), numbers))
        self.snapshots = np.empty((len(self.rates), size), setup.network.dtype)
        self.given = self._usable = 0
        self._begun: int | None = len(self.rates)  # until the call has returned

    def batches(self) -> NDArray[np.integer[Any]]:
        """Return the row numbers of each epoch: all, in order."""
        rows = self._setup.training.rows
        return np.broadcast_to(rows, (len(self.rates), len(rows)))

    def complete(self, found: Steps) -> int:
        """Return how many of the epochs that were done end with finite parameters."""
        done = found.done
        are_finite = np.isfinite(self.snapshots[:done]).all(axis=1)
        self._usable = done if are_finite.all() else int(are_finite.argmin())
        # A step that was refused may have changed the running means.
        self._begun = done + bool(found.problem)
        return self._usable

    def in_turn(self) -> Iterator[Sums]:
        """Return the sums of each epoch."""
        columns = self.sums[: self._usable].T
        loss, score, penalty = (columns[SUMS.index(each)] for each in (LOSS, SCORE, PENALTY))
        others = columns[len(SUMS) :]
        rows, blocks = len(self._setup.training), self._setup.network.blocks
        norms, counts = others[: len(blocks)], iter(others[len(blocks) :])
        units = [min(rows, SATURATION_ROWS) * block.outputs for block in blocks]
        shares = [
            repeat(None) if place is None else (next(counts) / most).tolist()
            for place, most in zip(self._counts, units, strict=True)
        ]
        return map(  # a loop in Python would take as long as a step of a small network
            Sums,
            repeat(1),
            repeat(rows),
            loss.tolist(),
            score.tolist(),
            norms.T.tolist(),
            map(list, zip(*shares, strict=False)),
            penalty.tolist(),
        )

    def leave_memory(self) -> None:
        """Note that the engine's memory is not that of an epoch until it has gone back to one."""
        self._begun = None

    @property
    def are_all_given(self) -> bool:
        """Whether the engine's memory is that of the epoch that was handed out last."""
        return self.given == self._begun

    @property
    def snapshot(self) -> tuple[Array, Array]:
        """Parameters and state after that epoch, not copied."""
        both = self.snapshots[self.given - 1]
        size = len(self.start["parameters"])
        return both[:size], both[size:]
