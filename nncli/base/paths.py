"""Paths that are saved and read again, perhaps in another place."""

import os
from errno import ELOOP
from pathlib import Path, PurePath

_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes; Windows counts characters


def absolute(path: Path) -> Path:
    """Return an absolute path, or the path itself where the working directory was removed."""
    try:
        return path.absolute()
    except OSError:
        return path


def resolved(path: Path) -> Path:
    """Return the path without links. Raises `OSError` where they lead in a circle."""
    try:
        return path.resolve()
    except RuntimeError as error:  # what Python 3.12 and earlier raises
        raise OSError(ELOOP, os.strerror(ELOOP)) from error


def without_links(path: str | Path) -> str:
    """Return an absolute path without links, as `absolute` where there is no working directory."""
    named = absolute(Path(path))
    return os.path.realpath(named) if named.is_absolute() else str(named)


def relative(path: str | Path, folder: str | Path) -> str:
    """Return a path as seen from a folder, with ``/``; where it would not lead back, the path.

    It leads back by its text alone, as `joined` follows it: not through a symbolic link whose
    parent is another folder, nor from one drive to another.
    """
    try:
        found = os.path.relpath(path, folder)
    except (OSError, ValueError):  # no working directory, another drive
        return str(path)
    return PurePath(found).as_posix() if _is_same(joined(folder, found), path) else str(path)


def joined(folder: str | Path, name: str) -> str:
    """Return where a relative path leads from a folder by its text, whether or not either exists.

    ``..`` takes back the name before it, so that the folder itself may be gone.
    """
    return os.path.normpath(Path(folder, name))


def nearby(name: str | Path) -> Path:
    """Return a path as short as it can be, for messages."""
    path, here = Path(name), absolute(Path())
    return path.relative_to(here) if path.is_relative_to(here) else path


def problem_of_name(path: str) -> str | None:
    """Return why no file can be called so on any system, in words; None if one can."""
    if "\0" in path:
        return "a path has no NUL character"
    try:
        parts = [os.fsencode(part) for part in Path(path).parts]
    except UnicodeEncodeError:
        return "a path has no half of a character (a surrogate)"
    if max(map(len, parts), default=0) > _LONGEST_NAME or len(path) > _LONGEST_PATH:
        return f"a name has at most {_LONGEST_NAME} bytes, a path {_LONGEST_PATH:,}"
    return None


def is_text(path: str | Path) -> bool:
    """Return whether a path can be written in UTF-8; names on Linux may have any bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(path: str) -> str:
    r"""Return a path as text for a file: bytes that are no UTF-8 as ``\xe9``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_same(one: str | Path, other: str | Path) -> bool:
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):  # one of them does not exist
        return os.path.normpath(one) == os.path.normpath(other)
