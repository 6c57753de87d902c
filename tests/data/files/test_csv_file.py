import gzip
import io
import math
import sys
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.files.csv_file import CsvFile
from nncli.data.files.csv_rows import BLOCK_BYTES
from nncli.data.files.input_file import open_input
from nncli.data.files.stored_table import collect
from nncli.data.files.table_file import read_table, regrouped, table_blocks

with_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@pytest.fixture
def path(tmp_path):
    """Return a path for the test's file, with a name that is independent of the format."""
    return tmp_path / "input"


def small_blocks(path, *, rows=1000, kinds=None, advance=lambda count: None, **options):
    """Yield the blocks of `table_blocks` for a file that is read a few bytes at a time."""
    with open_input(path, advance) as file:
        csv = CsvFile(file, **{"block_bytes": 7, **options})
        tables = csv.blocks(csv.header, with_first=False, kinds=kinds or {}, used=None, missing=())
        yield from regrouped(file, tables, rows)


def in_small_blocks(path, **options):
    """Return the whole table from `small_blocks`."""
    return collect(small_blocks(path, **options))


@pytest.fixture
def table_of(path):
    def read(content, read=read_table, **options):
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return read(path, **options)

    return read


@pytest.fixture
def refusal_of(table_of, path):
    """Return a function that returns the error for some content, without the file name."""

    def refuse(content, **options):
        with pytest.raises(DataError) as caught:
            table_of(content, **options)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        return message.removeprefix(f"{path}: ")

    return refuse


def values(table):
    return {
        name: [None if cell is None or cell != cell else cell for cell in cells.tolist()]
        for name, cells in table.columns.items()
    }


EXPECTED = {"x": [0.5, -2.0], "b": [True, False], "name": ["a", "b, c"]}


# Accepted content


@pytest.mark.parametrize(
    "content",
    [
        'x,b,name\n0.5,true,a\n-2,false,"b, c"\n',
        'x;b;name\n0.5;True;a\n-2;FALSE;"b, c"\n',
        "x\tb\tname\n0.5\ttrue\ta\n-2\tfalse\tb, c\n",
        '\ufeffx,b,name\r\n0.5,true,a\r\n-2,false,"b, c"\r\n',
        'x,b,name\r0.5,true,a\r-2,false,"b, c"',
        '\n\n x , b,name\n\n5e-1, true , a\n  \n-2.0,false,"b, c"\n\n',
        gzip.compress(b'x,b,name\n0.5,true,a\n-2,false,"b, c"\n', mtime=0),
    ],
    ids=["comma", "semicolon", "tab", "mark and CR LF", "CR alone", "blanks", "gzip"],
)
@pytest.mark.parametrize("read", [read_table, in_small_blocks])
def test_numbers_booleans_and_text_are_read_whatever_the_form(table_of, content, read):
    table = table_of(content, read)
    assert values(table) == EXPECTED
    assert [table.kind(name) for name in table.columns] == ["number", "boolean", "category"]
    assert table.columns["x"].dtype == np.float32


def test_a_dash_is_standard_input(monkeypatch, tmp_path):
    content = io.BytesIO(b"x,y\n1,a\n2,b\n")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=content))
    table = read_table(tmp_path.__class__("-"))
    assert (table.name, values(table)) == ("standard input", {"x": [1, 2], "y": ["a", "b"]})


def test_blank_cells_are_missing_values(table_of):
    table = table_of('x,b,name\n1,true,a\n, ," "\n3,false,\n')
    assert values(table) == {"x": [1, None, 3], "b": [1, None, 0], "name": ["a", None, None]}


def test_texts_for_blank_cells_can_be_set(table_of):
    text = "x,b,name\n1,true,a\nNA,?,NA\n-999,false,?\n"
    table = table_of(text, missing=["NA", "?", "-999"])
    assert values(table) == {"x": [1, None, None], "b": [1, None, 0], "name": ["a", None, None]}


def test_given_kinds_override_inferred_ones(table_of):
    table = table_of("zip,flag\n01234,1\n56789,0\n", kinds={"zip": "category"})
    assert values(table) == {"zip": ["01234", "56789"], "flag": [1, 0]}


