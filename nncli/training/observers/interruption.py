"""Ctrl-C and a request to terminate: finish the step, save, then stop."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType

from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.observer import Observer


class InterruptRequest(Observer):
    """Context in which the first SIGINT or SIGTERM asks to stop; a second one interrupts at once.

    `announce` is called at the first one.

    Attributes
    ----------
    signal : int or None
        The number of the first one.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM)  # Windows never sends the second

    def __init__(self, announce: Callable[[], None] = lambda: None) -> None:
        self.signal: int | None = None
        self._announce = announce

    def step(self, report: StepReport) -> bool:
        """Return whether there was a request to stop."""
        return self.signal is not None

    def epoch(self, report: EpochReport) -> bool:
        """Return whether there was a request to stop."""
        return self.signal is not None

    def __enter__(self) -> "InterruptRequest":
        self._before = [signal.signal(number, self._note) for number in self._SIGNALS]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, before in zip(self._SIGNALS, self._before, strict=True):
            signal.signal(number, before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        self._announce()
