"""What looks wrong with targets that can be learned: a line each."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
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
    remedy: str = "make one column of the names of the classes",
) -> Iterator[str]:
    """Yield what looks wrong with the targets of some rows.

    Parameters
    ----------
    name : str
        What they are from, for messages.
    values : array
        Those of all rows, as `Targets.values` gives them.
    train : array of int
        The training rows.
    chosen : bool
        Whether the user has said what the task is.
    remedy : str
        How to make classes of labels.
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
            f"{name}: the target {listed(constant)} never changes in the training rows; nothing "
            "can be learned from it"
        )
    several = targets.task == "multilabel" and values.shape[1] >= _FEWEST_ONE_HOT
    if several and not chosen and _has_one_1(values):
        yield (
            f"{name}: exactly one of the {values.shape[1]} labels is 1 in every row, as of one-hot "
            f"classes; {remedy}, or say data.task: multilabel if labels are meant"
        )


def _has_one_1(labels: NDArray[Any]) -> bool:
    return all((block.sum(axis=1) == 1).all() for _, block in row_blocks(labels))


def _alike(name: str, classes: Sequence[str]) -> Iterator[str]:
    """Yield a line if classes have names that a reader may take for the same."""
    groups = defaultdict(list)
    for each in classes:
        groups[_bare(each)].append(each)
    found = [_shown(group) for group in groups.values() if len(group) > 1]
    if found:
        more = f" and {len(found) - _MOST_GROUPS} more" if len(found) > _MOST_GROUPS else ""
        yield (
            f"{name}: classes differ only in case, white space or Unicode form: "
            f"{', '.join(found[:_MOST_GROUPS])}{more}; write them alike if they mean the same"
        )


def _blank_words(name: str, targets: Targets) -> Iterator[str]:
    """Yield a line about classes that might stand for a target that is not known."""
    words = [each for each in targets.classes if is_blank_word(each)]
    if words:
        yield (
            f"{name}: column {targets.names[0]}: {listed(words)} is a class like any other; if it "
            f"stands for what is not known, say data.blanks: [{', '.join(map(yaml_word, words))}]"
        )


def _bare(text: str) -> str:
    """Return a text without white space and invisible characters, in lower case and one form."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    visible = (each for each in folded if unicodedata.category(each) != "Cf")
    return "".join("".join(visible).split())


def _shown(names: Sequence[str]) -> str:
    """Return names, with escapes where they would look the same."""
    look = {" ".join(unicodedata.normalize("NFC", each).split()) for each in names}
    quoted = map(repr if len(look) == len(names) else ascii, names)
    return " = ".join(on_one_line(each, _WIDTH) for each in quoted)
