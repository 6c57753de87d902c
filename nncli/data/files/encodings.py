"""Convert the text of a file from any encoding to UTF-8: see `text_in_utf_8`.

The encoding is set by a byte-order mark, else by ``data.encoding``, else it is UTF-8 if the bytes
are valid. Zeros in every other byte mean UTF-16. The rest has one of many single-byte encodings:
cp1252, of Windows in Western Europe and America, is by far the most frequent.
"""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from nncli.base.errors import DataError
from nncli.data.files.hints import Hints
from nncli.data.files.input_file import InputFile

SAVE_AS_UTF_8 = "save it as CSV in UTF-8"

_MARKS = {  # UTF-32 before UTF-16, whose marks are prefixes
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8",
}
_GUESS = "cp1252"
_SAMPLE = 4096
_CHOOSE = "or set data.encoding, such as cp1252"
_NO_TEXT = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})


def text_in_utf_8(file: InputFile, block_bytes: int, hints: Hints) -> Iterator[bytes]:
    """Yield the text of a file in UTF-8, without a byte-order mark, in pieces of whole characters.

    Parameters
    ----------
    block_bytes : int
        Bytes to read at once.

    Raises
    ------
    DataError
        For bytes that are not text, and for NUL characters.
    """
    encoding = _encoding(file, hints)
    if encoding == "utf-8":
        yield from _plain(file, block_bytes, hints)
    else:
        pieces = iter(lambda: file.read(block_bytes), b"")
        yield from _recoded(file.name, pieces, encoding, 0)


def _encoding(file: InputFile, hints: Hints) -> str:
    """Return the encoding from the first bytes or from the user, by default UTF-8."""
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
    """Return the variant of UTF-16 if most characters are ASCII; None for other text."""
    for at, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[at::2], head[1 - at :: 2]
        if b"\0" not in others and 2 * zeros.count(0) > len(zeros):
            return name
    return None


def _plain(file: InputFile, block_bytes: int, hints: Hints) -> Iterator[bytes]:
    """Yield UTF-8 text unchanged; if all so far is ASCII, the rest may have another encoding."""
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
    """Yield text that is not UTF-8, decoded with the likeliest encoding."""
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
                    f"{name}: byte {wrong:#04x} at offset {at + piece.index(wrong)} is not text, "
                    f"and others are not UTF-8; expected CSV; {SAVE_AS_UTF_8}"
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
                f"{name}: is not valid {encoding} at offset {max(0, offset + start)}; set "
                f"data.encoding to its encoding, or {SAVE_AS_UTF_8}"
            ) from error
        if "\0" in text:
            raise DataError(f"{name}: has a NUL character in {encoding}; is it CSV?")
        offset += len(piece)
        if recoded:
            yield recoded


def _tell(name: str, encoding: str, hints: Hints) -> None:
    hints.take("encoding", encoding.lower(), f"{name}: read as {encoding}, since it is not UTF-8; "
               "if letters look wrong, set data.encoding")  # fmt: skip


def _refuse_nul(piece: bytes, offset: int, name: str) -> None:
    if (at := piece.find(b"\0")) >= 0:
        raise DataError(
            f"{name}: has a NUL byte at offset {offset + at}; not CSV, or not UTF-8; "
            f"{SAVE_AS_UTF_8}"
        )


def _no_utf_8(name: str, error: UnicodeDecodeError, offset: int) -> DataError:
    byte = error.object[error.start : error.start + 1]
    latin = byte.decode("latin-1")
    in_latin = f" (in Latin-1, {latin!r})" if latin.isprintable() else ""
    return DataError(
        f"{name}: byte {byte[0]:#04x}{in_latin} at offset {offset + error.start} is not valid "
        f"UTF-8; {SAVE_AS_UTF_8}, {_CHOOSE}"
    )