def test_only_the_used_columns_are_read_in_their_order(table_of):
    table = table_of("a,,b,a\n1,junk,2,x\n3,4,5,6\n", used=["b"])
    assert values(table) == {"b": [2, 5]}
    assert list(table_of("a,b,c\n1,2,x\n", used=["c", "a"]).columns) == ["c", "a"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-1e-3"], "number"),
        (["1", "0", "1"], "number"),
        (["", "", ""], "number"),
        (["true", "False", "TRUE"], "boolean"),
        (["yes", "no", "yes"], "category"),
        (["true", "maybe", "false"], "category"),
        (["1", "a", "b"], "category"),
        (["1", "a"], "category"),
        (["2024-01-02", "2024-02-03"], "category"),
        (["１２", "３"], "category"),  # noqa: RUF001
    ],
)
def test_the_kind_of_a_column_is_inferred_by_the_rule(table_of, cells, kind):
    assert table_of("".join(f"{cell},0\n" for cell in ["name", *cells]).replace("name,0", "name,z")
                    ).kind("name") == kind  # fmt: skip


@pytest.mark.parametrize("read", [read_table, in_small_blocks])
def test_errors_have_the_right_line_despite_blank_lines_and_quotes(table_of, read):
    table = table_of('x,t\n1,a\n\n2,"two\nlines"\n3,b\n', read)
    assert [table.place(row) for row in range(3)] == ["line 2", "line 5", "line 6"]


@pytest.mark.parametrize("first", ["0,1,2,target", "2019,2020,2021", "a,2020"])
def test_numbers_that_count_up_may_be_names(table_of, first):
    assert list(table_of(f"{first}\n{first}\n").columns) == first.split(",")


@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.text(max_size=6).filter(lambda text: "\0" not in text),
        ),
        min_size=1,
        max_size=30,
    ),
    end=st.sampled_from(["\n", "\r\n"]),
)
@with_files
def test_any_table_is_read_back(path, rows, end):
    import csv

    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator=end, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(["x", "t"])
        writer.writerows(["" if x is None else x, text] for x, text in rows)
    table = read_table(path, kinds={"x": "number", "t": "category"})
    single = table.columns["x"].dtype == np.float32
    with np.errstate(over="ignore"):
        expected = np.array([math.nan if x is None else x for x, _ in rows], np.float64)
        expected = expected.astype(np.float32) if single else expected
    np.testing.assert_array_equal(table.columns["x"], expected)
    texts = [text.replace("\r\n", "\n").replace("\r", "\n").strip() for _, text in rows]
    blank = ("", "NaN", "nan")
    assert table.columns["t"].tolist() == [None if text in blank else text for text in texts]


# In blocks


@pytest.mark.parametrize("read_blocks", [table_blocks, small_blocks])
def test_blocks_have_the_asked_for_length_and_the_rows_of_the_whole(path, read_blocks):
    path.write_text("x,t\n" + "".join(f"{n},t{n}\n" for n in range(25)), encoding="utf-8")
    read = []
    blocks = list(read_blocks(path, rows=10, advance=read.append))
    assert [len(block) for block in blocks] == [10, 10, 5]
    assert [x for block in blocks for x in block.columns["x"].tolist()] == list(range(25))
    assert [blocks[1].place(row) for row in (0, 9)] == ["line 12", "line 21"]
    assert sum(read) == path.stat().st_size


