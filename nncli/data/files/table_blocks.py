"""Tables that come in blocks: joined, or cut into blocks of another length."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.data.files.table import Cells, Table

Place = Callable[[int], str]

_STEPS = 2.0**12
_FIRST = 256


def compact(numbers: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
    """Return numbers (N,) in single precision, if that keeps what they say.

    Double precision stays for whole numbers beyond 2^24, for values beyond the range of single
    precision, and where single precision has fewer than 2^12 steps between the least and the
    greatest. NaN is a blank cell and does not count.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        short = numbers.astype(np.float32)
        if not _differ(short, numbers):
            return short
        least, greatest = np.fmin.reduce(numbers), np.fmax.reduce(numbers)
        step = np.spacing(np.maximum(-least, greatest).astype(np.float32))  # NaN beyond its range
        has_steps = greatest - least >= _STEPS * step
    return short if has_steps and _differ(np.rint(numbers), numbers) else numbers


def _differ(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]]) -> bool:
    """Return whether any numbers differ that are not both NaN; mostly the first ones show it."""
    return any(
        bool(((a[rows] != b[rows]) & ~np.isnan(b[rows])).any())
        for rows in (slice(_FIRST), slice(_FIRST, None))
    )


def join(tables: Iterable[Table], *, double: bool = False) -> Table:
    """Return one table with the rows of one or more, which have the same columns.

    Columns of double precision are made `compact`, unless `double` says that they stay.
    The memory of a block is given back as soon as its columns are copied.
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
        columns[column] = _joined(parts.pop(column), double)
    return Table(name, columns, joined_places(lengths, places))


def joined_places(lengths: Iterable[int], places: Sequence[Place]) -> Place:
    """Return what the rows of tables, which have these lengths, are called when they are one."""
    if len(places) == 1:
        return places[0]
    starts = list(accumulate(lengths, initial=0))

    def place(row: int) -> str:
        block = bisect_right(starts, row) - 1
        return places[block](row - starts[block])

    return place


def regroup(tables: Iterable[Table], rows: int, *, double: bool = False) -> Iterator[Table]:
    """Yield the same rows in tables of `rows` rows, by `join`; only the last may have fewer."""
    waiting: list[Table] = []
    lacking = rows
    for table in tables:
        start = 0
        while len(table) - start >= lacking:
            waiting.append(table.part(start, start + lacking))
            yield join(waiting, double=double)
            waiting, start, lacking = [], start + lacking, rows
        if start < len(table):
            waiting.append(table.part(start, len(table)))
            lacking -= len(table) - start
    if waiting:
        yield join(waiting, double=double)


def _joined(parts: Sequence[Cells], double: bool) -> Cells:
    whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return whole if double or whole.dtype != np.float64 else compact(whole)
