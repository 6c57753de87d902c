import datetime
import decimal
import io
import sys
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.base.extras import install_command
from nncli.data.files.table_file import read_table, table_blocks
from nncli.data.memory.frames import frame_table

pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "input"


@pytest.fixture
def table_of(path):
    def read(columns, read_options=None, **options):
        parquet.write_table(pyarrow.table(columns), path, **options)
        return read_table(path, **(read_options or {}))

    return read


def test_a_name_that_is_not_utf_8_is_refused(path):
    parquet.write_table(pyarrow.table({"abcd": [1.0]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"abcd", b"ab\xff\xfe"))
    assert refusal(path) == "has a name or text that is not UTF-8; write it as UTF-8"


def refusal(path, **options):
    with pytest.raises(DataError) as caught:
        read_table(path, **options)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def values(table):
    return {
        name: [None if cell is None or cell != cell else cell for cell in cells.tolist()]
        for name, cells in table.columns.items()
    }


MIXED = {
    "x": [0.5, None, 2.0],
    "n": [1, 2, 3],
    "b": [True, False, True],
    "t": ["a", None, " b "],
    "d": pyarrow.array(["u", "v", "u"]).dictionary_encode(),
}


def test_numbers_booleans_text_and_dictionaries_are_read(table_of):
    table = table_of(MIXED)
    assert values(table) == {
        "x": [0.5, None, 2.0],
        "n": [1, 2, 3],
        "b": [True, False, True],
        "t": ["a", None, "b"],
        "d": ["u", "v", "u"],
    }
    assert [table.kind(name) for name in "xnbtd"] == ["number"] * 2 + ["boolean"] + ["category"] * 2
    assert table.columns["x"].dtype == table.columns["n"].dtype == np.float32
    assert table.place(2) == "row 2"


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (pyarrow.array([1, 2], pyarrow.uint8()), np.uint8),
        (pyarrow.array([1, None], pyarrow.uint8()), np.float32),
        (pyarrow.array([1, 2], pyarrow.float32()), np.float32),
        (pyarrow.array([2**24 + 1, 2]), np.float64),
        (pyarrow.array([2**62 + 1, 2]), np.int64),
        (pyarrow.array([True, None]), np.float16),
    ],
)
def test_numbers_have_the_smallest_type_that_keeps_them(table_of, cells, dtype):
    table = table_of({"x": cells})
    assert table.columns["x"].dtype == dtype
    assert values(table)["x"] == cells.to_pylist()


def test_used_columns_kinds_and_missing_texts_are_as_told(table_of):
    options = {"used": ["t", "n"], "kinds": {"n": "category"}, "missing": ["a", "2"]}
    assert values(table_of(MIXED, options)) == {"t": [None, None, "b"], "n": ["1", None, "3"]}
    assert values(table_of(MIXED, {"used": ["x"], "missing": ["2"]})) == {"x": [0.5, None, None]}


def test_a_file_is_streamed_by_its_rows(path):
    columns = {"x": np.arange(200_000, dtype=np.float64), "y": np.zeros(200_000)}
    parquet.write_table(pyarrow.table(columns), path, row_group_size=30_000, compression="none")
    read = []
    tracemalloc.start()
    blocks = table_blocks(path, rows=4096, used=["x"], advance=read.append)
    sums = [(len(block), float(block.columns["x"].sum(dtype=np.float64))) for block in blocks]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (sum(rows for rows, _ in sums), sum(x for _, x in sums)) == (200_000, 19999900000.0)
    assert peak < 3 << 20
    assert sum(read) == pytest.approx(path.stat().st_size, rel=0.1)


