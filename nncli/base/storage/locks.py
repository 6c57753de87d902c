"""Locks by the operating system: they end with their process, so they are never stale."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nncli.base.errors import OutputError
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import writing

LOCK = ".lock"
"""The file that is locked on Windows; it exists as long as the lock."""

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 40  # beyond the content: other processes cannot read locked bytes

    def _open(directory: Path) -> int:
        return os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_TEMPORARY)

    def _lock(handle: int) -> None:
        place = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, place, os.SEEK_SET)

else:
    import fcntl

    def _open(directory: Path) -> int:
        return os.open(directory, os.O_RDONLY)

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock(handle: int) -> bool:
    """Lock an open file until it is closed; return False if another process has locked it.

    Raises
    ------
    OSError
        If the file system does not support locks.
    """
    try:
        _lock(handle)
    except (BlockingIOError, PermissionError):
        return False
    return True


def in_use(directory: Path) -> bool:
    """Return whether a run directory is locked; False if unknown."""
    try:
        handle = _open(directory)
    except OSError:
        return False
    try:
        return not lock(handle)
    except OSError:
        return False
    finally:
        os.close(handle)


@contextmanager
def locked(directory: Directory) -> Iterator[bool]:
    """Open a run directory and lock it against other processes while the block runs.

    The lock is on the directory itself or, on Windows, on a file in it that is removed when the
    process ends. On a network file system, a lock may apply to one machine only.

    Yields
    ------
    bool
        False if the file system does not support locks, and the directory is not locked.

    Raises
    ------
    OutputError
        If another process holds the lock, or the directory cannot be opened.
    """
    with ExitStack() as stack:
        with writing(directory):
            stack.enter_context(directory.opened())
            handle = directory.handle
            if handle is None:
                handle = _open(directory.path)
                stack.callback(os.close, handle)
        try:
            is_ours, is_locked = lock(handle), True
        except OSError:
            is_ours, is_locked = True, False
        if not is_ours:
            raise OutputError(f"{directory}: another process is training in it; wait until it ends")
        yield is_locked
