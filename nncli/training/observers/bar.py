"""The observer that shows a progress bar."""

import sys
import time
from contextlib import suppress
from importlib import import_module
from typing import Any

from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.observers.wording import described, short
from nncli.training.outcome import Outcome


def in_notebook() -> bool:
    """Return whether this process runs a notebook."""
    return "ipykernel" in sys.modules


class Bar(Observer):
    """Show a progress bar over all epochs, on a terminal or in a notebook."""

    _REFRESH_SECONDS = 0.05

    def __init__(self) -> None:
        self._bar: Any = None

    def begin(self, job: Job) -> None:
        """Show the bar."""
        # tqdm.auto takes four times as long to import.
        tqdm = import_module("tqdm.auto" if in_notebook() else "tqdm").tqdm
        self._run, self._validation = job.title and f"{job.title}  ", ""
        self._next_refresh = 0.0
        self._unshown: EpochReport | None = None
        self._epochs, self._beside = job.plan.epochs, (job.score, job.plan.monitor)
        self._rows, self._batches = len(job.order.split), job.order.batches
        before = job.progress.epoch * self._rows + job.progress.sums.rows
        self._bar = tqdm(
            total=self._epochs * self._rows,
            initial=before,  # so that the rate counts only the rows from here on
            unit=" rows",
            unit_scale=True,
            dynamic_ncols=True,
            bar_format="{desc} |{bar}| {rate_noinv_fmt}{postfix}",
        )

    def step(self, report: StepReport) -> None:
        """Update the bar, a few times per second."""
        if self._is_due():
            self._unshown = None
            self._show(report.epoch, report.batch, report.rows, report.loss)

    def epoch(self, report: EpochReport) -> None:
        """Show the epoch's results, a few times per second; the last results remain visible."""
        self._unshown = report
        if self._is_due():
            self._show_epoch(report)

    def end(self, outcome: Outcome | None) -> None:
        """Close the bar, leaving its last state visible."""
        if self._bar is None:
            return
        if self._unshown:
            self._show_epoch(self._unshown)
        with suppress(OSError):
            self._bar.close()

    def _is_due(self) -> bool:
        now = time.monotonic()
        if now < self._next_refresh:
            return False
        self._next_refresh = now + self._REFRESH_SECONDS
        return True

    def _show_epoch(self, report: EpochReport) -> None:
        self._unshown = None
        metrics = report.metrics
        if "validation_loss" in metrics:
            self._validation = f" val {described(metrics, 'validation', *self._beside)}"
        self._show(report.epoch, self._batches, self._rows, metrics["train_loss"])

    def _show(self, epoch: int, batch: int, rows: int, loss: float) -> None:
        self._bar.n = (epoch - 1) * self._rows + rows
        # With several runs, 80 columns have no room for the batch.
        place = "" if self._run else f" {batch}/{self._batches}"
        self._bar.set_description_str(
            f"{self._run}epoch {epoch}/{self._epochs}{place}", refresh=False
        )
        self._bar.set_postfix_str(f"loss {short(loss)}{self._validation}", refresh=False)
        with suppress(OSError):  # a closed terminal must not end training
            self._bar.refresh()
