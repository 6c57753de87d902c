"""The standard streams as the program uses them, however they were opened, or closed."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any

from nncli.base.words import printable

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed import ReadableBuffer


@contextmanager
def standard_streams() -> Iterator[None]:
    """Make the streams UTF-8 while the block runs; a closed one leads to nowhere.

    What standard output cannot take is an `OSError`: it is the result. What standard error cannot
    take is lost, as a full disk or a reader that is gone must not end the work.
    """
    with ExitStack() as stack:
        if sys.stdout is None:
            stack.enter_context(redirect_stdout(stack.enter_context(_nowhere())))
        with suppress(AttributeError):  # a replacement cannot be reconfigured
            sys.stdout.reconfigure(**_TEXT)  # type: ignore[union-attr]  # TextIOWrapper has it
        if sys.stderr is None or sys.stderr.closed:
            stack.enter_context(redirect_stderr(stack.enter_context(_nowhere())))
        elif hasattr(sys.stderr, "buffer"):  # a replacement in memory takes everything
            lossy = io.BufferedWriter(_Lossy(sys.stderr.buffer))
            text = io.TextIOWrapper(lossy, line_buffering=True, **_TEXT)
            stack.enter_context(redirect_stderr(stack.enter_context(text)))
        yield


def print_traceback(
    kind: type[BaseException], error: BaseException, trace: "TracebackType | None"
) -> None:
    """Print a traceback as Python does, of what the terminal obeys nothing: ``sys.excepthook``."""
    from traceback import format_exception

    lines = "".join(format_exception(kind, error, trace)).split("\n")
    with standard_streams():
        print(*map(printable, lines), sep="\n", end="", file=sys.stderr)  # noqa: T201 - it is its task


def discard_output() -> None:
    """Let Python's own flush of standard output at the exit write to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_TEXT: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace"}


def _nowhere() -> io.TextIOWrapper:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - closed by the stack


class _Lossy(io.RawIOBase):
    """A stream that takes everything and loses what the one below it does not take."""

    def __init__(self, below: Any) -> None:
        # Past its buffer, which would keep what failed and fail again at the exit.
        self._below = getattr(below, "raw", below)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._below.isatty())

    def fileno(self) -> int:
        return int(self._below.fileno())

    def write(self, content: "ReadableBuffer") -> int:
        with suppress(OSError):
            # None where it would have to wait; less than all of it is followed by the rest.
            if taken := self._below.write(content):
                return int(taken)
        return memoryview(content).nbytes
