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

SILENT_SECONDS = 30.0  # how long a server may send nothing
LEAST_BYTES_A_SECOND = 1000  # on the whole, once it has sent for so long
_MOST_PIECES = 20
_MOST_REDIRECTIONS = 5


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set: its name, its exact size, and the SHA-256 of its content."""

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
    """Fetch `url` to `path`, going on with what an earlier attempt has left beside it.

    Which bytes those were needs no proof: the SHA-256 of the whole decides in the end, and if it
    is wrong, all of the file is fetched once more.

    Raises
    ------
    OSError, ValueError
        `in_short` says what they mean.
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
            raise _RefusedError("sends another file: its SHA-256 is wrong")
        part.close()
        entry_of(Path(part.name)).rename(path.name)


@contextmanager
def _partial(path: Path) -> Iterator[BinaryIO]:
    """Open what there is of a download to append to it, for this process alone.

    It stays when the download fails. While another process is at it, a file of this process's own
    takes its place, which does not stay.
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
    """Lock a file until it is closed; return False if another process has, or it was replaced."""
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
    # Typed for a file that has readinto, which every binary file has.
    return hashlib.file_digest(part, "sha256").hexdigest() == file.sha256  # type: ignore[arg-type]


def _receive_in_pieces(
    file: RemoteFile,
    part: BinaryIO,
    url: str,
    progress: bool,
    timeout_seconds: tuple[float, float],
) -> None:
    """Receive what `part` lacks, asking again when the connection breaks after it brought some."""
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
    """Append to `part` what it lacks of the file, or all of it if the server cannot go on."""
    start = _size(part)
    if start >= file.size_bytes:
        return
    with _answer(session, url, start, timeout_seconds) as response:
        goes_on = f"bytes {start}-{file.size_bytes - 1}/{file.size_bytes}"
        if not (start and response.headers.get("Content-Range") == goes_on):
            if response.status_code != 200:
                raise _RefusedError("sends a piece that nobody asked for")
            part.truncate(0)
        with _bar(file, _size(part), progress) as bar:
            for chunk in _bounded(response, file.size_bytes - _size(part)):
                part.write(chunk)
                bar.update(len(chunk))
    part.flush()


def _answer(
    session: "requests.Session", url: str, start: int, timeout_seconds: tuple[float, float]
) -> "requests.Response":
    """Ask for a file from byte `start` on; a redirection may lead to HTTPS, or the same server."""
    headers = {"Accept-Encoding": "identity"}  # the .gz itself, not what is in it
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
            raise _RefusedError("leads to a place without HTTPS")
    else:
        raise _RefusedError("leads in circles")
    if start and response.status_code == 416:  # what there is, is more than the server has
        response.close()
        return _answer(session, url, 0, timeout_seconds)
    response.raise_for_status()
    if response.headers.get("Content-Encoding", "identity") != "identity":
        response.close()
        raise _RefusedError("sends it packed, though not asked to")
    return response


def _bounded(response: "requests.Response", most_bytes: int) -> Iterator[bytes]:
    """Yield what a server sends, unless it is more than `most_bytes`, or comes too slowly."""
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
    """Return the cause of a failed download in a few words."""
    import requests
    import urllib3

    if isinstance(error, _RefusedError):
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
        (ValueError, "gives no valid answer"),
    ):
        if isinstance(error, kind):
            return words
    return reason(error) if isinstance(error, OSError) else str(error)


class _RefusedError(ValueError):
    """What a server sends is not taken; the words say why."""
