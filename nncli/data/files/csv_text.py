"""The bytes of a CSV file: checked (UTF-8, no NUL), with line feeds as the ends of all lines."""

import codecs
import re
from collections.abc import Iterator

from nncli.base.errors import DataError
from nncli.data.files.input_file import InputFile

_BYTE_ORDER_MARKS_OF_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AS_UTF_8 = "save it as CSV in UTF-8"

# What may change with what follows: a carriage return, and Ctrl-Z, with which DOS ended a text.
_UNDECIDED = re.compile(rb"\x1a[\x1a\r\n]*\Z|\r\Z")
_MOST_UNDECIDED = 1 << 10  # more of them are no end of a text, and are not searched


def clean_text(file: InputFile, block_bytes: int) -> Iterator[bytes]:
    """Yield a file's text with line feeds as line ends, without a Ctrl-Z at its end.

    Parameters
    ----------
    block_bytes : int
        What is read at a time; a piece may end anywhere in a row.

    Raises
    ------
    DataError
        For what is no text in UTF-8.
    """
    if file.head(2) in _BYTE_ORDER_MARKS_OF_UTF_16:
        raise DataError(f"{file.name}: is text in UTF-16, by its byte-order mark at offset 0; "
                        f"{_SAVE_AS_UTF_8}")  # fmt: skip
    offset = len(file.read(3)) if file.head(3) == codecs.BOM_UTF8 else 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    held = b""
    while piece := file.read(block_bytes):
        _check_text(piece, offset, decoder, file.name)
        offset += len(piece)
        if held or b"\r" in piece or b"\x1a" in piece:
            piece, held = _decided(held + piece)
        yield piece
    if decoder.getstate()[0]:
        _check_text(b"", offset, decoder, file.name, final=True)
    if held:
        yield b"\n"


def _decided(text: bytes) -> tuple[bytes, bytes]:
    """Return a text with line feeds, and what of its end depends on what follows."""
    held, end = b"", max(len(text.rstrip(b"\x1a\r\n")), len(text) - _MOST_UNDECIDED)
    if found := _UNDECIDED.search(text, end):
        text, held = text[: found.start()], found[0]
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), held


def _check_text(
    piece: bytes,
    offset: int,
    decoder: codecs.IncrementalDecoder,
    name: str,
    *,
    final: bool = False,
) -> None:
    if (at := piece.find(b"\0")) >= 0:
        raise DataError(
            f"{name}: has a NUL byte at offset {offset + at}; not CSV, or not in UTF-8; "
            f"{_SAVE_AS_UTF_8}"
        )
    started = len(decoder.getstate()[0])
    if not started and piece.isascii():
        return
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError as error:
        byte = error.object[error.start : error.start + 1]
        latin = byte.decode("latin-1")
        in_latin = f" (in Latin-1, {latin!r})" if latin.isprintable() else ""
        raise DataError(
            f"{name}: byte {byte[0]:#04x}{in_latin} at offset {offset - started + error.start} is "
            f"not text in UTF-8; {_SAVE_AS_UTF_8}"
        ) from error
