"""A rule about rows that are in the training set and in an unseen set.

In data with few different values, equal rows occur by chance: they are different examples. Two
properties tell them from copies. Where rows are equal by chance, others differ in one column only;
copies have no such neighbors. And equal rows are copies where a column or the target has a
different value in most of the different rows, or where hardly any others are equal in half of the
columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import is_large, take_rows
from nncli.data.dataset import Dataset
from nncli.data.splits import UNSEEN_FIRST
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Condition, Evidence
from nncli.explain.diagnosis.rules.seen import trains
from nncli.explain.diagnosis.spread import spread

Hashes = NDArray[np.uint64]

_MOST_ROWS, _MOST_INPUTS = 50_000, 3_000_000
"""Rows and inputs of a split that are hashed: the rule then takes about half a second."""

_MOST_PARTS = 24
_FEWEST, _LEAST_SHARE = 5, 0.05
"""Two equal rows occur in honest tables, such as iris; below 5% they hardly change a score."""

_NEIGHBORS = 0.2
"""Neighbors for each equal row, from which on it may be chance.

Rows drawn from few values have at least 1; copies of measured numbers have 0. In halves of the
columns, 17 real tables with equal rows by chance have 1.2 or more, and the repeated wines of
"winequality_red" have 0.08.
"""

_HALVES = 16
"""Random halves of the columns that are compared.

