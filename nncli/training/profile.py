"""Where the time of a run goes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any


class Profile:
    """Adds up wall time by phase; of phases within each other the outermost counts.

    Nothing is measured that is not watched, so that a run without a profile pays nothing.

    Attributes
    ----------
    seconds : dict of str to float
        By phase, in the order in which they were first named.
    """

    def __init__(self, *phases: str) -> None:
        self.seconds = dict.fromkeys(phases, 0.0)
        self._started = time.perf_counter()
        self._inside = False

    @property
    def total(self) -> float:
        """Seconds since the profile was made."""
        return time.perf_counter() - self._started

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what is done inside as `name`."""
        if self._inside:
            yield
            return
        self._inside = True
        started = time.perf_counter()
        try:
            yield
        finally:
            self._inside = False
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def watch(self, owner: Any, attribute: str, phase: str) -> None:
        """Count the calls of a function of `owner`, an object or a module, as `phase`."""
        function: Callable[..., Any] = getattr(owner, attribute)

        @wraps(function, assigned=())
        def timed(*arguments: Any, **keywords: Any) -> Any:
            with self.phase(phase):
                return function(*arguments, **keywords)

        setattr(owner, attribute, timed)
