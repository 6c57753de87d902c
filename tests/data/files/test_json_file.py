"""Tables from JSON: accepted content, and refusals with line numbers."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.files.input_file import open_input
from nncli.data.files.json_file import JsonFile
from nncli.data.files.table_file import column_names, read_table
from nncli.data.memory.forms import form_of

ROWS = [
    {"x": 1, "name": "Köln", "ok": True, "y": 0.1},
    {"x": -2.5e-3, "name": "01", "ok": None, "y": None},
    {"name": "a\nb", "x": 12345678901234567, "z": "late"},
]


def values(table):
    return {name: [str(cell) for cell in cells] for name, cells in table.columns.items()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.json"


def as_lines(rows, **options):
    return "\n\n".join(json.dumps(row, **options) for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        as_lines(ROWS),
        as_lines(ROWS, ensure_ascii=False) + "\r\n",
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "[ " + json.dumps(ROWS)[1:] + " \n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_objects_are_the_rows_of_a_list_of_dicts(path, text, encoding):
    path.write_text(text, encoding=encoding)
    assert column_names(path) == ["x", "name", "ok", "y", "z"]
    assert values(read_table(path)) == values(read_table(form_of(ROWS)))
    assert values(read_table(path, used=["z", "x"])) == values(
        read_table(form_of(ROWS), used=["z", "x"])
    )


CELLS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3)


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), CELLS), min_size=1, max_size=5),
    st.integers(1, 9),
    st.sampled_from([None, 0, 1]),
)
def test_any_array_is_read_in_pieces_of_any_size(tmp_path_factory, rows, size, indent):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(rows, indent=indent), encoding="utf-8")

    class Cut:
        """A file that returns only a few bytes per read."""

        def __init__(self, file):
            self.name, self.kind, self.head = file.name, "json", file.head
            self.read = lambda count: file.read(min(count, size))

    with open_input(path) as file:
        found = JsonFile(Cut(file))
        assert [row for _, row in found._first] == rows


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '{"x": 1}\n{"x": 2\n',
            "line 2: is not valid JSON (Expecting ',' delimiter at character 8)",
        ),
        (
            '{"x": 1}\n\n[2]\n',
            "line 3: found a value of type list; expected one object per row, such as",
        ),
        ('{"x": 1, "x": 2}\n', "line 1: has a duplicate key 'x'; rename one"),
        ('[{"x": 1}, {"x": 1, "x": 2}]', "line 1: has a duplicate key 'x'; rename one"),
        ("[1, 2, 3]", "line 1: found a value of type int; expected one object per row, such"),
        ('[ "a", "b"]', "line 1: found a value of type str; expected one object per row"),
        ("[null]", "line 1: found a value of type NoneType; expected one object per row"),
        ("[-1.5]", "line 1: found a value of type float; expected one object per row"),
        ('{"x": 1}\n{"x": {"a": 1}}\n', "line 2, column x: found a value of type dict"),
        ('{"x": [1], "y": 2}\n', "line 1, column x: found a value of type list"),
        (
            '{"x": {"0": 1}, "y": {"0": 2}}\n',
            "is a single JSON object; expected one per row; convert",
        ),
        ('{"x": 1}\n{"x": 1e999}\n', "line 2, column x: found inf; expected a finite number"),
        ('{"x": 1}\n{"x": 2}\n{"x": "a"}\n', "line 3, column x: found 'a'; expected a finite"),
        ('{"x": ' + "[" * 100_000 + "\n", "line 1: is not valid JSON (is nested too deeply)"),
        ('{"x": ' + "9" * 5000 + "}\n", "line 1: is not valid JSON (Exceeds the limit"),
        ('[{"x": 1}\n, {"x": 2', "line 2: is not valid JSON (Expecting ',' delimiter"),
        ('[{"x": 1}\n {"x": 2}]', "line 2: expected ',' or ']' after an object"),
        ('[{"x": 1}]\n[', "line 2: has text after the end of the array"),
        ("[[1, 2]]", "line 1: found a value of type list; expected one object"),
        ("[\n]", "has no objects; expected one per row"),
        ('{\n"x": {"0": 1}}', "is a JSON object over several lines; expected a table"),
    ],
)
def test_other_json_is_refused_with_its_line(path, text, problem):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}: {problem}")
    assert "\n" not in str(caught.value)


def test_a_column_that_is_nested_may_be_dropped(path):
    path.write_text('{"x": 1, "tags": ["a"]}\n{"x": 2}\n', encoding="utf-8")
    assert values(read_table(path, used=["x"])) == {"x": ["1.0", "2.0"]}


def test_a_key_that_comes_too_late_is_refused(path):
    path.write_text('{"x": 1}\n{"x": 2}\n{"x": 3, "y": 4}\n', encoding="utf-8")
    with open_input(path) as file:
        blocks = JsonFile(file, block_rows=2).blocks(kinds={}, used=None, missing=())
        with pytest.raises(
            DataError, match="line 3: has the key 'y', which is missing from the first 2"
        ):
            list(blocks)


@pytest.mark.parametrize("beginning", ['{"x": "', '[{"x": "'])
def test_an_object_without_end_takes_bounded_memory(path, beginning):
    path.write_text(beginning + "a" * 3_000_000, encoding="utf-8")
    tracemalloc.start()
    with open_input(path) as file, pytest.raises(DataError, match="an object of more than 500000"):
        JsonFile(file, most_row_bytes=500_000)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()
