"""The observer that prints a line an epoch, of many epochs a hundred or so in all."""

import sys
from contextlib import suppress
from math import ceil

from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.observers.wording import described

_MOST_LINES, _FIRST_LINES = 100, 10


class PlainLines(Observer):
    """Prints lines to standard error: for files, pipes and logs.

    One an epoch; of more than a hundred epochs the first ten, every so many and the last.
    """

    def begin(self, job: Job) -> None:
        """Learn how many epochs there are and what is measured; print the title, if any."""
        self._epochs, self._beside = job.plan.epochs, (job.score, job.plan.monitor)
        if job.title:  # a line of its own: the others have no room for it
            _print(job.title)

    def epoch(self, report: EpochReport) -> None:
        """Print the epoch's line, if it is one of those to print."""
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
    if sys.stderr is None:  # closed by the shell; print would take standard output instead
        return
    with suppress(OSError):  # nobody reads any more: that must not end training
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - an observer is there to print
