"""The observer that writes the files of a run directory."""

import json
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import nncli
from nncli.base.clock import Clock
from nncli.base.environment import environment
from nncli.base.errors import DivergenceError, NncliError, OutputError
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import atomic_write, remove_litter, write_text
from nncli.base.storage.locks import locked
from nncli.base.storage.run_files import (
    CHECKPOINT,
    CONFIG,
    DIVERGENCE,
    HISTORY,
    METRICS,
    RECORDED_WEIGHTS,
    WEIGHTS,
)
from nncli.base.threads import threads_in_use
from nncli.base.words import shell_word
from nncli.config.config_file import MOST_BYTES
from nncli.config.places import portable
from nncli.config.render import plain_text
from nncli.metrics.tasks import Evaluation
from nncli.model.model import Model
from nncli.model.model_file import write_model
from nncli.model.named_data import without_folders
from nncli.runs.directory import make_directory_beside
from nncli.runs.final_events import write_final_events
from nncli.runs.job import Job, as_saved
from nncli.training.checkpoint import Pace, write_checkpoint
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.history import HistoryFile
from nncli.training.observers.observer import Job as ObservedJob
from nncli.training.observers.observer import Observer
from nncli.training.observers.tensorboard import TensorBoard
from nncli.training.observers.weights import WeightRecorder
from nncli.training.outcome import INTERRUPTED, UNWRITTEN, Outcome


def trained_model(job: Job, outcome: Outcome) -> Model:
    """Return the trained model with its metrics and training record.

    The engine keeps its own parameters. The record has no dates or durations, so that the same run
    always writes the same file.

    Raises
    ------
    DivergenceError
        If a weight or a loss is not finite.
    """
    progress = outcome.progress
    record: dict[str, Any] = {
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch if job.plan.keep_best else progress.epoch,
        "monitor": job.plan.monitor,
        "ended": outcome.ended,
        "threads": threads_in_use(),
        "engine": job.engine.name,
        "python_version": platform.python_version(),
    }
    return job.model(outcome.evaluations, record)


