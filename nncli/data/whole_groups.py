"""Hold out whole groups of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.base.random_streams import Stream, generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nncli.data.division import Fold
    from nncli.data.splits import Split

    Whole = NDArray[np.integer[Any]]

_WINDOW = 50  # groups to choose from before and after the one that reaches the requested rows
_TRIALS = 20


def hold_out_groups(
    split: Split,
    count: int,
    seed: int,
    stream: Stream,
    strata: Whole,
    groups: Whole,
    leave: int = 1,
) -> tuple[Split, Split]:
    """Split off whole groups with `count` rows, or as near to it as possible.

    The best of some random choices is taken: the one that leaves rows of the most strata, then is
    nearest to `count`, then best keeps the proportions of the strata. At least one group is taken.

    Parameters
    ----------
    strata, groups : array (N,) of int
        Stratum and group of each row.
    leave : int
        Fewest groups to leave.

    Returns
    -------
    rest, held_out : Split
    """
    labels, random = strata[split.rows], generator(seed, stream)
    _, of_row, sizes = np.unique(groups[split.rows], return_inverse=True, return_counts=True)
    whole = np.bincount(labels)
    best: tuple[tuple[float, ...], NDArray[np.bool_]] | None = None
    for _ in range(_TRIALS if np.count_nonzero(whole) > 1 else 1):
        order = random.permutation(len(sizes))
        taken = np.zeros(len(sizes), bool)
        taken[order[_taken(sizes[order].tolist(), count, leave)]] = True
        chosen = taken[of_row]
        held = np.bincount(labels[chosen], minlength=len(whole))
        gone = np.count_nonzero((held == whole) & (whole > 0))
        uneven = ((held - whole * count / len(split)) ** 2 / np.maximum(whole, 1)).sum()
        rank = (float(gone), float(abs(int(chosen.sum()) - count)), float(uneven))
        if best is None or rank < best[0]:
            best = rank, chosen
    assert best is not None
    return split.part(split.rows[~best[1]]), split.part(split.rows[best[1]])


def fold_out_groups(
    split: Split, fold: Fold, seed: int, strata: Whole, groups: Whole
) -> tuple[Split, Split]:
    """Split off the groups of a fold; parameters are as for `hold_out_groups`.

    The largest groups are dealt first, each to the fold with the fewest rows of its strata.
    """
    labels = strata[split.rows]
    _, of_row, sizes = np.unique(groups[split.rows], return_inverse=True, return_counts=True)
    mixed = generator(seed, Stream.FOLDS).permutation(len(sizes))
    rows = np.split(np.argsort(of_row, kind="stable"), np.cumsum(sizes)[:-1])
    whole = np.bincount(labels)
    loads, fold_of = np.zeros((fold.of, len(whole))), np.empty(len(sizes), int)
    for group in mixed[np.argsort(-sizes[mixed], kind="stable")]:
        found, counts = np.unique(labels[rows[group]], return_counts=True)
        alike = loads[:, found] @ (counts / whole[found])
        fold_of[group] = np.lexsort((loads.sum(axis=1), alike))[0]
        loads[fold_of[group], found] += counts
    chosen = fold_of[of_row] == fold.number - 1
    return split.part(split.rows[~chosen]), split.part(split.rows[chosen])


def _taken(sizes: Sequence[int], count: int, leave: int) -> list[int]:
    """Return the indices of sizes whose sum is nearest to `count`, leaving at least `leave`."""
    taken = _nearest(sizes, count)
    if len(sizes) - len(taken) >= leave:
        return taken
    others = sorted(range(len(sizes)), key=sizes.__getitem__)[leave:]  # without the smallest
    return [others[place] for place in _nearest([sizes[each] for each in others], count)]


def _nearest(sizes: Sequence[int], count: int) -> list[int]:
    """Return the indices of one or more sizes whose sum is nearest to `count`.

    The first sizes are taken, and the choice is among those around the point where `count` is
    reached. The bits of each integer in `sums` are the possible sums of the sizes so far.
    """
    reached = int(np.searchsorted(np.cumsum(sizes), count, side="right"))
    first = max(0, reached - _WINDOW)
    window = sizes[first : reached + _WINDOW]
    before = sum(sizes[:first])
    sums = [1]
    for size in window:
        sums.append(sums[-1] | sums[-1] << size)
    allowed = sums[-1]
    if not first:
        allowed &= ~1  # at least one size must be taken
    left = _nearest_sum(allowed, count - before)
    taken = [*range(first)]
    for place in reversed(range(len(window))):
        if not sums[place] >> left & 1:
            taken.append(first + place)
            left -= window[place]
    return taken


def _nearest_sum(sums: int, wanted: int) -> int:
    """Return the possible sum nearest to `wanted`, the smaller one of a tie."""
    below = (sums & ((1 << wanted + 1) - 1)).bit_length() - 1
    above = sums >> wanted
    if not above:
        return below
    up = (above & -above).bit_length() - 1
    return below if below >= 0 and wanted - below <= up else wanted + up
