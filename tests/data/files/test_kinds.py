"""The file type is detected from the first bytes."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import re
import sqlite3
import zipfile

import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.base.storage.npz_file import write_npz
from nncli.data.files.array_file import read_array
from nncli.data.files.input_file import open_input
from nncli.data.files.kinds import (
    HEAD_BYTES,
    SIGNATURES,
    is_parquet_folder,
    kind_of_file,
    kind_of_head,
    kind_of_name,
)
from nncli.data.files.table_file import column_names


def made_by(write, *arguments, **options):
    stream = io.BytesIO()
    write(stream, *arguments, **options)
    return stream.getvalue()


def parquet():
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    parquet = pytest.importorskip("pyarrow.parquet")
    stream = io.BytesIO()
    parquet.write_table(pyarrow.table({"x": [1]}), stream)
    return stream.getvalue()


def image(kind):
    Image = pytest.importorskip("PIL.Image", reason="the extra 'images' is not installed")
    return made_by(Image.fromarray(np.zeros((2, 2), np.uint8)).save, kind)


def archive(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for name in names:
            opened.writestr(name, b"x,y\n1,2\n")
    return stream.getvalue()


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (x)")
    content = connection.serialize()
    connection.close()
    return content


FILES = {
    "gzip": lambda: gzip.compress(b"x,y\n", mtime=0),
    "parquet": parquet,
    "npy": lambda: made_by(np.save, np.arange(3)),
    "zip": lambda: made_by(np.savez, x=np.arange(3)),
    "idx": lambda: b"\0\0\x08\1\0\0\0\1\7",
    "png": lambda: image("PNG"),
    "jpeg": lambda: image("JPEG"),
    "excel": lambda: bytes.fromhex("d0cf11e0a1b11ae1"),
    "workbook": lambda: archive("[Content_Types].xml", "xl/workbook.xml"),
    "archive": lambda: archive("rows.csv"),
    "bzip2": lambda: bz2.compress(b"x,y\n"),
    "xz": lambda: lzma.compress(b"x,y\n"),
    "zstandard": lambda: bytes.fromhex("28b52ffd0458"),
    "sqlite": database,
    "feather": lambda: b"ARROW1\0\0",
    "old feather": lambda: b"FEA1\0\0",
    "pickle": lambda: pickle.dumps([1]),
    "stata": lambda: b"<stata_dta><header><release>118</release>",
    "hdf5": lambda: b"\x89HDF\r\n\x1a\n",
    "json lines": lambda: b'{"x": 1}\n{"x": 2}\n',
    "json": lambda: json.dumps([{"x": 1}], indent=1).encode(),
    "json object": lambda: json.dumps({"x": [1]}, indent=1).encode(),
    "opendocument": lambda: archive("mimetype", "content.xml"),
    "document": lambda: archive("[Content_Types].xml", "word/document.xml"),
    "sas": lambda: bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011"),
    "sas transport": lambda: b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!00000",
    "spss": lambda: b"$FL2@(#) SPSS DATA FILE MS Windows",
    "r": lambda: gzip.decompress(gzip.compress(b"X\n\0\0\0\3\0\4\2\1")),
    "matlab": lambda: b"MATLAB 5.0 MAT-file, Platform: GLNXA64",
    "arff": lambda: b"@relation rides\n@attribute x numeric\n@data\n1\n",
    "access": lambda: b"\0\1\0\0Standard ACE DB\0",
    "avro": lambda: b"Obj\1\4\x14avro.codec",
    "xml": lambda: b'<?xml version="1.0"?>\n<rows><row x="1"/></rows>\n',
    "pdf": lambda: b"%PDF-1.7\n",
    "rtf": lambda: b"{\\rtf1\\ansi",
    "7z": lambda: bytes.fromhex("377abcaf271c0004"),
    "rar": lambda: b"Rar!\x1a\7\1\0",
    "lz4": lambda: bytes.fromhex("04224d1864"),
    "html": lambda: b"\n<!DOCTYPE html>\n<html></html>\n",
    "lfs": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
}


@pytest.mark.parametrize("kind", SIGNATURES)
def test_every_kind_is_detected_in_files_of_its_usual_writer(kind, tmp_path):
    (tmp_path / "file").write_bytes(FILES[kind]())
    assert kind_of_file(tmp_path / "file") == kind


def test_no_kind_is_mistaken_for_another():
    for kind, each in SIGNATURES.items():
        assert {*map(kind_of_head, each.starts)} <= {kind}


def test_models_and_empty_archives_are_archives(tmp_path):
    write_npz(tmp_path / "model", {"x": np.arange(3)})
    zipfile.ZipFile(tmp_path / "empty", "w").close()
    assert kind_of_file(tmp_path / "model") == kind_of_file(tmp_path / "empty") == "zip"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_every_binary_protocol_are_detected(protocol):
    assert kind_of_head(pickle.dumps({"x": [1]}, protocol)[:HEAD_BYTES]) == "pickle"


@pytest.mark.parametrize("version", [110, 113, 114, 115])
@pytest.mark.parametrize("order", [1, 2])
def test_files_of_older_stata_are_detected(version, order):
    assert kind_of_head(bytes([version, order, 1, 0]) + b"\5\0") == "stata"


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["xl/workbook.xml", "[Content_Types].xml"], "workbook"),
        (["docProps/app.xml", "_rels/.rels", "[Content_Types].xml", "xl/workbook.xml"], "workbook"),
        (["[Content_Types].xml", "xl/workbook.bin"], "document"),
        (["word/document.xml", "[Content_Types].xml"], "document"),
        (["mimetype", "content.xml"], "opendocument"),
    ],
)
def test_documents_of_any_writer_are_detected(tmp_path, names, kind):
    (tmp_path / "file").write_bytes(archive(*names))
    assert kind_of_file(tmp_path / "file") == kind


@pytest.mark.parametrize(
    "name", ["notes/", "README", "notes.txt", "rows.csv", "X.npy", "__MACOSX/._X.npy"]
)
def test_other_members_do_not_change_the_kind_of_an_archive_of_arrays(tmp_path, name):
    (tmp_path / "file").write_bytes(archive(name, "y.npy"))
    assert kind_of_file(tmp_path / "file") == "zip"


TABLES = ("parquet", "feather", "json lines", "json", "sqlite", "workbook")
PACKED = ("gzip", "bzip2", "xz", "archive")
OF_ALL_READERS = ("html", "lfs")


@pytest.mark.parametrize("kind", sorted({*SIGNATURES} - {*TABLES, *PACKED}))
def test_files_that_are_not_tables_are_named_with_a_remedy(tmp_path, kind):
    (tmp_path / "file").write_bytes(FILES[kind]())
    with pytest.raises(DataError) as caught:
        column_names(tmp_path / "file")
    message, each = str(caught.value), SIGNATURES[kind]
    assert f"file: is {each.words}; " in message
    assert ("expected a table: CSV, Parquet, Feather, Excel, SQLite, JSON" in message) != (
        kind in OF_ALL_READERS
    )
    assert message.endswith(each.remedy)
    assert "\n" not in message


@pytest.mark.parametrize("kind", OF_ALL_READERS)
def test_placeholders_of_files_are_named_by_every_reader(tmp_path, kind):
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbf" + FILES[kind]())
    with pytest.raises(
        DataError, match=re.escape(f"is {SIGNATURES[kind].words}; {SIGNATURES[kind].remedy}")
    ):
        read_array(tmp_path / "file")


def test_a_folder_of_parts_is_not_a_parquet_file(tmp_path):
    for name, part in (("t.parquet", "part-0"), ("t", "a.parquet"), ("u", "year=2020/a.parquet")):
        (tmp_path / name / part).parent.mkdir(parents=True)
        (tmp_path / name / part).write_bytes(b"")
        assert is_parquet_folder(tmp_path / name)
        with pytest.raises(DataError, match="is a folder of Parquet files; expected one file"):
            column_names(tmp_path / name)
    assert not is_parquet_folder(tmp_path / "u" / "year=2020" / "a.parquet")
    assert not is_parquet_folder(tmp_path / "none.parquet")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"P",
        b"x,y\n1,2\n",
        b"PK,price\n",
        b"\xef\xbb\xbfx,y",
        b"{x},y",
        b"[a],b",
        b"A\n2\n",
        b"R,x\n",
    ],
)
def test_text_has_no_kind(head):
    assert kind_of_head(head[:HEAD_BYTES]) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PNG", "png"),
        ("b.c.jpeg", "jpeg"),
        ("x.parquet", "parquet"),
        ("x.jsonl", "json lines"),
        ("x.csv", None),
        ("x", None),
    ],
)
def test_a_name_may_suggest_a_kind(name, kind, tmp_path):
    assert kind_of_name(tmp_path / name) == kind


def test_of_a_gzipped_file_the_content_counts(tmp_path):
    (tmp_path / "file").write_bytes(gzip.compress(FILES["npy"](), mtime=0))
    with open_input(tmp_path / "file") as file:
        assert file.kind == "npy"
        assert file.path is None


def test_a_first_column_called_pk_makes_no_archive(tmp_path):
    path = tmp_path / "keys.csv"
    path.write_text("PK,price\n1,2\n", encoding="utf-8")
    assert column_names(path) == ["PK", "price"]


@pytest.mark.parametrize("content", [40, 900])
def test_a_truncated_archive_is_reported(tmp_path, content):
    whole = made_by(np.savez, x=np.arange(300))
    (tmp_path / "file").write_bytes(whole[:content])
    with pytest.raises(
        DataError, match=r"file: is not an \.npz file, or is truncated or damaged; get"
    ):
        column_names(tmp_path / "file")
