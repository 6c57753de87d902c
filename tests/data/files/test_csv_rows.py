"""Rows of CSV: quotes as in Python's csv, delimiters, line ends, limits."""

import csv
import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.files.csv_file import CsvFile
from nncli.data.files.csv_rows import BLOCK_BYTES, CsvRows
from nncli.data.files.input_file import open_input
from nncli.data.files.table_file import read_table

with_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
sizes = st.integers(1, 9)
delimiters = st.sampled_from([",", ";", "\t"])
white = st.text(" \t", max_size=2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "input"


def rows_of(path, content, block_bytes=BLOCK_BYTES):
    """Return the delimiter, and the stripped cells and line numbers of all rows."""
    path.write_bytes(content.encode())
    with open_input(path) as file:
        rows = CsvRows(file, block_bytes=block_bytes)
        found = []
        for cells in rows.cells(with_first=True):
            columns = [
                [cell.decode().strip() for cell in cells.bytes_of(column)]
                for column in range(len(rows.top.rows[0]))
            ]
            found += [list(row) for row in zip(*columns, strict=True)]
        return rows.delimiter, found


def refusal(path, content, read=rows_of, **options):
    with pytest.raises(DataError) as caught:
        read(path, content, **options)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def by_csv(text, delimiter):
    """Return the stripped, non-blank rows of Python's csv; None if it refuses the text."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    rows = [[cell.strip() for cell in row] for row in rows]
    return [row for row in rows if len(row) > 1 or any(row)]


def read_or_none(path, content, size):
    try:
        return rows_of(path, content, size)[1]
    except DataError:
        return None


# Quotes


@given(
    lines=st.lists(st.text('"",,\na', max_size=9), max_size=8),
    size=sizes,
)
@example(lines=['5" pipe,"a\nb"', '"c""",6" "'], size=3)
@with_files
def test_quotes_are_read_as_by_csv_in_any_blocks(path, lines, size):
    text = "\n".join(["x,y", *lines])
    expected = by_csv(text, ",")
    even = expected is not None and {len(row) for row in expected} == {2}
    assert read_or_none(path, text, size) == (expected if even else None)


def _quoted(cell, before, behind):
    return before + '"' + cell.replace('"', '""') + '"' + behind


@given(
    data=st.data(),
    width=st.integers(2, 4),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=delimiters,
    size=sizes,
)
@with_files
def test_any_cells_are_read_with_white_space_around_quotes(path, data, width, end, delimiter, size):
    """The rows equal those that Python's csv reads without the white space."""
    ours, plain = [], []
    names = [[f"c{n}" for n in range(width)]]
    for _ in range(data.draw(st.integers(1, 5))):
        cells = []
        for _ in range(width):
            text = data.draw(st.text('"a1 ,;\t\n\xa0é', max_size=6))
            bare = text.strip() != "" and not text.lstrip().startswith('"')
            if bare and not {*text} & {"\n", delimiter} and data.draw(st.booleans()):
                cells.append((text, text))
            else:
                around = [
                    each.replace(delimiter, " ") for each in data.draw(st.tuples(white, white))
                ]
                cells.append((_quoted(text, *around), _quoted(text, "", "")))
        ours.append(delimiter.join(one for one, _ in cells))
        plain.append(delimiter.join(other for _, other in cells))
    head = delimiter.join(names[0])
    expected = by_csv("\n".join([head, *plain]), delimiter)
    assert read_or_none(path, end.join([head, *ours]), size) == expected


def test_a_number_in_quotes_with_white_space_around_is_a_number(path):
    path.write_text('x, "z" ,y\n1, "2",\t3\n4,"5" ,6\n', encoding="utf-8")
    table = read_table(path)
    assert {name: cells.tolist() for name, cells in table.columns.items()} == {
        "x": [1, 4],
        "z": [2, 5],
        "y": [3, 6],
    }


def test_inch_marks_do_not_damage_long_files(path):
    """A quote inside a cell does not open a quoted part that spans later lines."""
    rows = 'six pipe,"one\ntwo"\n' * 200
    _, read = rows_of(path, f'size,note\n5" pipe,a\n{rows}', 64)
    assert len(read) == 202
    assert read[1:3] == [['5" pipe', "a"], ["six pipe", "one\ntwo"]]
    path.write_text('t,x\n5" pipe,1\n' + "six pipe,1\n" * 2000, encoding="utf-8")
    with open_input(path) as file:
        blocks = CsvRows(file, block_bytes=512, most_row_bytes=4096).cells(with_first=False)
        assert sum(map(len, blocks)) == 2001


@pytest.mark.parametrize("size", [3, BLOCK_BYTES])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('x,y\n"1\n2",3\n4,"5"6\n', "line 4: expected ',' after '\"'; double quotation marks"),
        ('x;y\n4;"5"6\n7;8\n', "line 2: expected ';' after '\"'; double quotation marks"),
        ('x,y\n4, "5" "6"\n', "line 2: expected ',' after '\"'; double quotation marks"),
        ('x,y\n1,2\n3, "4\n5,6\n', "line 3: unclosed quotation mark; close it, or double"),
        ('x,y\n1,2\n3,4,5\n6,"7\n', "line 3: found 3 values; expected 2, as before"),
        ('x,y\n1,"2\n3"\n4,5,6\n', "line 4: found 3 values; expected 2, as before"),
        ('x,"y"z\n1,2\n', "line 1: expected ',' after '\"'"),
        ('x,"y\n1,2\n', "line 1: unclosed quotation mark"),
    ],
)
def test_wrong_quotes_and_rows_are_refused_where_they_are(path, content, problem, size):
    assert refusal(path, content, block_bytes=size).startswith(problem)


