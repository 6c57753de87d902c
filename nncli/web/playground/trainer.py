"""Train a job a little at a time: for a while, a step, or to the end of an epoch."""

import time
from collections.abc import Iterator
from dataclasses import replace

from nncli.base.errors import DivergenceError
from nncli.nn.network import Network
from nncli.runs.job import Job
from nncli.training.loop import EpochReport, StepReport, train
from nncli.training.observers.history import History

_SLICE = 1 / 120  # seconds between two looks at the clock


class Trainer:
    """A job in training, with the loop of `nncli train`: the same steps, to the bit.

    Attributes
    ----------
    job : Job
    problem : str
        Why training cannot go on: it diverged; else empty.
    last : EpochReport or None
        The report of the last completed epoch.
    history : History
    """

    def __init__(self, job: Job) -> None:
        self.job, self.problem = job, ""
        self._engine = job.engine  # which may not start
        self.last: EpochReport | None = None
        self.history = History()
        self.history.begin(job)
        self._reports: Iterator[StepReport | EpochReport] = iter(())
        self._is_stepwise: bool | None = None  # how `_reports` reports; None before the first

    @property
    def steps(self) -> int:
        """The number of steps taken."""
        progress = self.job.progress
        return progress.epoch * self.job.order.batches + progress.batch

    @property
    def is_done(self) -> bool:
        """Whether all epochs are done."""
        return self.job.progress.epoch >= self.job.plan.epochs

    @property
    def is_over(self) -> bool:
        """Whether training cannot go on: it diverged, or all epochs are done."""
        return bool(self.problem) or self.is_done

    def run(self, seconds: float, most_steps: int | None = None) -> list[EpochReport]:
        """Train for some time, or less if there is no more to do; return the completed epochs.

        Parameters
        ----------
        seconds : float
            Approximate time; one step is always taken.
        most_steps : int, optional
            The number of steps to take at most.
        """
        end = time.perf_counter() + seconds
        epochs, last = [], None if most_steps is None else self.steps + most_steps
        while report := self._next(stepwise=last is not None):
            if isinstance(report, EpochReport):
                epochs.append(report)
            if time.perf_counter() >= end or (last is not None and self.steps >= last):
                break
        return epochs

    def finish_epoch(self, seconds: float) -> list[EpochReport]:
        """Train to the end of the current epoch, or for some time if that comes first."""
        end = time.perf_counter() + seconds
        while report := self._next(stepwise=False):
            if isinstance(report, EpochReport):
                return [report]
            if time.perf_counter() >= end:
                break
        return []

    def network(self) -> Network:
        """Return the network with its current weights, in arrays of its own."""
        now = self._engine.snapshot()
        return Network(self.job.network.layers, now["parameters"], now["state"])

    def _next(self, *, stepwise: bool) -> StepReport | EpochReport | None:
        """Return the next report, or None if training is over."""
        if self.is_over:
            return None
        if stepwise is not self._is_stepwise:
            self._reports, self._is_stepwise = self._begin(stepwise=stepwise), stepwise
        try:
            report = next(self._reports, None)
        except DivergenceError as error:
            self.problem = str(error)
            return None
        if stepwise and self.job.progress.batch == self.job.order.batches:
            return self._next(stepwise=True)  # the last step of an epoch ends it
        if isinstance(report, EpochReport):
            self.last = report
            self.history.epoch(report)
        return report

    def _begin(self, *, stepwise: bool) -> Iterator[StepReport | EpochReport]:
        job = self.job
        seconds = 0.0 if stepwise else _SLICE
        plan = replace(job.plan, report_seconds=seconds, keep_best=False)  # the page shows the last
        return train(self._engine, job.order, job.score, plan, job.progress)
