r"""What differs between systems, where code asks for it; each value may be another system's.

Signals that a system lacks are not in Python's `signal`, see `nncli.base.signals`.
"""

import os

IS_WINDOWS = os.name == "nt"

IN_DIRECTORIES = os.open in os.supports_dir_fd and os.listdir in os.supports_fd
"""Whether the system looks files up in a directory that is open."""


def synchronize(handle: int) -> None:
    """Wait until an open file is on the disk. Raises `OSError`."""
    try:
        import fcntl

        # The fsync of macOS waits for the drive, which may still lose what it was given.
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # type: ignore[attr-defined]  # of macOS
    except (ImportError, AttributeError, OSError):  # other systems, and other file systems
        os.fsync(handle)
