"""The compilation of an engine's code: how long it takes, and who is told of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from nncli.base.clock import Clock
from nncli.base.words import printable

_followed: ContextVar["Compilation | None"] = ContextVar("followed", default=None)


class NotAllowedError(ImportError):
    """Numba must not compile; the message says how to allow it."""


class Compilation:
    """What is compiled for a training job.

    Parameters
    ----------
    clock : Clock, optional
        Clock that measures it as ``compilation``.
    tell : function of str, optional
        Called with a line when it begins, and if code cannot be kept.

    Attributes
    ----------
    seconds : float
    not_kept : str or None
        Why compiled code is not kept in the cache, with a remedy; None if it is, or if there was
        none.
    """

    def __init__(
        self, clock: Clock | None = None, tell: Callable[[str], None] | None = None
    ) -> None:
        self._clock, self._tell = clock, tell
        self._has_begun = False
        self.seconds = 0.0
        self.not_kept: str | None = None

    @property
    def summary(self) -> str:
        """What was compiled, and whether it must be compiled again."""
        if not self.seconds:
            return "done before"
        if self.not_kept:
            return f"{self.seconds:.1f} s at each start: {self.not_kept}"
        return f"done now, in {self.seconds:.1f} s; training loads the code from the cache"

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Measure and tell what is compiled in the block."""
        token = _followed.set(self)
        try:
            yield
        finally:
            _followed.reset(token)

    @contextmanager
    def _measured(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            with self._clock.phase("compilation") if self._clock else nullcontext():
                yield
        finally:
            self.seconds += time.perf_counter() - started

    def _begin(self, problem: Callable[[], str | None]) -> None:
        if self._has_begun:
            return
        self._has_begun, self.not_kept = True, problem()
        self._say(
            f"Compiling the training steps, at each start: {self.not_kept}"
            if self.not_kept
            else "Compiling the training steps: a few seconds, only the first time."
        )

    def _fail_to_keep(self, problem: str) -> None:
        if self.not_kept is None:
            self.not_kept = problem
            self._say(f"The compiled steps are not kept: {problem}")

    def _say(self, line: str) -> None:
        if self._tell:
            self._tell(printable(line))


def compiling() -> AbstractContextManager[None]:
    """Return a context manager in which to compile, and to load what is needed for it."""
    compilation = _followed.get()
    return compilation._measured() if compilation else nullcontext()


def tell_compiling(problem: Callable[[], str | None]) -> None:
    """Tell that something will now be compiled.

    Parameters
    ----------
    problem : function
        Returns why compiled code cannot be kept, or None; only called if somebody wants to know.
    """
    if compilation := _followed.get():
        compilation._begin(problem)


def tell_not_kept(problem: str) -> None:
    """Tell why code that was compiled could not be kept."""
    if compilation := _followed.get():
        compilation._fail_to_keep(problem)
