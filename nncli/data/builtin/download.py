"""Download one file, and resume an interrupted download."""

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, NoReturn
from urllib.parse import urljoin, urlsplit

from nncli.base.errors import reason
from nncli.base.storage.directory import entry_of
from nncli.base.storage.locks import lock

if TYPE_CHECKING:
    import requests
    from tqdm import tqdm

SILENT_SECONDS = 30.0  # how long a server may stay silent
LEAST_BYTES_A_SECOND = 1000  # on average, after SILENT_SECONDS
_MOST_PIECES = 20
_MOST_REDIRECTIONS = 5


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set: its name, exact size and SHA-256."""

    name: str
    size_bytes: int
    sha256: str


def has_content(path: Path, file: RemoteFile) -> bool:
    """Return whether `path` is a regular file with the size and the SHA-256 of `file`."""
    try:
        if not path.is_file() or path.stat().st_size != file.size_bytes:
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def download(
    file: RemoteFile, path: Path, url: str, progress: bool, timeout_seconds: tuple[float, float]
) -> None:
    """Download `url` to `path`, resuming an earlier attempt.

    The partial file needs no check of its own: if the SHA-256 of the result is wrong, the whole
    file is downloaded once more.

    Raises
    ------
    OSError, ValueError
        When the download fails; `in_short` describes the cause.
    """
    with _partial(path) as part:
        if has_content(path, file):
            return  # another process was faster
        continued = _size(part) > 0
        _receive_in_pieces(file, part, url, progress, timeout_seconds)
        if continued and not _is_whole(part, file):
            part.truncate(0)
            _receive_in_pieces(file, part, url, progress, timeout_seconds)
        if not _is_whole(part, file):
            part.truncate(0)
            raise _RefusedError("sends a different file (wrong SHA-256)")
        part.close()
        entry_of(Path(part.name)).rename(path.name)


@contextmanager
def _partial(path: Path) -> Iterator[BinaryIO]:
    """Open the partial download for appending, locked for this process.

    The file remains when the download fails. While another process holds the lock, a temporary
    file replaces it.
    """
    name = path.with_name(f"{path.name}.part")
    stream = name.open("a+b")
    shared = _is_ours(stream, name)
    if not shared:
        stream.close()
        name = path.with_name(f".{path.name}.{token_hex(4)}.part")
        stream = name.open("a+b")
    try:
        yield stream
    finally:
        stream.close()
        with suppress(OSError):
            if not shared or name.stat().st_size == 0:
                entry_of(name).remove()


def _is_ours(stream: BinaryIO, name: Path) -> bool:
    """Lock an open file; return False if another process holds the lock or replaced the file."""
    try:
        return lock(stream.fileno()) and os.path.samestat(os.fstat(stream.fileno()), name.stat())
    except OSError:
        return False


def _size(part: BinaryIO) -> int:
    return part.seek(0, os.SEEK_END)


def _is_whole(part: BinaryIO, file: RemoteFile) -> bool:
    if _size(part) != file.size_bytes:
        return False
    part.seek(0)
    # The stub asks for readinto, which every binary file has.
    return hashlib.file_digest(part, "sha256").hexdigest() == file.sha256  # type: ignore[arg-type]


def _receive_in_pieces(
    file: RemoteFile,
    part: BinaryIO,
    url: str,
    progress: bool,
    timeout_seconds: tuple[float, float],
) -> None:
    """Receive the rest of `part`; retry after a broken connection that made progress."""
    import requests

    for attempt in range(1, _MOST_PIECES + 1):
        before = _size(part)
        try:
            with requests.Session() as session:
                _receive(file, part, url, session, progress, timeout_seconds)
        except requests.RequestException:
            if attempt == _MOST_PIECES or _size(part) <= before:
                raise
        else:
            return


def _receive(
    file: RemoteFile,
    part: BinaryIO,
    url: str,
    session: "requests.Session",
    progress: bool,
    timeout_seconds: tuple[float, float],
) -> None:
    """Append the rest of the file to `part`, or restart if the server cannot resume."""
    start = _size(part)
    if start >= file.size_bytes:
        return
    with _answer(session, url, start, timeout_seconds) as response:
        goes_on = f"bytes {start}-{file.size_bytes - 1}/{file.size_bytes}"
        if not (start and response.headers.get("Content-Range") == goes_on):
            if response.status_code != 200:
                raise _RefusedError("sends an unrequested range")
            part.truncate(0)
        with _bar(file, _size(part), progress) as bar:
            for chunk in _bounded(response, file.size_bytes - _size(part)):
                part.write(chunk)
                bar.update(len(chunk))
    part.flush()


def _answer(
    session: "requests.Session", url: str, start: int, timeout_seconds: tuple[float, float]
) -> "requests.Response":
    """Request a file from byte `start` on; follow redirects to HTTPS or the same server only."""
    headers = {"Accept-Encoding": "identity"}  # the .gz itself, not its content
    if start:
        headers["Range"] = f"bytes={start}-"
    place = url
    for _ in range(_MOST_REDIRECTIONS + 1):
        response = session.get(
            place, headers=headers, timeout=timeout_seconds, stream=True, allow_redirects=False
        )
        if not response.is_redirect:
            break
        place = urljoin(place, response.headers["Location"])
        response.close()
        if urlsplit(place)[:2] != urlsplit(url)[:2] and urlsplit(place).scheme != "https":
            raise _RefusedError("redirects to a URL without HTTPS")
    else:
        raise _RefusedError("redirects too often")
    if start and response.status_code == 416:  # the partial file is longer than the file
        response.close()
        return _answer(session, url, 0, timeout_seconds)
    response.raise_for_status()
    if response.headers.get("Content-Encoding", "identity") != "identity":
        response.close()
        raise _RefusedError("sends compressed data without being asked")
    return response


def _bounded(response: "requests.Response", most_bytes: int) -> Iterator[bytes]:
    """Yield the response in chunks; raise if it exceeds `most_bytes` or is too slow."""
    started, received = time.monotonic(), 0
    for chunk in response.iter_content(1 << 16):
        received += len(chunk)
        seconds = time.monotonic() - started
        if seconds > SILENT_SECONDS and received < seconds * LEAST_BYTES_A_SECOND:
            raise _RefusedError("is too slow")
        if received > most_bytes:
            raise _RefusedError("sends more bytes than the file has")
        yield chunk


def _bar(file: RemoteFile, start: int, progress: bool) -> "tqdm[NoReturn]":
    from tqdm import tqdm

    return tqdm(
        total=file.size_bytes, initial=start, unit="B", unit_scale=True, ncols=79,
        ascii=sys.platform == "win32", disable=not progress,
    )  # fmt: skip


def in_short(error: Exception) -> str:
    """Describe the cause of a failed download in a few words."""
    import requests
    import urllib3

    if isinstance(error, _RefusedError):
        return str(error)
    if isinstance(error, requests.exceptions.HTTPError) and error.response is not None:
        return f"returns HTTP {error.response.status_code}"
    if isinstance(error.__context__, urllib3.exceptions.ReadTimeoutError):  # while receiving
        return "times out"
    for kind, words in (
        (requests.exceptions.Timeout, "times out"),
        (requests.exceptions.SSLError, "has an invalid certificate"),
        (requests.exceptions.ChunkedEncodingError, "closes the connection early"),
        (requests.exceptions.ConnectionError, "cannot be reached"),
        (requests.exceptions.RequestException, "sends an invalid response"),
        (ValueError, "sends an invalid response"),
    ):
        if isinstance(error, kind):
            return words
    return reason(error) if isinstance(error, OSError) else str(error)


class _RefusedError(ValueError):
    """A response was refused; the message gives the reason."""
