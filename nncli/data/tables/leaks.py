"""Find columns that alone predict the target: often known only afterwards, like a refund date.

A column predicts the target if, in a sample of about 5000 training rows, one of these holds:

- numbers in a regression: the rank correlation with a target is above 0.999, or it is above 0.99
  and the linear correlation, which a single outlier can dominate, is above 0.999;
- numbers in a classification: thresholds separate the classes, in at least 100 rows;
- any column with few different values: each value has one class; with many values, the same for
  blank or not.

Up to 0.1% of the rows of each class may differ. Fewer than 50 rows are not enough.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.words import listed, yaml_word
from nncli.data.files.table import Cells, Table
from nncli.data.splits import Rows
from nncli.data.tables.column import blank_cells
from nncli.data.tables.moments import days_of
from nncli.data.tables.targets import Targets

Numbers = NDArray[np.float64]

_FEWEST_ROWS = 50
_FEWEST_FOR_THRESHOLDS = 100
_MOST_ROWS = 5000
_ROWS_OF_A_VALUE = 10
_KNOWN = 0.9  # smallest fraction of cells that are not blank
_NEARLY, _NEARLY_OF_FEW = 0.999, 0.9
_NEARLY_IN_ORDER = 0.99  # if the linear correlation is higher
_MOST_NAMED = 5


def leaks(
    table: Table, columns: Sequence[str], targets: Targets, values: NDArray[Any], train: Rows
) -> list[str]:
    """Return the columns that alone predict a target.

    Parameters
    ----------
    columns : sequence of str
        Input columns of the table.
    values : array
        Targets of all rows, from `Targets.values`.
    """
    rows = some_of(train)
    some, known = table.take(rows), values[rows]
    named = {column: some.columns[column] for column in columns}
    return [*predicting(named, known, of_numbers=targets.task == "regression")]


def some_of(rows: Rows) -> NDArray[np.intp]:
    """Return about 5000 of some rows, in order; all if there are fewer."""
    return np.sort(rows[:: -(-len(rows) // _MOST_ROWS)]).astype(np.intp)


def predicting(
    columns: Mapping[str, Cells], targets: NDArray[Any], *, of_numbers: bool
) -> Iterator[str]:
    """Yield the columns (N,) that alone predict a target.

    Parameters
    ----------
    targets : array (N,) or (N, O)
        Class indices, labels, or numbers if `of_numbers`.
    """
    if len(targets) < _FEWEST_ROWS:
        return
    by_target = targets.reshape(len(targets), -1)
    yield from _of_numbers(columns, by_target) if of_numbers else _of_classes(columns, by_target.T)


def leak_notes(name: str, told: Sequence[str], targets: Targets) -> Iterator[str]:
    """Yield a line about the columns of a table that alone predict a target, if any."""
    if told:
        drop = ", ".join(map(yaml_word, told[:_MOST_NAMED]))
        tells, it, is_ = "alone predicts", "it", "is"
        if len(told) > 1:
            tells, it, is_ = "each alone predict", "they", "are"
        target = "the target" if len(targets.names) == 1 else "one of the targets"
        yield (
            f"{name}: {listed(told, _MOST_NAMED)} {tells} {target} "
            f"{listed(targets.names)} in nearly all training rows; if {it} {is_} known only after "
            f"the fact, add {'it' if len(told) == 1 else 'them'} to data.drop: [{drop}]"
        )


def _of_numbers(columns: Mapping[str, Cells], targets: Numbers) -> Iterator[str]:
    for name, cells in columns.items():
        if cells.dtype.kind == "O":
            continue
        numbers = _as_numbers(cells)
        known = ~np.isnan(numbers)
        if known.sum() < max(_FEWEST_ROWS, _KNOWN * len(cells)):
            continue
        if any(_go_together(numbers[known], each[known]) for each in targets.T):
            yield name


def _as_numbers(cells: Cells) -> Numbers:
    """Return cells as numbers, with dates in days and blank cells as NaN."""
    return (days_of(cells) if cells.dtype.kind == "M" else cells).astype(np.float64)


def _go_together(x: Numbers, t: Numbers) -> bool:
    if abs(_correlation(x, t)) > _NEARLY:
        return abs(_correlation(_ranks(x), _ranks(t))) > _NEARLY_IN_ORDER
    first = slice(_FEWEST_ROWS)  # usually enough to rule it out
    if abs(_correlation(_ranks(x[first]), _ranks(t[first]))) < _NEARLY_OF_FEW:
        return False
    return abs(_correlation(_ranks(x), _ranks(t))) > _NEARLY


def _correlation(x: Numbers, t: Numbers) -> float:
    """Return Pearson's correlation, or 0 if one of the arrays is constant."""
    x, t = x - x.mean(), t - t.mean()
    largest = np.abs(x).max() * np.abs(t).max()
    if not largest:
        return 0.0
    x, t = x / np.abs(x).max(), t / np.abs(t).max()
    return float(x @ t / np.sqrt((x @ x) * (t @ t)))


