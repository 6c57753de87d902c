"""The one place where nncli writes files: whole or not at all, or line by line."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from nncli.base.errors import OutputError, UsageError, os_errors_as


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` that takes its name when the block ends well.

    The file is flushed and synchronized to the disk before it is renamed, so `path` holds either
    its old content or all of the new one. On any failure the temporary file is removed.

    Raises
    ------
    OutputError
        When the file cannot be created, written or renamed.
    """
    # Of any characters at most 255 bytes, which a file system takes.
    temporary = path.with_name(f".{path.name[:60]}.{token_hex(4)}.tmp")
    try:
        with writing(path):
            with temporary.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
            _sync_directory(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


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
        target = path.resolve() if path.is_symlink() else path
        is_there, is_file = target.exists(), target.is_file()
    if is_there and not is_file:
        raise UsageError(f"{path}: is not a regular file; choose another with -o")
    if is_there and not replace:
        raise UsageError(f"{path}: exists; choose another file with -o{hint}")
    return target


def remove_litter(directory: Path) -> None:
    """Remove the temporary files of processes that were killed while they wrote in `directory`.

    Nobody else may be writing in it: see `locks`.
    """
    for path in directory.glob(".*.????????.tmp"):
        with suppress(OSError):  # it is in nobody's way
            path.unlink()


def write_text(path: Path, text: str) -> None:
    r"""Write `text` to `path` atomically, in UTF-8 with ``\n`` line ends."""
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8"))


class GrowingFile:
    """A file that grows by whole lines; each call hands its lines over at once.

    What stands behind the first `kept_bytes` of a file that is there already is cut off; of one
    that is empty then, `first` becomes the first line.

    Raises
    ------
    OutputError
        In every method, when the file cannot be written.
    """

    def __init__(self, path: Path, first: bytes, kept_bytes: int = 0) -> None:
        self._path = path
        with writing(path):
            self._stream = path.open("r+b" if path.exists() else "xb", buffering=0)
            try:
                self._stream.truncate(kept_bytes)
                self._stream.seek(kept_bytes)
                self.append(b"" if kept_bytes else first)
            except BaseException:
                self._stream.close()
                raise

    def append(self, lines: bytes) -> None:
        """Write whole lines."""
        with writing(self._path):
            while lines:
                lines = lines[self._stream.write(lines) :]

    def synchronize(self) -> None:
        """Wait until all of it is on the disk."""
        with writing(self._path):
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def writing(path: Path) -> AbstractContextManager[None]:
    """Turn the system's errors in the block into an `OutputError` with the remedy."""
    return os_errors_as(
        OutputError,
        path,
        "cannot be written",
        "check the free space and the permissions, or choose another place with -o",
    )


def _sync_directory(directory: Path) -> None:
    """Make a rename in `directory` durable, where the platform and the file system can."""
    if os.name != "posix":
        return
    with suppress(OSError):  # the file is in place already, so this is no reason to fail
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
