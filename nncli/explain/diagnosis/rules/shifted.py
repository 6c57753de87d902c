"""A rule about targets that are shifted by one row against the inputs.

It needs the order of the file, so it compares neighboring training rows with consecutive numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import is_large, take_rows
from nncli.data.dataset import Dataset
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Condition, Evidence
from nncli.explain.diagnosis.rules.linear_fit import Numbers, fitted_score
from nncli.explain.diagnosis.rules.seen import trains
from nncli.explain.diagnosis.spread import spread

Places = NDArray[np.intp]

_FEWEST_PAIRS, _MOST_PAIRS, _MOST_INPUTS = 60, 2000, 200

# Of the gain over the best constant, on other rows than those of the fit. Where rows follow each
# other in time, neighbors are alike, and the own target gains something, too.
_NOTHING, _MUCH = 0.1, 0.5
_BENDS = 150  # random units: enough for rings, whose line gains nothing
_ALONE = 0.8  # a column of earlier targets, in a series, tells them alone

_GAIN = Condition(
    f"g = (score - constant) / (1 - constant), g[own] ≤ {_NOTHING:g}, g[other] ≥ {_MUCH:g}",
    r"g = \frac{\text{score} - \text{constant}}{1 - \text{constant}}, \quad "
    rf"g_\text{{own}} \le {_NOTHING:g}, \quad g_\text{{other}} \ge {_MUCH:g}",
    "g: gain; score: accuracy or R² on other rows; constant: score of the best constant; own, "
    "other: with the target of the same row, and of its neighbor",
)


def shifted_targets(case: Case) -> Iterator[Evidence]:
    """Find targets that the inputs of the next or the previous row tell, not those of their own."""
    data = case.dataset
    train = data.splits["train"]
    if not trains(case) or not case.config.data.is_own or is_large(train.inputs):
        return
    is_one = train.of_classes or train.targets.shape[1] == 1
    if not is_one or not 0 < len(data.columns) <= _MOST_INPUTS:
        return
    own = _compared(data, 0)
    own_gain = own.gain_of_models if own else 1.0
    if own_gain > _NOTHING:
        return
    for offset, place, move in ((1, "next", "up"), (-1, "previous", "down")):
        other = _compared(data, offset)
        gain = other.gain_of_models if other else 0.0
        if other is None or gain < _MUCH or other.gain_of_a_column > _ALONE * gain:
            continue
        yield Evidence(
            f"for the target of the same row of the file, models of the inputs gain "
            f"{max(own_gain, 0.0):.0%}, for that of the {place} row {gain:.0%}",
            "the column of the target is shifted against the inputs, as when a cell is added or "
            "deleted at its top",
            remedy=f"move the target {move} by one row, so that each row has its own",
            formula=_GAIN,
        )
        return


@dataclass(frozen=True)
class _Compared:
    """Inputs of some rows and targets of others; models of the first `known` try the rest."""

    X: Numbers
    T: NDArray[Any]
    known: int
    constant: float

    @property
    def gain_of_models(self) -> float:
        """What a line gains, or one with bends if that is more."""
        return max(self._gain(self.X), self._gain(_with_bends(self.X)))

    @property
    def gain_of_a_column(self) -> float:
        """What a line gains from the best column alone."""
        return max(self._gain(self.X[:, [at]]) for at in range(self.X.shape[1]))

    def _gain(self, X: Numbers) -> float:
        at = self.known
        score = fitted_score(X[:at], self.T[:at], X[at:], self.T[at:])
        return (score - self.constant) / (1 - self.constant)


def _compared(data: Dataset, offset: int) -> _Compared | None:
    """Return inputs of training rows with targets `offset` rows further down; None if too few."""
    split = data.splits["train"]
    first, second = _pairs(data, offset)
    if len(first) < _FEWEST_PAIRS:
        return None
    order = np.random.default_rng(0).permutation(len(first))
    X = take_rows(split.inputs, split.rows[first[order]]).astype(np.float64)
    T = take_rows(split.targets, split.rows[second[order]])
    known = 2 * len(X) // 3
    truth = T[known:]
    constant = float(np.bincount(truth).max() / len(truth)) if split.of_classes else 0.0
    return _Compared(X, T, known, constant) if constant < 1 else None


def _pairs(data: Dataset, offset: int) -> tuple[Places, Places]:
    """Return places of training rows, and those of the rows that are `offset` further down."""
    numbers = data.row_numbers("train").astype(np.int64)
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    at = np.minimum(np.searchsorted(ordered, numbers + offset), len(numbers) - 1)
    first = np.flatnonzero(ordered[at] == numbers + offset)
    some = first[spread(len(first), _MOST_PAIRS)]
    return some, order[at[some]]


def _with_bends(X: Numbers) -> Numbers:
    """Return inputs together with random relu units."""
    deviation = X.std(axis=0)
    scaled = (X - X.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    random = np.random.default_rng(0)
    weights = random.normal(size=(X.shape[1], _BENDS)) / np.sqrt(X.shape[1])
    bends = np.maximum(scaled @ weights + random.normal(size=_BENDS), 0.0)
    return np.hstack([scaled, bends])
