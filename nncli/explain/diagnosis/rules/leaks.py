"""A rule about columns that give the target away."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
from nncli.base.words import count, listed
from nncli.data.dataset import OF_CLASSES, Dataset
from nncli.data.splits import UNSEEN_FIRST, Rows
from nncli.data.tables.leaks import predicting, some_of
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.explain.diagnosis.rules.linear_fit import fitted_score
from nncli.explain.diagnosis.rules.row_numbers import columns_of_numbers

# If the other columns do as well without it, a column gives nothing away: in clusters that lie far
# apart, most columns separate them. On real tables, a linear model rarely gets this far.
_EASY = 0.99
_MOST_LEAKS = 0.5  # of the columns
_FEWEST_UNSEEN = 30  # otherwise a third of the training rows is held back
_MOST_FITTED = 2000
_MOST_CELLS = 4_000_000  # in the search for columns: below a second
_FEWEST_OF_CLASS = 5  # a few rows of a rare class can lie apart by chance


def predicts_alone(case: Case) -> Iterator[Evidence]:
    """Find columns that alone predict the target, and that the other columns cannot replace."""
    data = case.dataset
    columns = _columns(data)
    if len(columns) < 2 or data.images or data.features or _has_rare_class(data):
        return  # features are chosen one by one
    names = [*data.leaks] if data.encoding else _of_arrays(data, columns)
    if not names:
        return
    numbers = {at for at, _ in columns_of_numbers(case)}  # N035 says why they tell the target
    columns = {name: own for name, own in columns.items() if numbers.isdisjoint(own)}
    names = [name for name in names if name in columns]
    if not names:
        return
    others = [place for name, own in columns.items() if name not in names for place in own]
    score, rows = _score_of(data, others) if others else (1.0, 0)
    is_easy = score >= _EASY or len(names) > _MOST_LEAKS * len(columns)
    if is_easy and not any(_is_copy(data, columns[name]) for name in names):
        return
    yield Evidence(
        _evidence(data, names, score, rows),
        "the value is known only after the target is, or the target was computed from it, so that "
        "it is missing where the model is used",
        *_advice(case, names),
    )


def _columns(data: Dataset) -> Mapping[str, Sequence[int]]:
    """Return the inputs of each column, by name."""
    if not data.encoding:
        return {name: [place] for place, name in enumerate(data.columns)}
    found, start = {}, 0
    for column in data.encoding.by_plain_names.columns:
        found[column.name] = range(start, start + len(column.inputs))
        start += len(column.inputs)
    return found


def _has_rare_class(data: Dataset) -> bool:
    train = data.splits["train"]
    if not train.of_classes:
        return False
    numbers = np.bincount(train.targets[train.rows])
    return bool(numbers[numbers > 0].min() < _FEWEST_OF_CLASS)


def _of_arrays(data: Dataset, columns: Mapping[str, Sequence[int]]) -> list[str]:
    """Return the columns that alone predict the target in the training and in all rows."""
    rows = data.splits["train"].rows
    found = _predicting(data, columns, rows)
    own = data.splits["train"].inputs
    unseen = [each.rows for each in data.splits.values() if each.inputs is own]
    known = {name: columns[name] for name in found}
    return _predicting(data, known, np.unique(np.concatenate(unseen))) if found else []


def _predicting(data: Dataset, columns: Mapping[str, Sequence[int]], rows: Rows) -> list[str]:
    split = data.splits["train"]
    some = some_of(rows)
    some = some[:: -(-len(some) * len(columns) // _MOST_CELLS)]
    inputs = take_rows(split.inputs, some).astype(np.float64)
    cells = {name: inputs[:, own[0]] for name, own in columns.items()}
    is_regression = data.task == "regression"
    return [*predicting(cells, take_rows(split.targets, some), of_numbers=is_regression)]


def _score_of(data: Dataset, inputs: Sequence[int]) -> tuple[float, int]:
    """Return how well a linear model of some inputs does on rows it has not seen; their number."""
    train = data.splits["train"]
    fit = train.rows[:: -(-len(train) // _MOST_FITTED)]
    unseen = next(
        (data.splits[name] for name in UNSEEN_FIRST[:-1] if name in data.splits),
        train.part(fit[:0]),
    )
    if len(unseen) < _FEWEST_UNSEEN:
        order = np.random.default_rng(0).permutation(len(fit))
        unseen, fit = train.part(fit[order[::3]]), np.delete(fit, order[::3])
    tell = unseen.part(unseen.rows[:: -(-len(unseen) // _MOST_FITTED)])
    known = _taken(train.inputs, fit, inputs), take_rows(train.targets, fit)
    asked = _taken(tell.inputs, tell.rows, inputs), take_rows(tell.targets, tell.rows)
    return fitted_score(*known, *asked), len(tell)


def _taken(array: NDArray[Any], rows: Rows, inputs: Sequence[int]) -> NDArray[np.float64]:
    return take_rows(array, rows)[:, list(inputs)].astype(np.float64)


def _is_copy(data: Dataset, inputs: Sequence[int]) -> bool:
    """Return whether a column has no more values than there are classes."""
    train = data.splits["train"]
    values = np.unique(_taken(train.inputs, some_of(train.rows), inputs), axis=0)
    return 0 < len(values) <= max(2, len(data.classes)) and data.task != "regression"


def _evidence(data: Dataset, names: Sequence[str], score: float, rows: int) -> str:
    tell = "alone predicts" if len(names) == 1 else "each alone predict"
    has_several = len(data.targets) > 1
    found = (
        f"{listed(names)} {tell} {'one of ' * has_several}{listed(data.targets)} in nearly all of "
        f"{count(len(data.splits['train']), 'training row')}"
    )
    if not rows:
        return found
    measure = "accuracy" if data.task in OF_CLASSES else "R²"
    for_one = " for the target that they tell least" if has_several else ""
    return (
        f"{found}; a linear model of all other columns has an {measure} of {score:.2g} on "
        f"{count(rows, 'other row')}{for_one}"
    )


def _advice(case: Case, names: Sequence[str]) -> tuple[Change | None, str]:
    dropped = getattr(case.config.data, "drop", None)
    if dropped is None:
        are = "it is" if len(names) == 1 else "they are"
        return None, f"remove {listed(names)} from the inputs, unless {are} known before the target"
    return Change("data.drop", [*dropped, *names]), ""
