"""What is said of columns whose text was read as numbers or dates: a line each."""

from collections.abc import Iterator

from nncli.base.words import count, listed, yaml_key
from nncli.data.files.dates import Order, moment_in
from nncli.data.files.numerals import Decimal, depends_on_mark, number_in, signs_in
from nncli.data.files.table import NUMBER, Cells, Table
from nncli.data.tables.choices import Choices
from nncli.data.tables.written import Found

_MOST_NOTES = 10
_PERCENT = {"%", "\uff05"}


def notes_of_forms(table: Table, found: Found, choices: Choices) -> Iterator[str]:
    """Yield a line about each column whose text was converted, unless the user says what it is.

    `table` is as it was read, with the text.
    """
    lines = []
    for name, form in found.forms.items():
        is_said = choices.columns.get(name, {}).get("kind") or name == choices.weight
        is_said = is_said or (name in choices.target and choices.task)
        if table.kind(name) != "category" or is_said:
            continue
        if form == "." or form == ",":
            line = _of_numbers(table, name, form, name in choices.target)
        else:
            line = _of_dates(table, name, form, name in found.open)
        lines.append(f"{table.name}: column {name}: {line}")
    yield from lines[:_MOST_NOTES]
    if (rest := len(lines) - _MOST_NOTES) > 0:
        yield f"{table.name}: the text of {count(rest, 'more column')} is read alike"


def _of_numbers(table: Table, name: str, decimal: Decimal, is_target: bool) -> str:
    cells = table.columns[name]
    row = _shown(cells, decimal)
    text = cells[row]
    other: Decimal = "." if decimal == "," else ","
    use = "data.task: multiclass" if is_target else f"data.columns: {{{yaml_key(name)}: category}}"
    if depends_on_mark(text) and number_in(text, other) is not None:
        use = f"data.decimal: {other!r} for {number_in(text, other):.12g}, or {use}"
    return (
        f"read as numbers{_signs(cells, decimal)}, as {text!r} ({table.place(row)}) is "
        f"{number_in(text, decimal):.12g}; to read it otherwise, say {use}"
    )


def _shown(cells: Cells, decimal: Decimal) -> int:
    """Return the row that shows best how numbers are read."""
    known = {each for each in cells if isinstance(each, str)}
    read = {each for each in known if number_in(each, decimal) is not None}
    others = {each for each in read if not NUMBER.fullmatch(each)}
    shown = {each for each in read if depends_on_mark(each)} & (others or read) or others or read
    return next(row for row, each in enumerate(cells) if each in shown)


def _signs(cells: Cells, decimal: Decimal) -> str:
    """Return what becomes of signs in and around the numbers, in words."""
    texts = {
        each for each in cells if isinstance(each, str) and number_in(each, decimal) is not None
    }
    signs = {sign for each in texts for sign in signs_in(each)}
    words, comma = "", ","
    if any("," in each for each in texts):
        words = " with a decimal comma" if decimal == "," else " with thousands separators"
    elif decimal == "," and any("." in each for each in texts):
        words = " with thousands separators"
    if money := sorted(signs - _PERCENT):
        words += f"{words and comma} without the currency ({listed(money, 4, quote='')}" + (
            ", which are not converted)" if len(money) > 1 else ")"
        )
    if signs & _PERCENT:
        words += f"{words and comma} in percent"
        if not all(signs_in(each) & _PERCENT for each in texts if number_in(each, decimal)):
            words += ", also where the sign is missing"
    return words


def _of_dates(table: Table, name: str, order: Order, is_open: bool) -> str:
    cells = table.columns[name]
    texts = ((row, each) for row, each in enumerate(cells) if isinstance(each, str))
    row, text = next(each for each in texts if moment_in(each[1], order))
    key, other = yaml_key(name), "dmy" if order == "mdy" else "mdy"
    use = f"data.columns: {{{key}: category}}"
    if is_open:
        use = f"data.columns: {{{key}: {{kind: date, order: {other}}}}} or {use}"
    return (
        f"read as dates or times, as {text!r} ({table.place(row)}) is "
        f"{moment_in(text, order)}; to read it otherwise, say {use}"
    )
