"""Measure where a run spends its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Total wall time by phase.

    Attributes
    ----------
    seconds : dict of str to float
        Time per phase, in the order in which the phases were first named.
    """

    def __init__(self, *phases: str) -> None:
        self.seconds = dict.fromkeys(phases, 0.0)
        self._made = self._since = time.perf_counter()
        self._phase: str | None = None

    @property
    def total(self) -> float:
        """Seconds since the clock was created."""
        return time.perf_counter() - self._made

    def start(self) -> None:
        """Forget the time since the last lap."""
        self._since = time.perf_counter()

    def lap(self, phase: str) -> None:
        """Count the time since the last call of `lap` or `start` as `phase`."""
        now = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._since
        self._since = now

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time spent in the block as `name`, without the phases inside it."""
        outer, self._phase = self._phase, name
        if outer is not None:
            self.lap(outer)
        self.start()
        try:
            yield
        finally:
            self.lap(name)
            self._phase = outer
