"""The observer that keeps copies of the weights."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.directory import Place, entry_of
from nncli.base.words import count
from nncli.training.loop import StepReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.recorded_weights import RecordedWeights, read_recorded, write_recorded


class WeightRecorder(Observer):
    """Keep copies of the weights before training and every ``plan.record_every`` steps.

    The loop reports each of these steps. Without `record_every`, nothing is kept.

    Parameters
    ----------
    place : Path or Entry, optional
        File of the copies, which a resumed run continues; by default they are only in memory.
    """

    def __init__(self, place: Place | None = None) -> None:
        self._place = place
        self._every = 0
        self._count = self._written = 0

    def begin(self, job: Job) -> None:
        """Load the copies up to the checkpoint, if training resumes.

        Raises
        ------
        DataError
            If the file does not have them.
        """
        self._job, self._every = job, job.plan.record_every or 0
        if not self._every:
            return
        self._batches = job.order.batches
        most = job.plan.epochs * self._batches // self._every + 1
        now = job.engine.snapshot()
        self._copies = {
            name: np.empty((most, array.size), array.dtype) for name, array in now.items()
        }
        if self._steps:
            self._load(self._steps // self._every + 1)
        self._keep_if_due()

    def step(self, report: StepReport) -> None:
        """Keep a copy if it is due."""
        if self._every:
            self._keep_if_due()

    @property
    def recorded(self) -> RecordedWeights | None:
        """The copies so far; None if there are none."""
        if not self._count:
            return None
        kept: dict[str, NDArray[Any]] = {
            name: copies[: self._count] for name, copies in self._copies.items()
        }
        return RecordedWeights(self._every, self._batches, **kept)

    def write(self, place: Place | None = None) -> None:
        """Write the copies to `place`, by default their own file unless it has them.

        Raises `OutputError`.
        """
        recorded, target = self.recorded, place or self._place
        if not recorded or not target:
            return
        if place or self._written < self._count or not entry_of(target).exists():
            write_recorded(target, recorded)
            self._written = self._count

    @property
    def _steps(self) -> int:
        progress = self._job.progress
        return progress.epoch * self._batches + progress.batch

    def _keep_if_due(self) -> None:
        """Keep a copy, unless the step has one or a number is not finite: training has diverged."""
        if self._steps != self._count * self._every:
            return
        snapshot = self._job.engine.snapshot()
        if not all(np.isfinite(array).all() for array in snapshot.values()):
            return
        for name, array in snapshot.items():
            self._copies[name][self._count] = array
        self._count += 1

    def _load(self, expected: int) -> None:
        """Load the first copies from the file. Raises `DataError`."""
        if self._place is None:
            return
        found = read_recorded(self._place, self._job.network)
        if len(found) < expected or (found.every, found.batches) != (self._every, self._batches):
            raise DataError(
                f"{self._place}: does not match the {count(self._steps, 'step')} of the checkpoint "
                "next to it; restore the file of the run"
            )
        for name, copies in self._copies.items():
            copies[:expected] = getattr(found, name)[:expected]
        self._count = expected
