"""A file that a user gives, or standard input: opened, unpacked if gzipped, and bounded."""

import gzip
import io
import stat
import sys
import zlib
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
    kind_of_head,
    kind_of_name,
)

# Deflate packs at most 1032 to 1; tables and images stay far below 500.
_BOMB_RATIO = 500
_BOMB_BYTES = 64 << 20

_NO_CONTENT: tuple[FileKind, ...] = ("html", "lfs")  # stand where the file itself should

Advance = Callable[[int], object]


def tell_nobody(count: int) -> None:
    """Ignore how many bytes have been read."""


class InputFile:
    """The content of a file, read from its beginning to its end, once.

    Attributes
    ----------
    name : str
        What the file is called in messages.
    path : Path or None
        Where the content lies as it is read here; None for standard input and gzip.
    kind : str or None
        What the content is, unpacked, by its first bytes (see `kinds`); None for text.
    """

    def __init__(
        self,
        source: BinaryIO,
        name: str,
        path: Path | None,
        advance: Advance,
        bomb_bytes: int = _BOMB_BYTES,
    ) -> None:
        self.name = name
        self._counted = _Counted(source, advance)
        packed = io.BufferedReader(self._counted, 1 << 16)
        self._stream: Any = packed
        self._unpacked_bytes = 0
        self._bomb_bytes = bomb_bytes
        self.kind: FileKind | None = kind_of_head(self.head(HEAD_BYTES), path)
        self._is_packed = self.kind == "gzip"
        self.path = None if self._is_packed else path
        if self._is_packed:
            self._stream = gzip.GzipFile(fileobj=cast(BinaryIO, packed))
            self.kind = kind_of_head(self.head(HEAD_BYTES))

    def head(self, size: int) -> bytes:
        """Return the first bytes, up to `size`, which are read again later."""
        return cast(bytes, self._guarded(lambda: self._stream.peek(size)))[:size]

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, all up to `size`; fewer only at the end.

        Raises
        ------
        DataError
            When the file cannot be read, its gzip data is damaged, or it unpacks to absurdly much.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        content = cast(bytes, self._guarded(lambda: self._stream.read(size)))
        self._unpacked_bytes += len(content)
        most = max(self._bomb_bytes, _BOMB_RATIO * self._counted.count)
        if self._is_packed and self._unpacked_bytes > most:
            raise DataError(
                f"{self.name}: unpacks to more than {_BOMB_RATIO} times its size, as no table or "
                "image does; unpack it with gunzip if you trust it"
            )
        return content

    def _guarded(self, act: Callable[[], Any]) -> Any:
        with os_errors_as(DataError, self.name):
            try:
                return act()
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise DataError(
                    f"{self.name}: the gzip data is cut or damaged; get the file again"
                ) from error


@contextmanager
def open_input(
    path: Path, advance: Advance = tell_nobody, *, bomb_bytes: int = _BOMB_BYTES
) -> Iterator[InputFile]:
    """Open a file that has any content; ``-`` is standard input.

    Parameters
    ----------
    advance : function of int
        Told how many bytes of the file, gzipped or not, have been read since it was last told.
    bomb_bytes : int
        What a gzip file may unpack to, however small it is.

    Raises
    ------
    DataError
        When it is missing, no regular file, unreadable or empty, or a page or a pointer that
        stands for the file. A pipe is never waited for.
    """
    if str(path) == "-":
        if sys.stdin is None:
            raise DataError("standard input: is closed; send rows to it, or name a file")
        yield _with_content(
            InputFile(sys.stdin.buffer, "standard input", None, advance, bomb_bytes)
        )
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
        if stat.S_ISREG(mode) and not status.st_size:  # some files of the system are waited for
            raise _empty(str(path), path)
        source = path.open("rb", buffering=0)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        words = reason(error) if isinstance(error, OSError) else str(error)
        raise DataError(f"{path}: cannot be read ({words})") from error
    with source:
        yield _with_content(InputFile(cast(BinaryIO, source), str(path), path, advance, bomb_bytes))


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
    """A stream that says how much of it has been read."""

    def __init__(self, source: BinaryIO, advance: Advance) -> None:
        self._source = source
        self._advance = advance
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._source.read(len(buffer)) or b""
        buffer[: len(content)] = content
        self.count += len(content)
        self._advance(len(content))
        return len(content)
