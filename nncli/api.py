"""Train, resume, cross-validate: what the command line does, as functions.

Nothing is printed and nothing is written unless it is asked for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from nncli.base.arguments import path_in
from nncli.base.clock import Clock
from nncli.base.errors import ModelFileError, UsageError
from nncli.base.notes import Note, warn
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import CHECKPOINT, CONFIG
from nncli.config.check import misfits_of_data, misfits_of_resumed
from nncli.config.load import ConfigSource, given_rows, read_config
from nncli.config.overrides import Overrides
from nncli.config.schema import Config
from nncli.data.dataset import Dataset
from nncli.model.model_file import read_model
from nncli.runs.call import Call
from nncli.runs.cross_validation import CrossValidation
from nncli.runs.directory import check_chosen, new_run, run_of
from nncli.runs.folds import (
    in_fold,
    jobs_of_folds,
    runs_of_folds,
    train_folds,
    with_folds,
)
from nncli.runs.job import prepare
from nncli.runs.refit import ALL_ROWS, begin_refit, resume_refit
from nncli.runs.result import Result
from nncli.runs.resuming import check_run, load_run
from nncli.runs.training import train_job
from nncli.training.observers.observer import Observer

_FOLDS = 5


def load_data(
    config: ConfigSource, overrides: Overrides = (), *, progress: bool = False
) -> Dataset:
    """Return the data of a config, split and described.

    Parameters
    ----------
    progress : bool
        Whether there may be a progress bar on standard error while it is downloaded.

    Raises
    ------
    ConfigError, DataError
        When the config is wrong, or the data cannot be had.
    """
    loaded = read_config(config, overrides, check=misfits_of_data)
    return loaded.config.load_data(progress=progress)


def train(
    config: ConfigSource,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
    out: str | Path | bool | None = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> Result:
    """Train a network as a config describes it.

    Ctrl-C ends training after the current step; the result then has the network so far, and is
    ``interrupted``. A second one interrupts at once.

    Parameters
    ----------
    config : path, mapping, Config or LoadedConfig
        Paths in a file are relative to its folder, in anything else to the working directory.
    overrides : mapping of str, or sequence of str
        Settings over those of the config, by ``key.path``: ``{"training.epochs": 5}`` or
        ``["training.epochs=5"]``.
    data : (X, y), (X, y, weights), frame, or list of dict, optional
        Rows in the place of those that the config names: arrays of inputs and targets, or a table
        whose columns the section ``data`` of the config describes. Targets may stand beside a table
        too. Weights say how much each row counts.
    validation_data, test_data : (X, y), frame, or list of dict, optional
        Rows to validate and to test with; default: taken from `data`, as the config says.
    out : path or True, optional
        The run directory, new or empty; True for the next free ``runs/<name>-001``. Without one,
        nothing is written.
    observers : sequence of Observer
        What is told of training, and may ask to stop it.
    progress : bool
        Whether progress is shown: as a bar on a terminal and in a notebook, else line by line on
        standard error.
    threads : int, optional
        Of the matrix products; default: as many as suit the network.
    note : function of str
        Told what the user may not expect of the job; default: a `NncliWarning`.
    clock : Clock, optional
        Is told where the time goes.

    Raises
    ------
    ConfigError, DataError, UsageError
        When config, data and directory do not go together.
    DivergenceError
        When a number is no longer finite. Its `result` is the best epoch before, if there was one.
    OutputError
        When a file cannot be written.
    """
    call = Call(observers, progress=progress, threads=threads, note=note, clock=clock)
    with call.preparing():
        rows = given_rows(data, validation_data, test_data)
        loaded = read_config(config, overrides, rows=rows)
        if folds := loaded.config.folds:
            raise UsageError(
                f"training.folds: {folds} asks for a model a fold; use cross_validate, or set "
                "training.fold"
            )
        _check_out(out)
    if loaded.config.training.refit:
        return begin_refit(loaded, call, _run_directory(out, loaded.config, note))
    with call.preparing():
        job = prepare(loaded, progress_bar=progress, clock=clock)
    with _run_directory(out, job.config, note) as directory, call.watching() as watching:
        return train_job(job, directory, watching, threads=call.threads, clock=clock)


def resume(
    run: str | Path,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> Result:
    """Resume a stopped run in its directory.

    Parameters
    ----------
    run : path
        The run directory.
    overrides : mapping of str, or sequence of str
        ``training.epochs`` may be raised, nothing else may change.
    data, validation_data, test_data
        As for `train`; they must be given again if they were.
    threads : int, optional
        Default: as many as before.
    observers, progress, note, clock
        As for `train`.

    Returns
    -------
    Result
        With `already_over` where there was nothing left to train.

    Raises
    ------
    ConfigError, DataError, UsageError
        When it is no run, or is not what it was.
    DivergenceError, OutputError
        As `train`.
    """
    call = Call(observers, progress=progress, threads=threads, note=note, clock=clock)
    directory = Directory(path_in(run, "run"))
    check_run(directory.path)
    with run_of(directory, note):
        with call.preparing():
            rows = given_rows(data, validation_data, test_data)
            loaded = read_config(directory / CONFIG, overrides, rows=rows, check=misfits_of_resumed)
            if loaded.config.folds:
                raise UsageError(f"{run}: is a cross-validation; use resume_cross_validation")
            stopped = load_run(directory, loaded)
            if stopped.what_is_over:
                return _finished(directory, stopped.what_is_over)
        if loaded.config.training.refit and not stopped.checkpoint:
            return resume_refit(directory, loaded, call)
        with call.preparing():
            if not stopped.checkpoint:
                note(f"{directory} has no {CHECKPOINT}: training begins again")
            title = ALL_ROWS if stopped.selection else ""
            job = stopped.prepare(
                title=title, threads=call.threads, progress_bar=progress, clock=clock
            )
        with call.watching() as watching:
            return train_job(
                job,
                directory,
                watching,
                threads=call.threads or stopped.threads,
                wall_seconds=stopped.wall_seconds,
                clock=clock,
            )


def cross_validate(
    config: ConfigSource,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
    out: str | Path | bool | None = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> CrossValidation:
    """Train a model for each of ``training.folds`` parts of the rows on the other parts.

    Where the config does not say how many, there are 5. Ctrl-C ends it after the current step.

    Parameters
    ----------
    config, overrides, data, test_data, out, progress, threads, note, clock
        As for `train`.
    observers : sequence of Observer
        They watch one fold after the other.

    Raises
    ------
    ConfigError, DataError, UsageError, DivergenceError, OutputError
        As `train`.
    """
    call = Call(observers, progress=progress, threads=threads, note=note, clock=clock)
    with call.preparing():
        rows = given_rows(data, validation_data, test_data)
        loaded = read_config(config, overrides, rows=rows)
        if number := loaded.config.training.fold:
            raise UsageError(f"training.fold: {number} asks for one fold alone; use train")
        if loaded.config.training.refit:
            raise UsageError("training.refit: true asks for one model of all rows; use train")
        if not loaded.config.folds:
            loaded = with_folds(loaded, _FOLDS)
        _check_out(out)
        first = in_fold(loaded, 1)
        title = f"fold 1/{loaded.config.folds}"
        job = prepare(first, title=title, progress_bar=progress, clock=clock)
    with _run_directory(out, job.config, note) as directory, call.watching() as watching:
        runs = runs_of_folds(directory, loaded)
        others = jobs_of_folds(runs, begun=job, clock=clock)
        jobs = chain([job], others)
        return train_folds(directory, runs, jobs, watching, threads=call.threads, clock=clock)


def resume_cross_validation(
    run: str | Path,
    overrides: Overrides = (),
    *,
    data: object = None,
    validation_data: object = None,
    test_data: object = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> CrossValidation:
    """Resume a stopped cross-validation in its directory; parameters and errors as for `resume`.

    Folds that are finished stay as they are.
    """
    call = Call(observers, progress=progress, threads=threads, note=note, clock=clock)
    directory = Directory(path_in(run, "run"))
    check_run(directory.path)
    with run_of(directory, note), call.watching() as watching:
        with call.preparing():
            rows = given_rows(data, validation_data, test_data)
            loaded = read_config(directory / CONFIG, overrides, rows=rows, check=misfits_of_resumed)
            if not loaded.config.folds:
                raise UsageError(f"{run}: is a single run; use resume")
            runs = runs_of_folds(directory, loaded)
        jobs = jobs_of_folds(runs, threads=call.threads, progress_bar=progress, clock=clock)
        return train_folds(directory, runs, jobs, watching, threads=call.threads, clock=clock)


def _finished(directory: Directory, over: str) -> Result:
    """Return what a finished run has left. Raises `ModelFileError`."""
    try:
        model = read_model(directory.place())
    except ModelFileError as error:
        raise ModelFileError(f"{error}; its run is finished") from error
    return Result(model, model.training["ended"], directory=directory.place(), already_over=over)


def _check_out(out: str | Path | bool | None) -> None:
    """Raise `UsageError` when a directory that was chosen is neither new nor empty."""
    if not isinstance(out, bool | None):
        check_chosen(path_in(out, "out"))


@contextmanager
def _run_directory(
    out: str | Path | bool | None, config: Config, note: Note
) -> Iterator[Directory | None]:
    """Make the run directory, if there is to be one, and keep others out of it."""
    if out is None or out is False:
        yield None
        return
    chosen = None if out is True else Path(out)
    with new_run(str(config.name), chosen, note) as directory:
        yield directory
