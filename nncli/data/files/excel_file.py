"""Tables from Excel workbooks, with openpyxl (the extra ``excel``): the first or a chosen sheet.

The first non-empty row is the header; empty rows are skipped. Formulas have the values that Excel
saved with them.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from nncli.base.errors import DataError
from nncli.base.extras import install_command
from nncli.data.files.hints import NO_HINTS, Hints
from nncli.data.files.input_file import BOMB_BYTES, BOMB_RATIO, InputFile
from nncli.data.files.value_file import BLOCK_ROWS, ValueBlock, ValueFile

_MOST_ROWS = 1 << 20  # limit of a sheet in Excel; a file may claim more

Row = tuple[object, ...]


class ExcelFile(ValueFile):
    """A sheet of a workbook with its header read."""

    def __init__(
        self, file: InputFile, hints: Hints = NO_HINTS, *, bomb_bytes: int = BOMB_BYTES
    ) -> None:
        try:
            from openpyxl import load_workbook
        except ImportError as error:
            raise DataError(
                f"{file.name}: is an Excel workbook, but openpyxl is not installed; get it with: "
                f"{install_command('excel')}; or save its sheet as CSV in UTF-8"
            ) from error
        self.name = file.name
        source = io.BytesIO(file.read())  # openpyxl would check the extension of a path
        with self._errors():
            self._check_size(source, bomb_bytes)
            book = load_workbook(source, read_only=True, data_only=True, keep_links=False)
            sheet = book[_chosen(book.sheetnames, file.name, hints)]
            self._rows = _numbered(sheet.iter_rows(values_only=True), file.name)
            first, names = next(self._rows, (0, ()))
        if not first:
            raise DataError(f"{file.name}: the sheet {sheet.title!r} is empty; expected rows")
        width = max(at for at, name in enumerate(names, 1) if name is not None)
        super().__init__(file.name, ["" if name is None else name for name in names[:width]])

    def _value_blocks(self, places: Sequence[int]) -> Iterator[ValueBlock]:
        with self._errors():
            for first, row in self._rows:
                block = [(first, row), *islice(self._rows, BLOCK_ROWS - 1)]
                self._check_width(block)
                columns = [[_cell(cells, place) for _, cells in block] for place in places]
                yield ValueBlock(_Places([number for number, _ in block]), columns)

    def _check_width(self, block: list[tuple[int, Row]]) -> None:
        width = len(self.own_names)
        for number, cells in block:
            if any(cell is not None for cell in cells[width:]):
                raise DataError(
                    f"{self.name}: row {number}: has a value outside the {width} named columns; "
                    "name its column, or remove it"
                )

    def _check_size(self, source: io.BytesIO, bomb_bytes: int) -> None:
        """Refuse a workbook that would unpack to an absurd size, before openpyxl does so."""
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
        packed = sum(each.compress_size for each in members)
        if sum(each.file_size for each in members) > max(bomb_bytes, BOMB_RATIO * packed):
            raise DataError(
                f"{self.name}: unpacks to more than {BOMB_RATIO} times its size; if you trust it, "
                "save its sheet as CSV"
            )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Report errors in one line; openpyxl may raise anything for invalid files."""
        try:
            yield
        except (DataError, GeneratorExit, MemoryError):
            raise
        except Exception as error:
            words = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            raise DataError(
                f"{self.name}: is not an Excel workbook, or is damaged ({words}); save its sheet "
                "as CSV in UTF-8"
            ) from error


class _Places:
    """Names of rows for messages: their numbers in the sheet."""

    def __init__(self, numbers: list[int]) -> None:
        self._numbers = numbers

    def __call__(self, row: int) -> str:
        return f"row {self._numbers[row]} of the sheet"


def _chosen(names: Sequence[str], name: str, hints: Hints) -> str:
    """Return the chosen sheet, by default the first."""
    if (meant := hints.table_among(names, name, "sheet")) is not None:
        return meant
    if not names:
        raise DataError(f"{name}: has no sheets; expected one with a table")
    if len(names) > 1:
        hints.take("table", names[0], f"{name}: reading the sheet {names[0]!r}, the first of "
                   f"{len(names)}; set data.table to read another")  # fmt: skip
    return names[0]


def _numbered(rows: Iterable[Row], name: str) -> Iterator[tuple[int, Row]]:
    """Yield the non-empty rows with their numbers in the sheet, from 1."""
    for number, row in enumerate(rows, 1):
        if number > _MOST_ROWS:
            raise DataError(f"{name}: has more than {_MOST_ROWS} rows, the limit of a sheet")
        if any(cell is not None for cell in row):
            yield number, row


def _cell(cells: Row, place: int) -> object:
    """Return the value of a cell; rows may end early."""
    return cells[place] if place < len(cells) else None
