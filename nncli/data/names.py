"""The names of columns: the same for rows of every form, which are none, which can be saved.

A name is that of a CSV file: text without the white space around it (`plain_name`).
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from numbers import Real
from typing import Self

from nncli.base.errors import DataError
from nncli.base.words import did_you_mean, has_surrogate, listed

# What pandas calls columns without a name: in CSV, of a header of several levels, named a second
# time; and the row index in Parquet.
_NO_NAME = re.compile(r"\s*|Unnamed: \d+(_level_\d+)?(\.\d+)*|__index_level_\d+__")
_MOST_CHARACTERS = 1 << 22  # of all names; a model file holds each twice, and has room for thrice


def plain_name(name: str) -> str:
    """Return text without the white space around it, and with line feeds as line ends."""
    text = name.strip()
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class OwnNames:
    """What tables have in common whose columns have names of their own.

    Attributes
    ----------
    name : str
        What the table is called.
    own_names : list
        The names that its columns have: text, or numbers.
    header : list of str
        The same as a CSV file of the table has them. Numbers, which pandas gives to columns without
        names, are text there; NaN is no name.

    Raises
    ------
    DataError
        For a name that is neither text nor a number.
    """

    def __init__(self, name: str, own_names: Iterable[object]) -> None:
        self.name, self.own_names = name, list(own_names)
        self.header = [_text_of(name, each) for each in self.own_names]

    def with_header(self, header: list[str]) -> Self:
        """Return the same table with other names for its columns."""
        renamed = copy(self)
        renamed.header = header
        return renamed

    def place_of(self, column: str) -> int:
        """Return which column is called so. Raises `DataError` when none is, or several are."""
        found = self.header.count(column)
        if found == 1:
            return self.header.index(column)
        if not found:
            near = did_you_mean(column, self.header)
            raise DataError(f"{self.name}: has no column {column!r}{near}")
        pairs = zip(self.own_names, self.header, strict=True)
        names = [repr(own) for own, name in pairs if name == column]
        if len({*names}) == 1:
            raise DataError(f"{self.name}: has {found} columns called {column!r}; rename them")
        raise DataError(
            f"{self.name}: the columns {' and '.join(names)} have one name, {column!r}, as white "
            "space around a name does not count, and a number is its text; rename one"
        )


def named_columns(
    table: str, names: Sequence[str], chosen: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Return the columns that have a name, and a line about the others, if there are any.

    A column without a name is mostly the row index, which pandas' ``to_csv`` and ``to_parquet``
    and R's ``write.csv`` write: it is nothing to learn from.

    Parameters
    ----------
    table : str
        What the table is called.
    chosen : collection of str
        Columns that the user speaks of, which are kept whatever they are called.
    """
    others = [name not in chosen and bool(_NO_NAME.fullmatch(name)) for name in names]
    kept = [name for name, is_other in zip(names, others, strict=True) if not is_other]
    if not any(others):
        return kept, []
    found = [(number, name) for number, name in enumerate(names, 1) if others[number - 1]]
    called = [f"column {repr(name) if name.strip() else number}" for number, name in found]
    of_pandas = next((f" (pandas calls it {name!r})" for _, name in found if name.strip()), "")
    return kept, [
        f"{table}: {listed(called, quote='')}: left out, as a column without a name{of_pandas} is "
        "mostly a row index; to use it, name it, or list it in data.columns"
    ]


def _text_of(table: str, name: object) -> str:
    if isinstance(name, str):
        return plain_name(name)
    if isinstance(name, Real):
        return "" if name != name else str(name)
    raise DataError(
        f"{table}: the column name {name!r} is neither text nor a number; rename the column"
    )


def check_names(names: Iterable[str]) -> None:
    """Raise `DataError` for names that no file can hold: no valid Unicode, or too long."""
    characters = 0
    for name in names:
        if has_surrogate(name):
            raise DataError(f"the name {name[:60]!r} has half a surrogate pair; rename it")
        characters += len(json.dumps(name, ensure_ascii=False))
        if characters > _MOST_CHARACTERS:
            raise DataError(
                f"the names of inputs, targets and classes have more than {_MOST_CHARACTERS:,} "
                f"characters, up to {name[:40] + '...'!r}; shorten them, or drop columns"
            )
