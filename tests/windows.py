"""Make this system behave like Windows where nncli depends on it."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nncli.base import platforms
from nncli.base.storage import directory


def like_windows(patch: pytest.MonkeyPatch) -> list[str]:
    """Refuse to replace, rename or remove files that this process has open or mapped.

    Files can only be accessed by path, not relative to open directories, and retries do not wait.

    Returns
    -------
    list of str
        Refused calls, appended from now on.
    """
    patch.setattr(platforms, "IS_WINDOWS", True)
    patch.setattr(platforms, "IN_DIRECTORIES", False)
    patch.setattr(directory, "_WAITS_SECONDS", (0.0, 0.0))
    refused: list[str] = []

    def strict(name: str) -> Any:
        usual = getattr(os, name)

        def act(*paths: Any, **handles: Any) -> None:
            assert not any(each is not None for each in handles.values())  # missing on Windows
            if taken := [each for each in paths if os.path.realpath(each) in _open_files()]:
                refused.append(f"{name} {taken[0]}")
                raise PermissionError(13, "Permission denied", str(taken[0]))
            usual(*paths)

        return act

    for name in ("replace", "rename", "unlink", "remove"):
        patch.setattr(os, name, strict(name))
    return refused


def _open_files() -> set[str]:
    """Return the files that this process has open or mapped, as listed by Linux."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the handle of this listing is gone
            found.add(str(link.readlink()))
    maps = Path("/proc/self/maps").read_text("utf-8", "surrogateescape").splitlines()
    return found | {line.split(maxsplit=5)[5] for line in maps if "/" in line}
