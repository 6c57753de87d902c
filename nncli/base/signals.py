"""Handle the signals that ask a program to end.

A signal raises `Stopped`, so that unfinished files are removed. During an import it ends the
program immediately: some modules treat any exception as a missing package, and others print it.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# SIGHUP and, on Windows, SIGBREAK: the terminal was closed. Job queues and limits send the others.
_SAVING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK", "SIGXCPU", "SIGUSR1", "SIGUSR2", "SIGALRM")
_ENDING = (*_SAVING, "SIGQUIT")
_AGAIN_SECONDS = 0.02


class Stopped(KeyboardInterrupt):
    """A signal asked the program to end.

    Attributes
    ----------
    number : int
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Program:
    """Whether this process runs the nncli program, rather than importing nncli as a library."""

    is_running = False


def is_program() -> bool:
    """Return whether this process is the nncli program: whether it called `stop_at_signals`."""
    return _Program.is_running


def number_of(error: KeyboardInterrupt) -> int:
    """Return the number of the signal that raised an error."""
    return error.number if isinstance(error, Stopped) else signal.SIGINT


def saving_signals() -> list[int]:
    """Return the signals, unless ignored, that ask a program to save its results and end."""
    return _not_ignored(_SAVING)


def stop_at_signals() -> None:
    """Make every signal that asks to end raise `Stopped`; ignored signals stay ignored."""
    _Program.is_running = True
    for number in _not_ignored(_ENDING):
        signal.signal(number, _stop)
    sys.unraisablehook = _unraisable


def end_now(line: str, code: int) -> NoReturn:
    """End the process immediately, with a line on standard error."""
    try:
        os.write(2, line.encode() + b"\n")
    finally:
        os._exit(code)


def _not_ignored(names: Sequence[str]) -> list[int]:
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [each for each in known if signal.getsignal(each) is not signal.SIG_IGN]


def _stop(number: int, frame: FrameType | None) -> None:
    if _is_importing(frame):
        end_now("Interrupted.", 128 + number)
    raise Stopped(number)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _unraisable(found: "UnraisableHookArgs") -> None:
    """Send a signal again if its exception was lost, as in a destructor."""
    if isinstance(found.exc_value, Stopped):
        threading.Timer(_AGAIN_SECONDS, signal.raise_signal, [found.exc_value.number]).start()
    else:
        sys.__unraisablehook__(found)
