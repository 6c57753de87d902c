"""A rule about columns that never change."""

from collections.abc import Iterator, Sequence

import numpy as np

from nncli.base.storage.mapping import is_large, row_blocks, take_rows
from nncli.base.words import count, listed
from nncli.data.dataset import Dataset
from nncli.data.splits import Rows, Split
from nncli.data.tables.encoding import constant_columns
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.explain.diagnosis.rules.seen import LARGE, trains
from nncli.explain.diagnosis.spread import spread

_FEWEST_ROWS = 20  # fewer examples need not show all values
_MOST_ROWS = 100_000  # of a file that is not in memory
_SPARSE_COLUMNS = 30
_NEARLY_ALL = 0.99  # of the pixels


def constant(case: Case) -> Iterator[Evidence]:
    """Find columns whose inputs are the same in all training rows."""
    data = case.dataset
    split = data.splits["train"]
    if not trains(case) or not case.config.data.is_own or len(split) < _FEWEST_ROWS:
        return
    if data.features:  # chosen one by one
        return
    rows = _checked_rows(split)
    names = [*_constant_names(data, split, rows)]
    in_all = f"in all {count(len(rows), 'training row')}"
    if data.images is not None:
        if len(names) >= _NEARLY_ALL * len(data.columns):
            yield Evidence(
                f"{len(names)} of {count(len(data.columns), 'pixel')} are the same {in_all}",
                "the images are empty, or were read with the wrong size or type",
                remedy="look at the images with nncli data show",
            )
    elif names:
        yield _evidence(case, names, in_all)


def _evidence(case: Case, names: Sequence[str], in_all: str) -> Evidence:
    change = Change("data.drop", [*getattr(case.config.data, "drop", ()), *names])
    has, it = ("has", "it") if len(names) == 1 else ("have", "them")
    never = "it never changes" if len(names) == 1 else "they never change"
    evidence = f"{listed(names)} {has} the same value {in_all}"
    cause = "nothing can be learned from such a column: its weights only act like a bias"
    size = _largest_seen(case, names)
    if size > LARGE:
        evidence += f", {size:.3g} as the network sees it"
        cause += f", but with gradients {size:.3g} times as large"
    if case.dataset.encoding is None:
        return Evidence(evidence, cause, remedy=f"remove {it} from the inputs")
    # A scaled column is 0, and does no harm.
    return Evidence(
        evidence,
        cause,
        change if size > LARGE else None,
        f"find out why {never}, or set {change}",
    )


def _checked_rows(split: Split) -> Rows:
    if not is_large(split.inputs) or len(split) <= _MOST_ROWS:
        return split.rows
    return split.rows[spread(len(split), _MOST_ROWS)]


def _constant_names(data: Dataset, split: Split, rows: Rows) -> Iterator[str]:
    if data.encoding is not None:
        names: Sequence[str] = [*constant_columns(data.encoding, split.inputs, rows)]
        inputs = [each.inputs[0] for each in data.encoding.columns if each.name in names]
    else:
        same = np.ones(len(data.columns), np.bool_)
        first = split.inputs[rows[:1]]
        for _, block in row_blocks(split.inputs, rows):
            same &= (block == first).all(axis=0)
        names = inputs = [data.columns[int(at)] for at in np.flatnonzero(same)]
    some = take_rows(split.inputs, rows[:_FEWEST_ROWS])
    if data.images is None and len(data.columns) >= _SPARSE_COLUMNS and some.min() >= 0:
        # Pixels, counts of words, or marks of categories that these rows do not have.
        places = {name: at for at, name in enumerate(data.columns)}
        names = [
            name for name, each in zip(names, inputs, strict=True) if some[0, places[each]] != 0
        ]
    yield from names


def _largest_seen(case: Case, names: Sequence[str]) -> float:
    """Return the largest magnitude that the network sees in these columns."""
    data, first = case.dataset, np.abs(case.start.X[0].astype(np.float64))
    if data.encoding is None:
        return max(float(first[list(data.columns).index(name)]) for name in names)
    sizes, start = [0.0], 0
    for column in data.encoding.columns:
        end = start + len(column.inputs)
        if column.name in names:
            sizes.append(float(first[start:end].max()))
        start = end
    return max(sizes)
