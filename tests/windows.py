"""Let this system be like Windows in what nncli asks of it."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nncli.base import platforms
from nncli.base.storage import directory


def like_windows(patch: pytest.MonkeyPatch) -> list[str]:
    """Let no file be replaced, renamed or removed that this process has open or mapped.

    Files are looked up by paths, not in open directories, and no test waits.

    Returns
    -------
    list of str
        What is refused from now on.
    """
    patch.setattr(platforms, "IS_WINDOWS", True)
    patch.setattr(platforms, "IN_DIRECTORIES", False)
    patch.setattr(directory, "_WAITS_SECONDS", (0.0, 0.0))
    refused: list[str] = []

    def strict(name: str) -> Any:
        usual = getattr(os, name)

        def act(*paths: Any, **handles: Any) -> None:
            assert not any(each is not None for each in handles.values())  # Windows has none
            if taken := [each for each in paths if os.path.realpath(each) in _open_files()]:
                refused.append(f"{name} {taken[0]}")
                raise PermissionError(13, "Permission denied", str(taken[0]))
            usual(*paths)

        return act

    for name in ("replace", "rename", "unlink", "remove"):
        patch.setattr(os, name, strict(name))
    return refused


def _open_files() -> set[str]:
    """Return the files that this process has open or mapped, as Linux lists them."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # that of this very listing
            found.add(str(link.readlink()))
    maps = Path("/proc/self/maps").read_text("utf-8", "surrogateescape").splitlines()
    return found | {line.split(maxsplit=5)[5] for line in maps if "/" in line}
