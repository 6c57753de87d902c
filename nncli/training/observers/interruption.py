"""Handle Ctrl-C and other requests to stop: finish the step, save, then stop."""

import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Timer, current_thread, main_thread
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from nncli.base.signals import Stopped, saving_signals
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.outcome import Outcome

if TYPE_CHECKING:
    from socket import socket

_SLOW_SECONDS = 0.5


def _ignore(run: Path) -> None:
    """Tell nothing."""


class InterruptRequest(Observer):
    """Context in which a first signal requests a stop, and a second one interrupts immediately.

    Before training begins there is nothing to save, so the first signal also interrupts.

    Only the main thread receives signals; in other threads, this has no effect.

    Parameters
    ----------
    signals : sequence of int
    announce : function
        Function to call at the first signal.
    tell_slow : function of Path
        Function to call, in another thread, with the run to resume if it is interrupted and saved,
        and its evaluation takes longer than `slow_seconds`.
    slow_seconds : float

    Attributes
    ----------
    signal : int or None
        Number of the first signal.
    run : Path or None
        Directory of the run to resume, once there is a checkpoint.
    has_ended : bool
        Whether the steps are over, so that results are evaluated and saved.
    """

    def __init__(
        self,
        signals: Sequence[int],
        announce: Callable[[], None] = lambda: None,
        tell_slow: Callable[[Path], None] = _ignore,
        slow_seconds: float = _SLOW_SECONDS,
    ) -> None:
        self.signal: int | None = None
        self.run: Path | None = None
        self.has_ended = self._has_begun = False
        self._signals, self._announce = signals, announce
        self._tell_slow, self._slow_seconds = tell_slow, slow_seconds
        self._timer: Timer | None = None
        self._arrivals = _Arrivals()

    @classmethod
    def of_program(
        cls, announce: Callable[[], None], tell_slow: Callable[[Path], None] = _ignore
    ) -> "InterruptRequest":
        """Return a context for all signals, unless ignored, that ask this program to end."""
        return cls(saving_signals(), announce, tell_slow)

    @classmethod
    def of_guest(cls) -> "InterruptRequest":
        """Return a context for Ctrl-C in a process that uses nncli as a library.

        An existing handler for Ctrl-C is kept.
        """
        is_free = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        return cls([signal.SIGINT] if is_free else ())

    def begin(self, job: Job) -> None:
        """Note that from now on there is something to save."""
        self._has_begun, self.has_ended = True, False

    def step(self, report: StepReport) -> bool:
        """Return whether a stop was requested."""
        return self.signal is not None

    def epoch(self, report: EpochReport) -> bool:
        """Return whether a stop was requested."""
        return self.signal is not None

    def end(self, outcome: Outcome | None) -> None:
        """Note that the steps are over."""
        self.has_ended = True

    def checkpoint(self, run: Path) -> None:
        """Note which run can be resumed; tell it if an evaluation follows that takes long."""
        self.run = run
        if self.has_ended and self.signal is not None:
            self._timer = Timer(self._slow_seconds, self._tell_slow, [run])
            self._timer.daemon = True
            self._timer.start()

    def __enter__(self) -> "InterruptRequest":
        handled = self._signals if current_thread() is main_thread() else ()
        if handled:
            self._arrivals.open()
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
        self._arrivals.close()
        if self._timer:
            self._timer.cancel()

    def _note(self, number: int, frame: FrameType | None) -> None:
        arrived = self._arrivals.of(number)
        if not arrived:
            return
        if self.signal is not None or not self._has_begun:
            raise Stopped(number)
        self.signal = number
        if arrived > 1:
            raise Stopped(number)
        self._announce()


class _Arrivals:
    """Count signals, as Python calls a handler once for all that arrive during a long C call.

    Python writes a byte for each to a socket. Without one, or if that of another, such as an event
    loop, is in use, each call of the handler counts as one signal.
    """

    def __init__(self) -> None:
        self._sockets: tuple[socket, ...] = ()
        self._unread, self._early = Counter[int](), Counter[int]()

    def open(self) -> None:
        """Start to count."""
        from socket import socketpair  # only here: it takes a while to import

        with suppress(OSError):
            self._sockets = socketpair()
        if not self._sockets:
            return
        for each in self._sockets:
            each.setblocking(False)
        before = signal.set_wakeup_fd(self._sockets[1].fileno(), warn_on_full_buffer=False)
        if before != -1:
            signal.set_wakeup_fd(before)
            self._close_sockets()

    def of(self, number: int) -> int:
        """Return how many signals a call of the handler is for; 0 if they were counted before."""
        if not self._sockets:
            return 1
        with suppress(BlockingIOError):
            self._unread.update(self._sockets[0].recv(1 << 16))
        arrived, early = self._unread.pop(number, 0), self._early.pop(number, 0)
        self._early[number] = max(arrived - 1, 0)  # these may call the handler again
        return arrived or (0 if early else 1)  # the byte may be late

    def close(self) -> None:
        """Stop counting."""
        if self._sockets:
            signal.set_wakeup_fd(-1)
            self._close_sockets()

    def _close_sockets(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets = ()
