r"""What differs between systems, where code asks for it; each value may be another system's.

Signals that a system lacks are not in Python's `signal`, see `nncli.base.signals`.
"""

import ntpath
import os
from errno import EINVAL, ENOTSUP, ENOTTY

IS_WINDOWS = os.name == "nt"

IN_DIRECTORIES = os.open in os.supports_dir_fd and os.listdir in os.supports_fd
"""Whether the system looks files up in a directory that is open."""

_NEVER_IN_NAMES = {*'<>:"|?*', *map(chr, range(32))}  # on Windows
_PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"}
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$", *_PORTS}


def leads_away(path: str, folder: str) -> bool:
    r"""Return whether the system would ask another machine, or a device, for a path.

    To look whether there is such a file tells that machine who is asking, and more. Only Windows
    does so: ``\\machine\share\file``. Elsewhere ``//machine/share/file`` is a file like any other.

    Parameters
    ----------
    path : str
        As somebody wrote it; absolute, or as seen from `folder`.
    folder : str
        An absolute one that is in use; what lies on the same share does not lead away.
    """
    if not IS_WINDOWS:
        return False
    drive, rest = _drive(path)
    if drive.startswith("\\\\"):
        is_device = drive[2:3] in ("?", ".")  # \\?\UNC\machine\share, \\.\pipe
        return is_device or drive != _drive(folder)[0] or _has_device(rest)
    return _has_device(rest)


def _drive(path: str) -> tuple[str, str]:
    r"""Return the drive or share that a path names, as ``c:`` or ``\\machine\share``; the rest."""
    drive, rest = ntpath.splitdrive(path)
    return ntpath.normcase(drive), ntpath.normcase(rest)


def _has_device(rest: str) -> bool:
    """Return whether a path has a part that no file of Windows is called."""
    stems = {part.partition(".")[0].rstrip(" ") for part in rest.split("\\")}
    return not stems.isdisjoint(_DEVICES) or not _NEVER_IN_NAMES.isdisjoint(rest)


def synchronize(handle: int) -> None:
    """Wait until an open file is on the disk. Raises `OSError`."""
    try:
        import fcntl

        # The fsync of macOS waits for the drive, which may still lose what it was given.
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # type: ignore[attr-defined]  # of macOS
    except (ImportError, AttributeError):  # other systems
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (ENOTSUP, EINVAL, ENOTTY):  # what file systems without it say
            raise
        os.fsync(handle)
