"""Open files relative to an open directory, even if its path changes.

A path is looked up again on each use: if a directory is renamed and another takes its name, writes
by path go elsewhere. Files in an open directory are looked up by name alone, and links are not
followed.

Windows has no such calls, but does not rename directories with open files: paths are enough there.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EEXIST, ELOOP, ENOTDIR
from pathlib import Path
from typing import BinaryIO, cast

from nncli.base import platforms
from nncli.base.paths import nearby

_DIRECTORY: int = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)  # do not wait for the other end of a pipe
_WAITS_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0)


class Directory:
    """A directory that can be open; otherwise its files are looked up by path.

    Parameters
    ----------
    path : Path
        Path as the user gave it.
    within : Directory, optional
        Open parent directory. The directory is looked up there, and must not be a link.

    Attributes
    ----------
    path : Path
    within : Directory or None
    handle : int or None
        File descriptor; None while the directory is not open, and on Windows.
    """

    def __init__(self, path: Path, within: "Directory | None" = None) -> None:
        self.path = path
        self.handle: int | None = None
        self.within = within

    def __truediv__(self, name: str) -> "Entry":
        return Entry(self, name)

    def __str__(self) -> str:
        return str(self.place())

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Keep the directory open while the block runs. Raises `OSError`."""
        if not platforms.IN_DIRECTORIES or self.handle is not None:
            yield
            return
        self.handle = self._open()
        try:
            yield
        finally:
            handle, self.handle = self.handle, None
            os.close(handle)

    def directory(self, name: str) -> "Directory":
        """Return a subdirectory, which does not have to exist yet."""
        return Directory(self.path / name, self)

    def make(self) -> None:
        """Create the directory unless it exists. Raises `OSError`."""
        name, handle = self.within.lookup(self.path.name) if self.within else (self.path, None)
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=handle)

    def names(self) -> list[str]:
        """Return the names in the directory. Raises `OSError`."""
        place = self.path if self.handle is None else self.handle
        return os.listdir(place)  # noqa: PTH208 - Path cannot list a handle

    def place(self) -> Path:
        """Return the current path, or the original one if the system does not know it."""
        return self._found() or self.path

    def is_removed(self) -> bool:
        """Return whether the system finds no path to the directory anymore."""
        return self._found() is None

    def _found(self) -> Path | None:
        if self.handle is None:
            return self.path if self.path.is_dir() else None
        mine = os.fstat(self.handle)
        for find in (lambda handle: self.path, _place_of):
            with suppress(OSError):
                if os.path.samestat((path := find(self.handle)).stat(), mine):
                    return nearby(path)
        return None

    def lookup(self, name: str) -> tuple[str, int | None]:
        """Return a path to `name`, and the open directory (``dir_fd``) that it is relative to."""
        return (name, self.handle) if self.handle is not None else (str(self.path / name), None)

    def _open(self) -> int:
        if self.within is None:
            return os.open(self.path, _DIRECTORY)
        return (self.within / self.path.name).open(_DIRECTORY)


@dataclass(frozen=True)
class Entry:
    """A file in a directory."""

    directory: Directory
    name: str

    def __str__(self) -> str:
        return str(self.directory.place() / self.name)

    def open(self, flags: int) -> int:
        """Open the file and return a handle. Raises `OSError`, also if it is a link."""
        name, handle = self.directory.lookup(self.name)
        try:
            return os.open(name, flags | _NO_LINK | _NO_WAIT, 0o666, dir_fd=handle)
        except OSError as error:
            # When asked for a directory, Linux reports ENOTDIR for a link.
            if error.errno in (ELOOP, ENOTDIR) and self._is_link():
                raise OSError(ELOOP, "a link; replace it with a copy") from error
            raise

    def _is_link(self) -> bool:
        name, handle = self.directory.lookup(self.name)
        with suppress(OSError):  # a loop of links in its path
            return stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode)
        return False

    def stream(self, mode: str, buffering: int = -1) -> BinaryIO:
        """Open the file in a binary mode of the built-in `open`. Raises `OSError`."""
        # The caller closes the stream.
        return cast(
            BinaryIO, open(self.name, mode, buffering, opener=lambda _, flags: self.open(flags))
        )

    def exists(self) -> bool:
        """Return whether the name exists, even as a broken link."""
        name, handle = self.directory.lookup(self.name)
        try:
            os.stat(name, dir_fd=handle, follow_symlinks=False)
        except OSError:
            return False
        return True

    def rename(self, name: str, *, replace: bool = True) -> None:
        """Rename the file within its directory, replacing an existing one.

        Raises `OSError`; without `replace`, raises `FileExistsError` if the name exists.
        """
        old, handle = self.directory.lookup(self.name)
        new, _ = self.directory.lookup(name)
        if replace or not self._is_linked_as(name):
            _patiently(lambda: os.replace(old, new, src_dir_fd=handle, dst_dir_fd=handle))

    def _is_linked_as(self, name: str) -> bool:
        """Move the file to an unused name with a hard link; return False if unsupported."""
        old, handle = self.directory.lookup(self.name)
        new, _ = self.directory.lookup(name)
        try:
            os.link(old, new, src_dir_fd=handle, dst_dir_fd=handle, follow_symlinks=False)
        except FileExistsError:
            raise
        except (OSError, NotImplementedError):  # file systems without hard links
            if (self.directory / name).exists():
                raise FileExistsError(EEXIST, os.strerror(EEXIST), name) from None
            return False
        self.remove()
        return True

    def remove(self) -> None:
        """Remove the file if it exists; of a link, remove the link itself. Raises `OSError`."""
        name, handle = self.directory.lookup(self.name)
        with suppress(FileNotFoundError):
            _patiently(lambda: os.unlink(name, dir_fd=handle))


Place = Path | Entry
"""A file, given by its path or relative to a directory."""


def entry_of(place: Place) -> Entry:
    """Return a file as an entry of its directory."""
    return place if isinstance(place, Entry) else Entry(Directory(place.parent), place.name)


def _patiently(change: Callable[[], None]) -> None:
    """Run a change to a directory; on Windows, retry it. Raises `OSError`.

    Windows cannot replace or remove a file that another program has open, as search indexers and
    virus scanners do for a moment.
    """
    for wait in _WAITS_SECONDS if platforms.IS_WINDOWS else ():
        try:
            return change()
        except PermissionError:
            time.sleep(wait)
    return change()


def _place_of(handle: int) -> Path:
    """Return the system's path of an open directory. Raises `OSError`."""
    with suppress(ImportError, AttributeError):
        import fcntl

        told = fcntl.fcntl(handle, fcntl.F_GETPATH, bytes(1024))  # type: ignore[attr-defined]  # macOS
        return Path(os.fsdecode(told.rstrip(b"\0")))
    return Path(f"/proc/self/fd/{handle}").readlink()  # Linux
