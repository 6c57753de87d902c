"""Set up the standard streams, however they were opened or closed."""

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
    """Make the streams UTF-8 while the block runs; output to a closed stream is discarded.

    Standard output carries the result, so a failed write raises `OutputError`, or `BrokenPipeError`
    if the reader is gone. Failed writes to standard error are ignored: a full disk or a closed
    reader must not end the work.
    """
    with ExitStack() as stack:
        output = _stream(sys.stdout, _Output, line_buffering=_is_shown_at_once(sys.stdout))
        stack.enter_context(redirect_stdout(stack.enter_context(output)))
        errors = _stream(sys.stderr, _Lossy, line_buffering=True)
        stack.enter_context(redirect_stderr(stack.enter_context(errors)))
        yield


def can_show(text: str, stream: TextIO | None) -> bool:
    """Return whether a standard stream, in the encoding of its terminal, can show `text`."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    encoding = raw.encoding if isinstance(raw, _Stream) else getattr(stream, "encoding", None)
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def print_traceback(
    kind: type[BaseException], error: BaseException, trace: "TracebackType | None"
) -> None:
    """Print a traceback without terminal control characters; use it as ``sys.excepthook``."""
    from traceback import format_exception

    lines = "".join(format_exception(kind, error, trace)).split("\n")
    with standard_streams():
        print(*map(printable, lines), sep="\n", end="", file=sys.stderr)  # noqa: T201 - its purpose


_TEXT: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace"}


def _stream(
    stream: TextIO | None, kind: "type[_Stream]", *, line_buffering: bool
) -> AbstractContextManager[TextIO]:
    """Return the replacement for a standard stream."""
    if stream is None or stream.closed:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - the caller closes it
    if not hasattr(stream, "buffer"):  # an in-memory replacement accepts everything
        return nullcontext(stream)
    buffer = io.BufferedWriter(kind(stream.buffer, stream.encoding))
    return io.TextIOWrapper(buffer, line_buffering=line_buffering, **_TEXT)


def _is_shown_at_once(stream: TextIO | None) -> bool:
    return any(getattr(stream, each, False) for each in ("line_buffering", "write_through"))


class _Stream(io.RawIOBase):
    """A stream that bypasses the buffer of the standard stream below it.

    The buffer would keep data that could not be written, and fail again at exit.

    Attributes
    ----------
    encoding : str or None
        Encoding of the standard stream, which may not be UTF-8.
    """

    def __init__(self, below: Any, encoding: str | None) -> None:
        self._below = getattr(below, "raw", below)
        self.encoding = encoding

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._below.isatty())

    def fileno(self) -> int:
        return int(self._below.fileno())


class _Output(_Stream):
    """A stream that reports the first failed write, and discards everything after it."""

    _has_failed = False

    def write(self, content: "ReadableBuffer") -> int:
        rest = memoryview(content).cast("B")
        while rest and not self._has_failed:
            rest = rest[self._taken(rest) :]
        return memoryview(content).nbytes

    def _taken(self, content: memoryview) -> int:
        try:
            taken = self._below.write(content)
            if taken is None:  # non-blocking, perhaps set so by another program
                select.select([], [self._below], [])
            return taken or 0
        except OSError as error:
            self._has_failed = True
            if isinstance(error, BrokenPipeError):
                raise
            raise OutputError(f"standard output cannot be written ({reason(error)})") from error


class _Lossy(_Stream):
    """A stream that ignores failed writes."""

    def write(self, content: "ReadableBuffer") -> int:
        with suppress(OSError):
            # None means that the write would block. After a partial write, the rest follows.
            if taken := self._below.write(content):
                return int(taken)
        return memoryview(content).nbytes
