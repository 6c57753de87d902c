"""All file writes of nncli: atomically, or line by line and record by record."""

import fnmatch
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from errno import EACCES, ENOTDIR
from pathlib import Path
from secrets import token_hex
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from nncli.base.arguments import said
from nncli.base.errors import OutputError, UsageError, os_errors_as
from nncli.base.paths import resolved
from nncli.base.platforms import synchronize
from nncli.base.storage.directory import Directory, Place, entry_of


@contextmanager
def atomic_write(place: Place, *, replace: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file next to `place`, and rename it to `place` when the block succeeds.

    The file is synchronized to disk before it is renamed, so `place` has either all of its old or
    all of its new content. On any failure the temporary file is removed. A link is replaced, not
    followed. Without `replace`, even a file that appears in the meantime is kept.

    Raises
    ------
    OutputError
        If the file cannot be created, written or renamed.
    """
    entry = entry_of(place)
    # At most 255 bytes whatever the characters, the limit of file systems.
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
    """Return the path to write a result to, with links resolved; call it before any work.

    Parameters
    ----------
    replace : bool
        Whether an existing file may be replaced.
    hint : str
        Text to append to the message if the file exists and may not be replaced.

    Raises
    ------
    UsageError
        If `path` exists and may not be replaced, or is not a regular file.
    OutputError
        If the name is too long, or the folder is missing or cannot be written to.
    """
    with writing(path):
        target = resolved(path) if path.is_symlink() else path
        if not S_ISDIR(target.parent.stat().st_mode):
            raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
        if not os.access(target.parent, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
        is_there, is_file = target.exists(), target.is_file()
    if is_there and not is_file:
        raise UsageError(f"{path}: is not a regular file; choose another{said(' with -o', '')}")
    if is_there and not replace:
        raise UsageError(f"{path}: already exists; choose another file{said(' with -o', '')}{hint}")
    return target


def remove_litter(directory: Directory) -> None:
    """Remove the temporary files left in `directory` by killed processes.

    No other process may be writing in it: see `locks`.
    """
    with suppress(OSError):  # leftovers do no harm
        for name in fnmatch.filter(directory.names(), ".*.????????.tmp"):
            (directory / name).remove()


def write_text(place: Place, text: str, *, replace: bool = True) -> None:
    r"""Write `text` to `place` atomically, in UTF-8 with ``\n`` line endings."""
    with atomic_write(place, replace=replace) as stream:
        stream.write(text.encode("utf-8"))


class GrowingFile:
    """A file that grows by whole lines or records, without buffering.

    It replaces an existing file of its name. If it is removed, it is written again.

    Parameters
    ----------
    place : Path or Entry
    start : bytes
        Initial content.
    reuse : bool
        Whether to keep an existing file with exactly this content and no other name.

    Raises
    ------
    OutputError
        From every method, if the file cannot be written.
    """

    def __init__(self, place: Place, start: bytes, *, reuse: bool = False) -> None:
        self._entry = entry_of(place)
        with writing(self._entry):
            existing = self._existing(start) if reuse else None
            self._stream = existing or self._started_with(start)

    def append(self, content: bytes) -> None:
        """Append whole lines or records."""
        with writing(self._entry):
            while content:
                content = content[self._stream.write(content) :]
            if not os.fstat(self._stream.fileno()).st_nlink:
                self._put_back()

    def synchronize(self) -> None:
        """Wait until the whole file is on disk."""
        self.append(b"")
        with writing(self._entry):
            synchronize(self._stream.fileno())

    def content(self) -> bytes:
        """Return the whole content, even if the file was removed."""
        with writing(self._entry):
            self._stream.seek(0)
            return self._stream.read()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _existing(self, start: bytes) -> BinaryIO | None:
        """Return the file, at its end, if it has this content and no other name."""
        with suppress(OSError), ExitStack() as opened:
            stream = opened.enter_context(self._entry.stream("r+b", buffering=0))
            found = os.fstat(stream.fileno())
            is_alike = S_ISREG(found.st_mode) and (found.st_nlink, found.st_size) == (1, len(start))
            if is_alike and stream.read() == start:
                opened.pop_all()
                return stream
        return None

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


@contextmanager
def writing(place: object) -> Iterator[None]:
    """Turn the system's errors in the block into an `OutputError` with a remedy."""
    with os_errors_as(
        OutputError,
        place,
        "cannot be written",
        f"check free space and permissions, or choose another place{said(' with -o', '')}",
    ):
        try:
            yield
        except FileNotFoundError as error:
            if isinstance(place, Path) and not place.parent.exists():
                missing = f"the folder {place.parent} does not exist"
                raise OutputError(f"{place}: {missing}; create it") from error
            raise


def _synchronize(directory: Directory) -> None:
    """Make a rename in `directory` durable, if the platform and file system support it."""
    with suppress(OSError), directory.opened():  # the file is already in place: do not fail
        if directory.handle is not None:
            synchronize(directory.handle)
