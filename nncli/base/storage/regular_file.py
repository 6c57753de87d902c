"""Open a file that someone else may have put there."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from nncli.base.storage.directory import Entry, Place

NO_FILE = (
    "is a pipe or a device; expected a file; save its content as one (only predict, eval and init "
    "also read standard input, as -)"
)


def open_regular(place: Place) -> BufferedReader:
    """Open a file to read bytes; it must be a regular file, by its path also a link to one.

    A pipe that nobody writes to is not waited for, and a device that never ends is not read.

    Raises
    ------
    OSError
        When it is missing, cannot be opened, or is something else.
    """
    try:
        stream = place.stream("rb") if isinstance(place, Entry) else _opened(place)
    except ValueError as error:  # a NUL or half a character in the name
        raise OSError(errno.EINVAL, "not the name of a file") from error
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return cast(BufferedReader, stream)


def read_regular(place: Place, most_bytes: int) -> bytes:
    """Return the content of a regular file, of a larger one the first `most_bytes` + 1 bytes.

    Memory is taken for what the file holds, not for what it may hold, and files of the system that
    have no size are empty: some are waited for. Raises `OSError`.
    """
    with open_regular(place) as stream:
        size = os.fstat(stream.fileno()).st_size
        return stream.read(min(size, most_bytes + 1))


def _opened(path: Path) -> BinaryIO:
    return open(path, "rb", opener=_without_waiting)


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
