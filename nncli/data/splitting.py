"""Take rows to test and to validate out of the training rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.random_streams import Stream, generator
from nncli.data.splits import Rows, Split


@dataclass(frozen=True)
class Fold:
    """One of several parts of the rows, which a model is tested with and the others train.

    Attributes
    ----------
    number : int
        From 1.
    of : int
        How many there are.
    """

    number: int
    of: int


def row_count(share: int | float, rows: int) -> int:
    """Return how many of `rows` a config's number means: rows (int) or a fraction (float)."""
    return share if isinstance(share, int) else round(share * rows)


def hold_out(
    split: Split, count: int, seed: int, stream: Stream = Stream.VALIDATION_SPLIT
) -> tuple[Split, Split]:
    """Divide a split into the rest and `count` held-out rows, stratified by class.

    Every class gives the same share of its rows; what rounding leaves goes to the classes with
    the largest remainders. Where the targets are numbers, any rows are held out. Rows stay in
    their order. The choice depends on `seed` and `stream` alone.

    Returns
    -------
    rest, held_out : Split
    """
    random = generator(seed, stream)
    strata = _strata(split)
    classes, sizes = np.unique(strata, return_counts=True)
    chosen = np.zeros(len(split), bool)
    for label, wanted in zip(classes, _shares(sizes, count), strict=True):
        candidates = np.arange(len(split), dtype=split.rows.dtype)[strata == label]
        random.shuffle(candidates)
        chosen[candidates[:wanted]] = True
    return split.part(split.rows[~chosen]), split.part(split.rows[chosen])


def fold_out(split: Split, fold: Fold, seed: int) -> tuple[Split, Split]:
    """Divide a split into the rest and the rows of a fold, stratified by class.

    Class by class and in random order the rows are dealt to the folds in turn. So any two folds
    differ by one row at most, in all and in each class, and every row is in one fold. The choice
    depends on `seed` and the number of folds.

    Returns
    -------
    rest, held_out : Split
    """
    mixed = generator(seed, Stream.FOLDS).permutation(len(split))
    dealt = mixed[np.argsort(_strata(split)[mixed], kind="stable")]
    chosen = np.empty(len(split), bool)
    chosen[dealt] = np.arange(len(split)) % fold.of == fold.number - 1
    return split.part(split.rows[~chosen]), split.part(split.rows[chosen])


def _strata(split: Split) -> NDArray[Any]:
    """Return what part of each row is to be alike in all parts: its class, if it has one."""
    return split.targets[split.rows] if split.of_classes else np.zeros(len(split), np.uint8)


def _shares(sizes: np.ndarray[tuple[int], np.dtype[np.intp]], count: int) -> list[int]:
    """Divide `count` in proportion to `sizes` by the largest-remainder method."""
    exact = sizes * (count / sizes.sum())
    shares = np.floor(exact).astype(int)
    most_wanting = np.argsort(shares - exact, kind="stable")
    shares[most_wanting[: count - shares.sum()]] += 1
    return [int(share) for share in shares]


def divide(
    rows: Split,
    shares: Mapping[str, int | float],
    seed: int,
    classes: Sequence[str],
    name: str,
    fold: Fold | None = None,
) -> dict[str, Rows]:
    """Divide all rows of a file into ``train`` and what `shares` and `fold` ask for.

    Rows to test with are taken first, so that they are the same for every fold; then those of the
    fold, ``held_out``; of what is left, rows to validate with.

    Parameters
    ----------
    shares : mapping of ``test`` and ``validation`` to rows or a fraction of all rows
    classes : sequence of str
        Names of the classes, for messages; none where the targets are numbers.
    name : str
        The file, for messages.

    Raises
    ------
    DataError
        When no training rows would be left, or a class has fewer rows than there are parts.
    """
    counts = {part: row_count(share, len(rows)) for part, share in shares.items()}
    counts = {part: number for part, number in counts.items() if number}
    rest, divided = rows, dict[str, Rows]()
    for part in ("test", "held_out", "validation"):
        if part == "held_out" and fold is not None:
            _check_fold(rest, fold, classes, name)
            rest, chosen = fold_out(rest, fold, seed)
        elif part not in counts:
            continue
        elif counts[part] < len(rest):
            rest, chosen = hold_out(rest, counts[part], seed, _STREAMS[part])
        else:
            asked = [f"data.{each}: {shares[each]}" for each in counts]
            asked += ["a fold"] if fold else []
            raise DataError(
                f"{name}: has {len(rows)} rows, of which {' and '.join(asked)} leave none to train "
                "with"
            )
        divided[part] = chosen.rows
    if classes and counts:
        _check_sizes(rows, rest, classes, list(counts), name)
    return {"train": rest.rows, **divided}


def divide_alike(
    rows: Split, seed: int, classes: Sequence[str], name: str, fold: Fold | None
) -> dict[str, Split]:
    """Return rows that train and test alike; with a fold those in it test, and the others train."""
    if fold is None:
        return {"train": rows, "test": rows}
    divided = divide(rows, {}, seed, classes, name, fold)
    return {part: rows.part(each) for part, each in divided.items()}


def _check_fold(rows: Split, fold: Fold, classes: Sequence[str], name: str) -> None:
    """Raise `DataError` when there are fewer rows, or rows of a class, than folds."""
    if len(rows) < fold.of:
        raise DataError(
            f"{name}: has {len(rows)} rows beside those to test with, fewer than the {fold.of} "
            "folds; get more rows, or set a smaller training.folds"
        )
    sizes = np.bincount(rows.targets[rows.rows]) if classes else np.empty(0, np.intp)
    few = np.flatnonzero((sizes > 0) & (sizes < fold.of))
    if len(few):
        label, size = classes[few[0]], sizes[few[0]]
        fewer = f", or set training.folds: {size}" if size > 1 else ""
        raise DataError(
            f"{name}: the class {label!r} has {size} of the rows beside those to test with, fewer "
            f"than the {fold.of} folds; leave it out{' or' if not fewer else ','} get more of its "
            f"rows{fewer}"
        )


def _check_sizes(
    rows: Split, rest: Split, classes: Sequence[str], parts: Sequence[str], name: str
) -> None:
    """Raise `DataError` for a class that has too few rows for every part, or none to train with."""
    sizes = np.bincount(rows.targets, minlength=len(classes))
    left = np.bincount(rest.targets[rest.rows], minlength=len(classes))
    few = np.flatnonzero((sizes <= len(parts)) | (left == 0))
    if len(few):
        label, size = classes[few[0]], sizes[few[0]]
        purposes = " and ".join([*(_PURPOSES[part] for part in parts), "train"])
        unset = " and ".join(f"data.{part}: 0" for part in parts)
        raise DataError(
            f"{name}: the class {label!r} has {size} of the rows, too few to {purposes} with; "
            f"leave it out, get more of its rows, or set {unset}"
        )


_PURPOSES = {"test": "test", "validation": "validate"}
_STREAMS = {"test": Stream.TEST_SPLIT, "validation": Stream.VALIDATION_SPLIT}
