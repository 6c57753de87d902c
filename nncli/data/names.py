"""The names of columns: which of them are none, and what names a model can be saved with."""

import json
import re
from collections.abc import Collection, Iterable, Sequence

from nncli.base.errors import DataError
from nncli.base.words import listed

# What pandas calls columns without a name: in CSV, of a header of several levels, named a second
# time; and the row index in Parquet.
_NO_NAME = re.compile(r"\s*|Unnamed: \d+(_level_\d+)?(\.\d+)*|__index_level_\d+__")
_MOST_CHARACTERS = 1 << 22  # of all names; a model file holds each twice, and has room for thrice


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
    kept, others = [], []
    for number, name in enumerate(names, 1):
        if name in chosen or not _NO_NAME.fullmatch(name):
            kept.append(name)
        else:
            others.append(f"column {repr(name) if name.strip() else number}")
    if not others:
        return kept, []
    return kept, [
        f"{table}: {listed(others, quote='')}: left out, as a column without a name is mostly a "
        "row index; to use it, name it, or list it in data.columns"
    ]


def check_names(names: Iterable[str]) -> None:
    """Raise `DataError` for names that no file can hold: no valid Unicode, or too long."""
    characters = 0
    for name in names:
        if not name.isascii() and any("\ud800" <= each <= "\udfff" for each in name):
            raise DataError(f"the name {name[:60]!r} has half a surrogate pair; rename it")
        characters += len(json.dumps(name, ensure_ascii=False))
        if characters > _MOST_CHARACTERS:
            raise DataError(
                f"the names of inputs, targets and classes have more than {_MOST_CHARACTERS:,} "
                f"characters, up to {name[:40] + '...'!r}; shorten them, or drop columns"
            )
