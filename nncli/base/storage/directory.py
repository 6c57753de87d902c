"""An open directory: its files are opened in it, wherever its name leads now.

A path is looked up anew each time that it is used: once a directory is renamed and another takes
its name, what is written by paths goes elsewhere. The files of an open directory are looked up in
it by their own name alone, and links are not followed.

Windows has no such calls, but renames no directory in which a file is open: there, paths do.
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
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)  # for somebody at the other end of a pipe
_WAITS_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0)


class Directory:
    """A directory that may be open; while it is not, its files are looked up by paths.

    Parameters
    ----------
    path : Path
        As the user names it.
    within : Directory, optional
        The open one that it lies in. It is looked up there, and may not be a link.

    Attributes
    ----------
    path : Path
    handle : int or None
        None while it is not open, and on Windows.
    """

    def __init__(self, path: Path, within: "Directory | None" = None) -> None:
        self.path = path
        self.handle: int | None = None
        self._within = within

    def __truediv__(self, name: str) -> "Entry":
        return Entry(self, name)

    def __str__(self) -> str:
        return str(self.place())

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Keep it open while the block runs. Raises `OSError`."""
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
        """Return a directory in it, which need not be there yet."""
        return Directory(self.path / name, self)

    def make(self) -> None:
        """Make it, unless it is there. Raises `OSError`."""
        name, handle = self._within.lookup(self.path.name) if self._within else (self.path, None)
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=handle)

    def names(self) -> list[str]:
        """Return the names of what it holds. Raises `OSError`."""
        place = self.path if self.handle is None else self.handle
        return os.listdir(place)  # noqa: PTH208 - Path lists nothing by a handle

    def place(self) -> Path:
        """Return where it is now, as far as the system tells."""
        return self._found() or self.path

    def is_removed(self) -> bool:
        """Return whether no path leads to it any more, as far as the system tells."""
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
        """Return a path and the open directory (``dir_fd``) in which it leads to `name`."""
        return (name, self.handle) if self.handle is not None else (str(self.path / name), None)

    def _open(self) -> int:
        if self._within is None:
            return os.open(self.path, _DIRECTORY)
        return (self._within / self.path.name).open(_DIRECTORY)


@dataclass(frozen=True)
class Entry:
    """A file of a directory."""

    directory: Directory
    name: str

    def __str__(self) -> str:
        return str(self.directory.place() / self.name)

    def open(self, flags: int) -> int:
        """Return a handle. Raises `OSError`, also when it is a link."""
        name, handle = self.directory.lookup(self.name)
        try:
            return os.open(name, flags | _NO_LINK | _NO_WAIT, 0o666, dir_fd=handle)
        except OSError as error:
            # Linux says of a link that it is no directory where one was to be opened.
            if error.errno in (ELOOP, ENOTDIR) and self._is_link():
                raise OSError(ELOOP, "a link; put a copy in its place") from error
            raise

    def _is_link(self) -> bool:
        name, handle = self.directory.lookup(self.name)
        with suppress(OSError):  # of links in a circle before it
            return stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode)
        return False

    def stream(self, mode: str, buffering: int = -1) -> BinaryIO:
        """Open it in a binary mode of the built-in `open`. Raises `OSError`."""
        # The caller closes it.
        return cast(
            BinaryIO, open(self.name, mode, buffering, opener=lambda _, flags: self.open(flags))
        )

    def exists(self) -> bool:
        """Return whether there is something of that name, if only a link."""
        name, handle = self.directory.lookup(self.name)
        try:
            os.stat(name, dir_fd=handle, follow_symlinks=False)
        except OSError:
            return False
        return True

    def rename(self, name: str, *, replace: bool = True) -> None:
        """Let it take the place of another file of its directory, if there is one.

        Raises `OSError`; `FileExistsError` where there is one that may not be replaced.
        """
        old, handle = self.directory.lookup(self.name)
        new, _ = self.directory.lookup(name)
        if replace or not self._is_linked_as(name):
            _patiently(lambda: os.replace(old, new, src_dir_fd=handle, dst_dir_fd=handle))

    def _is_linked_as(self, name: str) -> bool:
        """Give it a name that nothing has, beside its own; False where the system cannot."""
        old, handle = self.directory.lookup(self.name)
        new, _ = self.directory.lookup(name)
        try:
            os.link(old, new, src_dir_fd=handle, dst_dir_fd=handle, follow_symlinks=False)
        except FileExistsError:
            raise
        except (OSError, NotImplementedError):  # file systems without links
            if (self.directory / name).exists():
                raise FileExistsError(EEXIST, os.strerror(EEXIST), name) from None
            return False
        self.remove()
        return True

    def remove(self) -> None:
        """Remove it, if it is there; a link itself. Raises `OSError`."""
        name, handle = self.directory.lookup(self.name)
        with suppress(FileNotFoundError):
            _patiently(lambda: os.unlink(name, dir_fd=handle))


Place = Path | Entry
"""A file by its path, or in an open directory."""


def entry_of(place: Place) -> Entry:
    """Return a file that is named by its path as one of its directory."""
    return place if isinstance(place, Entry) else Entry(Directory(place.parent), place.name)


def _patiently(change: Callable[[], None]) -> None:
    """Change a directory; on Windows more than once. Raises `OSError`.

    Windows replaces and removes no file that somebody has open, as a search or a virus scanner does
    for a moment.
    """
    for wait in _WAITS_SECONDS if platforms.IS_WINDOWS else ():
        try:
            return change()
        except PermissionError:
            time.sleep(wait)
    return change()


def _place_of(handle: int) -> Path:
    """Return the path of an open directory as the system tells it. Raises `OSError`."""
    with suppress(ImportError, AttributeError):
        import fcntl

        told = fcntl.fcntl(handle, fcntl.F_GETPATH, bytes(1024))  # type: ignore[attr-defined]  # of macOS
        return Path(os.fsdecode(told.rstrip(b"\0")))
    return Path(f"/proc/self/fd/{handle}").readlink()  # Linux