class RunDirectory(Observer):
    """An observer that writes config, history, checkpoint, weights and metrics to a directory.

    Checkpoints are written at intervals, and never before the corresponding rows of the history and
    recorded weights. If
    the directory is removed, the state is saved in a new one next to it, and training ends.

    Parameters
    ----------
    directory : Directory
        Open and locked directory.
    wall_seconds : float
        Time that the job was trained before, if it resumes.
    clock : Clock
        Clock that measures history, checkpoints and the final evaluation.
    observers : sequence of Observer
        Observers to tell of checkpoints.

    Attributes
    ----------
    directory : Directory
    saved : (Model, dict of str to Evaluation) or None
        Model that was saved at the end, and its evaluations.
    """

    def __init__(
        self,
        directory: Directory,
        job: Job,
        wall_seconds: float,
        clock: Clock,
        observers: Sequence[Observer],
    ) -> None:
        self.directory, self._job, self._clock = directory, job, clock
        self._observers = observers
        self._started = time.perf_counter() - wall_seconds
        self._history = HistoryFile(directory / HISTORY)
        self._recorder = WeightRecorder(directory / RECORDED_WEIGHTS)
        shown = job.config.training.tensorboard
        self._tensorboard = TensorBoard(directory, job.setup) if shown else None
        self.saved: tuple[Model, dict[str, Evaluation]] | None = None
        self._is_removed = False
        self._pace = Pace(job.config.training.checkpoint_seconds)

    def begin(self, job: ObservedJob) -> None:
        """Write the config, and start or truncate the history. Raise `OutputError`."""
        remove_litter(self.directory)
        config = portable(self._job.config, self.directory.place())
        self._text = plain_text(config)
        if len(self._text.encode()) > MOST_BYTES:
            raise OutputError(
                f"{self.directory / CONFIG}: would exceed 1 MiB, and could not be read again; "
                "shorten the names in the config"
            )
        write_text(self.directory / CONFIG, self._text)
        with suppress(OSError):  # written by an earlier part of the run
            (self.directory / DIVERGENCE).remove()
        self._same: dict[str, Any] = {
            "config": config,
            "data": self._job.fingerprint,
            "engine": self._job.engine.name,  # creates the engine, which may run out of memory
            "environment": environment(threads_in_use()),
        }
        if self._job.selection:
            self._same["selection"] = self._job.selection._asdict()
        self._recorder.begin(job)
        with ExitStack() as opened:  # from here on, files stay open
            self._history.begin(job)
            opened.callback(self._history.end, None)
            if self._tensorboard:
                self._tensorboard.begin(job)
            opened.pop_all()
        if (self.directory / CHECKPOINT).exists():
            self._tell_of_checkpoint()

    def step(self, report: StepReport) -> None:
        """Write a checkpoint if it is due. Raise `OutputError`."""
        self._recorder.step(report)
        self._save_if_due(within_epoch=True)

    def epoch(self, report: EpochReport) -> None:
        """Write a row of the history, and a checkpoint if it is due. Raise `OutputError`."""
        self._clock.start()
        if self._tensorboard:
            self._tensorboard.epoch(report)
        with self._removal_noticed():
            self._history.epoch(report)
            if self._tensorboard:
                self._tensorboard.write_if_due()
        self._clock.lap("history")
        self._save_if_due(within_epoch=False)

    def end(self, outcome: Outcome | None) -> None:
        """Write weights and metrics, and a checkpoint. Raise `OutputError`."""
        try:
            if outcome is not None and outcome.ended != UNWRITTEN:
                with self._removal_noticed():
                    self._save_all(outcome)
            elif outcome is not None and not self._is_removed:
                with suppress(NncliError):  # some files are better than none
                    self._save_results(outcome)
        finally:
            self._history.end(outcome)
            if self._tensorboard:
                self._tensorboard.end(outcome)

    def _save_all(self, outcome: Outcome) -> None:
        self._save_state() if outcome.ended == INTERRUPTED else self._prepare_checkpoint()
        with self._clock.phase("results"):
            self._save_results(outcome)
        if outcome.is_over:
            with self._clock.phase("checkpoint"):
                self._save_checkpoint(self.directory, outcome.ended)
            if self.directory.within:  # the other parts remain
                self._tell_of_checkpoint()

    def note_divergence(self, error: DivergenceError) -> None:
        """Write the error to a file, for users who look for the model later."""
        with suppress(OutputError):  # the error itself is more important
            write_text(self.directory / DIVERGENCE, f"{error}\n")

    def _save_if_due(self, *, within_epoch: bool) -> None:
        if self._pace.is_due(within_epoch=within_epoch):
            began = time.monotonic()
            with self._removal_noticed():
                self._save_state()
            self._pace.note(began)

    def _save_state(self) -> None:
        with self._clock.phase("checkpoint"):
            self._prepare_checkpoint()
            self._save_checkpoint(self.directory)
        self._tell_of_checkpoint()

    def _tell_of_checkpoint(self) -> None:
        """Tell which run can be resumed: this one, or the one that it is a part of."""
        run = (self.directory.within or self.directory).place()
        for each in self._observers:
            each.checkpoint(run)

    def _prepare_checkpoint(self) -> None:
        """Write the files that must exist before a checkpoint, such as the history."""
        self._history.synchronize()
        if self._tensorboard:
            self._tensorboard.synchronize()
        self._recorder.write()
        if not (self.directory / CONFIG).exists():  # it was removed
            write_text(self.directory / CONFIG, self._text)

    def _save_checkpoint(self, directory: Directory, ended: str | None = None) -> None:
        wall_seconds = time.perf_counter() - self._started
        record = {**self._same, "wall_seconds": wall_seconds, "ended": ended}
        write_checkpoint(directory / CHECKPOINT, self._job.engine, self._job.progress, record)

    @contextmanager
    def _removal_noticed(self) -> Iterator[None]:
        """Save the state elsewhere if the directory was removed during the block."""
        try:
            yield
        except OutputError as error:
            missing = isinstance(error.__cause__, FileNotFoundError)
            if not (missing and self.directory.is_removed()):
                raise
            self._is_removed = True
            saved = self._save_beside()
            raise OutputError(
                f"{self.directory.path}: was removed during training; the state is saved in "
                f"{saved}; resume with: nncli train --resume {shell_word(str(saved))}"
            ) from error

    def _save_beside(self) -> Path:
        """Save the state in a new directory next to the removed one. Raise `OutputError`."""
        path = make_directory_beside(self.directory.path)
        directory = Directory(path)
        with locked(directory):
            write_text(directory / CONFIG, self._text)
            with atomic_write(directory / HISTORY) as stream:
                stream.write(self._history.content())
            if self._tensorboard:
                self._tensorboard.copy_to(directory)
            self._recorder.write(directory / RECORDED_WEIGHTS)
            self._save_checkpoint(directory)
        return path

    def _save_results(self, outcome: Outcome) -> None:
        """Evaluate the trained network; write its weights and metrics."""
        seconds = time.perf_counter() - self._started
        model = trained_model(self._job, outcome)
        self.saved = model, outcome.evaluations
        named = replace(model, config=as_saved(self._same["config"]))
        write_model(self.directory / WEIGHTS, without_folders(named))
        when = {
            "wall_seconds": round(seconds, 3),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        versions = {"nncli_version": nncli.__version__, "numpy_version": np.__version__}
        metrics = {name: each.as_json() for name, each in outcome.evaluations.items()}
        values = {**metrics, **model.training, **when, **versions}
        text = json.dumps(values, indent=2, ensure_ascii=False)
        write_text(self.directory / METRICS, text + "\n")
        if self._tensorboard:
            write_final_events(self.directory, self._job.config, model, outcome)
