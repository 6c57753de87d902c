"""Column names, the same for all forms of rows: which count as unnamed, and which can be saved.

As in a CSV file, a name is text without surrounding white space (`plain_name`).
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from numbers import Real
from typing import Self

from nncli.base.errors import DataError
from nncli.base.words import did_you_mean, has_surrogate, listed, yaml_key

# Names that pandas gives to unnamed columns: in CSV, with a multi-level header, or renamed as a
# duplicate; and to the row index in Parquet.
_NO_NAME = re.compile(r"\s*|Unnamed: \d+(_level_\d+)?(\.\d+)*|__index_level_\d+__")
_MOST_CHARACTERS = 1 << 22  # in total; a model file has each name twice, and room for three times


def plain_name(name: str) -> str:
    """Return text without surrounding white space, and with line feeds as line ends."""
    text = name.strip()
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class OwnNames:
    """A base class of tables whose columns have names.

    Attributes
    ----------
    name : str
        Name of the table.
    own_names : list
        Original names of the columns: text, or numbers.
    header : list of str
        The names as in a CSV file of the table. Numbers, which pandas gives to unnamed columns,
        become text; NaN means no name.

    Raises
    ------
    DataError
        If a name is neither text nor a number.
    """

    def __init__(self, name: str, own_names: Iterable[object]) -> None:
        self.name, self.own_names = name, list(own_names)
        self.header = [_text_of(name, each) for each in self.own_names]

    def with_header(self, header: list[str]) -> Self:
        """Return the same table with new column names."""
        renamed = copy(self)
        renamed.header = header
        return renamed

    def place_of(self, column: str) -> int:
        """Return the index of a column. Raise `DataError` if none or several have this name."""
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
            f"{self.name}: columns {' and '.join(names)} have the same name, {column!r}: "
            "surrounding white space is ignored, and numbers are read as text; rename one"
        )


def named_columns(
    table: str, names: Sequence[str], chosen: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Return the columns that have a name, and a line about the others, if any.

    An unnamed column is usually the row index, written by pandas' ``to_csv`` and ``to_parquet`` or
    R's ``write.csv``: nothing can be learned from it.

    Parameters
    ----------
    table : str
        Name of the table.
    chosen : collection of str
        Columns that the user mentions; they are kept whatever their names.
    """
    others = [name not in chosen and bool(_NO_NAME.fullmatch(name)) for name in names]
    kept = [name for name, is_other in zip(names, others, strict=True) if not is_other]
    if not any(others):
        return kept, []
    found = [(number, name) for number, name in enumerate(names, 1) if others[number - 1]]
    called = [f"column {repr(name) if name.strip() else number}" for number, name in found]
    different = dict.fromkeys(name for _, name in found)
    them = "it" if len(found) == 1 else "them"
    setting = ", ".join(f"{yaml_key(name)}: number" for name in different)
    setting = f", or set data.columns: {{{setting}}}" if len(different) == len(found) else ""
    of_pandas = next((f" (pandas calls it {name!r})" for _, name in found if name.strip()), "")
    return kept, [
        f"{table}: {listed(called, quote='')}: left out; a column without a name{of_pandas} is "
        f"usually a row index; to use {them}, name {them}{setting}"
    ]


def _text_of(table: str, name: object) -> str:
    if isinstance(name, str):
        return plain_name(name)
    if isinstance(name, Real):
        return "" if name != name else str(name)
    raise DataError(
        f"{table}: column name {name!r} is neither text nor a number; rename the column"
    )


def check_names(names: Iterable[str]) -> None:
    """Raise `DataError` for names that cannot be saved: invalid Unicode, or too long in total."""
    characters = 0
    for name in names:
        if has_surrogate(name):
            raise DataError(f"the name {name[:60]!r} has half a surrogate pair; rename it")
        characters += len(json.dumps(name, ensure_ascii=False))
        if characters > _MOST_CHARACTERS:
            raise DataError(
                f"the names of inputs, targets and classes have more than {_MOST_CHARACTERS:,} "
                f"characters, counted up to {name[:40] + '...'!r}; shorten them, or drop columns"
            )
