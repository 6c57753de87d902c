"""Join the blocks of a table, or regroup them to another length."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.files.table import Cells, Table

Place = Callable[[int], str]

_FIRST = 256
_ALL_WHOLE = 2**24  # single precision is exact for all integers up to it


def compact(numbers: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
    """Return numbers (N,) in single precision, if that is exact for all of them.

    NaN is a blank cell and is ignored. Columns with numbers above 2^24, which may be classes, stay
    unchanged: their texts have other digits in single precision.
    """
    short = numbers
    with np.errstate(over="ignore", invalid="ignore"):
        for part in (numbers[:_FIRST], numbers):  # usually the first numbers suffice
            short = part.astype(np.float32)
            if (((short != part) & ~np.isnan(part)) | (np.abs(short) > _ALL_WHOLE)).any():
                return numbers
    return short


def compacted(table: Table) -> Table:
    """Return a table with `compact` columns instead of double precision."""
    columns = {
        name: compact(cells) if cells.dtype == np.float64 else cells
        for name, cells in table.columns.items()
    }
    return replace(table, columns=columns)


def join(tables: Iterable[Table]) -> Table:
    """Join tables with the same columns into one.

    The memory of a block is freed as soon as its columns are copied.
    """
    name, lengths, places = "", [], []
    parts: dict[str, list[Cells]] = {}
    for table in tables:
        name = table.name
        lengths.append(len(table))
        places.append(table.place)
        for column, cells in table.columns.items():
            parts.setdefault(column, []).append(cells)
        del table, cells  # the loop's names would keep the last block
    columns = {}
    for column in list(parts):
        found = parts.pop(column)
        columns[column] = found[0] if len(found) == 1 else np.concatenate(found)
        del found
    return Table(name, columns, joined_places(lengths, places))


def joined_places(lengths: Iterable[int], places: Sequence[Place]) -> Place:
    """Return a function that names the rows of joined tables of these lengths."""
    if len(places) == 1:
        return places[0]
    starts = list(accumulate(lengths, initial=0))

    def place(row: int) -> str:
        block = bisect_right(starts, row) - 1
        return places[block](row - starts[block])

    return place


def regroup(tables: Iterable[Table], rows: int) -> Iterator[Table]:
    """Yield the same rows in tables of `rows` rows; only the last may have fewer."""
    waiting: list[Table] = []
    lacking = rows
    for table in tables:
        start = 0
        while len(table) - start >= lacking:
            waiting.append(table.part(start, start + lacking))
            yield join(waiting)
            waiting, start, lacking = [], start + lacking, rows
        if start < len(table):
            waiting.append(table.part(start, len(table)))
            lacking -= len(table) - start
    if waiting:
        yield join(waiting)
