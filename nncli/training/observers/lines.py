"""The observer that prints one line per epoch, or about a hundred lines for many epochs."""

import sys
from contextlib import suppress
from math import ceil

from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.observers.wording import described

_MOST_LINES, _FIRST_LINES = 100, 10


class PlainLines(Observer):
    """Print lines to standard error, for files, pipes and logs.

    There is one line per epoch. With more than a hundred epochs, this prints the first ten, the
    last, and about a hundred in between.
    """

    def begin(self, job: Job) -> None:
        """Set the number of epochs and the metrics to print; print the title, if any."""
        self._epochs, self._beside = job.plan.epochs, (job.score, job.plan.monitor)
        if job.title:  # on a separate line: the other lines have no room for it
            _print(job.title)

    def epoch(self, report: EpochReport) -> None:
        """Print the epoch's line, unless it is skipped."""
        every = ceil(self._epochs / _MOST_LINES)
        if _FIRST_LINES < report.epoch < self._epochs and report.epoch % every:
            return
        width = len(str(self._epochs))
        words = [f"epoch {report.epoch:>{width}}/{self._epochs}"]
        for split, short in (("train", "train"), ("validation", "val")):
            if f"{split}_loss" in report.metrics:
                words.append(f"{short} {described(report.metrics, split, *self._beside)}")
        _print("  ".join(words))


def _print(line: str) -> None:
    if sys.stderr is None:  # closed by the shell; print would use standard output instead
        return
    with suppress(OSError):  # a closed pipe must not end training
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - printing is its purpose