@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_is_streamed_in_the_memory_of_a_block(path, zipped):
    rows = "".join(f"{n},{n / 7:.6f},a\n" for n in range(60_000)).encode()
    content = b"x,y,t\n" + rows * 10
    path.write_bytes(gzip.compress(content, 1, mtime=0) if zipped else content)
    tracemalloc.start()
    count = sum(len(block) for block in table_blocks(path, rows=2000, used=["x", "y"]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 600_000
    assert peak < 10 << 20 < len(content)


def test_the_blocks_of_an_error_come_before_it(path):
    path.write_text("x\n" + "1\n" * 20 + "a\n", encoding="utf-8")
    blocks = small_blocks(path, rows=5, kinds={"x": "number"})
    assert [len(next(blocks)) for _ in range(3)] == [5, 5, 5]
    with pytest.raises(DataError, match="line 22, column x: found 'a'"):
        list(blocks)


# Bad input


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty; expected rows of numbers"),
        ("\n \n\n", "has no rows; expected rows of numbers"),
        ("x,y\n", "has a header but no rows; expected rows"),
        ("x,y\n1,2\n3\n", "line 3: found 1 values; expected 2, as before; quote cells that "
         "contain a comma"),
        ("x;y\n1;2\n3;4;5\n", "line 3: found 3 values; expected 2, as before; quote cells "
         "that contain a semicolon"),
        ("x,y\n1,2\n3,4\n1,five\n", "line 4, column y: found 'five'; expected a finite number"),
        ("x,y\n1,nan\n1,2\n", "line 2, column y: found 'nan'; expected a finite number; leave "
         "cells with missing values blank, or set data.blanks: [\"nan\"]"),
        ("x,y\n1,NA\n1,2\n1,3\n", "line 2, column y: found 'NA'; expected a finite number; leave "
         "cells with missing values blank, or set data.blanks: [\"NA\"]"),
        ("x,y\n1,-inf\n1,2\n", "line 2, column y: found '-inf'; expected a finite number"),
        ("x,y\n1,1e400\n1,2\n", "line 2, column y: found '1e400'; expected a finite number, up to"),
        ("x,y\n1,1_000\n1,2\n1,3\n", "line 2, column y: found '1_000'; expected a finite number; "
         "write it without separators between its digits"),
        ("x,y\n1,2\n3,１２\n5,6\n", "line 3, column y: found '１２'; expected a finite number; "  # noqa: RUF001
         "write the digits 0 to 9"),
        ("x,y\n1,2\n3,٣\n5,6\n", "line 3, column y: found '٣'; expected a finite number; write "
         "the digits 0 to 9"),
        ("x;y\n1;2,5\n3;4\n5;6\n", "line 2, column y: found '2,5'; expected a finite number; "
         "write the decimal comma as a point: 2.5"),
        ("x,y\n1,2,5\n3,4,5\n", "line 2: found 3 values; expected 2, as before"),
        ("x,b\n1,true\n2,false\n3,maybe\n" , None),
        ("é,y\n1,2\n".encode() + b"1,\xe9\n", "byte 0xe9 (in Latin-1, 'é') at offset 11 is not "
         "valid UTF-8; save it as CSV in UTF-8, or set data.encoding"),
        ("x,y\n1,\0\n", "has a NUL byte at offset 6; not CSV, or not UTF-8"),
        ('x,y\n1,2\n3,"4\n5,6\n', "line 3: unclosed quotation mark; close it, or double"),
        ('x,y\n1,"2"3\n', "line 2: expected ',' after '\"'; double quotation marks inside quotes"),
        ("x,y\n1," + "9" * 140_000 + "\n", "line 2, column y: found '" + "9" * 40 + "'; "
         "expected a finite number, up to 1.8e308"),
        ("x,y,x\n1,2,3\n", "line 1: found the name 'x' in columns 1 and 3; expected different"),
        ("x,,y\n1,2,3\n", "line 1: column 2 of 3 has no name; name it"),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "line 1: found '5.1'; expected a column "
         "name; add a header line, with quoted names if all are numbers"),
        ("1,1,a\n2,2,b\n", "line 1: found '1'; expected a column name"),
        (
            gzip.compress(b"x,y\n1,2\n", mtime=0)[:-4],
            "the gzip data is truncated or damaged; get the file again",
        ),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "is a PNG image; expected a table: CSV, Parquet,"),
        (b"PK\3\4" + bytes(20), "is not an .npz file, or is truncated or damaged; get the file "
         "again"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_with_place_and_remedy(refusal_of, table_of, content, problem):
    if problem is None:
        assert table_of(content).kind("b") == "category"
    else:
        assert refusal_of(content).startswith(problem)


def test_a_stray_text_far_down_is_an_error_and_not_a_category(refusal_of):
    rows = "".join(f"{n},true\n" for n in range(3000))
    assert refusal_of(f"x,b\n{rows}oops,true\n", read=in_small_blocks).startswith(
        "line 3002, column x: found 'oops'; expected a finite number"
    )
    assert refusal_of(f"x,b\n{rows}1,maybe\n", read=in_small_blocks).startswith(
        "line 3002, column b: found 'maybe'; expected true or false"
    )


def test_a_missing_column_is_reported_with_the_nearest_name(refusal_of):
    assert refusal_of("price,size\n1,2\n", used=["prize"]) == (
        "has no column 'prize'; did you mean 'price'?"
    )


def test_a_quote_that_is_never_closed_takes_little_memory(path):
    path.write_text('x,y\n1,2\n3,"4\n' + "5,6\n" * 2_000_000, encoding="utf-8")
    tracemalloc.start()
    with pytest.raises(DataError, match="line 3: row of more than 1048576 bytes"):
        in_small_blocks(path, block_bytes=BLOCK_BYTES, most_row_bytes=1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


cells = st.text('019.eE+-_x"\t n\xa0\x0b\x1c\x85\u2028\uff11;,', max_size=6)


@given(
    st.lists(st.lists(cells, min_size=1, max_size=3).map(",".join), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 9),
)
@with_files
def test_any_text_is_read_the_same_or_refused_in_whatever_blocks(path, lines, end, size):
    path.write_bytes(end.join(["x,y", *lines]).encode("utf-8"))

    def values_by(read, **options):
        try:
            return values(read(path, kinds={"x": "category", "y": "number"}, **options))
        except DataError:
            return None  # with several faults, another one may be found first

    assert values_by(in_small_blocks, block_bytes=size) == values_by(read_table)