# Delimiters


@pytest.mark.parametrize("size", [4, BLOCK_BYTES])
@pytest.mark.parametrize(
    ("content", "delimiter", "first"),
    [
        ("Weight, kg;Height, cm;y\n1;2;3\n4;5;6\n", ";", ["Weight, kg", "Height, cm", "y"]),
        ("Weight, kg;y\n1,5;2\n4,5;6\n", ";", ["Weight, kg", "y"]),
        ('"Price\n(EUR)";y\n1;2\n', ";", ["Price\n(EUR)", "y"]),
        ('"a;b\n;c",y\n1,2\n', ",", ["a;b\n;c", "y"]),
        ("a, b, c\ty\n1\t2\n3\t4\n", "\t", ["a, b, c", "y"]),
        ("x,y\n1;1;1,2\n3;3;3,4\n", ",", ["x", "y"]),
        ("# made, by, a tool\nx;y\n1;2\n", ";", ["x", "y"]),
        ("a;b,c;d\n1;2,3;4\n", ";", ["a", "b,c", "d"]),
        ("x\n1\n2\n", ",", ["x"]),
        ("a,b\n", ",", ["a", "b"]),
    ],
)
def test_the_delimiter_splits_all_first_rows_alike(path, content, delimiter, first, size):
    path.write_text(content, encoding="utf-8")
    with open_input(path) as file:
        rows = CsvRows(file, block_bytes=size)
        assert (rows.delimiter, rows.top.rows[0]) == (delimiter, first)


def test_rows_of_another_length_are_reported(path):
    assert refusal(path, "x;y\n1;2\n3;4;5\n").startswith(
        "line 3: found 3 values; expected 2, as before"
    )


def test_a_first_row_may_be_longer_than_what_the_delimiter_is_chosen_by(path):
    names = [f"name {n}" for n in range(30_000)]
    header, row = ";".join(names), ";".join("1" for _ in names)
    delimiter, read = rows_of(path, f"{header}\n{row}\n")
    assert (delimiter, read[0]) == (";", names)
    assert len(read) == 2


def test_rows_may_begin_far_down(path):
    path.write_text("\n" * 200_000 + "x,y\n1,2\n", encoding="utf-8")
    table = read_table(path)
    assert table.place(0) == "line 200002"
    assert refusal(path, "\n" * 200_000).startswith("has no rows")


# Limits and ends


def test_long_cells_are_read_whatever_is_in_them(path):
    long = "P" * 200_000
    for cell in (long, f'"{long}"', f'"{long},\n{long}"'):
        path.write_text(f"t,x\n{cell},1\nP,2\n", encoding="utf-8")
        table = read_table(path, kinds={"t": "category"})
        assert table.columns["t"][0].startswith(long)
        assert read_table(path, used=["x"]).columns["x"].tolist() == [1, 2]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_row_has_a_limit_and_quotes_are_only_guessed_where_there_are_any(path, quote):
    path.write_text(f"x,y\n1,{quote}" + "9" * 5000, encoding="utf-8")
    with open_input(path) as file, pytest.raises(DataError) as caught:
        list(CsvRows(file, block_bytes=100, most_row_bytes=1000).cells(with_first=False))
    assert str(caught.value).removeprefix(f"{path}: ") == (
        "line 2: row of more than 1000 bytes; expected one line per row"
        + ("; is a quotation mark unclosed?" if quote else "")
    )


@pytest.mark.parametrize("end", ["\x1a", "\n\x1a", "\r\n\x1a\r\n", "\r\x1a\x1a", "\n\x1a\n\x1a\n"])
@pytest.mark.parametrize("size", [1, 5, BLOCK_BYTES])
def test_a_ctrl_z_at_the_end_is_skipped(path, end, size):
    assert rows_of(path, f"x,y\n1,2{end}", size)[1] == [["x", "y"], ["1", "2"]]


def test_a_ctrl_z_elsewhere_is_text(path):
    expected = [["x", "y"], ["\x1a", "a\x1a"], ["1", "2"]]
    for size in (1, 2, 100):
        assert rows_of(path, "x,y\n\x1a,a\x1a\r\n1,2", size)[1] == expected


def test_the_file_is_read_once_by_its_rows(path):
    path.write_text("x,y\n1,2\n", encoding="utf-8")
    with open_input(path) as file:
        csv_file = CsvFile(file)
        assert (csv_file.header, csv_file.first) == (["x", "y"], ["x", "y"])
