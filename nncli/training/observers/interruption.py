"""Ctrl-C and other requests to end: finish the step, save, then stop."""

import signal
from collections.abc import Callable, Sequence
from threading import current_thread, main_thread
from types import FrameType, TracebackType

from nncli.base.signals import Stopped, saving_signals
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.observer import Job, Observer


class InterruptRequest(Observer):
    """Context in which the first of some signals asks to stop; a second one interrupts at once.

    Until training begins there is nothing to save, and the first one interrupts as well.

    Outside the main thread, which alone gets signals, nothing is changed.

    Parameters
    ----------
    signals : sequence of int
    announce : function
        Called at the first one.

    Attributes
    ----------
    signal : int or None
        The number of the first one.
    """

    def __init__(self, signals: Sequence[int], announce: Callable[[], None] = lambda: None) -> None:
        self.signal: int | None = None
        self._has_begun = False
        self._signals, self._announce = signals, announce

    @classmethod
    def of_program(cls, announce: Callable[[], None]) -> "InterruptRequest":
        """Return one for all signals that ask this program to end, and are not ignored."""
        return cls(saving_signals(), announce)

    @classmethod
    def of_guest(cls) -> "InterruptRequest":
        """Return one for Ctrl-C in a process that is somebody else's.

        Where somebody handles Ctrl-C already, that stays.
        """
        is_free = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        return cls([signal.SIGINT] if is_free else ())

    def begin(self, job: Job) -> None:
        """Take note that there is something to save from now on."""
        self._has_begun = True

    def step(self, report: StepReport) -> bool:
        """Return whether there was a request to stop."""
        return self.signal is not None

    def epoch(self, report: EpochReport) -> bool:
        """Return whether there was a request to stop."""
        return self.signal is not None

    def __enter__(self) -> "InterruptRequest":
        handled = self._signals if current_thread() is main_thread() else ()
        self._before = {number: signal.signal(number, self._note) for number in handled}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, signal.SIG_DFL if before is None else before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None or not self._has_begun:
            raise Stopped(number)
        self.signal = number
        self._announce()
