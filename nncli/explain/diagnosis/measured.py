"""The main metric of a split, how sure it is, and what it gains over the best constant."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from nncli.data.fingerprint import of_training_rows
from nncli.data.splits import UNSEEN_FIRST
from nncli.explain.diagnosis.case import Case
from nncli.metrics.intervals import interval_of_moments, interval_of_share
from nncli.metrics.names import METRICS, rises
from nncli.runs.saved_metrics import SavedSplit


@dataclass(frozen=True)
class Measured:
    """The main metric of a split: accuracy, or mean absolute error.

    Attributes
    ----------
    split, name : str
        Name of the split, and of the metric.
    rows : int
    value : float
    low, high : float
        Ends of its 95 % interval.
    guess : float
        The metric of the best constant guess for these rows.
    """

    split: str
    name: str
    rows: int
    value: float
    low: float
    high: float
    guess: float

    @property
    def gain(self) -> float:
        """How much better than the guess the metric is; negative if it is worse."""
        return self._gain_of(self.value)

    @property
    def least(self) -> float:
        """The gain at the worse end of the interval."""
        return min(self._gain_of(self.low), self._gain_of(self.high))

    @property
    def most(self) -> float:
        """The gain at the better end of the interval."""
        return max(self._gain_of(self.low), self._gain_of(self.high))

    def _gain_of(self, value: float) -> float:
        return value - self.guess if rises(self.name) else self.guess - value

    @property
    def reached(self) -> float:
        """The gain as a share of the largest that is possible: 0 for the guess, 1 if perfect.

        Only shares of different rows can be compared: the guess is worse where targets vary more.
        """
        return self._share(self.gain)

    @property
    def least_reached(self) -> float:
        """The share at the worse end of the interval."""
        return self._share(self.least)

    @property
    def most_reached(self) -> float:
        """The share at the better end of the interval."""
        return self._share(self.most)

    def _share(self, gain: float) -> float:
        possible = self._gain_of(1.0 if rises(self.name) else 0.0)
        return gain / possible if possible > 0 else 1.0

    @property
    def rows_in_words(self) -> str:
        """The number of rows and the name of the split: ``24 held-out rows``."""
        return f"{self.rows:,} {self.split.replace('_', '-')} rows"

    def __str__(self) -> str:
        """Return the metric with its interval in words."""
        metric = "mean absolute error" if self.name == "mae" else self.name
        interval = "" if self.low == self.high else f" [{self.low:.3g}, {self.high:.3g}]"
        return f"{metric} {self.value:.3g}{interval}"


def unseen_split(case: Case) -> str | None:
    """Return the name of the split that best shows how the model does on unseen rows."""
    there = (name for name in UNSEEN_FIRST if name != "train" and name in case.splits)
    return next((name for name in there if not has_training_rows(case, name)), None)


def has_training_rows(case: Case, split: str) -> bool:
    """Return whether a split has exactly the training rows, as the test set of a gate does."""
    return case.subject.known is not None and of_training_rows(
        case.subject.known.fingerprint, split
    )


def is_all(case: Case) -> bool:
    """Return whether the training rows are all there are, as for a gate."""
    return "test" in case.splits and has_training_rows(case, "test")


def measured(case: Case, split: str | None, value: float | None = None) -> Measured | None:
    """Return the main metric of a split after training.

    None if it is not known, or if its interval is not.

    Parameters
    ----------
    value : float, optional
        A value of the history to use instead, for the same rows.
    """
    if split is None or split not in case.splits:
        return None
    exact = split != "train" and has_training_rows(case, split)
    return measured_in(case.splits[split], split, case.task, value, exact=exact)


def measured_in(
    saved: SavedSplit, split: str, task: str, value: float | None = None, *, exact: bool = False
) -> Measured | None:
    """Return the main metric of saved metrics; None if it is not known, or its interval is not.

    Parameters
    ----------
    exact : bool
        Whether there are no other rows, so that the interval is a point.
    """
    name, metrics = METRICS[task][0], saved.metrics
    if not saved.rows or name not in metrics or name not in saved.guess_metrics:
        return None
    found = metrics[name] if value is None else value
    ends: tuple[float, float] | None = (found, found)
    if not exact and name == "mae":
        if "rmse" not in metrics:
            return None
        # For several targets, the variance of the mean error of a row is not known.
        spread = metrics["rmse"] / metrics["mae"] if metrics["mae"] else 1.0
        square = (found * spread) ** 2
        ends = None if saved.figures else interval_of_moments(found, square, saved.rows)
    elif not exact:
        ends = interval_of_share(found, saved.rows)
    return ends and Measured(split, name, saved.rows, found, *ends, saved.guess_metrics[name])


def at_the_end(case: Case, split: str) -> Measured | None:
    """Return the main metric of a split in the last epochs of the history, before any is chosen."""
    column = case.history.get(f"{split}_{METRICS[case.task][0]}")
    return measured(case, split, last_of(column)) if column else None


def last_of(column: Sequence[float]) -> float:
    """Return the median of the last tenth of the epochs, which a single epoch cannot spoil."""
    return float(median(column[-max(1, len(column) // 10) :]))


def drops_units(case: Case) -> bool:
    """Return whether training drops units at random."""
    dropout = case.config.training.dropout
    return any(dropout if isinstance(dropout, list) else [dropout])
