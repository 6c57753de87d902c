"""The standard streams as the program uses them, however they were opened, or closed."""

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from typing import TYPE_CHECKING, Any, TextIO

from nncli.base.errors import OutputError, reason
from nncli.base.words import printable

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed import ReadableBuffer


@contextmanager
def standard_streams() -> Iterator[None]:
    """Make the streams UTF-8 while the block runs; a closed one leads to nowhere.

    What standard output cannot take is an `OutputError`, or a `BrokenPipeError` where its reader
    has gone: it is the result. What standard error cannot take is lost, as a full disk or a reader
    that has gone must not end the work.
    """
    with ExitStack() as stack:
        output = _stream(sys.stdout, _Output, line_buffering=_is_shown_at_once(sys.stdout))
        stack.enter_context(redirect_stdout(stack.enter_context(output)))
        errors = _stream(sys.stderr, _Lossy, line_buffering=True)
        stack.enter_context(redirect_stderr(stack.enter_context(errors)))
        yield


def print_traceback(
    kind: type[BaseException], error: BaseException, trace: "TracebackType | None"
) -> None:
    """Print a traceback as Python does, of what the terminal obeys nothing: ``sys.excepthook``."""
    from traceback import format_exception

    lines = "".join(format_exception(kind, error, trace)).split("\n")
    with standard_streams():
        print(*map(printable, lines), sep="\n", end="", file=sys.stderr)  # noqa: T201 - it is its task


_TEXT: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace"}


def _stream(
    stream: TextIO | None, kind: "type[_Stream]", *, line_buffering: bool
) -> AbstractContextManager[TextIO]:
    """Return what takes the place of a standard stream."""
    if stream is None or stream.closed:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - who calls it closes it
    if not hasattr(stream, "buffer"):  # a replacement in memory takes everything
        return nullcontext(stream)
    buffer = io.BufferedWriter(kind(stream.buffer))
    return io.TextIOWrapper(buffer, line_buffering=line_buffering, **_TEXT)


def _is_shown_at_once(stream: TextIO | None) -> bool:
    return any(getattr(stream, each, False) for each in ("line_buffering", "write_through"))


class _Stream(io.RawIOBase):
    """A stream on top of a standard one, past whose buffer it writes.

    The buffer would keep what failed, and fail again at the exit.
    """

    def __init__(self, below: Any) -> None:
        self._below = getattr(below, "raw", below)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._below.isatty())

    def fileno(self) -> int:
        return int(self._below.fileno())


class _Output(_Stream):
    """A stream that takes everything or says why not; after that it takes all and loses it."""

    _has_failed = False

    def write(self, content: "ReadableBuffer") -> int:
        rest = memoryview(content).cast("B")
        while rest and not self._has_failed:
            rest = rest[self._taken(rest) :]
        return memoryview(content).nbytes

    def _taken(self, content: memoryview) -> int:
        try:
            taken = self._below.write(content)
            if taken is None:  # it does not wait by itself, as other programs may have left it
                select.select([], [self._below], [])
            return taken or 0
        except OSError as error:
            self._has_failed = True
            if isinstance(error, BrokenPipeError):
                raise
            raise OutputError(f"standard output cannot be written ({reason(error)})") from error


class _Lossy(_Stream):
    """A stream that takes everything and loses what the one below it does not take."""

    def write(self, content: "ReadableBuffer") -> int:
        with suppress(OSError):
            # None where it would have to wait; less than all of it is followed by the rest.
            if taken := self._below.write(content):
                return int(taken)
        return memoryview(content).nbytes
