"""Tables from Feather: like Parquet for any batch size; damaged files."""

import gzip

import pytest

from nncli.base.errors import DataError
from nncli.data.files.arrow_table import BATCH_ROWS
from nncli.data.files.table_file import read_table, table_blocks

pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
feather = pytest.importorskip("pyarrow.feather")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = BATCH_ROWS + 5
COLUMNS = {
    "x": range(ROWS),
    "kind": pyarrow.array(["a", None, "b"] * (ROWS // 3 + 1)).dictionary_encode()[:ROWS],
    "when": pyarrow.array([0] * ROWS, pyarrow.timestamp("s")),
    "ok": [True, False, None, True, True] * (ROWS // 5) + [None] * (ROWS % 5),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.feather"


def values(table):
    return {name: [str(cell) for cell in cells] for name, cells in table.columns.items()}


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
@pytest.mark.parametrize("chunk", [ROWS, 1000])
def test_the_table_is_that_of_parquet(path, compression, chunk):
    table = pyarrow.table(COLUMNS)
    feather.write_feather(table, path, compression=compression, chunksize=chunk)
    parquet.write_table(table, path.with_suffix(".parquet"))
    used = ["ok", "x", "kind"]
    expected = values(read_table(path.with_suffix(".parquet"), used=used))
    assert values(read_table(path, used=used)) == expected
    path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    assert values(read_table(path, used=used)) == expected


def test_progress_is_reported(path):
    feather.write_feather(pyarrow.table({"x": range(ROWS)}), path, chunksize=1000)
    told = []
    rows = sum(map(len, table_blocks(path, rows=4096, advance=told.append)))
    assert rows == ROWS
    assert 0.9 * path.stat().st_size < sum(told) < path.stat().st_size + 65536


def test_dates_are_read(path):
    feather.write_feather(pyarrow.table(COLUMNS), path)
    assert read_table(path).kind("when") == "date"


@pytest.mark.parametrize("keep", [6, 100, -20])
def test_a_truncated_file_is_refused_in_one_line(path, keep):
    feather.write_feather(pyarrow.table(COLUMNS), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="is not a Feather file, or is damaged") as caught:
        read_table(path, used=["x"])
    assert "\n" not in str(caught.value)
