"""Warnings about targets that can be learned, but look wrong."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import row_blocks
from nncli.base.words import listed, on_one_line, yaml_word
from nncli.data.files.numerals import is_blank_word
from nncli.data.splits import Rows
from nncli.data.tables.targets import Targets

_FEWEST_ONE_HOT = 3
_MOST_GROUPS = 3
_WIDTH = 60


def target_notes(
    name: str,
    targets: Targets,
    values: NDArray[Any],
    train: Rows,
    *,
    chosen: bool,
    remedy: str = "combine them into one column of class names",
) -> Iterator[str]:
    """Yield a line about each possible problem with the targets of some rows.

    Parameters
    ----------
    name : str
        Name of the file or data, for messages.
    values : array
        Targets of all rows, from `Targets.values`.
    train : array of int
        Training rows.
    chosen : bool
        Whether the user set the task.
    remedy : str
        How to convert labels to classes.
    """
    if targets.classes:
        yield from _alike(name, targets.classes)
        yield from _blank_words(name, targets)
        return
    first = values[train[:1]]
    same = np.ones(values.shape[1], np.bool_)
    for _, block in row_blocks(values, train):
        same &= (block == first).all(axis=0)
    if constant := [each for each, is_same in zip(targets.names, same, strict=True) if is_same]:
        yield (
            f"{name}: target {listed(constant)} never changes in the training rows; nothing can be "
            "learned from it"
        )
    several = targets.task == "multilabel" and values.shape[1] >= _FEWEST_ONE_HOT
    if several and not chosen and _has_one_1(values):
        yield (
            f"{name}: exactly one of the {values.shape[1]} labels is 1 in every row, like one-hot "
            f"classes; {remedy}, or set data.task: multilabel if labels are meant"
        )


def _has_one_1(labels: NDArray[Any]) -> bool:
    return all((block.sum(axis=1) == 1).all() for _, block in row_blocks(labels))


def category_notes(name: str, categories: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield a line if categories of a column are easily confused, given those of each column."""
    found = [f"{column}: {group}" for column, each in categories.items() for group in _groups(each)]
    if found:
        more = f" and {len(found) - _MOST_GROUPS} more" if len(found) > _MOST_GROUPS else ""
        yield (
            f"{name}: categories differ only in case, white space or Unicode form: "
            f"{', '.join(found[:_MOST_GROUPS])}{more}; spell them alike if they are the same "
            "category"
        )


def _groups(names: Sequence[str]) -> list[str]:
    """Return the groups of names that are easily confused."""
    groups = defaultdict(list)
    for each in names:
        groups[_bare(each)].append(each)
    return [_shown(group) for group in groups.values() if len(group) > 1]


def _alike(name: str, classes: Sequence[str]) -> Iterator[str]:
    """Yield a line if names of classes are easily confused."""
    if found := _groups(classes):
        more = f" and {len(found) - _MOST_GROUPS} more" if len(found) > _MOST_GROUPS else ""
        yield (
            f"{name}: classes differ only in case, white space or Unicode form: "
            f"{', '.join(found[:_MOST_GROUPS])}{more}; spell them alike if they are the same class"
        )


def _blank_words(name: str, targets: Targets) -> Iterator[str]:
    """Yield a line about classes that may mean a missing target."""
    words = [each for each in targets.classes if is_blank_word(each)]
    if words:
        yield (
            f"{name}: column {targets.names[0]}: {listed(words)} is treated as a class; if it "
            f"means a missing value, set data.blanks: [{', '.join(map(yaml_word, words))}]"
        )


def _bare(text: str) -> str:
    """Return a text in lower case and Unicode NFD, without white space or invisible characters."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    visible = (each for each in folded if unicodedata.category(each) != "Cf")
    return "".join("".join(visible).split())


def _shown(names: Sequence[str]) -> str:
    """Return names, with escapes if they would look the same."""
    look = {" ".join(unicodedata.normalize("NFC", each).split()) for each in names}
    quoted = map(repr if len(look) == len(names) else ascii, names)
    return " = ".join(on_one_line(each, _WIDTH) for each in quoted)
