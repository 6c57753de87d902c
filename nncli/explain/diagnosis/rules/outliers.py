"""Find columns that scaling makes tiny, as a few values are far from all others."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import is_large
from nncli.base.words import count, listed
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.nn.entries import Formula

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

_WIDTH = Formula("width = q95 - q5", r"\text{width} = q_{95} - q_5")


def crushed_columns(case: Case) -> Iterator[Evidence]:
    """Find columns of which nearly all values are nearly the same for the network."""
    data = case.dataset
    train, X = data.splits["train"], case.start.X.astype(np.float64)
    if len(X) < _FEWEST_ROWS or is_large(train.inputs) or not np.isfinite(X).all():
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
        named, change = listed([data.columns[int(at)]]), _blanks(case, int(at), far)
        is_, several = ("is", "") if len(far) == 1 else ("are", ", ...")
        yield Evidence(
            f"90% of the values of column {named} are within {high[at] - low[at]:.2g} as the "
            f"network sees it, as {count(len(far), 'value')} {is_} far from them: "
            f"{far[0]:g}{several}",
            f"data.scale: {case.config.data.scale.name} makes room for values that are far from "
            "all others, so the network cannot tell the others apart",
            change,
            f"correct the values of column {named} that are far from all others, or "
            "replace the column by its logarithm",
            formula=_WIDTH,
        )


def _far(values: Numbers) -> Numbers:
    """Return the values that are far from all others, the farthest first."""
    low, middle, high = np.percentile(values, [5, 50, 95])
    away = np.abs(values - middle)
    order = np.argsort(-away, kind="stable")
    return np.asarray(values[order][away[order] > _FAR * (high - low)])


def _blanks(case: Case, at: int, far: Numbers) -> Change | None:
    """Return the setting that makes a few values of a table missing, if no other cell has them."""
    data, settings = case.dataset, case.config.data
    different = np.unique(far)
    if data.encoding is None or len(different) > _MOST_BLANKS:
        return None
    train = data.splits["train"]
    others = np.delete(train.inputs, at, axis=1)
    if np.isin(others, different).any() or np.isin(train.targets, different).any():
        return None
    words = [*getattr(settings, "blanks", ())]
    return Change("data.blanks", words + [_as_written(each) for each in different])


def _as_written(value: float) -> int | float:
    return int(value) if value.is_integer() else value