def _ranks(numbers: Numbers) -> Numbers:
    """Return the rank of each number; ties get their mean rank."""
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places.ravel()]


def _of_classes(columns: Mapping[str, Cells], targets: NDArray[Any]) -> Iterator[str]:
    for name, cells in columns.items():
        codes = _codes(cells)
        if any(_tells(cells, codes, each.astype(np.intp)) for each in targets):
            yield name


def _codes(cells: Cells) -> NDArray[np.intp] | None:
    """Return a code for each value, including blank, if there are few different values."""
    if cells.dtype.kind == "O":
        places: dict[Any, int] = {}
        codes = np.fromiter((places.setdefault(each, len(places)) for each in cells), np.intp)
    else:
        _, codes = np.unique(cells, return_inverse=True)
        codes = codes.ravel()
    return codes if int(codes.max()) < len(cells) // _ROWS_OF_A_VALUE else None


def _tells(cells: Cells, codes: NDArray[np.intp] | None, classes: NDArray[np.intp]) -> bool:
    """Return whether a column predicts the classes, by its values or by thresholds."""
    found = np.unique(classes)
    if len(found) < 2:
        return False
    codes = blank_cells(cells).astype(np.intp) if codes is None else codes
    if _each_value_has_a_class(codes, classes, found):
        return True
    if cells.dtype.kind == "O" or len(cells) < _FEWEST_FOR_THRESHOLDS:
        return False
    numbers = _as_numbers(cells)
    known = ~np.isnan(numbers)
    if known.sum() < _KNOWN * len(cells):
        return False
    groups = [np.sort(numbers[known & (classes == each)]) for each in found]
    return all(map(len, groups)) and _are_apart(groups)


def _each_value_has_a_class(
    codes: NDArray[np.intp], classes: NDArray[np.intp], found: NDArray[np.intp]
) -> bool:
    """Return whether the most frequent class of each value is right for nearly all rows.

    This must hold for each class: with 999 of 1000 rows in one class, any column is nearly right.
    """
    counts = np.zeros((int(codes.max()) + 1, int(found[-1]) + 1), np.intp)
    np.add.at(counts, (codes, classes), 1)
    right = np.bincount(counts.argmax(axis=1), counts.max(axis=1), minlength=counts.shape[1])
    return bool((right[found] >= _NEARLY * counts.sum(axis=0)[found]).all())


def _are_apart(groups: Sequence[Numbers]) -> bool:
    """Return whether thresholds separate the sorted numbers of the classes, ordered by median."""
    ordered = sorted(groups, key=lambda each: float(each[len(each) // 2]))
    for low, high in pairwise(ordered):
        threshold = low[int(np.ceil(_NEARLY * len(low))) - 1]
        if np.mean(high > threshold) < _NEARLY:
            return False
    return True
