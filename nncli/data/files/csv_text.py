"""The text of a CSV file in UTF-8, with all lines ending in line feeds."""

import re
from collections.abc import Iterator

from nncli.data.files.encodings import text_in_utf_8
from nncli.data.files.hints import NO_HINTS, Hints
from nncli.data.files.input_file import InputFile

# Bytes whose meaning depends on what follows: carriage return, and Ctrl-Z, the end in DOS texts.
_UNDECIDED = re.compile(rb"\x1a[\x1a\r\n]*\Z|\r\Z")
_MOST_UNDECIDED = 1 << 10  # a longer run is not the end of a text and is not searched


def clean_text(file: InputFile, block_bytes: int, hints: Hints = NO_HINTS) -> Iterator[bytes]:
    """Yield the text of a file with line feeds as line ends, without a final Ctrl-Z.

    Parameters
    ----------
    block_bytes : int
        Bytes to read at once; a piece may end anywhere in a row.

    Raises
    ------
    DataError
        For content that is not text.
    """
    held = b""
    for piece in text_in_utf_8(file, block_bytes, hints):
        if held or b"\r" in piece or b"\x1a" in piece:
            piece, held = _decided(held + piece)
        yield piece
    if held:
        yield b"\n"


def _decided(text: bytes) -> tuple[bytes, bytes]:
    """Return a text with line feeds, and the end of it that depends on what follows."""
    held, end = b"", max(len(text.rstrip(b"\x1a\r\n")), len(text) - _MOST_UNDECIDED)
    if found := _UNDECIDED.search(text, end):
        text, held = text[: found.start()], found[0]
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), held
