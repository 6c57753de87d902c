"""Tables from Excel workbooks: choice of sheet, values, damaged and oversized files."""

import importlib.util
import zipfile

import pytest

from nncli.base.errors import DataError
from nncli.data.files.hints import HintedFile, Hints
from nncli.data.files.input_file import open_input
from nncli.data.files.table_file import column_names, read_table
from nncli.data.memory.forms import form_of

HEADER = ["x", "name", 2019, "ok"]
ROWS = [[1, "a", 0.5, True], [None, "01", 2, False], [-3.5, None, None, None]]
HAS_OPENPYXL = importlib.util.find_spec("openpyxl") is not None


@pytest.fixture
def openpyxl():
    return pytest.importorskip("openpyxl", reason="the extra 'excel' is not installed")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.xlsx"


@pytest.fixture
def make(openpyxl, path):
    """Return a function that writes sheets, given as lists of rows by name."""

    def do(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(path)
        return path

    return do


def values(table):
    return {name: [str(cell) for cell in cells] for name, cells in table.columns.items()}


@pytest.mark.parametrize("above", [[], [[], [None]]])
def test_the_table_is_that_of_a_list_of_dicts(make, above):
    path = make(Rides=[*above, HEADER, ROWS[0], [], *ROWS[1:]])
    expected = read_table(form_of([dict(zip(HEADER, row, strict=True)) for row in ROWS]))
    assert column_names(path) == ["x", "name", "2019", "ok"]
    assert values(read_table(path)) == values(expected)


def test_the_first_sheet_is_read_with_a_note_or_the_named_one(make):
    path, notes = make(One=[["x"], [1]], Two=[["y"], [2]]), []
    assert values(read_table(HintedFile(path, Hints(note=notes.append)))) == {"x": ["1.0"]}
    assert notes == [
        f"{path}: reading the sheet 'One', the first of 2; set data.table to read another"
    ]
    assert values(read_table(HintedFile(path, Hints(table="Two")))) == {"y": ["2.0"]}
    with pytest.raises(DataError, match="has no sheet 'two'; did you mean 'Two'"):
        read_table(HintedFile(path, Hints(table="two")))


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "is empty; expected rows"),
        ([["x"]], "has a header but no rows"),
        (
            [["x"], [1], [], [2], ["a"]],
            "row 5 of the sheet, column x: found 'a'; expected a finite",
        ),
        ([["x"], [1, 2]], "row 2: has a value outside the 1 named columns"),
    ],
)
def test_errors_are_one_line(make, rows, problem):
    with pytest.raises(DataError) as caught:
        read_table(make(Sheet=rows))
    assert problem in str(caught.value)


def test_a_workbook_that_is_damaged_or_a_bomb_is_refused(make):
    from nncli.data.files.excel_file import ExcelFile

    path = make(Sheet=[["x"], *([[1]] * 1000)])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", bytes(9_000_000))
    with open_input(path) as file, pytest.raises(DataError, match="unpacks to more than 500 times"):
        ExcelFile(file, bomb_bytes=1000)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook>")
    with pytest.raises(DataError, match="is not an Excel workbook, or is damaged"):
        read_table(path)


@pytest.mark.skipif(HAS_OPENPYXL, reason="the extra 'excel' is installed")
def test_without_openpyxl_both_remedies_are_named(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(DataError, match=r"openpyxl is not installed; get it .*install.*CSV"):
        read_table(path)
