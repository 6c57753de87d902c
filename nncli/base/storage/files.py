"""The one place where nncli writes files: whole or not at all, or line by line."""

import fnmatch
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from nncli.base.arguments import said
from nncli.base.errors import OutputError, UsageError, os_errors_as
from nncli.base.paths import resolved
from nncli.base.platforms import synchronize
from nncli.base.storage.directory import Directory, Place, entry_of


@contextmanager
def atomic_write(place: Place, *, replace: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file beside `place` that takes its name when the block ends well.

    The file is flushed and synchronized to the disk before it is renamed, so `place` holds either
    its old content or all of the new one. On any failure the temporary file is removed. A link is
    replaced, not followed. Without `replace` a file that appears meanwhile stays, too.

    Raises
    ------
    OutputError
        When the file cannot be created, written or renamed.
    """
    entry = entry_of(place)
    # Of any characters at most 255 bytes, which a file system takes.
    temporary = entry.directory / f".{entry.name[:60]}.{token_hex(4)}.tmp"
    try:
        with writing(place):
            with temporary.stream("xb") as stream:
                yield stream
                stream.flush()
                synchronize(stream.fileno())
            temporary.rename(entry.name, replace=replace)
            _synchronize(entry.directory)
    finally:
        with suppress(OSError):
            temporary.remove()


def checked_output(path: Path, *, replace: bool = False, hint: str = "") -> Path:
    """Return where a result can be written, links followed; call it before any work is done.

    Parameters
    ----------
    replace : bool
        Whether a file that exists may be replaced.
    hint : str
        What the message adds when it exists and may not.

    Raises
    ------
    UsageError
        When `path` exists and may not be replaced, or is not a regular file.
    OutputError
        When its name is too long, or nobody may look there.
    """
    with writing(path):
        target = resolved(path) if path.is_symlink() else path
        is_there, is_file = target.exists(), target.is_file()
    if is_there and not is_file:
        raise UsageError(f"{path}: is not a regular file; choose another{said(' with -o', '')}")
    if is_there and not replace:
        raise UsageError(f"{path}: exists; choose another file{said(' with -o', '')}{hint}")
    return target


def remove_litter(directory: Directory) -> None:
    """Remove the temporary files of processes that were killed while they wrote in `directory`.

    Nobody else may be writing in it: see `locks`.
    """
    with suppress(OSError):  # they are in nobody's way
        for name in fnmatch.filter(directory.names(), ".*.????????.tmp"):
            (directory / name).remove()


def write_text(place: Place, text: str, *, replace: bool = True) -> None:
    r"""Write `text` to `place` as `atomic_write` does, in UTF-8 with ``\n`` line ends."""
    with atomic_write(place, replace=replace) as stream:
        stream.write(text.encode("utf-8"))


class GrowingFile:
    """A file that grows by whole lines; each call hands its lines over at once.

    It starts as a new one, which takes the place of any other of its name. If somebody removes it
    it is put back.

    Parameters
    ----------
    place : Path or Entry
    start : bytes
        The whole lines that it starts with.

    Raises
    ------
    OutputError
        In every method, when the file cannot be written.
    """

    def __init__(self, place: Place, start: bytes) -> None:
        self._entry = entry_of(place)
        with writing(self._entry):
            self._stream = self._started_with(start)

    def append(self, lines: bytes) -> None:
        """Write whole lines."""
        with writing(self._entry):
            while lines:
                lines = lines[self._stream.write(lines) :]
            if not os.fstat(self._stream.fileno()).st_nlink:
                self._put_back()

    def synchronize(self) -> None:
        """Wait until all of it is on the disk."""
        self.append(b"")
        with writing(self._entry):
            synchronize(self._stream.fileno())

    def content(self) -> bytes:
        """Return all that it has, also where it was removed."""
        with writing(self._entry):
            self._stream.seek(0)
            return self._stream.read()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _started_with(self, start: bytes) -> BinaryIO:
        with atomic_write(self._entry) as new:
            new.write(start)
        stream = self._entry.stream("r+b", buffering=0)
        stream.seek(0, os.SEEK_END)
        return stream

    def _put_back(self) -> None:
        removed = self._stream
        self._stream = self._started_with(self.content())
        removed.close()


def writing(place: object) -> AbstractContextManager[None]:
    """Turn the system's errors in the block into an `OutputError` with the remedy."""
    return os_errors_as(
        OutputError,
        place,
        "cannot be written",
        f"check the free space and the permissions, or choose another place{said(' with -o', '')}",
    )


def _synchronize(directory: Directory) -> None:
    """Make a rename in `directory` durable, where the platform and the file system can."""
    with suppress(OSError), directory.opened():  # the file is in place already: no reason to fail
        if directory.handle is not None:
            synchronize(directory.handle)
