"""Curves of training as text: one line of block characters per metric."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import isfinite, log

from nncli.base.arguments import unexpected
from nncli.metrics.names import rises, split_and_metric
from nncli.training.observers.wording import SHORT_NAMES, short

BLOCKS = "▁▂▃▄▅▆▇█"

_MOST_POINTS = 38  # with the longest name and two numbers, a line fits 80 columns
_FEWEST_VALUES = 4  # the lines of fewer epochs show as much
_WIDE_RANGE = 100  # largest by smallest value: on a linear scale, the rest would look like zero


class Curve:
    """The values of a metric over the epochs, as at most 38 means of neighbors.

    Attributes
    ----------
    first, last : float
    count : int
        Number of values.
    """

    def __init__(self, values: Sequence[float] = ()) -> None:
        self.first = self.last = 0.0
        self.count = 0
        self._means: list[float] = []
        self._sum, self._summed, self._each = 0.0, 0, 1
        self.extend(values)

    def extend(self, values: Sequence[float]) -> None:
        """Add the values of the next epochs; many at once take less time."""
        if not values:
            return
        self.first = self.first if self.count else values[0]
        self.last = values[-1]
        self.count += len(values)
        at = 0
        while at < len(values):
            part = values[at : at + self._each - self._summed]
            at += len(part)
            self._sum += sum(part)
            self._summed += len(part)
            if self._summed == self._each:
                self._complete_mean()

    def _complete_mean(self) -> None:
        self._means.append(self._sum / self._each)
        self._sum, self._summed = 0.0, 0
        if len(self._means) == _MOST_POINTS:
            pairs = [*pairwise(self._means)][::2]
            self._means = [first / 2 + second / 2 for first, second in pairs]
            self._each *= 2

    @property
    def points(self) -> list[float]:
        """The means; the last one may be of fewer values."""
        rest = [self._sum / self._summed] if self._summed else []
        return [*self._means, *rest]


def curves(history: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the curves of a training history as lines of block characters, to print.

    There is a line for the training loss and for each metric of the validation rows, with its first
    and its last value. Losses and errors over a wide range have a logarithmic scale.

    Parameters
    ----------
    history : dict of str to list
        History as in ``Result.history``.

    Returns
    -------
    list of str
        Lines; none for less than four epochs.

    Raises
    ------
    UsageError
        If `history` is not a dict of numbers.
    """
    try:
        names = shown_metrics(map(str, history.keys()))
        values = {name: [*map(float, history[name])] for name in names}
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise unexpected("history", history, "the history of a result") from error
    return curve_lines({name: Curve(each) for name, each in values.items()})


def sparkline(values: Sequence[float]) -> str:
    """Return one block character per value, from the smallest to the largest."""
    low, high = min(values), max(values)
    size = (high - low) or 1.0
    return "".join(BLOCKS[min(int((value - low) / size * 8), 7)] for value in values)


def shown_metrics(names: Iterable[str]) -> list[str]:
    """Return the metrics whose curves are shown, of the columns of a history."""
    return [name for name in names if name == "train_loss" or name.startswith("validation_")]


def curve_lines(curves: Mapping[str, Curve]) -> list[str]:
    """Return a line for each metric that has at least four values, all of them finite."""
    drawn = {
        _label(name): _drawn(curve, falls=not rises(split_and_metric(name)[1]))
        for name, curve in curves.items()
        if curve.count >= _FEWEST_VALUES and _is_finite(curve.points)
    }
    width = max(map(len, drawn), default=0)
    longest = max((len(line) for line, _ in drawn.values()), default=0)
    return [
        f"{label:<{width}}  {line:<{longest}}  {words}" for label, (line, words) in drawn.items()
    ]


def _is_finite(points: Sequence[float]) -> bool:
    return all(map(isfinite, points)) and isfinite(max(points) - min(points))


def _drawn(curve: Curve, *, falls: bool) -> tuple[str, str]:
    """Return the curve, and its first and last value."""
    points, words = curve.points, f"{short(curve.first)} to {short(curve.last)}"
    if falls and min(points) > 0 and max(points) / min(points) > _WIDE_RANGE:
        return sparkline([*map(log, points)]), f"{words} (log)"
    return sparkline(points), words


def _label(name: str) -> str:
    split, metric = split_and_metric(name)
    return f"{SHORT_NAMES.get(split, split)} {metric}"
