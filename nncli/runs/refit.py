"""Refit: choose the epochs on validation rows, then train a new network on all rows."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import NamedTuple

from nncli.base.errors import ConfigError, DataError
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import write_text
from nncli.base.storage.run_files import CHECKPOINT, CONFIG, SELECTION
from nncli.base.words import on_one_line
from nncli.config.check import NO_VALIDATION, REFIT
from nncli.config.load import LoadedConfig
from nncli.config.places import portable
from nncli.config.render import plain_text
from nncli.config.resolve import Misfit
from nncli.config.schema import Config
from nncli.data.fingerprint import changed_parts, fingerprint
from nncli.runs.call import Call
from nncli.runs.job import Job
from nncli.runs.parts import run_below, train_part
from nncli.runs.preparation import prepare
from nncli.runs.result import Result
from nncli.runs.resuming import StoppedRun
from nncli.runs.same_config import chosen_once
from nncli.runs.selection import Selection
from nncli.runs.settings import monitor_of
from nncli.runs.training import train_job
from nncli.training.progress import Progress

ALL_ROWS = "all rows"
"""The title of the second training; the title of the first is the name of its directory."""


class _Selected(NamedTuple):
    """What the training on all rows needs from the selection.

    Attributes
    ----------
    loaded : LoadedConfig
        Config of the refit, with all settings that depend on the rows filled in.
    selection : Selection
    data : dict
        Fingerprint of the data that chose the epochs.
    threads : int or None
    """

    loaded: LoadedConfig
    selection: Selection
    data: dict[str, str]
    threads: int | None


def begin_refit(
    loaded: LoadedConfig, call: Call, place: AbstractContextManager[Directory | None]
) -> Result:
    """Choose the number of epochs, and train on all rows for that many.

    Parameters
    ----------
    place : context manager
        Opens the directory for the files, if any; the files of the selection are in a
        subdirectory.

    Returns
    -------
    Result
        Result of the training on all rows, or of the selection if that was interrupted.

    Raises
    ------
    ConfigError, DataError
        As for `prepare`; if there are no validation rows; and if the data changes between the two
        trainings.
    UsageError, DivergenceError, OutputError
        As for the directory and `train_job`.
    """
    with call.preparing():
        stopped = StoppedRun(None, loaded.selecting, None)
        job = _prepared(loaded, stopped, call)
    with place as directory:
        if directory:
            stopped = _selection_in(directory, loaded)
        found = _select(directory, loaded, stopped, job, call)
        del job  # frees its rows before they are read again
        return found if isinstance(found, Result) else _train_again(directory, found, call)


def resume_refit(directory: Directory, loaded: LoadedConfig, call: Call) -> Result:
    """Resume a refit that was interrupted before the first checkpoint of its second training.

    Parameters
    ----------
    directory : Directory
        Open directory of the refit.

    Returns
    -------
    Result
        As for `begin_refit`.

    Raises
    ------
    ConfigError, DataError
        As for `begin_refit` and `run_below`.
    DivergenceError, OutputError
        As for `train_job`.
    """
    with call.preparing():
        stopped = _selection_in(directory, loaded)
    checkpoint = stopped.checkpoint
    if checkpoint and stopped.what_is_over:
        threads = call.threads or stopped.threads
        selection = _selection(checkpoint.progress, stopped.loaded.config)
        found = _Selected(loaded, selection, checkpoint.record["data"], threads)
        return _train_again(directory, found, call)
    if not checkpoint:
        call.note(f"{stopped.directory} has no {CHECKPOINT}: training begins again")
    with call.preparing():
        job = _prepared(loaded, stopped, call)
    trained = _select(directory, loaded, stopped, job, call)
    del job  # frees its rows before they are read again
    return trained if isinstance(trained, Result) else _train_again(directory, trained, call)


def _selection_in(directory: Directory, loaded: LoadedConfig) -> StoppedRun:
    """Return the selection as it was left. Raise `ConfigError` if its epochs have changed."""
    stopped = run_below(directory, SELECTION, loaded.selecting, "the selection of epochs")
    now = loaded.config.training.epochs
    if stopped.checkpoint and now != stopped.epochs_before:
        raise chosen_once(directory, stopped.epochs_before, now or 0)
    return stopped


def _prepared(loaded: LoadedConfig, stopped: StoppedRun, call: Call) -> Job:
    """Return the job that chooses the epochs. Raise `ConfigError` without validation rows."""
    job = stopped.prepare(
        title=SELECTION, threads=call.threads, progress_bar=call.progress, clock=call.clock
    )
    check_validates(loaded, job)
    return job


def check_validates(loaded: LoadedConfig, job: Job) -> None:
    """Raise `ConfigError` if the job that chooses the epochs of a refit has no validation rows."""
    if loaded.config.training.refit and not job.plan.validates:
        raise ConfigError(loaded.placed(Misfit(REFIT, f"found true, but {NO_VALIDATION}")))


def _select(
    directory: Directory | None, loaded: LoadedConfig, stopped: StoppedRun, job: Job, call: Call
) -> Result | _Selected:
    """Choose the epochs; return the result of that training if it was interrupted."""
    loaded = loaded.with_config(job.config.with_training(refit=True))
    if directory:
        config = portable(loaded.config, directory.place())
        write_text(directory / CONFIG, plain_text(config))
    threads = call.threads or stopped.threads
    with call.watching() as watching:
        result = train_part(stopped, job, watching, threads=threads, clock=call.clock)
    if not result.is_over:
        return replace(result, refit_in=directory.place() if directory else None)
    selection = _selection(job.progress, job.config)
    return _Selected(loaded, selection, job.fingerprint, threads or job.suited_threads)


def _selection(found: Progress, config: Config) -> Selection:
    return Selection.of(found, monitor_of(config, has_validation=True))


def _train_again(directory: Directory | None, found: _Selected, call: Call) -> Result:
    """Train on all rows. Raise `DataError` if the data has changed."""
    with call.preparing():
        now = fingerprint(found.loaded.selecting.config.load_data())
        if changed := changed_parts(found.data, now):
            raise DataError(
                f"{directory or 'data'}: the data has changed since the epochs were chosen: the "
                f"{on_one_line(changed[0], 40)}; restore the data, or train anew"
            )
        job = prepare(
            found.loaded,
            title=ALL_ROWS,
            selection=found.selection,
            progress_bar=call.progress,
            clock=call.clock,
        )
    with call.watching() as watching:
        return train_job(job, directory, watching, threads=found.threads, clock=call.clock)
