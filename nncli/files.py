"""The one way that nncli writes a file: whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from nncli.errors import OutputError, UsageError, reason


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
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        _sync_directory(path.parent)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({reason(error)}); check the free space and the "
            "permissions, or choose another place with -o"
        ) from error
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
    """
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        raise UsageError(f"{path}: is not a regular file; choose another with -o")
    if target.exists() and not replace:
        raise UsageError(f"{path}: exists; choose another file with -o{hint}")
    return target


def write_text(path: Path, text: str) -> None:
    r"""Write `text` to `path` atomically, in UTF-8 with ``\n`` line ends."""
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8"))


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
