"""Tables from SQLite: choice of table, values, and untrusted databases."""

import sqlite3
from contextlib import closing

import pytest

from nncli.base.errors import DataError
from nncli.data.files.hints import HintedFile, Hints
from nncli.data.files.input_file import open_input
from nncli.data.files.sqlite_file import SqliteFile
from nncli.data.files.table_file import column_names, read_table
from nncli.data.memory.forms import form_of

ROWS = "create table rides (x real, name text, ok boolean, n integer)"
VALUES = "insert into rides values (1.5, 'a', 1, 3), (2, null, 0, -4), (null, '01', null, 5)"


def make(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        for each in statements:
            connection.execute(each)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.db"


def values(table):
    return {name: [str(cell) for cell in cells] for name, cells in table.columns.items()}


def named(path, table, **options):
    return HintedFile(path, Hints(table=table, **options))


def refusal(source, read=read_table):
    with pytest.raises(DataError) as caught:
        read(source)
    assert "\n" not in str(caught.value)
    return str(caught.value).partition(": ")[2]


def test_the_only_table_is_read_and_said(path):
    notes = []
    file = HintedFile(make(path, ROWS, VALUES), Hints(note=notes.append))
    rows = [
        {"x": 1.5, "name": "a", "ok": True, "n": 3},
        {"x": 2.0, "name": None, "ok": False, "n": -4},
        {"x": None, "name": "01", "ok": None, "n": 5},
    ]
    assert column_names(file) == ["x", "name", "ok", "n"]
    assert values(read_table(file)) == values(read_table(form_of(rows)))
    assert values(read_table(file, used=["n"])) == {"n": ["3.0", "-4.0", "5.0"]}
    assert notes == [f"{path}: reading the table 'rides'"]
    assert file.hints.understood == {"table": "rides"}


def test_of_several_tables_the_named_one_is_read(path):
    make(path, ROWS, VALUES, "create table b (y)", "insert into b values (7)",
         "create view v as select n * 2 as twice from rides")  # fmt: skip
    assert values(read_table(named(path, "b"))) == {"y": ["7.0"]}
    assert values(read_table(named(path, "v"))) == {"twice": ["6.0", "-8.0", "10.0"]}
    assert refusal(path) == ("has 3 tables: 'rides', 'b', 'v'; set data.table to one of them")
    assert refusal(named(path, "ride")) == "has no table 'ride'; did you mean 'rides'?"
    assert refusal(named(path, "zzz")) == "has no table 'zzz'; it has 'rides', 'b', 'v'"


def test_the_table_of_training_decides_what_another_file_leaves_open(path, tmp_path):
    make(path, ROWS, VALUES, "create table b (y)", "insert into b values (7)")
    other = make(tmp_path / "other.db", "create table c (y)", "insert into c values (8)")
    assert values(read_table(named(path, "b", are_of_this=False))) == {"y": ["7.0"]}
    assert values(read_table(named(other, "b", are_of_this=False))) == {"y": ["8.0"]}


@pytest.mark.parametrize("name", ['a "b', "a'; drop table t; --", "select", "a\nb", "größe"])
def test_names_are_quoted(path, name):
    quoted = '"' + name.replace('"', '""') + '"'
    make(path, f"create table {quoted} ({quoted})", f"insert into {quoted} values (1)")
    assert values(read_table(named(path, name))) == {name: ["1.0"]}


def test_a_path_with_special_characters_of_uris_works(tmp_path):
    path = make(tmp_path / "a?mode=rw#b%20.db", ROWS, VALUES)
    assert len(read_table(path)) == 3


def test_a_database_on_standard_input_is_read(path, tmp_path, monkeypatch):
    make(path, "pragma journal_mode = wal", ROWS, VALUES)
    expected = values(read_table(path))
    with path.open("rb") as stream:
        monkeypatch.setattr("sys.stdin", type("Input", (), {"buffer": stream}))
        with open_input(path.__class__("-")) as file:
            blocks = SqliteFile(file).blocks(kinds={}, used=None, missing=())
            assert values(next(blocks)) == expected


def test_nothing_is_written(path):
    make(path, ROWS, VALUES)
    before = path.read_bytes()
    path.chmod(0o444)
    read_table(path)
    assert path.read_bytes() == before
    assert [*path.parent.iterdir()] == [path]


def test_changes_in_a_journal_next_to_the_database_are_not_ignored(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute(ROWS)
        connection.execute(VALUES)
        connection.commit()
        assert refusal(path).startswith("has pending changes of another program in")


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        (["create table t (x)"], "has a header but no rows"),
        (["create table t (x)", "drop table t"], "has no tables; expected one with rows"),
        (["create table t (x)", "insert into t values (x'00ff')"], "row 0, column x: found a value "
         "of type bytes"),
        (["create table t (x)", "insert into t values (1), (2), ('a')"], "row 2, column x: found "
         "'a'; expected a finite number"),
        (["create table t (x)", "insert into t values (9e999)"], "row 0, column x: found inf"),
        (["create table t (x)", "insert into t values (cast(x'ff' as text))"], "the table cannot "
         "be read, or the database is damaged (Could not decode to UTF-8"),
        (["create view t as with recursive r(x) as (select 1 union all select x + 1 from r) "
          "select x from r"], "the table cannot be read, or the database is damaged"),
        (["create view t as select load_extension('evil') as x"], "the table cannot be read"),
        (["create view t as select x from gone"], "the table cannot be read"),
        (["create view t as select printf('%.*c', 1000000000, 'x') as x"], "the table cannot be "
         "read, or the database is damaged (not authorized to use function: printf)"),
        (["create table t (x, y as (x + 1))",
          "insert into t (x) values (1)"], "column y is computed by the database"),
    ],
)  # fmt: skip
def test_errors_are_one_line(path, statements, problem):
    make(path, *statements)
    assert refusal(path).startswith(problem)


def test_a_view_that_never_ends_is_refused(path):
    many = ", ".join(f"n n{each}" for each in range(12))
    total = " + ".join(f"n{each}.x" for each in range(12))
    make(path, "create table n (x)", f"insert into n values {', '.join(['(1)'] * 99)}",
         f"create view v as select n0.x from {many} where {total} > 99",
         f"create view w as select replace('{'a' * 300}', 'a', '{'b' * 3000}') t from {many}"
    )  # fmt: skip

    def read(source):
        with open_input(source.path) as file:
            reader = SqliteFile(file, source.hints, most_steps=3)
            for _ in reader.blocks(kinds={}, used=None, missing=()):
                pass

    assert "the view takes too long" in refusal(named(path, "v"), read)
    assert "the view 'w' has more than 500 times the size" in refusal(named(path, "w"), read)


@pytest.mark.parametrize("at", [16, 20, 100, 105, 4096])
def test_a_damaged_database_is_refused_in_a_line(path, at):
    content = bytearray(make(path, ROWS, VALUES).read_bytes())
    content[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    with pytest.raises(DataError):
        read_table(path)


def test_only_databases_have_a_table_setting(path):
    path.write_text("x,y\n1,2\n", encoding="utf-8")
    assert "data.table is for databases and workbooks" in refusal(named(path, "x"))
    assert len(read_table(named(path, "x", are_of_this=False))) == 1