Columns that follow from others may make one half as telling as all columns.
"""

_TELLING = 0.5
"""Different values of a column for each different row, from which on equal rows are copies."""

_LEAST_DIFFERENT = 0.5
"""Different rows of all: fewer may be all the rows there are, where all columns follow from two."""

_SHARE = Condition(
    "equal / rows ≥ 0.05",
    r"\text{equal} / \text{rows} \ge 0.05",
    "equal: number of rows that equal a training row, at least 5; rows: number of rows compared",
)


def same_rows(case: Case) -> Iterator[Evidence]:
    """Find unseen rows that equal a training row, with their target, more often than by chance."""
    if not trains(case) or not case.config.data.is_own:
        return  # built-in data has training and test rows that are the same on purpose
    data = case.dataset
    train, found = data.splits["train"], []
    if is_large(train.inputs):
        return  # a few of its rows would not show the others, and reading all takes too long
    shares_file, known = False, _hashed(data, "train")
    for name in UNSEEN_FIRST:
        unseen = data.splits.get(name)
        if name == "train" or unseen is None or len(unseen) < _FEWEST:
            continue
        asked = _hashed(data, name)
        number, checked = _copies(known, asked), len(asked.whole)
        if number >= max(_FEWEST, _LEAST_SHARE * checked):
            share = f"({number / checked:.0%})"
            found.append(f"{number} of {checked} {name.replace('_', '-')} rows {share}")
            shares_file |= unseen.inputs is train.inputs
    if not found:
        return
    is_sampled = len(known.whole) < len(train)
    row = f"one of {len(known.whole)} compared training rows" if is_sampled else "a training row"
    group = ", or set data.group to a column that is the same in them" if data.encoding else ""
    place = (
        "the table has these rows twice, and the split puts one in each part"
        if shares_file
        else "the files of the splits have the same rows"
    )
    yield Evidence(
        f"{' and '.join(found)} equal {row}, in all inputs and in the target",
        f"{place}; the network has learned their targets, so their metrics are too good",
        remedy=f"remove the repeated rows{group}",
        formula=_SHARE,
    )


@dataclass(frozen=True)
class _Hashed:
    """Hashes of rows: of each part of the columns, (B, parts), and of all."""

    parts: Hashes
    whole: Hashes

    @property
    def different(self) -> "_Hashed":
        """The different rows."""
        _, first = np.unique(self.whole, return_index=True)
        return _Hashed(self.parts[first], self.whole[first])


def _copies(known: _Hashed, asked: _Hashed) -> int:
    """Return how many of some rows are copies of known ones."""
    number, rows = int(np.isin(asked.whole, known.whole).sum()), len(known.whole) + len(asked.whole)
    if number < _FEWEST or not _are_copies(known.different, asked.different, rows):
        return 0
    return number


def _are_copies(known: _Hashed, asked: _Hashed, rows: int) -> bool:
    """Return whether equal rows are copies, given the different ones of all rows of both splits."""
    equal = int(np.isin(asked.whole, known.whole).sum())
    together = np.unique(np.concatenate([known.whole, asked.whole]))
    parts = np.concatenate([known.parts, asked.parts])
    most = max(len(np.unique(parts[:, at])) for at in range(parts.shape[1]))
    number = parts.shape[1]
    if equal < _FEWEST or _with_neighbors(known, asked, ~np.eye(number, dtype=np.bool_)) > (
        _NEIGHBORS * equal
    ):
        return False
    if most >= _TELLING * len(together):
        return True
    is_grid = len(together) < _LEAST_DIFFERENT * rows
    return not is_grid and _with_neighbors(known, asked, _halves(number)) <= _NEIGHBORS * equal


def _halves(number: int) -> NDArray[np.bool_]:
    """Return random halves of the parts (`_HALVES`, parts)."""
    order = np.random.default_rng(0).random((_HALVES, number)).argsort(axis=1)
    return np.asarray(order < number // 2)


def _with_neighbors(known: _Hashed, asked: _Hashed, chosen: NDArray[np.bool_]) -> int:
    """Return how many rows equal another training row in some of the parts.

    `chosen` (C, parts) has the parts to compare: once for each of its rows.
    """
    has = np.zeros(len(asked.whole), np.bool_)
    is_known = np.isin(asked.whole, known.whole)
    weights = chosen.T.astype(np.uint64)
    for others, own in zip((known.parts @ weights).T, (asked.parts @ weights).T, strict=True):
        ordered, places = np.sort(others), np.argsort(own)
        asked_for = own[places]  # in order, as that takes a quarter of the time
        after = np.searchsorted(ordered, asked_for, "right")
        alike = after - np.searchsorted(ordered, asked_for, "left")
        has[places] |= alike > is_known[places]  # a row equals itself in all other parts
    return int(has.sum())


def _hashed(data: Dataset, name: str) -> _Hashed:
    """Return the hashes of evenly spread rows of a split, rounded as in all splits."""
    split, types = data.splits[name], [each.inputs.dtype for each in data.splits.values()]
    dtype = np.float32 if np.float32 in types else np.float64
    most = max(_FEWEST, min(_MOST_ROWS, _MOST_INPUTS // len(data.columns)))
    places = spread(len(split), most)
    rows = split.rows[places]
    X = take_rows(split.inputs, rows).astype(dtype).astype(np.float64)
    T = take_rows(split.targets, rows).astype(np.float64).reshape(len(rows), -1)
    starts = _starts(data)
    chosen = spread(len(starts), _MOST_PARTS - 1)
    inputs = np.add.reduceat(_mixed(X, 0), starts[chosen], axis=1, dtype=np.uint64)
    targets = _mixed(T, X.shape[1]).sum(axis=1, dtype=np.uint64)
    parts = np.column_stack([inputs, targets])
    return _Hashed(parts, parts.sum(axis=1, dtype=np.uint64))


def _starts(data: Dataset) -> NDArray[np.intp]:
    """Return the first input of each column; the inputs of a category belong together."""
    if data.encoding is None:
        return np.arange(len(data.columns))
    widths = [len(column.inputs) for column in data.encoding.columns]
    return np.cumsum([0, *widths[:-1]])


def _mixed(numbers: NDArray[np.float64], first: int) -> Hashes:
    """Return a hash of each number (N, I), different in each column (Steele et al. 2014)."""
    columns = np.arange(first, first + numbers.shape[1], dtype=np.uint64) + np.uint64(1)
    bits: Hashes = (numbers + 0.0).view(np.uint64) + columns * _GOLDEN  # -0.0 + 0.0 is 0.0
    for shift, factor in _ROUNDS:
        bits = (bits ^ (bits >> shift)) * factor
    return bits ^ (bits >> np.uint64(31))


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ROUNDS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
