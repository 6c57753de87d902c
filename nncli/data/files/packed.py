"""Streaming decompression of gzip, bzip2, xz, and zip archives of one file."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from nncli.base.errors import DataError
from nncli.base.words import listed
from nncli.data.files.kinds import FileKind, is_hidden

_XZ_BYTES = 128 << 20  # memory limit: the strongest usual setting, -9, takes 65 MB
_PIECE = 1 << 16

# What the decompressors raise for truncated or damaged data.
DAMAGED = (
    EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, ValueError,
    NotImplementedError,
)  # fmt: skip


class _Xz(io.RawIOBase):
    """The content of xz data, which may consist of several streams with padding."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._packed = b""
        self._piece = _new_piece()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._piece.eof or self._begins_next():
            if self._piece.needs_input and not self._packed:
                self._packed = self._source.read(_PIECE)
                if not self._packed:
                    raise EOFError
            packed, self._packed = self._packed, b""
            if content := self._piece.decompress(packed, len(buffer)):
                buffer[: len(content)] = content
                return len(content)
        return 0

    def _begins_next(self) -> bool:
        self._packed = self._piece.unused_data.lstrip(b"\0")
        while not self._packed:
            if not (read := self._source.read(_PIECE)):
                return False
            self._packed = read.lstrip(b"\0")
        self._piece = _new_piece()
        return True


def _new_piece() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_BYTES)


def _only_member(source: BinaryIO, name: str) -> Any:
    """Return the content of the only file in a zip archive. Raises `DataError` for several."""
    archive = zipfile.ZipFile(source)
    files = [each for each in archive.infolist() if not is_hidden(each.filename)]
    if len(files) != 1:
        found = listed([each.filename for each in files], 4)
        raise DataError(
            f"{name}: is a zip archive of {len(files)} files: {found}; expected one file; "
            "unpack it with unzip, and name one of them"
        )
    if files[0].flag_bits & 1:
        raise DataError(f"{name}: is a zip archive with a password; unpack it with unzip")
    return archive.open(files[0])


# Each returns the unpacked stream of a packed one; the text is the name for messages.
PACKINGS: Mapping[FileKind, Callable[[Any, str], Any]] = {
    "gzip": lambda source, name: gzip.GzipFile(fileobj=source),
    "bzip2": lambda source, name: bz2.BZ2File(source),
    "xz": lambda source, name: io.BufferedReader(_Xz(source), _PIECE),
    "archive": _only_member,
}
