"""Where downloaded data sets are kept, and how a file gets there."""

import hashlib
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from nncli.errors import DownloadError, reason

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 30.0  # how long a server may send nothing
LEAST_BYTES_A_SECOND = 1000  # on the whole, once it has sent for so long


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set: its name, its exact size, and the SHA-256 of its content."""

    name: str
    size_bytes: int
    sha256: str


def cache_directory() -> Path:
    """Return ``$NNCLI_CACHE``, else the cache directory of the platform."""
    if chosen := os.environ.get("NNCLI_CACHE"):
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 - leaves an unknown ~user as it is
    import platformdirs

    return platformdirs.user_cache_path("nncli", appauthor=False)


def has_content(path: Path, file: RemoteFile) -> bool:
    """Return whether `path` is a regular file with the size and the SHA-256 of `file`."""
    try:
        if not path.is_file() or path.stat().st_size != file.size_bytes:
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def ensure_files(
    files: Sequence[RemoteFile],
    directory: Path,
    mirrors: Sequence[str],
    *,
    progress: bool = False,
    timeout_seconds: tuple[float, float] = (CONNECT_SECONDS, SILENT_SECONDS),
) -> None:
    """Make sure that `files` are in `directory`, downloading those that are not.

    A file that is there with the right content is used as it is, however it got there. Otherwise
    the mirrors are tried in order. The download goes to a temporary file that is checked and then
    renamed, so neither a failure nor another process can leave or see a wrong file.

    Raises
    ------
    DownloadError
        When no mirror gives the right file, or the directory cannot be written. The message names
        every file that is still missing, not only the first.
    """
    missing = [file for file in files if not has_content(directory / file.name, file)]
    if not missing:
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _check_writable(directory)
    except OSError as error:
        raise DownloadError(
            f"{directory}: the cache cannot be written ({reason(error)}); set NNCLI_CACHE to a "
            "directory that can, or " + _by_hand(missing, directory, mirrors[0])
        ) from error
    for index, file in enumerate(missing):
        problems = _try_mirrors(file, directory, mirrors, progress, timeout_seconds)
        if len(problems) == len(mirrors):
            raise DownloadError(
                f"{file.name} could not be downloaded ({'; '.join(problems)}). Without a network, "
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
    """Download `file` from the first mirror that has it; return what the ones before it did."""
    problems: list[str] = []
    for mirror in mirrors:
        try:
            _download(file, directory / file.name, mirror + file.name, progress, timeout_seconds)
        except (OSError, ValueError) as error:  # what requests and pooch raise
            problems.append(f"{mirror}: {_in_short(error)}")
        else:
            break
    return problems


def _by_hand(files: Sequence[RemoteFile], directory: Path, mirror: str) -> str:
    places = ", ".join(
        f"{directory / file.name} ({file.size_bytes} bytes, SHA-256 {file.sha256})"
        for file in files
    )
    return f"get what is missing from {mirror} on another machine and put it here: {places}"


def _wrong_files(files: Sequence[RemoteFile], directory: Path) -> str:
    """Return what is wrong with those of `files` that are there but have another content."""
    words = ""
    for file in files:
        with suppress(OSError):
            size = (directory / file.name).stat().st_size
            wrong = "another SHA-256" if size == file.size_bytes else f"{size} bytes"
            words += f"; the {file.name} that is there is not it: it has {wrong}"
    return words


def _check_writable(directory: Path) -> None:
    import tempfile

    with tempfile.TemporaryFile(dir=directory):
        pass


class _TooManyBytesError(ValueError):
    pass


class _TooSlowError(ValueError):
    pass


class _Bounded:
    """A binary stream that takes at most `limit` bytes; the downloader writes to it."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = limit
        self._started = time.monotonic()
        self._received = 0

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        self._received += len(data)
        seconds = time.monotonic() - self._started
        if seconds > SILENT_SECONDS and self._received < seconds * LEAST_BYTES_A_SECOND:
            raise _TooSlowError("is too slow")
        if self._left < 0:
            raise _TooManyBytesError("sends more bytes than the file has")
        return self._stream.write(data)

    def flush(self) -> None:
        self._stream.flush()


def _download(
    file: RemoteFile, path: Path, url: str, progress: bool, timeout_seconds: tuple[float, float]
) -> None:
    """Fetch `url` to `path` with pooch: temporary file, SHA-256, rename."""
    import pooch

    pooch.get_logger().setLevel("ERROR")
    fetch = pooch.HTTPDownloader(
        progressbar=progress,
        chunk_size=1 << 16,
        timeout=timeout_seconds,
        headers={"Accept-Encoding": "identity"},  # the .gz itself, not what is in it
    )

    def fetch_bounded(url: str, output_file: str, manager: Any) -> None:
        with Path(output_file).open("wb") as stream:
            fetch(url, _Bounded(stream, file.size_bytes), manager)

    pooch.retrieve(
        url,
        known_hash=f"sha256:{file.sha256}",
        fname=path.name,
        path=path.parent,
        downloader=fetch_bounded,
    )


def _in_short(error: Exception) -> str:
    """Return the cause of a failed download in a few words."""
    import requests
    import urllib3

    if isinstance(error, _TooManyBytesError | _TooSlowError):
        return str(error)
    if isinstance(error, requests.exceptions.HTTPError) and error.response is not None:
        return f"answers {error.response.status_code}"
    if isinstance(error.__context__, urllib3.exceptions.ReadTimeoutError):  # in the middle of it
        return "does not answer in time"
    for kind, words in (
        (requests.exceptions.Timeout, "does not answer in time"),
        (requests.exceptions.SSLError, "has no valid certificate"),
        (requests.exceptions.ChunkedEncodingError, "breaks off"),
        (requests.exceptions.ConnectionError, "cannot be reached"),
        (requests.exceptions.RequestException, "gives no valid answer"),
        (ValueError, "sends another file: its SHA-256 is wrong"),
    ):
        if isinstance(error, kind):
            return words
    return reason(error) if isinstance(error, OSError) else str(error)
