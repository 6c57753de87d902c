"""Train epoch by epoch: the state that `partial_fit` keeps between calls."""

from copy import deepcopy
from dataclasses import dataclass, replace
from math import nan
from typing import Any

from numpy.typing import NDArray

from nncli.base.notes import warn
from nncli.engines.engine import Sums
from nncli.estimators.errors import ParameterError
from nncli.nn.schedules import SCHEDULES
from nncli.runs.job import Job
from nncli.training.history_file import Table
from nncli.training.progress import Progress


@dataclass(frozen=True)
class Stand:
    """The state that the next epoch needs in addition to the model; read-only.

    Attributes
    ----------
    rows : int
        Number of rows in the first call; some defaults depend on it.
    random_state : object
        The parameter that determined `seed`.
    engine : str
    state : dict of str to array
        State of the engine.
    progress : Progress
    schedule_is_over : bool
        Whether the schedule has ended, so that the user has been warned.
    """

    rows: int
    random_state: Any
    seed: int
    engine: str
    state: dict[str, NDArray[Any]]
    progress: Progress
    schedule_is_over: bool

    @classmethod
    def of(cls, job: Job, rows: int, random_state: Any) -> "Stand":
        """Return the state after a job, which may have been interrupted.

        The next call may pass different rows, so it always starts a new epoch.
        """
        progress = replace(job.progress, batch=0, sums=Sums())
        is_over = _schedule_is_over(job, job.progress.epoch - 1)
        engine = job.engine
        return cls(
            rows, random_state, job.config.seed, engine.name, engine.state(), progress, is_over
        )

    def seed_parameters(self, random_state: Any) -> dict[str, Any]:
        """Return parameters that keep the seed, unless `random_state` was replaced.

        Otherwise a generator would draw a new seed in each call.
        """
        same = random_state is not None and random_state is self.random_state
        return {"random_state": self.seed} if same else {}


def one_epoch(job: Job, stand: Stand | None, epochs: int) -> Job:
    """Return a job that trains one more epoch, after `epochs` epochs.

    Raises
    ------
    ParameterError
        If the schedule needs `epochs` and it is 0.
    """
    _check_schedule(job, stand, epochs)
    progress = deepcopy(stand.progress) if stand else Progress(epoch=epochs)
    plan = replace(job.plan, epochs=epochs + 1, patience_epochs=None)
    job = replace(job, plan=plan, progress=progress)
    if stand:
        job.engine.restore(stand.state)
    return job


def joined(earlier: Table, new: Table) -> Table:
    """Return both histories joined, with NaN where one lacks a column."""
    tables = [table for table in (earlier, new) if table]
    names = dict.fromkeys(name for table in tables for name in table)
    blank = [[nan] * len(table["epoch"]) for table in tables]
    return {
        name: [
            value
            for table, blanks in zip(tables, blank, strict=True)
            for value in table.get(name, blanks)
        ]
        for name in names
    }


def _check_schedule(job: Job, stand: Stand | None, epoch: int) -> None:
    """Warn once when the schedule has ended."""
    if not _schedule_is_over(job, epoch):
        return
    settings = job.config.training.complete
    if not settings.epochs:
        raise ParameterError(
            f"epochs: found 0; the schedule {settings.schedule.name} needs at least 1"
        )
    if not (stand and stand.schedule_is_over):
        rate = job.plan.rate(epoch, 1.0)
        warn(
            f"schedule: {settings.schedule.name} ended after epochs={settings.epochs}; "
            f"partial_fit continues with learning rate {rate:g}; increase epochs, or use another "
            "schedule"
        )


def _schedule_is_over(job: Job, epoch: int) -> bool:
    """Return whether the schedule has ended after `epoch` epochs."""
    settings = job.config.training.complete
    return SCHEDULES[settings.schedule.name].depends_on_epochs and epoch >= settings.epochs
