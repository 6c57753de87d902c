"""Handle Ctrl-C and other requests to stop: finish the step, save, then stop."""

import signal
from collections.abc import Callable, Sequence
from threading import current_thread, main_thread
from types import FrameType, TracebackType

from nncli.base.signals import Stopped, saving_signals
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.observer import Job, Observer


class InterruptRequest(Observer):
    """Context in which a first signal requests a stop, and a second one interrupts immediately.

    Before training begins there is nothing to save, so the first signal also interrupts.

    Only the main thread receives signals; in other threads, this has no effect.

    Parameters
    ----------
    signals : sequence of int
    announce : function
        Function to call at the first signal.

    Attributes
    ----------
    signal : int or None
        Number of the first signal.
    """

    def __init__(self, signals: Sequence[int], announce: Callable[[], None] = lambda: None) -> None:
        self.signal: int | None = None
        self._has_begun = False
        self._signals, self._announce = signals, announce

    @classmethod
    def of_program(cls, announce: Callable[[], None]) -> "InterruptRequest":
        """Return a context for all signals, unless ignored, that ask this program to end."""
        return cls(saving_signals(), announce)

    @classmethod
    def of_guest(cls) -> "InterruptRequest":
        """Return a context for Ctrl-C in a process that uses nncli as a library.

        An existing handler for Ctrl-C is kept.
        """
        is_free = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        return cls([signal.SIGINT] if is_free else ())

    def begin(self, job: Job) -> None:
        """Note that from now on there is something to save."""
        self._has_begun = True

    def step(self, report: StepReport) -> bool:
        """Return whether a stop was requested."""
        return self.signal is not None

    def epoch(self, report: EpochReport) -> bool:
        """Return whether a stop was requested."""
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
