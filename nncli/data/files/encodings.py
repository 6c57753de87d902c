"""The text of a file in UTF-8, whatever encoding it has: see `text_in_utf_8`.

A byte-order mark says which it is; else ``data.encoding``; else text is in UTF-8 as long as its
bytes are. Zeros in every other byte show UTF-16. What is left is in one of the many encodings of a
byte a character: cp1252, of Windows in Western Europe and America, is the most frequent by far.
"""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from nncli.base.errors import DataError
from nncli.data.files.hints import Hints
from nncli.data.files.input_file import InputFile

SAVE_AS_UTF_8 = "save it as CSV in UTF-8"

_MARKS = {  # those of UTF-32 before those of UTF-16, which they begin with
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8",
}
_GUESS = "cp1252"
_SAMPLE = 4096
_CHOOSE = "or say data.encoding, such as cp1252"
_NO_TEXT = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})


def text_in_utf_8(file: InputFile, block_bytes: int, hints: Hints) -> Iterator[bytes]:
    """Yield the text of a file in UTF-8, without a mark, in pieces that end between characters.

    Parameters
    ----------
    block_bytes : int
        What is read at a time.

    Raises
    ------
    DataError
        For bytes that are no text, and characters that are NUL.
    """
    encoding = _encoding(file, hints)
    if encoding == "utf-8":
        yield from _plain(file, block_bytes, hints)
    else:
        pieces = iter(lambda: file.read(block_bytes), b"")
        yield from _recoded(file.name, pieces, encoding, 0)


def _encoding(file: InputFile, hints: Hints) -> str:
    """Return the encoding that the first bytes or the user say; without either UTF-8."""
    head = file.head(_SAMPLE)
    marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if marked == "utf-8":
        file.read(len(codecs.BOM_UTF8))
    elif marked and not hints.encoding:
        _tell(file.name, marked.upper(), hints)
    if marked:
        return marked
    if hints.encoding and hints.are_of_this:
        return codecs.lookup(hints.encoding).name.removesuffix("-sig")
    if without_mark := _utf_16(head):
        _tell(file.name, without_mark.upper(), hints)
        return without_mark
    return "utf-8"


def _utf_16(head: bytes) -> str | None:
    """Return which UTF-16 text is in, of whose characters most are ASCII; None for another."""
    for at, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[at::2], head[1 - at :: 2]
        if b"\0" not in others and 2 * zeros.count(0) > len(zeros):
            return name
    return None


def _plain(file: InputFile, block_bytes: int, hints: Hints) -> Iterator[bytes]:
    """Yield text as it is while it is UTF-8; after ASCII alone the rest may be of another."""
    offset, held, only_ascii = 0, b"", True
    while (piece := file.read(block_bytes)) or held:
        if not held and piece.isascii():
            _refuse_nul(piece, offset, file.name)
            offset += len(piece)
            yield piece
            continue
        text = held + piece
        try:
            _, end = codecs.utf_8_decode(text, "strict", not piece)
        except UnicodeDecodeError as error:
            is_known = hints.encoding and hints.are_of_this
            if is_known or not only_ascii or not text[: error.start].isascii():
                raise _no_utf_8(file.name, error, offset) from error
            rest = chain([text], iter(lambda: file.read(block_bytes), b""))
            yield from _guessed(file.name, rest, offset, hints)
            return
        only_ascii = only_ascii and text[:end].isascii()
        _refuse_nul(text[:end], offset, file.name)
        offset, held = offset + end, text[end:]
        yield text[:end]


def _guessed(name: str, pieces: Iterable[bytes], offset: int, hints: Hints) -> Iterator[bytes]:
    """Yield text that is no UTF-8 in the encoding that is likeliest."""
    is_open = hints.encoding is None or codecs.lookup(hints.encoding).name.startswith("utf")
    encoding = _GUESS if is_open or hints.encoding is None else hints.encoding
    _tell(name, encoding, hints)

    def checked() -> Iterator[bytes]:
        at = offset
        for piece in pieces:
            if len(piece) > len(rest := piece.translate(None, _NO_TEXT)):
                _refuse_nul(piece, at, name)
                wrong = next(byte for byte in piece if byte in _NO_TEXT)
                raise DataError(
                    f"{name}: byte {wrong:#04x} at offset {at + piece.index(wrong)} is no text, "
                    f"and others are not in UTF-8; expected CSV; {SAVE_AS_UTF_8}"
                )
            del rest
            at += len(piece)
            yield piece

    yield from _recoded(name, checked(), encoding, offset)


def _recoded(name: str, pieces: Iterable[bytes], encoding: str, offset: int) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    begins = not offset
    for piece in chain(pieces, [b""]):
        before = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece, not piece)
            if begins and text:
                text, begins = text.removeprefix("\ufeff"), False
            recoded = text.encode()
        except UnicodeError as error:
            start = getattr(error, "start", 0) - before
            raise DataError(
                f"{name}: is not text in {encoding} at offset {max(0, offset + start)}; name its "
                f"encoding in data.encoding, or {SAVE_AS_UTF_8}"
            ) from error
        if "\0" in text:
            raise DataError(f"{name}: has a NUL character as text in {encoding}; is it CSV?")
        offset += len(piece)
        if recoded:
            yield recoded


def _tell(name: str, encoding: str, hints: Hints) -> None:
    hints.take("encoding", encoding.lower(), f"{name}: read as {encoding}, as it is not in UTF-8; "
               "if letters look wrong, set data.encoding")  # fmt: skip


def _refuse_nul(piece: bytes, offset: int, name: str) -> None:
    if (at := piece.find(b"\0")) >= 0:
        raise DataError(
            f"{name}: has a NUL byte at offset {offset + at}; not CSV, or not in UTF-8; "
            f"{SAVE_AS_UTF_8}"
        )


def _no_utf_8(name: str, error: UnicodeDecodeError, offset: int) -> DataError:
    byte = error.object[error.start : error.start + 1]
    latin = byte.decode("latin-1")
    in_latin = f" (in Latin-1, {latin!r})" if latin.isprintable() else ""
    return DataError(
        f"{name}: byte {byte[0]:#04x}{in_latin} at offset {offset + error.start} is not text in "
        f"UTF-8; {SAVE_AS_UTF_8}, {_CHOOSE}"
    )
