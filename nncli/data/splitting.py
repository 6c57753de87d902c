"""Take rows to test and to validate out of the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.base.errors import DataError
from nncli.base.random_streams import Stream, generator
from nncli.base.words import count
from nncli.data.splits import Rows, Split

if TYPE_CHECKING:
    from numpy.typing import NDArray


ROWS_TO_TEST, TEST = 10, 0.2
"""From so many rows on such a fraction of them tests by default; fewer are a lesson or a trial."""

ROWS_TO_VALIDATE, VALIDATION = 1500, 0.1
"""If there are so many others, such a fraction of all rows validates by default."""

Share = int | float | None
"""Rows, or a fraction of all rows; None for what suits their number."""


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


class DivisionError(DataError):
    """The rows cannot be divided as is asked for.

    Attributes
    ----------
    of_folds : bool
        Whether it is for the number of folds.
    """

    def __init__(self, message: str, *, of_folds: bool = False) -> None:
        super().__init__(message)
        self.of_folds = of_folds


@dataclass(frozen=True)
class Division:
    """Rows that are divided to test, to validate and to train.

    Attributes
    ----------
    name : str
        The file or the data set, for messages.
    sizes : sequence of int
        The rows of each class; where there are no classes, one number.
    shares : mapping of ``test`` and ``validation`` to `Share`
    classes : sequence of str
        Names of the classes, for messages; none where the targets are numbers.
    """

    name: str
    sizes: Sequence[int]
    shares: Mapping[str, Share]
    classes: Sequence[str] = ()

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(self.sizes)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each share asks for, without those that ask for none."""
        return self.counts_beside(None)

    def counts_beside(self, fold: Fold | None) -> dict[str, int]:
        """Return `counts` where the rows of a fold are taken out."""
        shares = {**self.shares}
        if shares.get("test", 0) is None:
            shares["test"] = TEST if self.rows >= ROWS_TO_TEST else 0
        if shares.get("validation", 0) is None:
            left = self.rows - row_count(shares.get("test") or 0, self.rows)
            left -= left // fold.of if fold else 0
            shares["validation"] = VALIDATION if left >= ROWS_TO_VALIDATE else 0
        counts = {part: row_count(share or 0, self.rows) for part, share in shares.items()}
        return {part: number for part, number in counts.items() if number}

    def training_rows(self, fold: Fold | None = None) -> int:
        """Return how many rows are left to train with.

        Rows to test with are taken first, then those of the fold, of what is left rows to
        validate with.

        Raises
        ------
        DivisionError
            When none would be left, or a class has fewer rows than there are parts or folds.
        """
        counts, left = self.counts_beside(fold), list(self.sizes)
        for part in ("test", "held_out", "validation"):
            if part == "held_out" and fold is not None:
                self._check_fold(left, fold)
                left = _without(left, _of_fold(left, fold))
            elif part not in counts:
                continue
            elif counts[part] < sum(left):
                left = _without(left, _shares(left, counts[part]))
            else:
                raise self._nothing_left(fold)
        if self.classes and counts:
            self._check_classes(counts, left)
        return sum(left)

    def _nothing_left(self, fold: Fold | None) -> DivisionError:
        counts = self.counts_beside(fold)
        asked = [f"data.{part}: {self.shares[part] or counts[part]}" for part in counts]
        asked += ["a fold"] if fold else []
        return DivisionError(
            f"{self.name}: has {count(self.rows, 'row')}, of which {' and '.join(asked)} "
            "leave none to train with"
        )

    def _check_fold(self, left: Sequence[int], fold: Fold) -> None:
        """Raise `DivisionError` when there are fewer rows, or rows of a class, than folds."""
        if sum(left) < fold.of:
            raise DivisionError(
                f"{self.name}: has {count(sum(left), 'row')} beside those to test with, fewer "
                f"than the {fold.of} folds; get more rows, or set a smaller training.folds",
                of_folds=True,
            )
        few = [pair for pair in zip(self.classes, left, strict=False) if 0 < pair[1] < fold.of]
        if few:
            label, size = few[0]
            fewer = f", or set training.folds: {size}" if size > 1 else ""
            raise DivisionError(
                f"{self.name}: the class {label!r} has {size} of the rows beside those to test "
                f"with, fewer than the {fold.of} folds; leave it out{' or' if not fewer else ','} "
                f"get more of its rows{fewer}",
                of_folds=True,
            )

    def _check_classes(self, counts: Mapping[str, int], left: Sequence[int]) -> None:
        """Raise `DivisionError` for a class with too few rows for every part."""
        parts, rows = list(counts), zip(self.classes, self.sizes, left, strict=True)
        few = [(label, size) for label, size, rest in rows if size <= len(parts) or not rest]
        if few:
            label, size = few[0]
            purposes = " and ".join([*(_PURPOSES[part] for part in parts), "train"])
            unset = " and ".join(f"data.{part}: 0" for part in parts)
            raise DivisionError(
                f"{self.name}: the class {label!r} has {size} of the rows, too few to {purposes} "
                f"with; leave it out, get more of its rows, or set {unset}"
            )


