"""Resume an interrupted run at any point."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nncli.base.clock import Clock
from nncli.base.environment import environment
from nncli.base.errors import DataError, UsageError
from nncli.base.storage.directory import Directory, Entry
from nncli.base.storage.run_files import CHECKPOINT, CONFIG, HISTORY
from nncli.base.threads import threads_in_use
from nncli.base.words import count, listed, on_one_line, printable, shell_word
from nncli.config.check import misfits_of_resumed
from nncli.config.load import LoadedConfig, read_config, saved_config
from nncli.data.dataset import Dataset
from nncli.data.fingerprint import changed_parts
from nncli.engines.choice import ENGINES
from nncli.engines.engine import Sums
from nncli.metrics.names import PENALTY
from nncli.model.no_model import folder_of_runs
from nncli.nn.schedules import SCHEDULES
from nncli.runs.earlier_versions import scaled_otherwise, warnings_of
from nncli.runs.job import Job
from nncli.runs.lost_engine import keeping_engine, weights_of
from nncli.runs.preparation import prepare
from nncli.runs.same_config import check_same
from nncli.runs.selection import Selection
from nncli.runs.settings import monitor_of
from nncli.training.checkpoint import Checkpoint, read_checkpoint
from nncli.training.history_file import lacks_column
from nncli.training.progress import Progress, Snapshot

_RECORDED = {
    "config": dict,
    "data": dict,
    "environment": dict,
    "engine": str,
    "wall_seconds": float,
}


@dataclass(frozen=True)
class StoppedRun:
    """A run as it was left.

    Attributes
    ----------
    directory : Directory or None
        Run directory; None if the run writes no files.
    loaded : LoadedConfig
        Config of the run, with more epochs if requested.
    checkpoint : Checkpoint or None
        Last checkpoint; None if there is none, so that training starts from the beginning.
    selection : Selection or None
        Selection that chose the epochs of a refit, once it is known.
    """

    directory: Directory | None
    loaded: LoadedConfig
    checkpoint: Checkpoint | None
    selection: Selection | None = None

    @property
    def what_is_over(self) -> str | None:
        """A message why nothing is left to train; None if something is."""
        if self.checkpoint is None:
            return None
        name = printable(str(self.directory))
        epoch, ended = self.checkpoint.progress.epoch, self.checkpoint.record.get("ended")
        if ended == "stopped early":
            return (
                f"{name} is finished: it stopped early after epoch {epoch}; more epochs would "
                "change nothing."
            )
        done = "its only epoch is" if epoch == 1 else f"all of its {epoch} epochs are"
        if ended == "finished" and self.selection:
            config = shell_word(str(self._checkpoint_place.directory / CONFIG))
            planned = self.loaded.config.training.complete.epochs
            return (
                f"{name} is finished: {done} done, the best of {self.selection.epochs}. To choose "
                f"from more:\n  nncli train {config} training.epochs={2 * planned or 10}"
            )
        if ended == "finished" and self.loaded.config.training.complete.epochs <= epoch:
            return (
                f"{name} is finished: {done} done. To train for more:\n"
                f"  nncli train --resume {shell_word(str(self.directory))} "
                f"training.epochs={2 * epoch or 10}"
            )
        return None

    @property
    def threads(self) -> int | None:
        """The number of threads used so far."""
        found = self.checkpoint and self.checkpoint.record["environment"].get("threads")
        return found if isinstance(found, int) and 0 < found <= 1024 else None

    def warnings(self, threads: int | None = None) -> Iterator[str]:
        """Yield lines about what the user may not expect, such as other weights.

        Parameters
        ----------
        threads : int, optional
            Number of threads; by default the same as before.
        """
        if self.checkpoint is None:
            return
        before = self.checkpoint.record["environment"]
        now = environment(threads or self.threads or threads_in_use())
        if self.checkpoint.record["engine"] == "compiled":
            del now["threads"]  # its results do not depend on them
        if changed := [name for name in now if now[name] != before.get(name)]:
            yield (
                f"not the same {' and '.join(changed)} as before: the weights will not be bit for "
                "bit those of an uninterrupted run"
            )
        yield from warnings_of(self.checkpoint, self.loaded.config)
        settings, before_epochs = self.loaded.config.training.complete, self.epochs_before
        if SCHEDULES[settings.schedule.name].depends_on_epochs and settings.epochs > before_epochs:
            yield (
                f"the {settings.schedule.name} schedule changes from "
                f"{count(before_epochs, 'epoch')} to {settings.epochs}: the result will not be "
                f"that of {settings.epochs} epochs from the start"
            )

    def prepare(
        self,
        *,
        title: str = "",
        threads: int | None = None,
        progress_bar: bool = False,
        clock: Clock | None = None,
    ) -> Job:
        """Return the job in the state of the checkpoint.

        Parameters
        ----------
        title, progress_bar, clock
            As for `nncli.runs.preparation.prepare`.
        threads : int, optional
            Number of threads for training; by default the same as before.

        Raises
        ------
        ConfigError, DataError
            If the data cannot be loaded or has changed, or the checkpoint does not fit.
        """
        prepared = partial(
            prepare,
            self.loaded,
            title=title,
            selection=self.selection,
            progress_bar=progress_bar,
            clock=clock,
        )
        if self.checkpoint is None:
            return prepared()
        with keeping_engine(self._checkpoint_place.directory, self.loaded):
            job = prepared(
                progress=self.checkpoint.progress,
                engine=self.checkpoint.record["engine"],
                warnings=[*self.warnings(threads)],
            )
        # A history keeps its columns, also if an earlier nncli version started it without this one.
        history = self._checkpoint_place.directory / HISTORY
        if job.plan.penalizes and lacks_column(history, PENALTY):
            job = replace(job, plan=replace(job.plan, penalizes=False))
        self._check_data(job)
        try:
            job.engine.restore(self.checkpoint.state)
            _check_progress(job, self.checkpoint.state)
        except ValueError as error:
            raise DataError(f"{self._checkpoint_place}: {error}; train anew") from error
        return job

    @property
    def _checkpoint_place(self) -> Entry:
        assert self.directory is not None  # because there is a checkpoint
        return self.directory / CHECKPOINT

    def _check_data(self, job: Job) -> None:
        """Raise `DataError` if the data differs from the checkpoint."""
        assert self.checkpoint is not None
        now, before = job.fingerprint, self.checkpoint.record["data"]
        if changed := changed_parts(before, now):
            raise DataError(
                f"{self.directory}: the data has changed since its checkpoint: the "
                f"{on_one_line(changed[0], 40)}; {self._why(job.dataset, changed[0])}"
            )

    def _why(self, dataset: Dataset, part: str) -> str:
        """Return a likely reason why part of the data has changed, and a remedy."""
        chosen = getattr(self.loaded.config.data, "id", None)
        guessed = [
            name
            for name, role in dataset.roles.items()
            if role == "left out" or (role == "id" and name != chosen)
        ]
        if part == "columns" and guessed:
            return (
                f"an earlier nncli version may have started this run with {listed(guessed)} as "
                "input, which is left out now like other row numbers, names and dates: resume with "
                "that version, or train anew; otherwise restore the data"
            )
        if self.checkpoint and scaled_otherwise(self.checkpoint, self.loaded.config):
            return (
                "an earlier nncli version started this run and rounded its data; continue from its "
                f"weights, with {weights_of(self._checkpoint_place.directory)}"
            )
        return "restore the data, or train anew"

    @property
    def wall_seconds(self) -> float:
        """The training time so far."""
        return float(self.checkpoint.record["wall_seconds"]) if self.checkpoint else 0.0

    @property
    def epochs_before(self) -> int:
        """The number of epochs planned when the checkpoint was written; there must be one."""
        assert self.checkpoint is not None
        before = saved_config(self.checkpoint.record["config"], "config").config
        return before.training.complete.epochs


def check_run(directory: Path) -> None:
    """Raise `UsageError` if `directory` is not a run directory."""
    if not directory.is_dir():
        raise UsageError(
            f"{directory}: is not a directory; expected a run directory such as runs/xor-001"
        )
    if not (directory / CONFIG).is_file():
        raise UsageError(
            folder_of_runs(directory, "resume one of them")
            or f"{directory}: has no {CONFIG}; not a run to resume; train anew"
        )


def load_run(directory: Directory, loaded: LoadedConfig) -> StoppedRun:
    """Return a run as it was left, or a new one if there is no checkpoint.

    Parameters
    ----------
    directory : Directory
        Open run directory.
    loaded : LoadedConfig
        Config of the run, with more epochs if requested.

    Raises
    ------
    ConfigError
        If the config differs from before in more than the number of epochs.
    DataError
        If the checkpoint is damaged.
    """
    if not (directory / CHECKPOINT).exists():
        if (directory / CONFIG).exists():
            before = read_config(directory / CONFIG, check=misfits_of_resumed)
            check_same(directory, before.config, loaded.config)
        return StoppedRun(directory, loaded, None)
    checkpoint = read_checkpoint(directory / CHECKPOINT)
    for name, kind in _RECORDED.items():
        if not isinstance(checkpoint.record.get(name), kind):
            raise DataError(f"{directory / CHECKPOINT}: has no valid {name}; train anew")
    if not 0 <= checkpoint.record["wall_seconds"] < math.inf:
        raise DataError(f"{directory / CHECKPOINT}: has an invalid training time; train anew")
    if checkpoint.record["engine"] not in ENGINES:
        raise DataError(f"{directory / CHECKPOINT}: names an unknown engine; train anew")
    before = saved_config(checkpoint.record["config"], f"{directory / CHECKPOINT}: its config")
    if not before.config.training.is_complete:
        raise DataError(f"{directory / CHECKPOINT}: its config is incomplete; train anew")
    check_same(directory, before.config, loaded.config)
    most, selection = before.config.training.complete.epochs, None
    if before.config.training.refit:
        selection = _selection(directory, checkpoint, before)
        most = selection.best_epoch
    _check_epochs(directory, checkpoint.progress, most)
    return StoppedRun(directory, loaded, checkpoint, selection)


def _selection(directory: Directory, checkpoint: Checkpoint, before: LoadedConfig) -> Selection:
    """Return the selection of a refit. Raise `DataError` if it is damaged."""
    config = before.selecting.config
    most, monitor = config.training.complete.epochs, monitor_of(config, has_validation=True)
    try:
        return Selection.recorded(checkpoint.record.get("selection"), most, monitor)
    except ValueError as error:
        raise DataError(f"{directory / CHECKPOINT}: {error}; train anew") from error


def _check_epochs(directory: Directory, progress: Progress, most: int) -> None:
    """Raise `DataError` if a checkpoint counts epochs that are impossible for the run."""
    within = (progress.best_epoch, progress.patience_epoch, progress.falls, progress.last_fall)
    if progress.epoch > most or max(within) > progress.epoch:
        raise DataError(f"{directory / CHECKPOINT}: counts epochs that do not exist; train anew")


def _check_progress(job: Job, state: Mapping[str, NDArray[Any]]) -> None:
    """Raise `ValueError` if the restored engine does not match the progress."""
    progress, now = job.progress, job.engine.snapshot()
    if progress.best is not None and _forms(progress.best) != _forms(now):
        raise ValueError("its best parameters do not match its parameters")
    batches, sums = job.order.batches, progress.sums
    rows = len(job.order.split)
    too_many = progress.batch > batches or sums.steps != progress.batch or sums.rows > rows
    if too_many or (progress.batch and not sums.rows):
        raise ValueError("counts batches that do not exist")
    if state["steps"] != progress.epoch * batches + progress.batch:
        raise ValueError("its steps do not match its epochs")
    _check_sums(sums, job)


def _forms(snapshot: Snapshot) -> dict[str, Any]:
    return {name: (array.shape, array.dtype) for name, array in snapshot.items()}


def _check_sums(sums: Sums, job: Job) -> None:
    """Check the sums of a partial epoch against the layers; clear those that cannot saturate."""
    blocks = job.blocks
    if sums.steps and not len(sums.squared_norms) == len(sums.saturated) == len(blocks):
        raise ValueError("its sums do not match the layers")
    pairs = zip(blocks, sums.saturated, strict=False)
    sums.saturated = [each if block.activation.saturates else None for block, each in pairs]
