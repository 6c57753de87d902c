"""Text encodings: from a byte order mark, the user or the bytes; all give the same table."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.files.encodings import text_in_utf_8
from nncli.data.files.hints import HintedFile, Hints, is_encoding
from nncli.data.files.input_file import open_input
from nncli.data.files.table_file import column_names, read_table

# ruff: noqa: RUF001

TEXT = "größe,ort\n1.5,Köln\n2.5,Zürich\n3.5,“Łódź”\n"
WESTERN = TEXT.replace("Łódź", "Málaga €")


def read(path, content, size=1 << 16, **hints):
    """Return the text of a file, and the notes about it."""
    notes = []
    path.write_bytes(content)
    with open_input(path) as file:
        pieces = text_in_utf_8(file, size, Hints(note=notes.append, **hints))
        return b"".join(pieces).decode(), notes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.csv"


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_without_a_note(path, size, encoding):
    assert read(path, TEXT.encode(encoding), size) == (TEXT, [])


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_utf_16_is_detected_by_its_byte_order_mark_or_zeros(path, size, encoding, mark):
    found, notes = read(path, mark + TEXT.encode(encoding), size)
    assert found == TEXT
    assert [note.partition("read as ")[2][:6] for note in notes] == [encoding[:6].upper()]


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
def test_other_text_is_read_as_cp1252_with_a_note(path, size):
    found, notes = read(path, WESTERN.encode("cp1252"), size)
    assert found == WESTERN
    assert notes == [
        f"{path}: read as cp1252, since it is not UTF-8; if letters look wrong, set data.encoding"
    ]


@given(st.text(st.characters(codec="cp1252", exclude_categories=["Cc"])), st.integers(1, 9))
def test_any_text_in_cp1252_is_read_unless_it_is_utf_8_too(tmp_path_factory, text, size):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    content = b"x\n" + text.encode("cp1252")
    first = next((at for at, byte in enumerate(content) if byte > 127), None)
    found = None if first is None else content[first:]
    try:
        expected = content.decode()
    except UnicodeDecodeError as error:
        expected = "x\n" + text
        if error.start != first:  # the text before it looks like UTF-8
            with pytest.raises(DataError, match="is not valid UTF-8"):
                read(path, content, size)
            return
    assert found is None or found
    assert read(path, content, size)[0] == expected


@pytest.mark.parametrize("encoding", ["cp1250", "utf-16-le", "utf_8", "iso2022_jp_2004", "koi8-r"])
def test_a_given_encoding_is_used(path, encoding):
    text = {"koi8-r": "город,y\nКиев,1\n", "iso2022_jp_2004": "x,y\n日本,1\n"}.get(encoding, TEXT)
    assert read(path, text.encode(encoding), 5, encoding=encoding) == (text, [])


def test_the_encoding_of_training_decides_what_the_file_leaves_open(path):
    hints = {"encoding": "cp1250", "are_of_this": False}
    assert read(path, TEXT.encode("cp1250"), **hints)[0] == TEXT
    assert read(path, TEXT.encode(), **hints) == (TEXT, [])
    assert read(path, TEXT.encode("utf-16"), **hints)[0] == TEXT


@pytest.mark.parametrize(
    ("content", "hints", "problem"),
    [
        (b"x\n\xe9\n", {"encoding": "utf-8"}, "byte 0xe9 (in Latin-1, 'é') at offset 2 is not"),
        (b"x\n\xff\xfe\x01\n", {}, "byte 0x01 at offset 4 is not text"),
        (b"x\n\xff\xfe\x00\n", {}, "has a NUL byte at offset 4"),
        (b"x\n\x81\n", {}, "is not valid cp1252 at offset 2; set data.encoding to its encoding"),
        (b"x\n1\n2", {"encoding": "utf-16-le"}, "is not valid utf-16-le at offset 4"),
        (b"x\n1\0\n", {"encoding": "latin-1"}, "has a NUL character"),
        (codecs.BOM_UTF16_LE + b"x\0\n", {}, "is not valid utf-16 at offset 4"),
    ],
)
@pytest.mark.parametrize("size", [1, 1 << 16])
def test_undecodable_bytes_are_refused_with_their_place(path, content, hints, problem, size):
    with pytest.raises(DataError) as caught:
        read(path, content, size, **hints)
    assert str(caught.value).startswith(f"{path}: {problem}")


@pytest.mark.parametrize("name", ["hex", "rot13", "none", "a\0b", "zip", ""])
def test_unknown_encodings_are_refused(name):
    assert not is_encoding(name)


def test_a_table_is_the_same_in_every_encoding(path):
    path.write_text(TEXT, encoding="utf-8")
    expected = {name: cells.tolist() for name, cells in read_table(path).columns.items()}
    for encoding in ("utf-16", "cp1250"):
        path.write_text(TEXT, encoding=encoding)
        file = HintedFile(path, Hints(encoding=encoding))
        found = {name: cells.tolist() for name, cells in read_table(file).columns.items()}
        assert found == expected
        assert column_names(file) == ["größe", "ort"]


def test_an_open_file_is_read_a_piece_at_a_time(path):
    path.write_bytes(("x\n" + "é\n" * 100_000).encode("cp1252"))
    with open_input(Path(path)) as file:
        sizes = [len(piece) for piece in text_in_utf_8(file, 1000, Hints())]
    assert max(sizes) <= 2000
