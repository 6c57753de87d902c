r"""Differences between operating systems; tests may set each value to another system's.

Python's `signal` lacks the signals that a system does not have; see `nncli.base.signals`.
"""

import ntpath
import os
from errno import EINVAL, ENOTSUP, ENOTTY

IS_WINDOWS = os.name == "nt"

IN_DIRECTORIES = os.open in os.supports_dir_fd and os.listdir in os.supports_fd
"""Whether the system can look up files in an open directory."""

_NEVER_IN_NAMES = {*'<>:"|?*', *map(chr, range(32))}  # on Windows
_PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$", *_PORTS}


def leads_away(path: str, folder: str) -> bool:
    r"""Return whether a path refers to another machine or to a device.

    Even checking whether such a file exists tells that machine who is asking, and more. Only
    Windows has such paths: ``\\machine\share\file``. Elsewhere ``//machine/share/file`` is an
    ordinary file.

    Parameters
    ----------
    path : str
        The path as written: absolute or relative to `folder`.
    folder : str
        Absolute path of a folder in use; paths on the same share do not lead away.
    """
    if not IS_WINDOWS:
        return False
    drive, rest = _drive(path)
    if drive.startswith("\\\\"):
        is_device = drive[2:3] in ("?", ".")  # \\?\UNC\machine\share, \\.\pipe
        return is_device or drive != _drive(folder)[0] or _has_device(rest)
    return _has_device(rest)


def _drive(path: str) -> tuple[str, str]:
    r"""Split a path into its drive or share, ``c:`` or ``\\machine\share``, and the rest."""
    drive, rest = ntpath.splitdrive(path)
    return ntpath.normcase(drive), ntpath.normcase(rest)


def _has_device(rest: str) -> bool:
    """Return whether a path has a part that is not a valid file name on Windows."""
    stems = {part.partition(".")[0].rstrip(" ") for part in rest.split("\\")}
    return not stems.isdisjoint(_DEVICES) or not _NEVER_IN_NAMES.isdisjoint(rest)


def synchronize(handle: int) -> None:
    """Wait until an open file is on disk. Raises `OSError`."""
    try:
        import fcntl

        # On macOS, fsync only sends the data to the drive, which may still lose it.
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # type: ignore[attr-defined]  # macOS only
    except (ImportError, AttributeError):  # other systems
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (ENOTSUP, EINVAL, ENOTTY):  # file systems without F_FULLFSYNC
            raise
        os.fsync(handle)