_PURPOSES = {"test": "test", "validation": "validate"}


def row_count(share: int | float, rows: int) -> int:
    """Return how many of `rows` a config's number means: rows (int) or a fraction (float)."""
    return share if isinstance(share, int) else round(share * rows)


def _shares(sizes: Sequence[int], count: int) -> list[int]:
    """Divide `count` in proportion to `sizes` by the largest-remainder method."""
    share = count / sum(sizes)
    exact = [size * share for size in sizes]
    shares = [floor(each) for each in exact]
    most_wanting = sorted(range(len(sizes)), key=lambda n: shares[n] - exact[n])
    for index in most_wanting[: count - sum(shares)]:
        shares[index] += 1
    return shares


def _of_fold(sizes: Sequence[int], fold: Fold) -> list[int]:
    """Return how many rows of each class are in a fold: class by class, rows are dealt in turn."""
    ends = [0, *accumulate(sizes)]
    before = [(end + fold.of - fold.number) // fold.of for end in ends]
    return [after - first for first, after in pairwise(before)]


def _without(sizes: Sequence[int], taken: Sequence[int]) -> list[int]:
    return [size - each for size, each in zip(sizes, taken, strict=True)]


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
    for label, wanted in zip(classes, _shares(sizes.tolist(), count), strict=True):
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


def divide(
    rows: Split,
    shares: Mapping[str, Share],
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
    shares : mapping of ``test`` and ``validation`` to `Share`
    classes : sequence of str
        Names of the classes, for messages; none where the targets are numbers.
    name : str
        The file, for messages.

    Raises
    ------
    DataError
        As `Division.training_rows`.
    """
    sizes = np.bincount(rows.targets, minlength=len(classes)) if classes else [len(rows)]
    division = Division(name, [int(size) for size in sizes], shares, classes)
    division.training_rows(fold)
    rest, divided = rows, dict[str, Rows]()
    for part, number in {
        "test": 0,
        "held_out": 0,
        "validation": 0,
        **division.counts_beside(fold),
    }.items():
        if part == "held_out" and fold is not None:
            rest, chosen = fold_out(rest, fold, seed)
        elif number:
            rest, chosen = hold_out(rest, number, seed, _STREAMS[part])
        else:
            continue
        divided[part] = chosen.rows
    return {"train": rest.rows, **divided}


def divide_alike(
    rows: Split, seed: int, classes: Sequence[str], name: str, fold: Fold | None
) -> dict[str, Split]:
    """Return rows that train and test alike; with a fold those in it test, and the others train."""
    if fold is None:
        return {"train": rows, "test": rows}
    divided = divide(rows, {}, seed, classes, name, fold)
    return {part: rows.part(each) for part, each in divided.items()}


_STREAMS = {"test": Stream.TEST_SPLIT, "validation": Stream.VALIDATION_SPLIT}
