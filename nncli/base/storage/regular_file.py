"""Open files that may come from others, and may be pipes or devices."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from nncli.base.storage.directory import Entry, Place

NO_FILE = (
    "is a pipe or a device; expected a file; save its content to a file (only predict, eval and "
    "init also read standard input, as -)"
)


def open_regular(place: Place) -> BufferedReader:
    """Open a regular file in binary mode for reading; a path may also be a link to one.

    This neither waits for a pipe without a writer nor reads from an endless device.

    Raises
    ------
    OSError
        If the file is missing, cannot be opened, or is not a regular file.
    """
    try:
        stream = place.stream("rb") if isinstance(place, Entry) else _opened(place)
    except ValueError as error:  # a NUL or a surrogate in the name
        raise OSError(errno.EINVAL, "not a valid file name") from error
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return cast(BufferedReader, stream)


def read_regular(place: Place, most_bytes: int) -> bytes:
    """Return the content of a regular file, or the first `most_bytes` + 1 bytes of a larger one.

    Memory use follows the file's actual size, not the limit. System files without a size count as
    empty, since reading some of them would block. Raises `OSError`.
    """
    with open_regular(place) as stream:
        size = os.fstat(stream.fileno()).st_size
        return stream.read(min(size, most_bytes + 1))


def _opened(path: Path) -> BinaryIO:
    return open(path, "rb", opener=_without_waiting)


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
