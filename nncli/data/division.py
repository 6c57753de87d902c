"""Compute how many rows of each class go into each split."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nncli.base.errors import DataError
from nncli.base.words import count, listed
from nncli.data.drawing import dealt, in_proportion, without
from nncli.data.splits import Split

ROWS_TO_TEST, TEST = 10, 0.2
"""The fewest rows of which some are test rows by default, and the fraction; fewer are a toy set."""

VALIDATION = 0.1
"""The default validation fraction of all rows; see `share_to_validate`."""

ROWS_TO_VALIDATE_CLASSES, ROWS_TO_VALIDATE_NUMBERS = 1500, 5000

Share = int | float | None
"""A number of rows, or a fraction of all rows; None for a default that depends on their number."""


def share_to_validate(rows: int, *, of_classes: bool) -> float:
    """Return the default validation fraction, given the number of rows outside the test set.

    Small sets use all rows for training, for a number of steps known to be enough: a tenth of them
    is too few to tell when to stop. Numeric targets need more rows than classes.
    """
    enough = ROWS_TO_VALIDATE_CLASSES if of_classes else ROWS_TO_VALIDATE_NUMBERS
    return VALIDATION if rows >= enough else 0


@dataclass(frozen=True)
class Fold:
    """A fold of a cross-validation: the rows that the model is tested on.

    Attributes
    ----------
    number : int
        Number of the fold, from 1.
    of : int
        Number of folds.
    """

    number: int
    of: int


class DivisionError(DataError):
    """The rows cannot be split as requested.

    Attributes
    ----------
    of_folds : bool
        Whether the number of folds is the cause.
    """

    def __init__(self, message: str, *, of_folds: bool = False) -> None:
        super().__init__(message)
        self.of_folds = of_folds


@dataclass(frozen=True)
class Division:
    """A split of rows into test, validation and training rows.

    Attributes
    ----------
    name : str
        Name of the file or data set, for messages.
    sizes : sequence of int
        Number of rows of each class; a single number if there are no classes.
    shares : mapping of ``test`` and ``validation`` to `Share`
    classes : sequence of str
        Names of the classes, for messages; empty if the split is not by class.
    of_classes : bool
        Whether the targets are classes, even if the split is not by class.
    set_aside : int, optional
        Number of additional rows, of classes that are too rare; they are always training rows.
        None if such classes are an error.
    """

    name: str
    sizes: Sequence[int]
    shares: Mapping[str, Share]
    classes: Sequence[str] = ()
    of_classes: bool = False
    set_aside: int | None = None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(self.sizes) + (self.set_aside or 0)

    @property
    def counts(self) -> dict[str, int]:
        """The number of rows of each part that has any."""
        return self.counts_beside(None)

    def counts_beside(self, fold: Fold | None) -> dict[str, int]:
        """Return `counts` when a fold is held out."""
        shares = {**self.shares}
        if shares.get("test", 0) is None:
            shares["test"] = TEST if self.rows >= ROWS_TO_TEST else 0
        if shares.get("validation", 0) is None:
            left = self.rows - row_count(shares.get("test") or 0, self.rows)
            left -= left // fold.of if fold else 0
            of_classes = self.of_classes or bool(self.classes)
            shares["validation"] = share_to_validate(left, of_classes=of_classes)
        counts = {part: row_count(share or 0, self.rows) for part, share in shares.items()}
        return {part: number for part, number in counts.items() if number}

    def training_rows(self, fold: Fold | None = None) -> int:
        """Return the number of training rows.

        Test rows are taken first, then the fold, then validation rows. The rest are training rows.

        Raises
        ------
        DivisionError
            If no training row is left, or a class has fewer rows than there are parts or folds.
        """
        parts = self.parts(fold)
        if fold is not None:
            self._check_fold(self._beside_test(parts), fold)
        if self.classes:
            self._check_classes(list(self.counts_beside(fold)), parts["train"])
        return sum(parts["train"]) + (self.set_aside or 0)

    def parts(self, fold: Fold | None = None) -> dict[str, list[int]]:
        """Return the number of rows of each class in each part, including ``train``.

        Raises
        ------
        DivisionError
            If no training row is left.
        """
        counts, left = self.counts_beside(fold), list(self.sizes)
        parts: dict[str, list[int]] = {}
        for part in ("test", "held_out", "validation"):
            if part == "held_out" and fold is not None:
                taken = dealt(left, fold)
            elif part in counts:
                taken = self._taken(left, counts[part], fold)
            else:
                continue
            parts[part], left = taken, without(left, taken)
        return {"train": left, **parts}

    def too_rare(self, folds: int | None = None) -> list[int]:
        """Return the indices of classes with too few rows for every part, the same for all folds.

        Raises
        ------
        DivisionError
            As for `parts`, and if parts get too few rows only because they are so large that
            classes with enough rows for every part become too rare.
        """
        each = [Fold(number, folds) for number in range(1, folds + 1)] if folds else [None]
        rare, small = set[int](), set[int]()
        while True:  # without the rare classes, more rows come from the others
            rest = self.without_classes(rare) if rare else self
            more = {place for fold in each for place in rest._few(fold)}
            if not more:
                break
            rare |= more
            small |= {n for n in more if self.sizes[n] <= max(len(self.counts), folds or 0)}
        for fold in each:
            if rest._is_short(fold) and not self.without_classes(small)._is_short(fold):
                raise self._too_few_left(fold)
        return sorted(rare)

    def without_classes(self, places: Collection[int]) -> Division:
        """Return a copy with the rows of some classes set aside."""
        kept = [0 if place in places else size for place, size in enumerate(self.sizes)]
        return replace(self, sizes=kept, set_aside=self.rows - sum(kept))

    def about_rare(self, places: Sequence[int], fold: Fold | None) -> str:
        """Return a sentence about the classes that are too rare, and for what."""
        named = listed([self.classes[place] for place in places], _MOST_NAMED)
        least, *_, most = sorted([self.sizes[place] for place in places] * 2)
        sizes = count(least, "row") if least == most else f"{least} to {most} rows"
        classes = f"class {named} has" if len(places) == 1 else f"classes {named} each have"
        purposes = purposes_of(self.counts_beside(fold))
        why = f"to {purposes} with" if fold is None else f"to {purposes} with in {fold.of} folds"
        return f"{self.name}: {classes} {sizes}, too few {why}"

    def _few(self, fold: Fold | None) -> list[int]:
        """Return the indices of classes that have rows, but too few for every part or fold."""
        parts, taken = self.parts(fold), len(self.counts_beside(fold))
        beside, left = self._beside_test(parts), parts["train"]
        return [
            place
            for place, size in enumerate(self.sizes)
            if (taken and size > 0 and (size <= taken or not left[place]))
            or (fold is not None and 0 < beside[place] < fold.of)
        ]

    def _is_short(self, fold: Fold | None) -> bool:
        """Return whether a part has fewer rows than requested."""
        parts = self.parts(fold)
        return any(sum(parts[part]) < number for part, number in self.counts_beside(fold).items())

    def _beside_test(self, parts: Mapping[str, Sequence[int]]) -> list[int]:
        return without(self.sizes, parts["test"]) if "test" in parts else list(self.sizes)

    def _taken(self, left: Sequence[int], wanted: int, fold: Fold | None) -> list[int]:
        """Return how many of the remaining rows of each class to take."""
        if self.set_aside:  # if most rows are of rare classes, the others may be too few
            wanted = min(wanted, sum(left) - sum(map(bool, left)))
        elif wanted >= sum(left):
            raise self._nothing_left(fold)
        return in_proportion(left, wanted)

    def _nothing_left(self, fold: Fold | None) -> DivisionError:
        return DivisionError(f"{self._asked(fold)} leave none for training")

    def _too_few_left(self, fold: Fold | None) -> DivisionError:
        return DivisionError(
            f"{self._asked(fold)} leave too few to train on every class; reduce them"
        )

    def _asked(self, fold: Fold | None) -> str:
        """Return a phrase with the number of rows, and what was requested of them."""
        counts = self.counts_beside(fold)
        asked = [f"data.{part}: {self.shares[part] or counts[part]}" for part in counts]
        asked += ["a fold"] if fold else []
        return f"{self.name}: has {count(self.rows, 'row')}; {' and '.join(asked)}"

    def _check_fold(self, left: Sequence[int], fold: Fold) -> None:
        """Raise `DivisionError` if there are fewer rows, or rows of a class, than folds."""
        if sum(left) < fold.of:
            rare = " and the rare classes" if self.set_aside else ""
            raise DivisionError(
                f"{self.name}: has {count(sum(left), 'row')} outside the test set{rare}, fewer "
                f"than the {fold.of} folds; add rows, or reduce training.folds",
                of_folds=True,
            )
        few = [pair for pair in zip(self.classes, left, strict=False) if 0 < pair[1] < fold.of]
        if few:
            label, size = few[0]
            fewer = f", or set training.folds: {size}" if size > 1 else ""
            raise DivisionError(
                f"{self.name}: class {label!r} has {count(size, 'row')} outside the test set, "
                f"fewer than the {fold.of} folds; remove it{' or' if not fewer else ','} "
                f"add rows of it{fewer}",
                of_folds=True,
            )

    def _check_classes(self, parts: Sequence[str], left: Sequence[int]) -> None:
        """Raise `DivisionError` for a class with too few rows for every part."""
        rows = zip(self.classes, self.sizes, left, strict=True) if parts else ()
        few = [(label, size) for label, size, rest in rows if size <= len(parts) or not rest]
        if few and self.set_aside is None:
            label, size = few[0]
            purposes = purposes_of(parts)
            unset = " and ".join(f"data.{part}: 0" for part in parts)
            raise DivisionError(
                f"{self.name}: class {label!r} has {count(size, 'row')}, too few to {purposes} "
                f"with; remove it, add rows of it, or set {unset}"
            )


_MOST_NAMED = 5
_PURPOSES = {"test": "test", "validation": "validate"}


def purposes_of(parts: Iterable[str]) -> str:
    """Return the purposes of some parts and the training rows, such as ``test and train``."""
    others = ", ".join(_PURPOSES[part] for part in parts)
    return f"{others} and train" if others else "train"


def row_count(share: int | float, rows: int) -> int:
    """Return how many of `rows` rows a number (int) or fraction (float) in a config means."""
    return share if isinstance(share, int) else round(share * rows)


def division_of(
    rows: Split, shares: Mapping[str, Share], classes: Sequence[str], name: str
) -> Division:
    """Return the `Division` of some rows; parameters are as for `divide`."""
    sizes = [len(rows)]
    if classes:
        sizes = np.bincount(rows.targets[rows.rows], minlength=len(classes)).tolist()
    return Division(name, sizes, shares, classes)
