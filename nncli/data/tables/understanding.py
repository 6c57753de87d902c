"""Infer the columns of a table: inputs and their kinds, an ID, or nothing to learn from.

`understand_columns` decides this for both training and `nncli init`, which writes it to the config.
The user's settings take precedence; for a column in `Choices.columns`, only the kind is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncli.base.errors import DataError
from nncli.base.words import count, listed, yaml_key, yaml_word
from nncli.data.files.dates import is_date
from nncli.data.files.numerals import is_blank_word, other_form
from nncli.data.files.table import BLANK_BOOLEAN, NUMBER, Cells, Table
from nncli.data.tables.column import Column, blank_cells
from nncli.data.tables.described import described, number_of_texts, row_of_date

if TYPE_CHECKING:
    from nncli.data.splits import Rows
    from nncli.data.tables.choices import Choices

_FEWEST_COUNTED = 10  # in fewer rows, consecutive numbers need not be row numbers, unless so named
_MOST_NOTES = 10
_MOST_ODD = 5  # texts per line
_FIRST = 256
_TINY, _NARROW = 1e-290, 1e-306  # smaller ranges, possible only for tiny numbers, cannot be scaled
_INDEX = re.compile(
    r"(?:.*[ _.-])?(?:id|idx|index|key|nr|no|num|number|row|rownum|rowid|record|seq|lfd|pk|uid)\.?"
    r"|#|row ?names?|.*[a-z]I[dD]",
    re.DOTALL,
)


_TYPED = re.compile(rf"{NUMBER.pattern}|true|false", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Understood:
    """The inferred columns of a table.

    Attributes
    ----------
    columns : list of Column
        Inputs, not fitted.
    id : str or None
        Column to show next to predictions; not an input.
    left_out : list of str
        Columns from which nothing can be learned.
    uses : dict of str to str
        How to use these columns and the ID nevertheless, by name.
    notes : list of str
        A line about each inference that the user may want to change.
    """

    columns: list[Column]
    id: str | None
    left_out: list[str]
    uses: dict[str, str]
    notes: list[str]


def understand_columns(
    table: Table,
    names: Sequence[str],
    choices: Choices,
    train: Rows,
    words: Mapping[str, Collection[str]],
    mixed: Mapping[str, Sequence[str]],
    of_text: Collection[str],
) -> Understood:
    """Return what is inferred about the columns called `names`, given the user's settings.

    Parameters
    ----------
    train : array of int
        Training rows.
    words : mapping of str to collection of str
        Words that were read as blank cells, by column.
    mixed : mapping of str to sequence of str
        Columns in which most texts are numbers or dates, and their different other texts.
    of_text : collection of str
        Columns of numbers that were formatted as text: amounts, which are not row numbers.

    Raises
    ------
    DataError
        If no input is left, and as for `described`.
    """
    inputs = [name for name in names if name not in choices.roles]
    reasons: dict[str, Reason] = {}
    for name in inputs if choices.leaves_out else ():
        if name in choices.columns or (name in of_text and table.kind(name) != "category"):
            continue
        if reason := _useless(table, name, train, mixed):
            reasons[name] = reason
    if len(reasons) == len(inputs):  # a row number is better than no input
        reasons = {name: each for name, each in reasons.items() if not _counts(table, name)}
    kept = [name for name in inputs if name not in reasons]
    if not kept:
        beside = listed([name for name in names if name not in reasons])
        why = "".join(f"; column {name}: {each.why}" for name, each in reasons.items())
        raise DataError(f"{table.name}: has no input column, only {beside}{why}")
    columns = described(table, kept, choices.columns, missing=choices.missing)
    id_ = choices.id
    if id_ is None:
        ids = (name for name in reasons if name not in mixed and _names_rows(table, name))
        id_ = next(ids, None)
    notes = [
        *_notes_of_reasons(table, reasons, id_),
        *_notes_of_mixed(table, kept, mixed),
        *_notes_of_words(table, columns, choices),
        *_notes_of_blanks(table, columns, choices, words),
    ]
    uses = {name: each.use for name, each in reasons.items()}
    return Understood(columns, id_, [name for name in reasons if name != id_], uses, notes)


class Reason(NamedTuple):
    """Why nothing can be learned from a column, and how to use it nevertheless."""

    why: str
    use: str


def _useless(
    table: Table, name: str, train: Rows, mixed: Mapping[str, Sequence[str]]
) -> Reason | None:
    """Return the reason if nothing can be learned from a column."""
    cells = table.columns[name]
    if _is_blank(cells, train):
        return Reason("every value in the training rows is missing", "fill it")
    use = f"set data.columns: {{{yaml_key(name)}: {table.kind(name)}}}"
    if _is_too_narrow(cells, train):
        why = f"its values in the training rows differ by less than {_NARROW:g}"
        return Reason(why, "multiply it by a large number")
    if table.kind(name) != "category":
        return Reason("it numbers the rows", use) if _counts(table, name) else None
    if (row := row_of_date(cells)) is not None:
        return Reason(
            f"its texts look like dates or times, such as {cells[row]!r} ({table.place(row)}), but "
            "one is not, or the order of day and month varies",
            f"set data.columns: {{{yaml_key(name)}: date}}, which treats other text as missing",
        )
    different = number_of_texts(cells)
    if different is not None and (texts := mixed.get(name)):
        why = f"{_odd(table, name, texts)}, and it has {different} different texts"
        return Reason(why, ways_out(name, texts))
    if different is not None:
        rows = count(int(np.count_nonzero(~blank_cells(cells))), "row")
        return Reason(f"it has {different} different texts in {rows}, like names or free text", use)
    return None


def _is_blank(cells: Cells, train: Rows) -> bool:
    if cells.dtype.kind == "O":
        return all(cell is None or is_blank_word(cell) for cell in {*cells[train]})
    return cells.dtype.kind == "f" and bool(np.isnan(cells[train]).all())


def _is_too_narrow(cells: Cells, train: Rows) -> bool:
    """Return whether numbers differ by too little to be scaled."""
    if cells.dtype.kind != "f" or cells.dtype == BLANK_BOOLEAN:
        return False
    for part in (train[:_FIRST], train):  # the first numbers usually rule it out
        if np.fmax.reduce(np.abs(cells[part]), initial=0) > _TINY:
            return False
    known = cells[train][~np.isnan(cells[train])]
    return bool(len(known) and 0 < np.ptp(known) < _NARROW)


def _counts(table: Table, name: str) -> bool:
    """Return whether a column has whole numbers that count the rows of the file."""
    cells = table.columns[name]
    fewest = 2 if _INDEX.fullmatch(name) or _INDEX.fullmatch(name.lower()) else _FEWEST_COUNTED
    if cells.dtype.kind not in "iuf" or cells.dtype == BLANK_BOOLEAN or len(cells) < fewest:
        return False
    rows = np.arange(len(cells)) if table.numbers is None else table.numbers
    for part in (slice(_FIRST), slice(None)):  # the first cells usually rule it out
        if not (np.diff(cells[part]) == np.diff(rows[part])).all():
            return False
    return bool(cells[0] == np.rint(cells[0]))


def _names_rows(table: Table, name: str) -> bool:
    """Return whether a left-out column has a different number or text in every row."""
    cells = table.columns[name]
    if cells.dtype.kind != "O":
        return _counts(table, name)
    is_date = row_of_date(cells) is not None
    return not is_date and len({*cells}) == len(cells) and not blank_cells(cells).any()


def _notes_of_reasons(
    table: Table, reasons: Mapping[str, Reason], id_: str | None
) -> Iterator[str]:
    for name, reason in reasons.items():
        done = "used as data.id, not as an input," if name == id_ else "left out"
        yield f"{table.name}: column {name}: {done} because {reason.why}; to use it, {reason.use}"


def _notes_of_mixed(
    table: Table, kept: Collection[str], mixed: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    for name, texts in mixed.items():
        cells = table.columns[name]
        if name in kept and any(_is_typed(cell) for cell in {*cells}):
            yield (
                f"{table.name}: column {name}: read as categories because "
                f"{_odd(table, name, texts)}; {ways_out(name, texts)}"
            )


def _is_typed(cell: str | None) -> bool:
    return cell is not None and bool(_TYPED.fullmatch(cell) or other_form(cell) or is_date(cell))


def _odd(table: Table, name: str, odd: Sequence[str]) -> str:
    """Return a phrase about the other texts among numbers or dates, with the first place."""
    cells = table.columns[name]
    row, texts = int(np.argmax(cells == odd[0])), {*cells} - {None}
    most = "date" if 2 * sum(map(is_date, texts)) > len(texts) else "number"
    first = f"{odd[0][:40]!r} ({table.place(row)})"
    if len(odd) == 1:
        return f"{first} is not a {most}"
    others = {*odd}
    found = sum(each in others for each in cells)
    named = ", ".join([first, *(repr(each[:40]) for each in odd[1:_MOST_ODD])])
    rest = f" and {len(odd) - _MOST_ODD} more" if len(odd) > _MOST_ODD else ""
    return f"{count(found, 'cell')} are not {most}s: {named}{rest}"


def ways_out(column: str, odd: Sequence[str]) -> str:
    """Return a remedy for texts among numbers, given all the different ones."""
    category = f"data.columns: {{{yaml_key(column)}: category}}"
    if len(odd) > _MOST_ODD:
        return f"set {category}"
    values = "it means a missing value" if len(odd) == 1 else "they mean missing values"
    named = ", ".join(map(yaml_word, odd))
    return f"set data.blanks: [{named}] if {values}, or {category}"


def _notes_of_words(table: Table, columns: Sequence[Column], choices: Choices) -> Iterator[str]:
    """Yield a line about words in text that may mean missing values, if any."""
    found: dict[str, None] = {}
    places = []
    for column in columns:
        if column.kind == "category" and column.name not in choices.columns:
            words = sorted(filter(is_blank_word, {*table.columns[column.name]} - {None}))
            found |= dict.fromkeys(words)
            places += [column.name] if words else []
    if found:
        where, said = listed(places, _MOST_NOTES, quote=""), ", ".join(map(yaml_word, found))
        column_ = "column" if len(places) == 1 else "columns"
        are, cells = ("is treated as a category", "it means a missing value")
        if len(found) > 1:
            are, cells = ("are treated as categories", "they mean missing values")
        yield (
            f"{table.name}: {column_} {where}: {listed([*found])} {are}; if {cells}, set "
            f"data.blanks: [{said}]"
        )


def _notes_of_blanks(
    table: Table,
    columns: Sequence[Column],
    choices: Choices,
    words: Mapping[str, Collection[str]],
) -> Iterator[str]:
    """Yield a line about the columns whose blank cells are filled by default."""
    filled: dict[str, dict[str, tuple[int, str]]] = {each: {} for each in _DONE}
    for column in columns:
        new = [each for each in words.get(column.name, ()) if each not in choices.blanks]
        is_said = "missing" in choices.columns.get(column.name, {})
        if column.missing in filled and not (is_said or (choices.says_missing and not new)):
            cells = int(blank_cells(table.columns[column.name]).sum())
            filled[column.missing][column.name] = cells, f" ({', '.join(new)})" if new else ""
    for missing, found in filled.items():
        if found:
            yield f"{table.name}: {_filled(missing, found)}; to change this, set data.columns"


def _filled(missing: str, found: Mapping[str, tuple[int, str]]) -> str:
    """Return how blank cells are filled, with their number and the words for them by column."""
    if len(found) == 1:
        ((name, (cells, words)),) = found.items()
        return f"column {name}: {count(cells, 'missing value')}{words} {_DONE[missing][cells == 1]}"
    named = [f"{name} {cells}{words}" for name, (cells, words) in found.items()]
    return f"missing values {_DONE[missing][False]}: {listed(named, _MOST_NOTES, quote='')}"


_DONE = {
    "median": ("take the median of the training rows", "takes the median of the training rows"),
    "indicator": ("get an indicator input", "gets an indicator input"),
}


def words_for_blanks(table: Table, words: Mapping[str, Collection[str]]) -> list[str]:
    """Return the words to list in ``data.blanks``: those that are not text in another column."""
    texts: set[Any] = set()
    for cells in table.columns.values():
        texts |= {*cells} if cells.dtype.kind == "O" else set()
    found = dict.fromkeys(word for each in words.values() for word in each)
    return [word for word in found if word not in texts]
