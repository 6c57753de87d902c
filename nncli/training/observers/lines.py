"""The observer that prints lines about the epochs: each, every Nth, or about fifty."""

from math import ceil

from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.observers.wording import epoch_line, print_line
from nncli.training.outcome import Outcome

_MOST_LINES, _FIRST_LINES = 50, 10


class PlainLines(Observer):
    """Print lines to standard error, for files, pipes and logs.

    Parameters
    ----------
    every : int, optional
        Print every Nth epoch; default: as in the plan. If that is not set either, there is one line
        per epoch; with more than fifty epochs, the first ten and about forty others. The last line
        is always that of the last epoch.
    """

    def __init__(self, every: int | None = None) -> None:
        self._every = every

    def begin(self, job: Job) -> None:
        """Set the epochs and the metrics to print; print the title, if any."""
        self._beside = job.plan.epochs, job.score, job.plan.monitor
        self._first, self._step = _thinned(job.plan.epochs, self._every or job.plan.log_every)
        self._unprinted: EpochReport | None = None
        if job.title:  # on a separate line: the other lines have no room for it
            print_line(job.title)

    def epoch(self, report: EpochReport) -> None:
        """Print the epoch's line, unless it is skipped."""
        self._unprinted = report
        if report.epoch <= self._first or report.epoch % self._step == 0:
            self._print_last()

    def end(self, outcome: Outcome | None) -> None:
        """Print the line of the last epoch, if it was skipped."""
        self._print_last()

    def _print_last(self) -> None:
        if self._unprinted:
            print_line(epoch_line(self._unprinted, *self._beside))
        self._unprinted = None


def _thinned(epochs: int, every: int | None) -> tuple[int, int]:
    """Return how many of the first epochs have a line, and the step between the others."""
    if every or epochs <= _MOST_LINES:
        return 0, every or 1
    return _FIRST_LINES, ceil(epochs / (_MOST_LINES - _FIRST_LINES))
