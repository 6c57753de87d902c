"""Compressed files: the same table for each compression; damaged and oversized files."""

import bz2
import gzip
import io
import lzma
import tracemalloc
import zipfile

import pytest

from nncli.base.errors import DataError
from nncli.data.files.input_file import open_input
from nncli.data.files.packed import PACKINGS
from nncli.data.files.table_file import column_names, read_table

ROWS = b"x,y\n" + b"".join(b"%d,%d.5\n" % (row, row) for row in range(20_000))


def zipped(content, *others, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("__MACOSX/._rows.csv", b"hidden")
        archive.mkdir("folder")
        for name in ("folder/rows.csv", *others):
            archive.writestr(name, content)
    return stream.getvalue()


PACK = {
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "archive": zipped,
}
IN_PARTS = {
    name: (lambda content, pack=PACK[name]: pack(content[:99]) + pack(content[99:]))
    for name in ("gzip", "bzip2", "xz")
}
WAYS = {
    **PACK,
    **{f"{name} in parts": pack for name, pack in IN_PARTS.items()},
    "xz with padding": lambda content: lzma.compress(content) + bytes(8),
    "zip, stored": lambda content: zipped(content, method=zipfile.ZIP_STORED),
    "zip, bzip2": lambda content: zipped(content, method=zipfile.ZIP_BZIP2),
    "zip, xz": lambda content: zipped(content, method=zipfile.ZIP_LZMA),
}


def test_every_compression_is_tested():
    assert {*PACK} == {*PACKINGS}


@pytest.fixture(params=["file", "standard input"])
def source(request, tmp_path, monkeypatch):
    """Return a function that makes a source of bytes: a file or a pipe as standard input."""

    class Pipe(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 5) if size > 0 else size)

        def seekable(self):
            return False

        def seek(self, *place):
            raise io.UnsupportedOperation

    def of(content):
        path = tmp_path / "rows.csv"
        if request.param == "file":
            path.write_bytes(content)
            return path
        pipe = Pipe(content)
        monkeypatch.setattr("sys.stdin", type("Input", (), {"buffer": pipe}))
        return path.__class__("-")

    return of


@pytest.mark.parametrize("way", WAYS)
def test_the_same_table_is_read_from_every_compression(source, way):
    table = read_table(source(WAYS[way](ROWS)))
    assert {name: float(cells.sum(dtype=float)) for name, cells in table.columns.items()} == {
        "x": 199_990_000,
        "y": 200_000_000,
    }


@pytest.mark.parametrize("way", PACK)
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_file_is_refused_in_one_line(tmp_path, way, keep):
    packed = PACK[way](ROWS)
    (tmp_path / "t").write_bytes(packed[: int(keep * len(packed))])
    with pytest.raises(DataError, match=r"truncated or damaged|an archive, such as npz") as caught:
        read_table(tmp_path / "t")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("way", PACK)
def test_a_bomb_is_refused_with_little_memory(tmp_path, way):
    (tmp_path / "t").write_bytes(PACK[way](b"x\n" + b"1234567\n" * 300_000))
    tracemalloc.start()
    with (
        open_input(tmp_path / "t", bomb_bytes=200_000) as file,
        pytest.raises(DataError, match=r"unpacks to more than 500 times its size.* un"),
    ):
        all(iter(lambda: file.read(1 << 16), b""))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 << 20


def test_an_archive_of_several_files_is_named_with_them(source):
    with pytest.raises(DataError, match=r"of 2 files: 'folder/rows\.csv', 'more\.csv'; expected"):
        column_names(source(zipped(ROWS, "more.csv")))


def test_xz_that_wants_gigabytes_is_refused(tmp_path):
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 200 << 20, "mode": lzma.MODE_FAST,
                "mf": lzma.MF_HC3, "nice_len": 2}]  # fmt: skip
    packed = lzma.compress(b"x\n1\n", filters=filters)
    (tmp_path / "t").write_bytes(packed)
    with pytest.raises(DataError, match="the xz data is truncated or damaged"):
        read_table(tmp_path / "t")