def test_a_dash_is_standard_input(monkeypatch, path):
    parquet.write_table(pyarrow.table({"x": [1, 2]}), path)
    content = io.BytesIO(path.read_bytes())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=content))
    assert values(read_table(path.__class__("-"))) == {"x": [1, 2]}


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (pyarrow.array([[1], [2]]), "column c is nested (list<"),
        (pyarrow.array([{"a": 1}]), "column c is nested (struct<a: int64>); split it into columns"),
        (pyarrow.array([decimal.Decimal("1.5")]), "column c holds decimals (decimal128(2, 1)); "
         "cast it to double"),
        (pyarrow.array([datetime.timedelta(2)]), "column c holds durations (duration[us]); convert "
         "it to numbers, such as days"),
        (pyarrow.array([b"a"]), "column c holds values of type binary; expected numbers, Booleans"),
        (pyarrow.array([1.0, np.inf]), "row 1, column c: found inf; expected a finite number"),
    ],
)  # fmt: skip
def test_other_columns_are_refused_by_name_with_a_hint(path, cells, problem):
    parquet.write_table(pyarrow.table({"ok": pyarrow.array([1] * len(cells)), "c": cells}), path)
    assert refusal(path).startswith(problem)
    assert values(read_table(path, used=["ok"])) == {"ok": [1] * len(cells)}


WITH_TEXT = {
    "day": ([datetime.date(2020, 1, 2), None], None, ["2020-01-02", None]),
    "time": ([datetime.time(1, 2, 3), None], pyarrow.time64("ns"), ["01:02:03", None]),
    "stamp": (
        [datetime.datetime(2020, 1, 2, 3), None],
        pyarrow.timestamp("ns"),
        ["2020-01-02 03:00:00", None],
    ),
    "price": ([decimal.Decimal("1.50"), None], None, ["1.5", None]),
    "view": (["a", None], pyarrow.string_view(), ["a", None]),
}


@pytest.mark.parametrize("name", WITH_TEXT)
def test_values_with_a_text_are_read_as_text_columns(table_of, path, name):
    cells, kind, expected = WITH_TEXT[name]
    if name == "view" and int(pyarrow.__version__.partition(".")[0]) < 18:
        pytest.skip("this pyarrow cannot write string views")
    cells = {"x": pyarrow.array(cells, kind)}
    assert values(table_of(cells, {"kinds": {"x": "category"}})) == {"x": expected}
    if name == "view":
        assert values(table_of(cells)) == {"x": expected}
        return
    frame = pyarrow.table(cells)
    (block,) = frame_table(frame, "frame").blocks(kinds={"x": "category"}, used=None, missing=())
    assert block.columns["x"].tolist() == expected
    if name == "price":
        assert refusal(path).startswith("column x holds d")
    else:
        assert read_table(path).kind("x") == "date"


def test_categories_of_numbers_are_those_of_pandas(path):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    codes, flags = pandas.Categorical([10, 9, 10]), pandas.Categorical([True, None, False])
    pandas.DataFrame({"c": codes, "b": flags, "x": [1.5, 2, 3]}).to_parquet(path)
    found = values(read_table(path))
    assert found == {"c": ["10", "9", "10"], "b": ["true", None, "false"], "x": [1.5, 2, 3]}


@pytest.mark.parametrize("metadata", [b"{", b"[]", b'{"columns": 3}', b'{"columns": [3]}'])
def test_odd_metadata_of_pandas_is_ignored(path, metadata):
    table = pyarrow.table({"x": [1, 2]}).replace_schema_metadata({"pandas": metadata})
    parquet.write_table(table, path)
    assert values(read_table(path)) == {"x": [1, 2]}


def test_missing_columns_text_for_numbers_and_no_rows_are_refused(path):
    parquet.write_table(pyarrow.table({"price": ["a"]}), path)
    assert refusal(path, used=["prize"]) == "has no column 'prize'; did you mean 'price'?"
    assert refusal(path, kinds={"price": "number"}) == (
        "column price: holds text; expected numbers"
    )
    parquet.write_table(pyarrow.table({"x": pyarrow.array([], pyarrow.int64())}), path)
    assert refusal(path) == "has a header but no rows; expected rows"


def test_a_damaged_file_is_refused(path):
    parquet.write_table(pyarrow.table(MIXED), path)
    content = path.read_bytes()
    for damaged in (content[:-9], content[:50], content[:4] + bytes(40) + content[44:]):
        path.write_bytes(damaged)
        assert refusal(path).startswith("is not a Parquet file, or is damaged (")


def test_without_pyarrow_the_command_to_install_it_is_named(path, monkeypatch):
    parquet.write_table(pyarrow.table(MIXED), path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert refusal(path) == (
        "is a Parquet file, but pyarrow is not installed; get it with: "
        + install_command("parquet")
    )
