"""What a file is shows in its first bytes."""

import gzip
import io
import zipfile
from itertools import permutations

import numpy as np
import pytest

from nncli.base.storage.npz_file import write_npz
from nncli.data.files.input_file import open_input
from nncli.data.files.kinds import (
    HEAD_BYTES,
    SIGNATURES,
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


FILES = {
    "gzip": lambda: gzip.compress(b"x,y\n", mtime=0),
    "parquet": parquet,
    "npy": lambda: made_by(np.save, np.arange(3)),
    "zip": lambda: made_by(np.savez, x=np.arange(3)),
    "idx": lambda: b"\0\0\x08\1\0\0\0\1\7",
    "png": lambda: image("PNG"),
    "jpeg": lambda: image("JPEG"),
    "excel": lambda: bytes.fromhex("d0cf11e0a1b11ae1"),
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


@pytest.mark.parametrize("head", [b"", b"P", b"x,y\n1,2\n", b"PK,price\n", b"\xef\xbb\xbfx,y"])
def test_text_is_of_no_kind(head):
    assert kind_of_head(head[:HEAD_BYTES]) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PNG", "png"),
        ("b.c.jpeg", "jpeg"),
        ("x.parquet", "parquet"),
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
