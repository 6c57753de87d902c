"""Recognize columns of numbers and dates in text, and convert them.

A column is numeric if all of its cells, except blank ones, are numbers in the same format: with a
currency, a percent sign, separators or a decimal comma. If ``1,004`` may be 1004 or 1.004, the rest
of the column decides, then the other columns, else it is 1004.

The result is a `Form` for each column. It is stored with the model, so that later rows are read the
same way.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.data.dataset import OF_CLASSES
from nncli.data.files.blanks import is_blank_in
from nncli.data.files.dates import Order, is_date, moment_in, order_of
from nncli.data.files.numerals import (
    Decimal,
    depends_on_mark,
    is_blank_word,
    number_in,
    remedy_for,
)
from nncli.data.files.stored_table import TAKEN_ROWS, StoredTable, collect
from nncli.data.files.table import BLANK_BOOLEAN, MOMENT, NUMBER, Cells, Table
from nncli.data.files.table_blocks import compact
from nncli.data.files.texts import is_code, text_of
from nncli.data.tables.choices import Choices

Form = Literal[".", ",", "dmy", "mdy"]
FORMS: tuple[Form, ...] = get_args(Form)
DECIMALS: tuple[Decimal, ...] = get_args(Decimal)

_NEARLY = 1e-6
_SWAPPED = str.maketrans(".,", ",.")


@dataclass(frozen=True)
class Found:
    """The formats of numbers and dates in the text of a table.

    Attributes
    ----------
    forms : dict of str to str
        Decimal mark of numbers, or order of dates, by column.
    decimal : str or None
        Decimal mark of the whole table, if a column shows it or the user sets it.
    again : list of str
        Columns of numbers to read again as text: their points may be thousands separators.
    mixed : dict of str to list of str
        Columns in which most texts are numbers or dates, and their different other texts.
    plain : set of str
        Columns of text in which all numbers are plain.
    open : set of str
        Columns of dates with ambiguous order of day and month.
    """

    forms: dict[str, Form] = field(default_factory=dict)
    decimal: Decimal | None = None
    again: list[str] = field(default_factory=list)
    mixed: dict[str, list[str]] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)


def forms_of(
    table: Table, choices: Choices, written: Collection[str], *, is_file: bool = False
) -> Found:
    """Return the formats of numbers and dates in text.

    Parameters
    ----------
    written : collection of str
        Columns that were read as text.
    is_file : bool
        Whether the table is from a file, in which plain numbers can be stored as text. In memory,
        numbers as text are meant as text.
    """
    names = [name for name in table.columns if _is_asked(name, choices)]
    texts = {name: _texts(table, name) for name in names if table.kind(name) == "category"}
    dates = [name for name, said in choices.columns.items() if said.get("kind") == "date"]
    possible = {name: [] if name in dates else _decimals(each) for name, each in texts.items()}
    decimal = choices.decimal or _decimal_of(table, names, texts, possible)
    found = Found()
    for name in names:
        if table.kind(name) == "date":
            found.forms[name] = choices.columns.get(name, {}).get("order", "dmy")
        elif name not in texts:
            if decimal == "," and _form_of_plain(table.columns[name], found.again, name):
                found.forms[name] = ","
        elif marks := possible[name]:
            is_plain = name not in written and all(map(NUMBER.fullmatch, texts[name]))
            if not is_plain or (is_file and not any(map(is_code, texts[name]))):
                found.forms[name] = decimal if decimal in marks else marks[0]
                found.plain.update([name] if is_plain else [])
        elif not _add_date(found, name, texts[name], choices):
            _add_mixed(found, table, name, texts[name], name in written, is_file)
    read = [
        name for name in texts if name in found.forms and any(map(depends_on_mark, texts[name]))
    ]
    by_point = read and all(found.forms[name] == "." for name in read)
    return replace(found, decimal=decimal or ("." if by_point else None))


def converted(
    table: Table, forms: Mapping[str, Form], missing: Sequence[str], written: Collection[str] = ()
) -> Table:
    """Return a table with text converted to numbers and dates, and other `written` cells to text.

    Parameters
    ----------
    missing : sequence of str
        Words for blank cells with which the table was read.

    Raises
    ------
    DataError
        At the first text that is not a number. A text that is not a date becomes a blank cell, and
        is added to the `no_dates` of the table.
    """
    names = {*forms, *written} & {*table.columns}
    names = {name for name in names if table.kind(name) == "category"}
    if not names:
        return table
    if isinstance(table, StoredTable):
        return collect(_converted(part, names, forms, missing) for part in table.parts(TAKEN_ROWS))
    return _converted(table, names, forms, missing)


def _converted(
    table: Table, names: Collection[str], forms: Mapping[str, Form], missing: Sequence[str]
) -> Table:
    columns, no_dates = {}, {**table.no_dates}
    for name, cells in table.columns.items():
        if name not in names:
            columns[name] = cells
        elif (form := forms.get(name)) is None:
            columns[name] = _mapped(cells, text_of, object)
        elif form in DECIMALS:
            columns[name] = _numbers(table, name, form, missing)
        else:
            moments = _mapped(cells, lambda cell, form=form: _moment(cell, form), MOMENT)
            columns[name], no_dates[name] = moments, _no_dates(moments, cells, missing, name)
    return replace(table, columns=columns, no_dates=no_dates)


def _no_dates(
    moments: NDArray[Any], cells: Cells, missing: Sequence[str], name: str
) -> dict[int, str]:
    """Return the texts of cells that are neither blank nor dates, by row."""
    unread = ((row, cells[row]) for row in np.flatnonzero(np.isnat(moments)).tolist())
    texts = {row: str(cell) for row, cell in unread if cell is not None}
    words = {each for each in {*texts.values()} if is_blank_in(missing, name, each)}
    return {row: text for row, text in texts.items() if text not in words}


def _mapped(cells: Cells, change: Any, dtype: Any) -> NDArray[Any]:
    """Return the changed cells; each different value is changed only once."""
    values = {cell: change(cell) for cell in {*cells}}
    made = np.empty(len(cells), dtype)
    made[:] = [values[cell] for cell in cells]
    return made


def _moment(cell: object, order: Order) -> datetime | None:
    if isinstance(cell, str):
        return moment_in(cell, order)
    return cell if isinstance(cell, datetime) else None


def _numbers(table: Table, name: str, decimal: Decimal, missing: Sequence[str]) -> NDArray[Any]:
    def number(cell: object) -> float:
        if cell is None or (isinstance(cell, str) and is_blank_in(missing, name, cell)):
            return np.nan
        found = number_in(cell, decimal) if isinstance(cell, str) else float(cell)  # type: ignore[arg-type]
        if found is None:
            row = next(row for row, each in enumerate(table.columns[name]) if each == cell)
            raise DataError(
                f"{table.name}: {table.place(row)}, column {name}: found {str(cell)[:40]!r}; "
                f"expected a finite number{_remedy(str(cell), decimal)}"
            )
        return found

    return compact(_mapped(table.columns[name], number, np.float64))


def _remedy(text: str, decimal: Decimal) -> str:
    other: Decimal = "." if decimal == "," else ","
    if number_in(text, other) is not None:
        return (
            f" with the decimal mark {decimal!r}, as in the training rows; write "
            f"{text.translate(_SWAPPED)}"
        )
    return remedy_for(text)


def _is_asked(name: str, choices: Choices) -> bool:
    """Return whether text in a column may be numbers or dates, rather than must stay text."""
    is_class = name in choices.target and choices.task in OF_CLASSES
    return not is_class and choices.kinds.get(name) not in ("category", "boolean")


def _texts(table: Table, name: str) -> set[str]:
    """Return the different texts of a column, without words for blank cells."""
    return {each for each in {*table.columns[name]} if isinstance(each, str) and _says(each)}


def _says(text: str) -> bool:
    return not is_blank_word(text)


def _decimals(texts: Collection[str]) -> list[Decimal]:
    """Return the decimal marks with which all texts are numbers; none if there are no texts."""
    if not texts:
        return []
    return [mark for mark in DECIMALS if all(number_in(each, mark) is not None for each in texts)]


def _decimal_of(
    table: Table,
    names: Sequence[str],
    texts: Mapping[str, Collection[str]],
    possible: Mapping[str, Sequence[Decimal]],
) -> Decimal | None:
    """Return the decimal mark of a table, if all columns that show one agree."""
    shown = {marks[0] for marks in possible.values() if len(marks) == 1}
    if not shown:
        return None
    numbers = (table.columns[name] for name in names if name not in texts)
    shown |= {"." for cells in numbers if _has_fractions(cells) and not _may_be_grouped(cells)}
    return shown.pop() if len(shown) == 1 else None


def _has_fractions(cells: Cells) -> bool:
    if cells.dtype.kind != "f" or cells.dtype == BLANK_BOOLEAN:
        return False
    known = cells[~np.isnan(cells)]
    return bool((known != np.rint(known)).any())


def _may_be_grouped(cells: Cells) -> bool:
    """Return whether points in numbers may be thousands separators, as in 1.004 for 1004."""
    known = cells[~np.isnan(cells)].astype(np.float64)
    fractions = np.abs(known[known != np.rint(known)])
    thousands = 1000 * fractions
    nearly_whole = np.abs(thousands - np.rint(thousands)) < _NEARLY
    return bool((nearly_whole & (fractions >= 1) & (fractions < 1000)).all())


def _form_of_plain(cells: Cells, again: list[str], name: str) -> bool:
    """Return whether later cells in a column of plain numbers may have a decimal comma."""
    if cells.dtype.kind not in "iuf" or cells.dtype == BLANK_BOOLEAN:
        return False
    if not _has_fractions(cells):
        return True
    if _may_be_grouped(cells):
        again.append(name)
    return False


def _add_date(found: Found, name: str, texts: Collection[str], choices: Choices) -> bool:
    """Add the order of day and month if a column is dates; return whether it is."""
    said = choices.columns.get(name, {})
    is_said = said.get("kind") == "date"
    if name in choices.target or said.get("kind") == "number" or name == choices.weight:
        return False
    if not texts or not (is_said or all(map(is_date, texts))):
        return False
    order, is_open = said.get("order"), False
    if order is None and (fitting := order_of(texts)):
        order, is_open = fitting
    if order is None and is_said:
        order = _most_read(texts)
    if order is None or not any(moment_in(each, order) for each in texts):
        return is_said
    found.forms[name] = order
    if is_open:
        found.open.add(name)
    return True


def _most_read(texts: Collection[str]) -> Order:
    orders: tuple[Order, Order] = ("dmy", "mdy")
    return max(orders, key=lambda order: sum(moment_in(each, order) is not None for each in texts))


def _add_mixed(
    found: Found, table: Table, name: str, texts: set[str], is_written: bool, is_file: bool
) -> None:
    """Add a column if most texts are dates or numbers; in memory, only if some are formatted."""
    unfit = min(
        ({each for each in texts if number_in(each, mark) is None} for mark in DECIMALS), key=len
    )
    fit = texts - unfit
    dates = {each for each in texts if is_date(each)}
    if texts - dates and 2 * len(dates) > len(texts):
        unfit, is_written = texts - dates, True
    is_open = not all(map(NUMBER.fullmatch, fit))
    if not is_open and is_file and not any(map(is_code, fit)):
        cells = Counter(each for each in table.columns[name] if each in texts)
        is_open = 2 * sum(cells[each] for each in fit) > cells.total()
    if is_written or (2 * len(fit) > len(texts) and is_open):
        found.mixed[name] = [each for each in dict.fromkeys(table.columns[name]) if each in unfit]
