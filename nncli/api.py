"""Train and resume: the functions behind the commands.

They print only with ``progress=True`` and write a run only with ``out=``.
"""

from collections.abc import Sequence
from pathlib import Path

from nncli.base.arguments import path_in
from nncli.base.clock import Clock
from nncli.base.errors import ModelFileError
from nncli.base.notes import Note, warn
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import CHECKPOINT, CONFIG
from nncli.config.check import misfits_of_data, misfits_of_resumed
from nncli.config.load import ConfigSource, given_rows, read_config
from nncli.config.overrides import Overrides
from nncli.data.dataset import Dataset
from nncli.model.model_file import read_model
from nncli.runs.call import Call
from nncli.runs.directory import Out, check_out, run_directory, run_of
from nncli.runs.preparation import prepare
from nncli.runs.refit import ALL_ROWS, begin_refit, resume_refit
from nncli.runs.result import Result
from nncli.runs.resuming import check_run, load_run
from nncli.runs.several import check_is, check_is_single
from nncli.runs.training import train_job
from nncli.training.observers.observer import Observer


def load_data(
    config: ConfigSource, overrides: Overrides = (), *, progress: bool = False
) -> Dataset:
    """Load and split the data of a config.

    Parameters
    ----------
    config, overrides
        As for `train`.
    progress : bool
        Whether a download shows a progress bar on standard error.

    Raises
    ------
    ConfigError
        If the config is wrong.
    DataError
        If the data cannot be downloaded or read.
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
    out: Out = None,
    observers: Sequence[Observer] = (),
    progress: bool = False,
    log_every: int | None = None,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> Result:
    """Train the network that a config describes.

    Ctrl-C ends training after the current step; the result has the network so far and `ended` is
    ``interrupted``. A second Ctrl-C raises `KeyboardInterrupt` at once.

    Parameters
    ----------
    config : path, mapping, Config or LoadedConfig
        Paths in a config file are relative to its folder, other paths to the working directory.
    overrides : mapping of str, or sequence of str
        Settings that override the config, such as ``{"training.epochs": 5}`` or
        ``["training.epochs=5"]``.
    data : (X, y), (X, y, weights), frame, or list of dict, optional
        Rows to use instead of the config's: arrays of inputs and targets, or a table whose columns
        the config's section ``data`` describes. `X` may also be a table, with `y` an array. The
        weights set how much each row counts in training.
    validation_data, test_data : (X, y), frame, or list of dict, optional
        Validation and test rows; default: taken from `data` as the config specifies.
    out : path or bool, optional
        Run directory to write, new or empty; True picks the next free ``runs/<name>-001``. By
        default nothing is written.
    observers : sequence of Observer
        Observers of training, which may stop it.
    progress : bool
        Whether to show progress: a bar on a terminal and in a notebook, else lines on standard
        error; at the end, the curves of the metrics and why training stopped early.
    log_every : int, optional
        Show lines about every Nth epoch only; default: ``training.log_every`` of the config, else
        about 50 lines, or on a terminal at most one per second.
    threads : int, optional
        Number of threads for training; default: chosen by the engine and the size of the network.
    note : function of str
        Called with each warning; default: issue a `NncliWarning`.
    clock : Clock, optional
        Measures the time of each phase.

    Raises
    ------
    ConfigError, DataError, UsageError
        If the config, the data or an argument is wrong, or they do not match.
    DivergenceError
        If a loss, gradient or weight is no longer finite. Its `result` has the best epoch so far,
        or is None.
    OutputError
        If a file cannot be written.
    """
    call = Call(
        observers, progress=progress, log_every=log_every, threads=threads, note=note, clock=clock
    )
    with call.preparing():
        rows = given_rows(data, validation_data, test_data)
        loaded = read_config(config, overrides, rows=rows)
        check_is_single(loaded.config)
        check_out(out)
    if loaded.config.training.refit:
        return begin_refit(loaded, call, run_directory(out, loaded.config, note))
    with call.preparing():
        job = prepare(loaded, progress_bar=progress, clock=clock)
    with run_directory(out, job.config, note) as directory, call.watching() as watching:
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
    log_every: int | None = None,
    threads: int | None = None,
    note: Note = warn,
    clock: Clock | None = None,
) -> Result:
    """Resume an interrupted run, or train a finished run for more epochs.

    Parameters
    ----------
    run : path
        Run directory.
    overrides : mapping of str, or sequence of str
        Only ``training.epochs`` may change, and only increase; also the section ``diagnose``.
    data, validation_data, test_data
        The same rows as were passed to `train`, if any.
    threads : int, optional
        Number of threads for training; default: as before.
    observers, progress, log_every, note, clock
        As for `train`.

    Returns
    -------
    Result
        If nothing was left to train, `already_over` gives the reason.

    Raises
    ------
    ConfigError, DataError, UsageError
        If `run` is not a run directory, or the config or data have changed.
    DivergenceError, OutputError
        As for `train`.
    """
    call = Call(
        observers, progress=progress, log_every=log_every, threads=threads, note=note, clock=clock
    )
    directory = Directory(path_in(run, "run"))
    check_run(directory.path)
    with run_of(directory, note):
        with call.preparing():
            rows = given_rows(data, validation_data, test_data)
            check_is(None, directory)
            loaded = read_config(directory / CONFIG, overrides, rows=rows, check=misfits_of_resumed)
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


def _finished(directory: Directory, over: str) -> Result:
    """Return the result of a finished run. Raises `ModelFileError`."""
    try:
        model = read_model(directory.place())
    except ModelFileError as error:
        raise ModelFileError(f"{error}; its run is finished") from error
    return Result(model, model.training["ended"], directory=directory.place(), already_over=over)
