"""A rule about inputs that only number the rows.

Tables leave such columns out by themselves. They are inputs only if ``data.columns`` names them, if
the numbers are not in order, or if rows passed in Python have them.
"""

from collections.abc import Iterator

import numpy as np

from nncli.base.words import listed
from nncli.data.splits import Split
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Evidence
from nncli.explain.diagnosis.rules.numbering import numbering_columns
from nncli.explain.diagnosis.rules.seen import trains
from nncli.explain.diagnosis.spread import spread

_SAMPLE = 1000
_PARTS = 10
_HUGE = 1000.0
"""As the network sees it. Up to 120, leaving the number out lowered the loss for 8 of 10 seeds."""

_RELATED, _BY_CHANCE = 0.2, 3 * (_PARTS - 1)
"""Fraction of the variance of targets between parts of the file; by chance it is 9 / rows."""


def row_numbers(case: Case) -> Iterator[Evidence]:
    """Find inputs that only number the rows."""
    data, settings = case.dataset, case.config.data
    for at, what in columns_of_numbers(case):
        name = str(data.columns[at])
        change = Change("data.drop", [*getattr(settings, "drop", ()), name])
        train = data.splits["train"]
        least = max(_RELATED, _BY_CHANCE / len(train))
        is_related = _share_between_parts(train, at) > least
        # Without a number that tells the targets, the score becomes honest, not better. A small
        # number does little harm.
        helps = float(np.abs(case.start.X[:, at]).max()) > _HUGE and not is_related
        is_table = data.encoding is not None
        yield Evidence(
            f"column {listed([name])} {what}",
            "the rows are in the order of the targets, so their numbers tell the targets of this "
            "file, but not those of new rows"
            if is_related
            else "a row number says nothing about its row; the network can only use it to memorize",
            change if is_table and helps else None,
            f"set {change}" if is_table else f"remove column {listed([name])} from the inputs",
        )


def columns_of_numbers(case: Case) -> Iterator[tuple[int, str]]:
    """Yield the place of each input that only numbers the rows, and what shows it."""
    data, settings = case.dataset, case.config.data
    if not trains(case) or not settings.is_own or data.features:
        return  # features are chosen one by one
    for at, what in numbering_columns(data):
        if str(data.columns[at]) != getattr(settings, "time", None):
            yield at, what


def _share_between_parts(train: Split, at: int) -> float:
    """Return the fraction of the variance of targets that is between ten parts of the rows.

    The parts are equal, and ordered by the column. Of several targets, the largest counts.
    """
    rows = np.unique(train.rows[spread(len(train), _SAMPLE)])
    T = train.targets[rows]
    if train.of_classes:
        T = (T[:, np.newaxis] == np.unique(T)).astype(np.float64)
    order = np.argsort(train.inputs[rows, at], kind="stable")
    T = T[order] - T.mean(axis=0)
    total = np.square(T).sum(axis=0)
    parts = np.array_split(T, _PARTS)
    between = sum(len(part) * np.square(part.mean(axis=0)) for part in parts)
    varies = total > 0
    return float(np.max(np.asarray(between)[varies] / total[varies], initial=0.0))
