"""Paths that are saved and read again, perhaps from another location."""

import os
from errno import ELOOP
from pathlib import Path, PurePath

_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes; Windows counts characters


def absolute(path: Path) -> Path:
    """Return an absolute path, or the path unchanged if the working directory was removed."""
    try:
        return path.absolute()
    except OSError:
        return path


def resolved(path: Path) -> Path:
    """Return the path with links resolved. Raises `OSError` if they form a loop."""
    try:
        found = path.resolve()
    except RuntimeError as error:  # raised by Python 3.12 and earlier
        raise OSError(ELOOP, os.strerror(ELOOP)) from error
    try:
        found.stat()
    except OSError as error:
        if error.errno == ELOOP:  # Python 3.13 and later return such a path
            raise
    return found


def without_links(path: str | Path) -> str:
    """Return the path with links resolved, or unchanged if the working directory was removed."""
    named = absolute(Path(path))
    return os.path.realpath(named) if named.is_absolute() else str(named)


def relative(path: str | Path, folder: str | Path) -> str:
    """Return a path relative to a folder, with ``/``, or unchanged if `joined` cannot restore it.

    `joined` works on the text alone: it cannot follow a symbolic link whose parent is another
    folder, and no relative path leads to another drive.
    """
    try:
        found = os.path.relpath(path, folder)
    except (OSError, ValueError):  # no working directory, another drive
        return str(path)
    return PurePath(found).as_posix() if _is_same(joined(folder, found), path) else str(path)


def joined(folder: str | Path, name: str) -> str:
    """Join a folder and a relative path by their text; neither has to exist.

    ``..`` cancels the name before it, so the folder itself may be missing.
    """
    return os.path.normpath(Path(folder, name))


def nearby(name: str | Path) -> Path:
    """Return the shortest form of a path, for messages."""
    path, here = Path(name), absolute(Path())
    return path.relative_to(here) if path.is_relative_to(here) else path


def problem_of_name(path: str) -> str | None:
    """Return why a path is invalid on every system, or None if it is valid."""
    if "\0" in path:
        return "a path cannot contain a NUL character"
    try:
        parts = [os.fsencode(part) for part in Path(path).parts]
    except UnicodeEncodeError:
        return "a path cannot contain half of a character (a surrogate)"
    if max(map(len, parts), default=0) > _LONGEST_NAME or len(path) > _LONGEST_PATH:
        return f"a name can have at most {_LONGEST_NAME} bytes, a path {_LONGEST_PATH:,}"
    return None


def is_text(path: str | Path) -> bool:
    """Return whether a path can be encoded in UTF-8; on Linux, names may contain any bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(path: str) -> str:
    r"""Return a path as valid text, with bytes that are not UTF-8 escaped as in ``\xe9``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_same(one: str | Path, other: str | Path) -> bool:
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):  # one of them does not exist
        return os.path.normpath(one) == os.path.normpath(other)
