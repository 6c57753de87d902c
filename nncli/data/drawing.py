"""Hold out rows of a split: at random and stratified, by fold, or by time."""

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
"""How to treat classes that are too rare for the splits: keep their rows for training, drop them,
or raise an error."""


@dataclass(frozen=True)
class Rules:
    """Rules for a split, apart from the numbers of rows.

    Attributes
    ----------
    rare : "keep", "drop" or "error"
        How to treat classes that are too rare; the caller drops rows before the split.
    stratify : bool
        Whether to stratify by numeric targets, too, not only by class.
    groups : array (N,) of int, optional
        Group of each row; groups are not split.
    times : array (N,), optional
        Time of each row: the latest rows are test rows, those before them validation rows. Rows of
        the same time keep their order.
    note : function of str
        Called with messages about classes that are too rare, or have no training row.
    """

    rare: Rare = "error"
    stratify: bool = False
    groups: NDArray[np.integer[Any]] | None = None
    times: NDArray[Any] | None = None
    note: Note = warn


def in_proportion(sizes: Sequence[int], count: int) -> list[int]:
    """Split `count` in proportion to `sizes` with the largest-remainder method."""
    share = count / max(1, sum(sizes))
    exact = [size * share for size in sizes]
    shares = [floor(each) for each in exact]
    most_wanting = sorted(range(len(sizes)), key=lambda n: shares[n] - exact[n])
    for index in most_wanting[: count - sum(shares)]:
        shares[index] += 1
    return shares


def dealt(sizes: Sequence[int], fold: Fold) -> list[int]:
    """Return the number of rows of each class in a fold: rows are dealt in turn, class by class."""
    ends = [0, *accumulate(sizes)]
    before = [(end + fold.of - fold.number) // fold.of for end in ends]
    return [after - first for first, after in pairwise(before)]


def without(sizes: Sequence[int], taken: Sequence[int]) -> list[int]:
    """Return the sizes minus what is taken."""
    return [size - each for size, each in zip(sizes, taken, strict=True)]


def hold_out(
    split: Split,
    count: int,
    seed: int,
    stream: Stream = Stream.VALIDATION_SPLIT,
    strata: NDArray[Any] | None = None,
) -> tuple[Split, Split]:
    """Split off `count` held-out rows, stratified by class.

    The same fraction of each class is held out; the classes with the largest remainders are
    rounded up. Numeric targets are not stratified. Rows keep their order. The choice depends only
    on `seed` and `stream`. `strata` (N,) replaces the classes.

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
    """Split off the rows of a fold, stratified by class.

    The rows are dealt to the folds in turn, class by class, in random order. So every row is in one
    fold, and the sizes of folds differ by at most one row, in total and in each class. The choice
    depends only on `seed` and the number of folds. `strata` is as for `hold_out`.

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
    """Split off the last `count` rows in the order of `times` (N,)."""
    chosen = np.zeros(len(split), bool)
    chosen[np.argsort(times[split.rows], kind="stable")[len(split) - count :]] = True
    return split.part(split.rows[~chosen]), split.part(split.rows[chosen])


def strata_of(targets: NDArray[Any], *, stratify: bool) -> NDArray[Any]:
    """Return the strata of rows (N,): their classes, or for numbers a single one or quantile bins.

    There are at most ten bins, with ten or more rows on average; equal numbers share a bin. Several
    targets are binned by the sum of their ranks.
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
    """Return the stratum of each row of a split: by default its class, if it has one."""
    if strata is not None:
        return strata[split.rows]
    return split.targets[split.rows] if split.of_classes else np.zeros(len(split), np.uint8)
