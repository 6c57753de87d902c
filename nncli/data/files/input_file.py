"""User files and standard input: open and unpack them, within limits."""

import io
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from nncli.base.errors import DataError, os_errors_as, reason
from nncli.base.storage.regular_file import NO_FILE
from nncli.data.files.kinds import (
    HEAD_BYTES,
    IMAGES,
    SIGNATURES,
    FileKind,
    is_parquet_folder,
    kind_of_archive,
    kind_of_head,
    kind_of_name,
)
from nncli.data.files.packed import DAMAGED, PACKINGS

# Deflate reaches a ratio of at most 1032; tables and images stay far below 500.
BOMB_RATIO = 500
BOMB_BYTES = 64 << 20

_NO_CONTENT: tuple[FileKind, ...] = ("html", "lfs")  # found instead of the file itself

Advance = Callable[[int], object]


def tell_nobody(count: int) -> None:
    """Ignore the number of bytes read."""


class InputFile:
    """The content of a file, read once from beginning to end.

    Attributes
    ----------
    name : str
        Name of the file in messages.
    path : Path or None
        Path with the content as read here; None for standard input and packed files.
    kind : str or None
        Kind of the unpacked content by its first bytes (see `kinds`); None for text.
    advance : function of int
        To be called with the number of bytes read through `path`.
    """

    def __init__(
        self,
        source: BinaryIO,
        name: str,
        path: Path | None,
        advance: Advance,
        bomb_bytes: int = BOMB_BYTES,
    ) -> None:
        self.name = name
        self.path = path
        self.advance = advance
        self._counted = _Counted(source, advance)
        self._ahead = b""
        self._unpacked_bytes = 0
        self._bomb_bytes = bomb_bytes
        self._packed_kind: FileKind | None = None
        self.kind: FileKind | None = kind_of_head(self._guarded(self._counted.beginning))
        self._stream: Any = io.BufferedReader(self._counted, 1 << 16)
        if self.kind == "zip":
            if path is None:
                self._stream = io.BytesIO(self.read())
            self.kind = kind_of_archive(self._stream)
            self._stream.seek(0)
        if self.kind is not None and (opened := PACKINGS.get(self.kind)):
            self._packed_kind, self.path = self.kind, None
            self._stream = self._guarded(lambda: opened(self._stream, name))
            self.kind = kind_of_head(self.head(HEAD_BYTES))

    def head(self, size: int) -> bytes:
        """Return the first bytes, up to `size`, without consuming them."""
        if len(self._ahead) < size:
            self._ahead += self._guarded(lambda: self._stream.read(size - len(self._ahead)))
        return self._ahead[:size]

    def read(self, size: int = -1) -> bytes:
        """Return the next `size` bytes; fewer only at the end.

        Raises
        ------
        DataError
            When the file cannot be read or unpacked, or unpacks to an absurd size.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        content, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(content) < size:
            content += self._guarded(lambda: self._stream.read(size - len(content)))
        if self._packed_kind:
            self._unpacked_bytes += len(content)
            if self._unpacked_bytes > max(self._bomb_bytes, BOMB_RATIO * self._counted.count):
                raise DataError(
                    f"{self.name}: unpacks to more than {BOMB_RATIO} times its size; if you trust "
                    f"it, {SIGNATURES[self._packed_kind].remedy}"
                )
        return content

    def _guarded(self, act: Callable[[], Any]) -> Any:
        with os_errors_as(DataError, self.name):
            try:
                return act()
            except DAMAGED as error:
                if self._packed_kind is None:
                    raise
                words = SIGNATURES[self._packed_kind].words.removeprefix("a ")
                raise DataError(
                    f"{self.name}: the {words} is truncated or damaged; get the file again"
                ) from error


@contextmanager
def open_input(
    path: Path,
    advance: Advance = tell_nobody,
    *,
    bomb_bytes: int = BOMB_BYTES,
    content: bytes | None = None,
) -> Iterator[InputFile]:
    """Open a non-empty file; ``-`` is standard input.

    Parameters
    ----------
    advance : function of int
        Called with the number of bytes of the file, packed or not, read since the last call.
    bomb_bytes : int
        Size to which any packed file may unpack, however small it is.
    content : bytes, optional
        Content of standard input, if already read: see `standard_input`.

    Raises
    ------
    DataError
        When the file is missing, not a regular file, unreadable or empty, or is an HTML page or
        LFS pointer instead. Pipes are refused without waiting.
    """
    if str(path) == "-":
        source: BinaryIO = _standard_input() if content is None else io.BytesIO(content)
        yield _with_content(InputFile(source, "standard input", None, advance, bomb_bytes))
        return
    try:
        status = path.stat()
        mode = status.st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise DataError(f"{path}: {NO_FILE}")
        if is_parquet_folder(path):
            raise DataError(
                f"{path}: is a folder of Parquet files; expected one file; join them: "
                "pandas.read_parquet(FOLDER).to_parquet('TABLE.parquet')"
            )
        if stat.S_ISREG(mode) and not status.st_size:  # reading some system files blocks
            raise _empty(str(path), path)
        file = path.open("rb", buffering=0)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        words = reason(error) if isinstance(error, OSError) else str(error)
        raise DataError(f"{path}: cannot be read ({words})") from error
    with file:
        yield _with_content(InputFile(cast(BinaryIO, file), str(path), path, advance, bomb_bytes))


def standard_input() -> bytes:
    """Read all of standard input, to be parsed several times. Raises `DataError`."""
    with os_errors_as(DataError, "standard input"):
        return _standard_input().read()


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise DataError("standard input: is closed; pipe rows to it, or name a file")
    return sys.stdin.buffer


def _with_content(file: InputFile) -> InputFile:
    if not file.head(1):
        raise _empty(file.name, file.path)
    if file.kind in _NO_CONTENT:
        signature = SIGNATURES[file.kind]
        raise DataError(f"{file.name}: is {signature.words}; {signature.remedy}")
    return file


def _empty(name: str, path: Path | None) -> DataError:
    is_image = path is not None and kind_of_name(path) in IMAGES
    return DataError(f"{name}: is empty; expected {'an image' if is_image else 'rows of numbers'}")


class _Counted(io.RawIOBase):
    """A stream that counts the bytes read."""

    def __init__(self, source: BinaryIO, advance: Advance) -> None:
        self._source = source
        self._advance = advance
        self._ahead = b""
        self.count = 0

    def beginning(self) -> bytes:
        """Return the first `HEAD_BYTES` without consuming them."""
        while len(self._ahead) < HEAD_BYTES and (more := self._source.read(HEAD_BYTES)):
            self._ahead += more
        return self._ahead[:HEAD_BYTES]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._source.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        ahead = len(self._ahead) if whence == io.SEEK_CUR else 0
        place = self._source.seek(offset - ahead, whence)
        self._ahead = b""
        return place

    def readinto(self, buffer: Any) -> int:
        content = self._ahead or self._source.read(len(buffer)) or b""
        content, self._ahead = content[: len(buffer)], content[len(buffer) :]
        buffer[: len(content)] = content
        self.count += len(content)
        self._advance(len(content))
        return len(content)
