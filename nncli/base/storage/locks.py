"""Locks of the operating system: each ends with its process, so that none is ever stale."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nncli.base.errors import OutputError
from nncli.base.storage.files import writing

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 40  # behind all content: what is locked can be read by nobody else

    def _open(directory: Path) -> int:
        return os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_TEMPORARY)

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
        Where the file system knows no locks.
    """
    try:
        _lock(handle)
    except (BlockingIOError, PermissionError):
        return False
    return True


def in_use(directory: Path) -> bool:
    """Return whether a run directory is locked; False where that cannot be found out."""
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
def locked(directory: Path) -> Iterator[None]:
    """Keep other processes from using a run directory while the block runs.

    What is locked is the directory itself or, on Windows, a file in it that vanishes with the
    process. Where the file system knows no locks there is none; on a network file system it may
    hold for one machine only.

    Raises
    ------
    OutputError
        When another process holds it, or the directory cannot be opened.
    """
    with writing(directory):
        handle = _open(directory)
    try:
        try:
            is_ours = lock(handle)
        except OSError:
            is_ours = True  # no locks here
        if not is_ours:
            raise OutputError(f"{directory}: another process is training in it; wait until it ends")
        yield
    finally:
        os.close(handle)
