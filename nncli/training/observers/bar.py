"""The observer that shows a progress bar, with lines about the epochs above it."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from nncli.base.streams import can_show
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.observers.wording import described, epoch_line, print_line, short
from nncli.training.outcome import Outcome

_REFRESH_SECONDS, _LINE_SECONDS = 0.05, 1.0
_ROOM_RIGHT = 3  # for the ^C that a terminal prints
_USUAL_WIDTH = 80  # of a terminal that does not know its own
_NARROWEST_BAR, _BAR_WITHOUT_WIDTH = 4, 10


def in_notebook() -> bool:
    """Return whether this process runs a notebook."""
    return "ipykernel" in sys.modules


class Bar(Observer):
    """Show a progress bar over all epochs, on a terminal or in a notebook.

    On a terminal, lines about the epochs stay above the bar. The line of the last epoch is always
    printed.

    Parameters
    ----------
    every : int, optional
        Print a line every Nth epoch; default: as in the plan, else at most one per second.
    clock : function
        Returns the time in seconds.
    """

    def __init__(
        self, every: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._chosen, self._clock = every, clock
        self._bar: Any = None

    def begin(self, job: Job) -> None:
        """Show the bar."""
        # tqdm.auto takes four times as long to import.
        self._tqdm = import_module("tqdm.auto" if in_notebook() else "tqdm").tqdm
        self._title, self._validation = job.title and f"{job.title} ", ""
        self._next_refresh = self._next_line = self._clock()
        self._unshown: EpochReport | None = None
        self._unprinted: EpochReport | None = None
        self._shown: tuple[int, int, str] | None = None
        self._epochs, self._beside = job.plan.epochs, (job.score, job.plan.monitor)
        self._every = self._chosen or job.plan.log_every
        self._rows, self._batches = len(job.order.split), job.order.batches
        if job.title and not in_notebook():
            print_line(job.title)
        before = job.progress.epoch * self._rows + job.progress.sums.rows
        self._bar = self._tqdm(
            total=self._epochs * self._rows,
            initial=before,  # so that the rate counts only the rows from here on
            unit=" rows",
            unit_scale=True,
            dynamic_ncols=in_notebook(),
            ncols=_width(),
            ascii=None if can_show("█▏", sys.stderr) else True,
            bar_format=f"{self._title}|{{bar}}| {{elapsed}}",
        )

    def step(self, report: StepReport) -> None:
        """Update the bar, a few times per second."""
        now = self._clock()
        if now >= self._next_refresh:
            self._unshown = None
            self._show(now, report.epoch, report.batch, report.rows, report.loss)

    def epoch(self, report: EpochReport) -> None:
        """Show the epoch's results, a few times per second; the last results remain visible."""
        self._unshown = self._unprinted = report
        now = self._clock()
        if report.epoch % self._every == 0 if self._every else now >= self._next_line:
            self._next_line = now + _LINE_SECONDS
            self._print_line()
        if now >= self._next_refresh:
            self._show_epoch(now, report)

    def end(self, outcome: Outcome | None) -> None:
        """Print the last line and close the bar, leaving its last state visible, if it has one."""
        if self._bar is None:
            return
        self._print_line()
        if self._unshown:
            self._show_epoch(self._clock(), self._unshown)
        if self._shown:  # nothing remains, even if training stopped early
            self._bar.bar_format = self._fitting(*self._shown, passed="{elapsed}")
        self._bar.leave = self._shown is not None
        with suppress(OSError):
            self._bar.close()

    def _print_line(self) -> None:
        """Print the line of the last epoch above the bar."""
        if self._unprinted and not in_notebook():
            with suppress(OSError):
                line = epoch_line(self._unprinted, self._epochs, *self._beside)
                self._tqdm.write(line, file=sys.stderr)
        self._unprinted = None

    def _show_epoch(self, now: float, report: EpochReport) -> None:
        self._unshown = None
        metrics = report.metrics
        if "validation_loss" in metrics:
            self._validation = described(metrics, "validation", *self._beside)
        self._show(now, report.epoch, self._batches, self._rows, metrics["train_loss"])

    def _show(self, now: float, epoch: int, batch: int, rows: int, loss: float) -> None:
        self._next_refresh = now + _REFRESH_SECONDS
        self._bar.n = (epoch - 1) * self._rows + rows
        if not in_notebook():
            self._bar.ncols = _width()
        self._shown = epoch, batch, f"loss {short(loss)}"
        self._bar.bar_format = self._fitting(*self._shown)
        with suppress(OSError):  # a closed terminal must not end training
            self._bar.refresh()

    def _fitting(
        self, epoch: int, batch: int, loss: str, passed: str = "{elapsed}<{remaining}"
    ) -> str:
        """Return the most detailed format that fits the width without cutting the metrics."""
        place = f"{self._title}epoch {epoch}/{self._epochs}"
        batches = f"{place} {batch}/{self._batches}"
        bar, rate = "|{bar}|", "{rate_noinv_fmt}"
        validation, metrics = self._validation, loss
        if validation:
            metrics = f"{loss} val {validation}"
            validation = f"val {validation.removeprefix('loss ')}"
        for each in (
            f"{batches} {bar} {passed}, {rate}, {metrics}",
            f"{batches} {bar} {passed}, {metrics}",
            f"{place} {bar} {passed}, {metrics}",
            f"{place} {bar} {passed}, {loss} {validation}",
            f"{place} {passed}, {loss} {validation}",
        ):
            if self._fits(each):
                return each
        cut = self._text(f"{place} {passed}, {validation or loss}")[: self._bar.ncols]
        return cut.replace("{", "{{").replace("}", "}}")

    def _fits(self, bar_format: str) -> bool:
        width = self._bar.ncols
        if not isinstance(width, int):  # not a terminal
            return True
        spare = _BAR_WITHOUT_WIDTH - _NARROWEST_BAR if "{bar}" in bar_format else 0
        return len(self._text(bar_format)) - spare <= width

    def _text(self, bar_format: str) -> str:
        """Return a bar of any width; earlier versions of tqdm do not cut it."""
        shown = {**self._bar.format_dict, "bar_format": bar_format, "ncols": None}
        text: str = self._tqdm.format_meter(**shown)
        return text


def _width() -> int | None:
    """Return the width for the bar; None if standard error is not a terminal."""
    with suppress(OSError, ValueError, AttributeError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_WIDTH
        return max(columns - _ROOM_RIGHT, 1)
    return None
