"""Tables in a temporary file equal tables in memory, cell by cell."""

import tempfile

import numpy as np
import pytest

from nncli.base.errors import OutputError
from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory, is_large
from nncli.data.files.stored_table import TAKEN_ROWS, StoredTable, collect
from nncli.data.files.table import Table
from nncli.data.tables.choices import Choices
from nncli.data.tables.tabular import load_tables

ROWS = 300
SMALL = Memory(large_bytes=100, table_bytes=100)
LARGE = Memory(table_bytes=10**7)


def blocks(rows=ROWS):
    """Yield blocks of columns whose type changes from block to block."""
    random = np.random.default_rng(0)
    for first, stop in ((0, 7), (7, 90), (90, 91), (91, rows)):
        count = stop - first
        numbers = random.normal(size=count)
        texts = np.empty(count, object)
        texts[:] = random.choice(["red", "blue", None, f"only {first}"], count)
        yield Table(
            "t",
            {
                "single": numbers.astype(np.float32),
                "double": numbers + 1e9,
                "mixed": numbers if first == 7 else numbers.astype(np.float32),
                "flag": numbers > 0 if first else (numbers > 0).astype(np.float32),
                "whole": random.integers(0, 99, count).astype(np.int16 if first else np.int8),
                "text": texts,
            },
            lambda row, first=first: f"line {first + row}",
        )


def assert_same(found, expected):
    assert [*found.columns] == [*expected.columns]
    assert len(found) == len(expected)
    for name, cells in expected.columns.items():
        assert found.columns[name].dtype == cells.dtype, name
        np.testing.assert_array_equal(found.columns[name], cells)
        assert found.kind(name) == expected.kind(name)
    rows = range(len(expected))
    assert [*map(found.place, rows)] == [*map(expected.place, rows)]


def test_a_large_table_is_stored_and_a_small_one_is_not():
    assert isinstance(collect(blocks(), SMALL), StoredTable)
    assert not isinstance(collect(blocks(), LARGE), StoredTable)


def test_a_stored_table_has_the_cells_types_and_places_of_one_in_memory():
    assert_same(collect(blocks(), SMALL), collect(blocks(), LARGE))


@pytest.mark.parametrize(("start", "stop"), [(0, 7), (5, 200), (90, 91), (299, 300), (0, 300)])
def test_parts_of_a_stored_table_have_the_same_cells(start, stop):
    assert_same(
        collect(blocks(), SMALL).part(start, stop), collect(blocks(), LARGE).part(start, stop)
    )


@pytest.fixture(scope="module")
def long_tables():
    """Return a stored table whose rows are taken in three parts, and its copy in memory."""
    rows = 2 * TAKEN_ROWS + 50
    return collect(blocks(rows), SMALL), collect(blocks(rows), LARGE)


@pytest.mark.parametrize(
    "rows",
    [
        [0, 2 * TAKEN_ROWS + 49],
        [*range(0, 2 * TAKEN_ROWS + 50, 3)],
        [TAKEN_ROWS + 150],
        [*range(TAKEN_ROWS - 2, TAKEN_ROWS + 2)],
    ],
    ids=["ends", "thirds", "one", "across"],
)
def test_rows_taken_from_a_stored_table_have_the_same_cells(long_tables, rows):
    found, expected = (each.take(np.array(rows)) for each in long_tables)
    for name in ("single", "whole", "text"):
        np.testing.assert_array_equal(found.columns[name], expected.columns[name])
    assert [*map(found.place, range(len(rows)))] == [f"line {row}" for row in rows]


def csv(rows):
    lines = (
        f"{n % 17 / 7},{'' if n % 5 == 0 else 'rgb'[n % 3]},{'true' if n % 4 else 'false'},"
        f"{1.7e9 + n},{'' if n % 11 == 0 else n % 2}\n"
        for n in range(rows)
    )
    return "size,color,flag,when,y\n" + "".join(lines)


def load(path):
    chosen = {"color": {"missing": "indicator"}, "size": {"missing": "median"}}
    choices = Choices(["y"], columns=chosen, weight="size")
    return load_tables(path, {"test": path.with_name("other.csv"), "validation": 0.2}, choices, 0)


def test_a_large_file_becomes_the_same_data_set(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    text = csv(120_000)  # read in two blocks, encoded in two parts
    path.write_text(text, encoding="utf-8")
    other = text.replace(",g,", ",pink,").replace(",b,", ",gray,")
    path.with_name("other.csv").write_text(other, encoding="utf-8")
    expected = load(path)
    # Passing it as an argument would add a parameter to six functions.
    monkeypatch.setattr(mapping, "MEMORY", SMALL)
    found = load(path)
    assert is_large(found.splits["train"].inputs)
    assert not is_large(expected.splits["train"].inputs)
    assert (found.encoding, found.left_out) == (expected.encoding, expected.left_out)
    assert found.warnings == expected.warnings
    np.testing.assert_array_equal(found.numbers, expected.numbers)
    assert "column when: used as data.id" in found.warnings[0]
    assert "'pink' (line 3) and others; their" in found.warnings[1]
    for name, split in expected.splits.items():
        for part in ("inputs", "targets", "rows", "weights"):
            np.testing.assert_array_equal(getattr(found.splits[name], part), getattr(split, part))


def test_a_folder_without_room_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(OutputError, match=r"none: cannot store a temporary file .*TMPDIR"):
        collect(blocks(), SMALL)


def test_no_file_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = collect(blocks(), SMALL)
    assert not [*tmp_path.iterdir()]
    assert len(table.columns["text"]) == ROWS
