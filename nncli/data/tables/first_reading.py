"""Read a table with training rows, again if needed to interpret numbers and dates in text."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nncli.base.errors import DataError
from nncli.data.files.arrow_table import ArrowTable
from nncli.data.files.blanks import Blanks, MixedColumnError
from nncli.data.files.hints import HintedFile
from nncli.data.files.table import Table, Wanted
from nncli.data.files.table_file import CsvTable, TableInput, open_table, read_table
from nncli.data.files.value_file import ValueFile
from nncli.data.tables.choices import Choices
from nncli.data.tables.understanding import ways_out
from nncli.data.tables.written import Found, converted, forms_of
from nncli.data.tables.written_notes import notes_of_forms


class _Read(NamedTuple):
    """A table, the formats of its text, the columns of numbers in other formats, and notes."""

    table: Table
    found: Found
    of_text: set[str]
    notes: list[str]


def read_table_of(
    source: TableInput, names: Sequence[str], choices: Choices, blanks: Blanks
) -> _Read:
    """Return a table with numbers and dates in text converted.

    If a column of numbers contains text, the table is read again with that column as text.

    Raises
    ------
    DataError
        For text in a column that the user set to another kind, or in a numeric target.
    """
    kept = (choices.group, choices.time)  # read even if dropped as inputs
    used = [name for name in names if name not in choices.drop or name in kept]
    kinds: dict[str, Wanted] = {**choices.kinds}
    if choices.encoding is not None:
        kinds |= dict.fromkeys({*choices.encoding.forms} & {*used}, "written")
    errors: dict[str, MixedColumnError] = {}
    is_open = isinstance(source, CsvTable | ValueFile)  # can be read only once
    while True:
        blanks.words.clear()
        try:
            table = read_table(source, kinds=kinds, used=used, missing=blanks)
        except MixedColumnError as error:
            column = error.column
            if is_open or kinds.get(column, "number") != "number" or column in errors:
                raise _refusal(error) from error
            kinds[column], errors[column] = "written", error
            continue
        if choices.encoding is not None:
            return _Read(converted(table, choices.encoding.forms, blanks), Found(), set(), [])
        written = [name for name, kind in kinds.items() if kind == "written"]
        is_file = is_open or isinstance(source, Path | HintedFile)
        found = forms_of(table, choices, written, is_file=is_file)
        if found.plain and not is_open:
            _leave_categories(source, found)
        again = [name for name in found.again if kinds.get(name, "number") == "number"]
        if again and not is_open:
            kinds |= dict.fromkeys(again, "written")
            continue
        for column, first in errors.items():
            is_number = column in choices.target or choices.kinds.get(column) == "number"
            if column not in found.forms and is_number:
                raise _refusal(first, found.mixed.get(column, ()))
        notes = [*notes_of_forms(table, found, choices)]
        of_text = {name for name in found.forms if table.kind(name) == "category"} - found.plain
        return _Read(converted(table, found.forms, blanks, written), found, of_text, notes)


def _leave_categories(source: TableInput, found: Found) -> None:
    """Remove the forms of columns that the file's types declare as categories."""
    with open_table(source) as file:
        meant = file.categories & found.plain if isinstance(file, ArrowTable) else set[str]()
    for name in meant:
        del found.forms[name]


def _refusal(error: MixedColumnError, odd: Sequence[str] = ()) -> DataError:
    """Return the error, with a remedy for all texts that are not numbers if they are known."""
    if not error.text:
        return error
    return DataError(f"{error}; {ways_out(error.column, odd or [error.text])}")
