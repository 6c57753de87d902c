"""The observer that prints a line an epoch."""

import sys
from contextlib import suppress

from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.observers.wording import described


class PlainLines(Observer):
    """Prints a line an epoch to standard error: for files, pipes and logs."""

    def begin(self, job: Job) -> None:
        """Learn how many epochs there are and what is measured."""
        self._epochs, self._score = job.plan.epochs, job.score

    def epoch(self, report: EpochReport) -> None:
        """Print the epoch's line."""
        width = len(str(self._epochs))
        words = [f"epoch {report.epoch:>{width}}/{self._epochs}"]
        for split, short in (("train", "train"), ("validation", "val")):
            if f"{split}_loss" in report.metrics:
                words.append(f"{short} {described(report.metrics, split, self._score)}")
        line = "  ".join(words)
        with suppress(OSError):  # nobody reads any more: that must not end training
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - an observer is there to print
