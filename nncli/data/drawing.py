"""Which rows are taken out of others, by chance and alike in what they are to be alike in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import floor
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nncli.base.notes import Note, warn
from nncli.base.random_streams import Stream, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncli.data.division import Fold
    from nncli.data.splits import Split


_MOST_BINS, _ROWS_OF_A_BIN = 10, 10

Rare = Literal["keep", "drop", "error"]
"""What is done with the rows of classes that are too rare for the splits: they train, or are left
out, or are an error."""


@dataclass(frozen=True)
class Rules:
    """How rows are divided, beside how many.

    Attributes
    ----------
    rare : "keep", "drop" or "error"
        What is done with rows of classes that are too rare; they are dropped before.
    stratify : bool
        Whether rows are alike in what numbers they have as targets, too, not only in classes.
    groups : array (N,) of int, optional
        The group of each row; none is divided.
    times : array (N,), optional
        When each row was: the last test, those before them validate. Rows of one time are in their
        order.
    note : function of str
        Told what was done with classes that are too rare, or train with no row.
    """

    rare: Rare = "error"
    stratify: bool = False
    groups: NDArray[np.integer[Any]] | None = None
    times: NDArray[Any] | None = None
    note: Note = warn


def in_proportion(sizes: Sequence[int], count: int) -> list[int]:
    """Divide `count` in proportion to `sizes` by the largest-remainder method."""
    share = count / max(1, sum(sizes))
    exact = [size * share for size in sizes]
    shares = [floor(each) for each in exact]
    most_wanting = sorted(range(len(sizes)), key=lambda n: shares[n] - exact[n])
    for index in most_wanting[: count - sum(shares)]:
        shares[index] += 1
    return shares


def dealt(sizes: Sequence[int], fold: Fold) -> list[int]:
    """Return how many rows of each class are in a fold: class by class, rows are dealt in turn."""
    ends = [0, *accumulate(sizes)]
    before = [(end + fold.of - fold.number) // fold.of for end in ends]
    return [after - first for first, after in pairwise(before)]


def without(sizes: Sequence[int], taken: Sequence[int]) -> list[int]:
    """Return what is left of each size."""
    return [size - each for size, each in zip(sizes, taken, strict=True)]


def hold_out(
    split: Split,
    count: int,
    seed: int,
    stream: Stream = Stream.VALIDATION_SPLIT,
    strata: NDArray[Any] | None = None,
) -> tuple[Split, Split]:
    """Divide a split into the rest and `count` held-out rows, stratified by class.

    Every class gives the same share of its rows; what rounding leaves goes to the classes with
    the largest remainders. Where the targets are numbers, any rows are held out. Rows stay in
    their order. The choice depends on `seed` and `stream` alone. `strata` (N,) is what rows are
    alike in, in the place of classes.

    Returns
    -------
    rest, held_out : Split
    """
    random = generator(seed, stream)
    of_row = _strata(split, strata)
    classes, sizes = np.unique(of_row, return_counts=True)
    chosen = np.zeros(len(split), bool)
    for label, wanted in zip(classes, in_proportion(sizes.tolist(), count), strict=True):
        candidates = np.arange(len(split), dtype=split.rows.dtype)[of_row == label]
        random.shuffle(candidates)
        chosen[candidates[:wanted]] = True
    return split.part(split.rows[~chosen]), split.part(split.rows[chosen])


def fold_out(
    split: Split, fold: Fold, seed: int, strata: NDArray[Any] | None = None
) -> tuple[Split, Split]:
    """Divide a split into the rest and the rows of a fold, stratified by class.

    Class by class and in random order the rows are dealt to the folds in turn. So any two folds
    differ by one row at most, in all and in each class, and every row is in one fold. The choice
    depends on `seed` and the number of folds. `strata` is as for `hold_out`.

    Returns
    -------
    rest, held_out : Split
    """
    mixed = generator(seed, Stream.FOLDS).permutation(len(split))
    dealt = mixed[np.argsort(_strata(split, strata)[mixed], kind="stable")]
    chosen = np.empty(len(split), bool)
    chosen[dealt] = np.arange(len(split)) % fold.of == fold.number - 1
    return split.part(split.rows[~chosen]), split.part(split.rows[chosen])


def last_out(split: Split, count: int, times: NDArray[Any]) -> tuple[Split, Split]:
    """Divide a split into the rest and the last `count` rows in the order of `times` (N,)."""
    chosen = np.zeros(len(split), bool)
    chosen[np.argsort(times[split.rows], kind="stable")[len(split) - count :]] = True
    return split.part(split.rows[~chosen]), split.part(split.rows[chosen])


def strata_of(targets: NDArray[Any], *, stratify: bool) -> NDArray[Any]:
    """Return what rows (N,) are to be alike in: classes; of numbers nothing, or their quantiles.

    Bins have ten rows on average, and are ten at most; equal numbers are in one. Of several targets
    the sum of the ranks counts.
    """
    if targets.ndim == 1:
        return targets
    rows = len(targets)
    if not stratify:
        return np.zeros(rows, np.uint8)
    ranks = [np.unique(each, return_inverse=True)[1] for each in targets.T]
    place = ranks[0] if len(ranks) == 1 else np.sum(ranks, axis=0)
    bins = min(_MOST_BINS, rows // _ROWS_OF_A_BIN)
    edges = np.unique(np.quantile(place, [each / bins for each in range(1, bins)], method="higher"))
    return np.searchsorted(edges, place, side="right").astype(np.uint8)


def _strata(split: Split, strata: NDArray[Any] | None) -> NDArray[Any]:
    """Return what part of each row is to be alike in all parts: its class, if it has one."""
    if strata is not None:
        return strata[split.rows]
    return split.targets[split.rows] if split.of_classes else np.zeros(len(split), np.uint8)
