"""The cache of downloaded data sets."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from nncli.base.errors import DownloadError, os_errors_as
from nncli.data.builtin.download import SILENT_SECONDS, RemoteFile, download, has_content, in_short

CONNECT_SECONDS = 10.0


def cache_directory() -> Path:
    """Return ``$NNCLI_CACHE``, else the cache directory of the platform.

    Raises
    ------
    DownloadError
        When neither exists because there is no home directory.
    """
    if chosen := os.environ.get("NNCLI_CACHE"):
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 - keeps an unknown ~user
    import platformdirs

    with suppress(RuntimeError):  # no home; some versions of platformdirs return "~" instead
        place = platformdirs.user_cache_path("nncli", appauthor=False)
        if place.is_absolute():
            return place
    raise DownloadError("the cache: no home directory found; set NNCLI_CACHE to a directory")


def ensure_files(
    files: Sequence[RemoteFile],
    directory: Path,
    mirrors: Sequence[str],
    *,
    progress: bool = False,
    timeout_seconds: tuple[float, float] = (CONNECT_SECONDS, SILENT_SECONDS),
) -> None:
    """Download the missing `files` to `directory`.

    An existing file with the right content is used, whatever its origin. Otherwise the mirrors are
    tried in order. The download goes to ``<name>.part``, which is checked and then renamed: a
    failure never leaves a wrong file, and no other process sees one. An interrupted download stays
    there, and the next attempt requests only the rest.

    Raises
    ------
    DownloadError
        When no mirror sends the right file, or the directory is not writable. The message names
        every missing file, not only the first.
    """
    missing = [file for file in files if not has_content(directory / file.name, file)]
    if not missing:
        return
    remedy = (
        f"set NNCLI_CACHE to a writable directory, or {_by_hand(missing, directory, mirrors[0])}"
    )
    with os_errors_as(DownloadError, directory, "the cache is not writable", remedy):
        directory.mkdir(parents=True, exist_ok=True)
        check_writable(directory)
    for index, file in enumerate(missing):
        problems = _try_mirrors(file, directory, mirrors, progress, timeout_seconds)
        if len(problems) == len(mirrors):
            raise DownloadError(
                f"{file.name}: download failed ({'; '.join(problems)}). Without a network, "
                + _by_hand(missing[index:], directory, mirrors[0])
                + _wrong_files(missing[index:], directory)
            )


def _try_mirrors(
    file: RemoteFile,
    directory: Path,
    mirrors: Sequence[str],
    progress: bool,
    timeout_seconds: tuple[float, float],
) -> list[str]:
    """Download `file` from the first mirror that has it; return the problems of earlier ones."""
    problems: list[str] = []
    for mirror in mirrors:
        try:
            download(file, directory / file.name, mirror + file.name, progress, timeout_seconds)
        except (OSError, ValueError) as error:  # from requests, and refused responses
            problems.append(f"{mirror}: {in_short(error)}")
        else:
            break
    return problems


def _by_hand(files: Sequence[RemoteFile], directory: Path, mirror: str) -> str:
    places = ", ".join(
        f"{directory / file.name} ({file.size_bytes} bytes, SHA-256 {file.sha256})"
        for file in files
    )
    return f"download from {mirror} on another machine and copy the files here: {places}"


def _wrong_files(files: Sequence[RemoteFile], directory: Path) -> str:
    """Describe what is wrong with the existing ones of `files`."""
    words = ""
    for file in files:
        with suppress(OSError):
            size = (directory / file.name).stat().st_size
            wrong = "a different SHA-256" if size == file.size_bytes else f"{size} bytes"
            words += f"; the existing {file.name} is wrong: it has {wrong}"
    return words


def check_writable(directory: Path) -> None:
    """Raise `OSError` if no file can be written to a directory."""
    import tempfile

    with tempfile.TemporaryFile(dir=directory):
        pass
