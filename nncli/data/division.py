"""How many rows of each class test, validate and train."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nncli.base.errors import DataError
from nncli.base.words import count, listed
from nncli.data.drawing import dealt, in_proportion, without
from nncli.data.splits import Split

ROWS_TO_TEST, TEST = 10, 0.2
"""From so many rows on such a fraction of them tests by default; fewer are a lesson or a trial."""

VALIDATION = 0.1
"""The fraction of all rows that validates by default, as `share_to_validate` says."""

ROWS_TO_VALIDATE_CLASSES, ROWS_TO_VALIDATE_NUMBERS = 1500, 5000

Share = int | float | None
"""Rows, or a fraction of all rows; None for what suits their number."""


def share_to_validate(rows: int, *, of_classes: bool) -> float:
    """Return which fraction of all rows validates by default, if so many do not test.

    Of few all train, for a number of steps that is known to be enough: a tenth of them says too
    little about when to stop. Of numbers it says less than of classes.
    """
    enough = ROWS_TO_VALIDATE_CLASSES if of_classes else ROWS_TO_VALIDATE_NUMBERS
    return VALIDATION if rows >= enough else 0


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
    of_classes : bool
        Whether the targets are classes, also where they are divided without regard to them.
    set_aside : int, optional
        Further rows, of classes that are too rare, which train whatever is taken of the others;
        None where such classes are an error.
    """

    name: str
    sizes: Sequence[int]
    shares: Mapping[str, Share]
    classes: Sequence[str] = ()
    of_classes: bool = False
    set_aside: int | None = None

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(self.sizes) + (self.set_aside or 0)

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
            of_classes = self.of_classes or bool(self.classes)
            shares["validation"] = share_to_validate(left, of_classes=of_classes)
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
        parts = self.parts(fold)
        if fold is not None:
            self._check_fold(self._beside_test(parts), fold)
        if self.classes:
            self._check_classes(list(self.counts_beside(fold)), parts["train"])
        return sum(parts["train"]) + (self.set_aside or 0)

    def parts(self, fold: Fold | None = None) -> dict[str, list[int]]:
        """Return how many rows of each class are in each part, ``train`` for what is left.

        Raises
        ------
        DivisionError
            When nothing would be left.
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
        """Return the places of classes with too few rows for every part, the same for all folds.

        Raises
        ------
        DivisionError
            As `parts`, and when it is not for the classes that the others have fewer rows than are
            asked for: those had rows enough for every part.
        """
        each = [Fold(number, folds) for number in range(1, folds + 1)] if folds else [None]
        rare, small = set[int](), set[int]()
        while True:  # without them the others give more rows
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
        """Return it with the rows of some classes set aside."""
        kept = [0 if place in places else size for place, size in enumerate(self.sizes)]
        return replace(self, sizes=kept, set_aside=self.rows - sum(kept))

    def about_rare(self, places: Sequence[int], fold: Fold | None) -> str:
        """Say which classes are too rare, and for what."""
        named = listed([self.classes[place] for place in places], _MOST_NAMED)
        least, *_, most = sorted([self.sizes[place] for place in places] * 2)
        sizes = f"{least}" if least == most else f"{least} to {most}"
        classes = f"the class {named} has" if len(places) == 1 else f"the classes {named} each have"
        purposes = purposes_of(self.counts_beside(fold))
        why = f"to {purposes} with" if fold is None else f"to {purposes} with in {fold.of} folds"
        return f"{self.name}: {classes} {sizes} of the rows, too few {why}"

    def _few(self, fold: Fold | None) -> list[int]:
        """Return the places of the classes with rows, but too few for every part or fold."""
        parts, taken = self.parts(fold), len(self.counts_beside(fold))
        beside, left = self._beside_test(parts), parts["train"]
        return [
            place
            for place, size in enumerate(self.sizes)
            if (taken and size > 0 and (size <= taken or not left[place]))
            or (fold is not None and 0 < beside[place] < fold.of)
        ]

    def _is_short(self, fold: Fold | None) -> bool:
        """Return whether a part has fewer rows than are asked for."""
        parts = self.parts(fold)
        return any(sum(parts[part]) < number for part, number in self.counts_beside(fold).items())

    def _beside_test(self, parts: Mapping[str, Sequence[int]]) -> list[int]:
        return without(self.sizes, parts["test"]) if "test" in parts else list(self.sizes)

    def _taken(self, left: Sequence[int], wanted: int, fold: Fold | None) -> list[int]:
        """Return how many rows of each class are taken, of those that are left."""
        if self.set_aside:  # where they are most of the rows, the others may be too few
            wanted = min(wanted, sum(left) - sum(map(bool, left)))
        elif wanted >= sum(left):
            raise self._nothing_left(fold)
        return in_proportion(left, wanted)

    def _nothing_left(self, fold: Fold | None) -> DivisionError:
        return DivisionError(f"{self._asked(fold)} leave none to train with")

    def _too_few_left(self, fold: Fold | None) -> DivisionError:
        return DivisionError(
            f"{self._asked(fold)} leave too few to train with every class; ask for fewer"
        )

    def _asked(self, fold: Fold | None) -> str:
        """Say how many rows there are, and how many are taken of them."""
        counts = self.counts_beside(fold)
        asked = [f"data.{part}: {self.shares[part] or counts[part]}" for part in counts]
        asked += ["a fold"] if fold else []
        return f"{self.name}: has {count(self.rows, 'row')}, of which {' and '.join(asked)}"

    def _check_fold(self, left: Sequence[int], fold: Fold) -> None:
        """Raise `DivisionError` when there are fewer rows, or rows of a class, than folds."""
        if sum(left) < fold.of:
            rare = " and those of rare classes" if self.set_aside else ""
            raise DivisionError(
                f"{self.name}: has {count(sum(left), 'row')} beside those to test with{rare}, "
                f"fewer than the {fold.of} folds; get more rows, or set a smaller training.folds",
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

    def _check_classes(self, parts: Sequence[str], left: Sequence[int]) -> None:
        """Raise `DivisionError` for a class with too few rows for every part."""
        rows = zip(self.classes, self.sizes, left, strict=True) if parts else ()
        few = [(label, size) for label, size, rest in rows if size <= len(parts) or not rest]
        if few and self.set_aside is None:
            label, size = few[0]
            purposes = purposes_of(parts)
            unset = " and ".join(f"data.{part}: 0" for part in parts)
            raise DivisionError(
                f"{self.name}: the class {label!r} has {size} of the rows, too few to {purposes} "
                f"with; leave it out, get more of its rows, or set {unset}"
            )


_MOST_NAMED = 5
_PURPOSES = {"test": "test", "validation": "validate"}


def purposes_of(parts: Iterable[str]) -> str:
    """Return what rows of some parts, and those left, are to do: ``test and train``."""
    return " and ".join([*(_PURPOSES[part] for part in parts), "train"])


def row_count(share: int | float, rows: int) -> int:
    """Return how many of `rows` a config's number means: rows (int) or a fraction (float)."""
    return share if isinstance(share, int) else round(share * rows)


def division_of(
    rows: Split, shares: Mapping[str, Share], classes: Sequence[str], name: str
) -> Division:
    """Return how rows are divided; parameters are as for `divide`."""
    sizes = [len(rows)]
    if classes:
        sizes = np.bincount(rows.targets[rows.rows], minlength=len(classes)).tolist()
    return Division(name, sizes, shares, classes)
