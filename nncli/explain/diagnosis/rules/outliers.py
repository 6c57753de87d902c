"""Find columns that scaling makes tiny, as a few values are far from all others."""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import is_large
from nncli.base.words import count, listed
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence

Numbers = NDArray[np.float64]

_FEWEST_ROWS = 20
_NARROW = 0.02
"""Width of 90% of the values as the network sees them.

Scaled by its standard deviation, a normal distribution has 3.3, four real tables have 2.3 or more,
and a log-normal distribution with sigma 3 has 0.1; scaled by their range, the tables have 0.19 or
more. With a standard deviation of 0.03, and so a width of 0.1, nothing was learned (see `inputs`).
"""

_DIFFERENT = 10  # values, so that it is not a column that is nearly always the same
_FAR = 20  # widths from the median
_FEW = 0.01
_MOST_BLANKS = 3

_MANY_COLUMNS = 10
"""Then the network may do without one: in "loanapp", two of 57 made no difference."""

_ISOLATED = 10  # times as far as all nearer values: numbers of a long tail are closer to each other
# Such as 9999, -777, 9998, 100000 and 1e+30: written for a missing value. Others may be right.
_CODE = re.compile(r"-?((\d)\2+|99+\d|10+|1e\+\d+)")

_WIDTH = Condition(
    "q95 - q5 < 0.02",
    r"q_{95} - q_5 < 0.02",
    "q5, q95: the values of the column, as the network sees it, below which 5% and 95% are",
)


def crushed_columns(case: Case) -> Iterator[Evidence]:
    """Find columns of which nearly all values are nearly the same for the network."""
    data = case.dataset
    train, X = data.splits["train"], case.start.X.astype(np.float64)
    if len(X) < _FEWEST_ROWS or is_large(train.inputs) or not np.isfinite(X).all():
        return
    if data.features:  # a remedy for a column may not suit all of its features
        return
    low, high = np.percentile(X, [5, 95], axis=0)
    for at in np.flatnonzero((high > low) & (high - low < _NARROW)):
        inner = X[(X[:, at] >= low[at]) & (X[:, at] <= high[at]), at]
        if len(np.unique(inner)) < _DIFFERENT:
            continue
        values = train.inputs[train.rows, at].astype(np.float64)
        far = _far(values)
        if not 0 < len(far) <= _FEW * len(values):
            continue
        named, change = listed([data.columns[int(at)]]), _blanks(case, int(at), values)
        is_, several = ("is", "") if len(far) == 1 else ("are", ", ...")
        these = f"value{'' if len(far) == 1 else 's'} that {is_}"
        yield Evidence(
            f"90% of the values of column {named} are within {high[at] - low[at]:.2g} as the "
            f"network sees it, as {count(len(far), 'value')} {is_} far from them: "
            f"{far[0]:g}{several}",
            f"data.scale: {case.config.data.scale.name} makes room for the {these} far "
            "from all others, so the network cannot tell the others apart",
            change,
            f"correct the {these} far from all others in column {named}, or if correct, "
            "replace the column by its logarithm",
            _WIDTH,
            "hint" if len(data.columns) > _MANY_COLUMNS else None,
        )


def _far(values: Numbers) -> Numbers:
    """Return the values that are far from all others, the farthest first."""
    low, middle, high = np.percentile(values, [5, 50, 95])
    away = np.abs(values - middle)
    order = np.argsort(-away, kind="stable")
    return np.asarray(values[order][away[order] > _FAR * (high - low)])


def _blanks(case: Case, at: int, values: Numbers) -> Change | None:
    """Return the setting that makes codes in a column missing, if no other column has them."""
    data, settings = case.dataset, case.config.data
    enough = (each for each in _isolated(values) if _are_apart(case, np.setdiff1d(values, each)))
    codes = next(enough, None)
    if data.encoding is None or codes is None:
        return None
    if not all(_CODE.fullmatch(f"{each:.15g}") for each in codes):
        return None
    train = data.splits["train"]
    others = np.delete(train.inputs, at, axis=1)
    if np.isin(others, codes).any() or np.isin(train.targets, codes).any():
        return None
    words = [*getattr(settings, "blanks", ())]
    return Change("data.blanks", words + [_as_written(each) for each in codes.tolist()])


def _isolated(values: Numbers) -> Iterator[Numbers]:
    """Yield the few values that are far from all nearer ones, first the farthest alone."""
    different = np.unique(values)
    distances = np.abs(different - np.median(values))
    order = np.argsort(-distances, kind="stable")
    away = distances[order]
    for number in range(1, min(_MOST_BLANKS, len(away) - 1) + 1):
        if away[number - 1] >= _ISOLATED * away[number]:
            yield np.sort(different[order[:number]])


def _are_apart(case: Case, values: Numbers) -> bool:
    """Return whether scaling leaves nearly all of the different values apart."""
    low, high = np.percentile(values, [5, 95])
    is_standard = case.config.data.scale.name == "standard"
    size = values.std() if is_standard else np.ptp(values)
    return bool(high - low >= _NARROW * size)


def _as_written(value: float) -> int | float:
    return int(value) if value.is_integer() else value
