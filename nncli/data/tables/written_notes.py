"""Notes about columns of text read as numbers or dates: one line for each format."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from nncli.base.words import listed, yaml_key
from nncli.data.files.dates import Order, moment_in
from nncli.data.files.numerals import Decimal, depends_on_mark, number_in, signs_in
from nncli.data.files.table import NUMBER, Cells, Table
from nncli.data.tables.choices import Choices
from nncli.data.tables.written import Found

_MOST_NAMED = 10
_PERCENT = {"%", "\uff05"}
_CLOCK = re.compile(r"\d{1,2}:.*")  # without a day
_DIVIDED = re.compile(r"[0-9](?P<sign>[^0-9.,+\-eEdD])(?=[0-9]{3})", re.ASCII)
_OTHER: dict[Decimal, Decimal] = {".": ",", ",": "."}


class _Read(NamedTuple):
    """How a column of text is read, an example, and how to change it."""

    how: str
    example: str
    use: str


def notes_of_forms(table: Table, found: Found, choices: Choices) -> Iterator[str]:
    """Yield a line for each way in which text in columns was converted.

    Columns whose kind the user sets are omitted. `table` has the original text.
    """
    groups: dict[tuple[str, bool], dict[str, _Read]] = defaultdict(dict)
    for name, form in found.forms.items():
        is_said = choices.columns.get(name, {}).get("kind") or name == choices.weight
        is_said = is_said or (name in choices.target and choices.task)
        if table.kind(name) != "category" or is_said:
            continue
        is_target = name in choices.target
        if form == "." or form == ",":
            read = _of_numbers(table, name, form, is_target, choices.decimal)
        else:
            read = _of_dates(table, name, form, name in found.open)
        groups[read.how + form * (name in found.open), is_target][name] = read
    for columns in groups.values():
        yield f"{table.name}: {_line(columns)}"


def _line(columns: Mapping[str, _Read]) -> str:
    """Return a line about columns that are read alike, with an example from the first."""
    name, first = next(iter(columns.items()))
    if len(columns) == 1:
        return (
            f"column {name}: {first.how}; for example, {first.example}; to change this, set "
            f"{first.use}"
        )
    return (
        f"columns {listed([*columns], _MOST_NAMED, quote='')}: {first.how}; for example, "
        f"{first.example} in {name}; to change this for one, set {first.use}"
    )


def _of_numbers(
    table: Table, name: str, decimal: Decimal, is_target: bool, said: Decimal | None
) -> _Read:
    cells = table.columns[name]
    known = {each for each in cells if isinstance(each, str)}
    texts = {each for each in known if number_in(each, decimal) is not None}
    row = _shown(cells, texts, decimal)
    text, other = cells[row], _OTHER[decimal]
    use = "data.task: multiclass" if is_target else f"data.columns: {{{yaml_key(name)}: category}}"
    is_open = depends_on_mark(text) and all(number_in(each, other) is not None for each in texts)
    if is_open and said is None:
        use = f"data.decimal: {other!r} for {number_in(text, other):.12g}, or {use}"
    how = f"read as numbers{_signs(texts, decimal)}"
    if said == other and any(map(depends_on_mark, texts)):
        how += f", although they do not fit data.decimal: {said!r}"
    example = f"{text!r} ({table.place(row)}) is {number_in(text, decimal):.12g}"
    return _Read(how, example, use)


def _shown(cells: Cells, texts: Collection[str], decimal: Decimal) -> int:
    """Return the row that best shows how numbers are read: by separators, mark, or signs."""

    def worth(text: str) -> tuple[bool, ...]:
        is_divided = _separators(text, decimal) != set()
        return is_divided, depends_on_mark(text), not NUMBER.fullmatch(text)

    best = max(map(worth, texts))
    return next(row for row, each in enumerate(cells) if each in texts and worth(each) == best)


def _separators(text: str, decimal: Decimal) -> set[str]:
    """Return the thousands separators in a number."""
    mark = {_OTHER[decimal]} if _OTHER[decimal] in text else set[str]()
    return mark | {found["sign"] for found in _DIVIDED.finditer(text)}


def _signs(texts: Collection[str], decimal: Decimal) -> str:
    """Return a phrase about how signs in and around the numbers are read."""
    signs = {sign for each in texts for sign in signs_in(each)}
    words, comma = "", ","
    separators = {each for text in texts for each in _separators(text, decimal)}
    if decimal == "," and any("," in each for each in texts):
        words = " with a decimal comma"
    elif separators:
        others = sorted({"a space" if each.isspace() else each for each in separators - {",", "."}})
        words = " with thousands separators" + (f" ({listed(others, quote='')})" if others else "")
    if money := sorted(signs - _PERCENT):
        words += f"{words and comma} without the currency ({listed(money, 4, quote='')}" + (
            ", which are not converted)" if len(money) > 1 else ")"
        )
    if signs & _PERCENT:
        words += f"{words and comma} in percent"
        if not all(signs_in(each) & _PERCENT for each in texts if number_in(each, decimal)):
            words += ", even without the sign"
    return words


def _of_dates(table: Table, name: str, order: Order, is_open: bool) -> _Read:
    cells = table.columns[name]
    texts = ((row, each) for row, each in enumerate(cells) if isinstance(each, str))
    row, text = next(each for each in texts if moment_in(each[1], order))
    key, other = yaml_key(name), "dmy" if order == "mdy" else "mdy"
    use = f"data.columns: {{{key}: category}}"
    if is_open:
        use = f"data.columns: {{{key}: {{kind: date, order: {other}}}}} or {use}"
    example = f"{text!r} ({table.place(row)}) is {_moment(text, order)}"
    return _Read("read as dates or times", example, use)


def _moment(text: str, order: Order) -> str:
    """Return a date and time as text; for a time alone, omit its internal day."""
    moment = str(moment_in(text, order))
    return moment.partition(" ")[2] if _CLOCK.fullmatch(text) else moment
