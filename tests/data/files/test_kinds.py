"""What a file is shows in its first bytes."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import sqlite3
import zipfile
from itertools import permutations

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
    "html": lambda: b"\n<!DOCTYPE html>\n<html></html>\n",
    "lfs": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
}


@pytest.mark.parametrize("kind", SIGNATURES)
def test_every_kind_is_told_by_what_writes_it(kind, tmp_path):
    (tmp_path / "file").write_bytes(FILES[kind]())
    assert kind_of_file(tmp_path / "file") == kind


def test_no_kind_is_taken_for_another():
    starts = [start for each in SIGNATURES.values() for start in each.starts]
    assert not any(one.startswith(other) for one, other in permutations(starts, 2))


def test_models_and_empty_archives_are_archives(tmp_path):
    write_npz(tmp_path / "model", {"x": np.arange(3)})
    zipfile.ZipFile(tmp_path / "empty", "w").close()
    assert kind_of_file(tmp_path / "model") == kind_of_file(tmp_path / "empty") == "zip"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_are_told_of_every_protocol_in_bytes(protocol):
    assert kind_of_head(pickle.dumps({"x": [1]}, protocol)[:HEAD_BYTES]) == "pickle"


@pytest.mark.parametrize("version", [110, 113, 114, 115])
@pytest.mark.parametrize("order", [1, 2])
def test_files_of_older_stata_are_told(version, order):
    assert kind_of_head(bytes([version, order, 1, 0]) + b"\5\0") == "stata"


@pytest.mark.parametrize("first", ["xl/workbook.xml", "docProps/app.xml", "_rels/.rels"])
@pytest.mark.parametrize("mark", ["[Content_Types].xml", "mimetype"])
def test_workbooks_of_any_writer_are_told(tmp_path, first, mark):
    (tmp_path / "file").write_bytes(archive(first, mark))
    assert kind_of_file(tmp_path / "file") == "workbook"


@pytest.mark.parametrize(
    "name", ["notes/", "README", "notes.txt", "rows.csv", "X.npy", "__MACOSX/._X.npy"]
)
def test_what_may_stand_beside_arrays_makes_no_other_archive(tmp_path, name):
    (tmp_path / "file").write_bytes(archive(name, "y.npy"))
    assert kind_of_file(tmp_path / "file") == "zip"


TABLES = ("parquet", "feather", "json lines", "json", "sqlite")
PACKED = ("gzip", "bzip2", "xz", "archive")
OF_ALL_READERS = ("html", "lfs")


@pytest.mark.parametrize("kind", sorted({*SIGNATURES} - {*TABLES, *PACKED}))
def test_what_is_no_table_is_named_with_what_to_do(tmp_path, kind):
    (tmp_path / "file").write_bytes(FILES[kind]())
    with pytest.raises(DataError) as caught:
        column_names(tmp_path / "file")
    message, each = str(caught.value), SIGNATURES[kind]
    assert f"file: is {each.words}; " in message
    assert ("expected a table, as CSV in UTF-8 or as Parquet" in message) != (
        kind in OF_ALL_READERS
    )
    assert message.endswith(each.remedy)
    assert "\n" not in message


@pytest.mark.parametrize("kind", OF_ALL_READERS)
def test_what_stands_for_a_file_is_named_to_every_reader(tmp_path, kind):
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbf" + FILES[kind]())
    with pytest.raises(DataError, match=f"is {SIGNATURES[kind].words}; {SIGNATURES[kind].remedy}"):
        read_array(tmp_path / "file")


def test_a_folder_of_parts_is_no_parquet_file(tmp_path):
    for name, part in (("t.parquet", "part-0"), ("t", "a.parquet"), ("u", "year=2020/a.parquet")):
        (tmp_path / name / part).parent.mkdir(parents=True)
        (tmp_path / name / part).write_bytes(b"")
        assert is_parquet_folder(tmp_path / name)
        with pytest.raises(DataError, match="is a folder of Parquet files; expected one file"):
            column_names(tmp_path / name)
    assert not is_parquet_folder(tmp_path / "u" / "year=2020" / "a.parquet")
    assert not is_parquet_folder(tmp_path / "none.parquet")


@pytest.mark.parametrize(
    "head", [b"", b"P", b"x,y\n1,2\n", b"PK,price\n", b"\xef\xbb\xbfx,y", b"{x},y", b"[a],b"]
)
def test_text_is_of_no_kind(head):
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
def test_a_name_may_promise_a_kind(name, kind, tmp_path):
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
