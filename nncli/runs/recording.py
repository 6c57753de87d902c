"""The observer that leaves a run's files in its directory."""

import json
import platform
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import nncli
from nncli.base.clock import Clock
from nncli.base.environment import environment
from nncli.base.errors import DivergenceError, NncliError, OutputError
from nncli.base.storage.files import remove_litter, write_text
from nncli.base.storage.run_files import (
    CHECKPOINT,
    CONFIG,
    DIVERGENCE,
    HISTORY,
    METRICS,
    WEIGHTS,
)
from nncli.base.threads import threads_in_use
from nncli.config.load import MOST_BYTES
from nncli.config.places import portable
from nncli.config.render import plain_text
from nncli.metrics.tasks import Evaluation
from nncli.model.model import Model
from nncli.model.model_file import write_model
from nncli.runs.job import Job
from nncli.training.checkpoint import Pace, write_checkpoint
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.history import HistoryFile
from nncli.training.observers.observer import Job as ObservedJob
from nncli.training.observers.observer import Observer
from nncli.training.outcome import INTERRUPTED, UNWRITTEN, Outcome


def trained_model(job: Job, outcome: Outcome, wall_seconds: float) -> Model:
    """Return the trained model with its metrics and its record.

    The engine keeps its own parameters.

    Raises
    ------
    DivergenceError
        When a weight or a loss is not finite.
    """
    progress = outcome.progress
    record: dict[str, Any] = {
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch if job.plan.keep_best else progress.epoch,
        "monitor": job.plan.monitor,
        "ended": outcome.ended,
        "wall_seconds": round(wall_seconds, 3),
        "threads": threads_in_use(),
        "engine": job.engine.name,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "python_version": platform.python_version(),
    }
    return job.model(outcome.evaluations, record)


class RunDirectory(Observer):
    """Leaves config, history, checkpoint, weights and metrics in a directory.

    A checkpoint is written when it is time, and never ahead of the rows of the history.

    Parameters
    ----------
    wall_seconds : float
        How long the job was trained before it was stopped, if it resumes.
    clock : Clock
        Is told how long history, checkpoints and the evaluation at the end take.

    Attributes
    ----------
    directory : Path
    saved : (Model, dict of str to Evaluation) or None
        What was saved at the end, and how it was measured.
    """

    def __init__(self, directory: Path, job: Job, wall_seconds: float, clock: Clock) -> None:
        self.directory, self._job, self._clock = directory, job, clock
        self._started = time.perf_counter() - wall_seconds
        self._history = HistoryFile(directory / HISTORY)
        self.saved: tuple[Model, dict[str, Evaluation]] | None = None
        self._pace = Pace(job.config.training.checkpoint_seconds)

    def begin(self, job: ObservedJob) -> None:
        """Write the config, and begin or cut the history. Raises `OutputError`."""
        remove_litter(self.directory)
        config = portable(self._job.config, self.directory)
        text = plain_text(config)
        if len(text.encode()) > MOST_BYTES:
            raise OutputError(
                f"{self.directory / CONFIG}: would be larger than 1 MiB, and never be read again; "
                "shorten the names in the config"
            )
        write_text(self.directory / CONFIG, text)
        with suppress(OSError):  # of an earlier part of the run
            (self.directory / DIVERGENCE).unlink()
        self._history.begin(job)
        self._same: dict[str, Any] = {
            "config": config,
            "data": self._job.fingerprint,
            "engine": self._job.engine.name,
            "environment": environment(threads_in_use()),
        }

    def step(self, report: StepReport) -> None:
        """Write a checkpoint if it is time. Raises `OutputError`."""
        self._save_if_due(within_epoch=True)

    def epoch(self, report: EpochReport) -> None:
        """Write the history's row, and a checkpoint if it is time. Raises `OutputError`."""
        self._clock.start()
        self._history.epoch(report)
        self._clock.lap("history")
        self._save_if_due(within_epoch=False)

    def end(self, outcome: Outcome | None) -> None:
        """Write weights and metrics, and a checkpoint. Raises `OutputError`."""
        try:
            if outcome is None:
                return
            if outcome.ended == UNWRITTEN:
                with suppress(NncliError):  # what fits is better than nothing
                    self._save_results(outcome)
                return
            self._save_state() if outcome.ended == INTERRUPTED else self._history.synchronize()
        finally:
            self._history.end(outcome)
        with self._clock.phase("results"):
            self._save_results(outcome)
        if outcome.is_over:
            with self._clock.phase("checkpoint"):
                self._save_checkpoint(outcome.ended)

    def note_divergence(self, error: DivergenceError) -> None:
        """Leave a line about what happened, for those who look for the model later."""
        with suppress(OutputError):  # the error itself is more important
            write_text(self.directory / DIVERGENCE, f"{error}\n")

    def _save_if_due(self, *, within_epoch: bool) -> None:
        if self._pace.is_due(within_epoch=within_epoch):
            began = time.monotonic()
            self._save_state()
            self._pace.note(began)

    def _save_state(self) -> None:
        with self._clock.phase("checkpoint"):
            self._history.synchronize()  # a checkpoint is never ahead of the rows before it
            self._save_checkpoint()

    def _save_checkpoint(self, ended: str | None = None) -> None:
        wall_seconds = time.perf_counter() - self._started
        record = {**self._same, "wall_seconds": wall_seconds, "ended": ended}
        path = self.directory / CHECKPOINT
        write_checkpoint(path, self._job.engine, self._job.progress, record)

    def _save_results(self, outcome: Outcome) -> None:
        """Measure the weights to keep; write them and the metrics."""
        seconds = time.perf_counter() - self._started
        model = trained_model(self._job, outcome, seconds)
        self.saved = model, outcome.evaluations
        write_model(self.directory / WEIGHTS, replace(model, config=self._same["config"]))
        versions = {"nncli_version": nncli.__version__, "numpy_version": np.__version__}
        metrics = {name: each.as_json() for name, each in outcome.evaluations.items()}
        values = {**metrics, **model.training, **versions}
        text = json.dumps(values, indent=2, ensure_ascii=False)
        write_text(self.directory / METRICS, text + "\n")
