"""Split rows into training, validation and test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nncli.base.random_streams import Stream
from nncli.base.words import count, listed
from nncli.data.division import (
    Division,
    DivisionError,
    Fold,
    Share,
    division_of,
)
from nncli.data.drawing import Rules, fold_out, hold_out, last_out, strata_of
from nncli.data.splits import Rows, Split
from nncli.data.whole_groups import fold_out_groups, hold_out_groups


def divide(
    rows: Split,
    shares: Mapping[str, Share],
    seed: int,
    classes: Sequence[str],
    name: str,
    fold: Fold | None = None,
    rules: Rules | None = None,
) -> dict[str, Rows]:
    """Split all rows of a file into ``train`` and the parts that `shares` and `fold` request.

    Test rows are taken first, so that they are the same for every fold, then those of the fold,
    ``held_out``, then validation rows.

    Parameters
    ----------
    shares : mapping of ``test`` and ``validation`` to `Share`
    classes : sequence of str
        Names of the classes, for messages; empty if the targets are numbers.
    name : str
        Name of the file, for messages.
    rules : Rules, optional

    Raises
    ------
    DataError
        As for `Division.training_rows`.
    """
    if rules and (rules.groups is not None or rules.times is not None):
        return divide_whole(rows, shares, seed, classes, name, fold, rules)
    division, aside = division_of(rows, shares, classes, name), rows.rows[:0]
    if classes and rules and rules.rare != "error":
        rare = division.too_rare(fold.of if fold else None)
        if rare:
            rules.note(f"{division.about_rare(rare, fold)}; {_all_train(division, rare)}")
            is_rare = np.isin(rows.targets[rows.rows], rare)
            rows, aside = rows.part(rows.rows[~is_rare]), rows.rows[is_rare]
        division = division.without_classes(rare)
    division.training_rows(fold)
    strata = strata_of(rows.targets, stratify=True) if rules and rules.stratify else None
    rest, divided = rows, dict[str, Rows]()
    for part, taken in division.parts(fold).items():
        if part == "held_out" and fold is not None:
            rest, chosen = fold_out(rest, fold, seed, strata)
        elif part in _STREAMS and any(taken):
            rest, chosen = hold_out(rest, sum(taken), seed, _STREAMS[part], strata)
        else:
            continue
        divided[part] = chosen.rows
    train = np.sort(np.concatenate([rest.rows, aside])) if len(aside) else rest.rows
    return {"train": train, **divided}


def divide_whole(
    rows: Split,
    shares: Mapping[str, Share],
    seed: int,
    classes: Sequence[str],
    name: str,
    fold: Fold | None,
    rules: Rules,
) -> dict[str, Rows]:
    """Split rows as whole groups, or by time; otherwise as `divide`.

    Raises
    ------
    DataError
        If no training row is left, in total or, where that is an error, of a class; and for folds
        by time.
    """
    if fold is not None and rules.times is not None:
        raise DivisionError(
            f"{name}: data.time splits rows by time, but folds hold out rows of any time; remove "
            "one of them",
            of_folds=True,
        )
    parts = Division(name, [len(rows)], shares, of_classes=bool(classes)).parts(fold)
    strata = strata_of(rows.targets, stratify=rules.stratify)
    rest, divided = rows, dict[str, Rows]()
    asked = [part for part in parts if part != "train"]
    for place, part in enumerate(asked, 1):
        (wanted,) = parts[part]
        if rules.groups is None:
            rest, chosen = last_out(rest, wanted, np.asarray(rules.times))
        else:
            leave = 1 + len(asked) - place
            if fold and part == "test":
                leave += fold.of - 2
            needed = fold.of if fold and part == "held_out" else 1 + leave
            _check_groups(rules.groups[rest.rows], needed, asked, name, fold)
            if fold and part == "held_out":
                rest, chosen = fold_out_groups(rest, fold, seed, strata, rules.groups)
            else:
                rest, chosen = hold_out_groups(
                    rest, wanted, seed, _STREAMS[part], strata, rules.groups, leave
                )
        divided[part] = chosen.rows
    if classes:
        _check_trained(rows, rest, classes, name, rules)
    return {"train": rest.rows, **divided}


def _check_groups(
    groups: Rows, needed: int, parts: Sequence[str], name: str, fold: Fold | None
) -> None:
    """Raise `DivisionError` if there are too few groups."""
    found = len(np.unique(groups))
    if found >= needed:
        return
    sets = [part for part in parts if part in _STREAMS]
    *others, last = [f"a {each} set" for each in sets] + [
        f"{fold.of} folds" if fold else "training rows"
    ]
    users = f"{', '.join(others)} and {last}" if others else last
    fewer = "fewer training.folds" if fold else " or ".join(f"data.{part}: 0" for part in sets)
    raise DivisionError(
        f"{name}: data.group has {count(found, 'group')}; {users} need {needed}; set {fewer}, or "
        "add groups",
        of_folds=fold is not None,
    )


def _check_trained(
    rows: Split, train: Split, classes: Sequence[str], name: str, rules: Rules
) -> None:
    """Warn about classes without a training row, or refuse them."""
    known = np.unique(rows.targets[rows.rows])
    gone = [classes[each] for each in np.setdiff1d(known, train.targets[train.rows])]
    if not gone:
        return
    key = "group" if rules.times is None else "time"
    text = f"{name}: in the split by data.{key}, no training row has the class {listed(gone)}"
    if rules.rare == "error":
        raise DivisionError(f"{text}; reduce data.test and data.validation, or remove data.{key}")
    rules.note(f"{text}; it cannot be learned")


def _all_train(division: Division, rare: Sequence[int]) -> str:
    """Return a sentence about the rows of rare classes, all used for training, and a remedy."""
    rows, they_are, them = "all their rows are training rows", "they are", "them"
    if len(rare) == 1:
        they_are, them = "it is", "it"
        is_alone = division.sizes[rare[0]] == 1
        rows = "its row is a training row" if is_alone else "all its rows are training rows"
    return (
        f"{rows}, so no test row measures how well {they_are} predicted; to leave {them} out, set "
        "data.rare: drop"
    )


def divide_alike(
    rows: Split, seed: int, classes: Sequence[str], name: str, fold: Fold | None
) -> dict[str, Split]:
    """Return all rows as both training and test rows; with a fold, hold out its rows."""
    if fold is None:
        return {"train": rows, "test": rows}
    divided = divide(rows, {}, seed, classes, name, fold)
    return {part: rows.part(each) for part, each in divided.items()}


_STREAMS = {"test": Stream.TEST_SPLIT, "validation": Stream.VALIDATION_SPLIT}
