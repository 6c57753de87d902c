"""Runs that are parts of another run, each with a subdirectory."""

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext

from nncli.base.clock import Clock
from nncli.base.errors import DataError, DivergenceError, reason
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import writing
from nncli.base.storage.locks import locked
from nncli.config.load import LoadedConfig
from nncli.runs.job import Job
from nncli.runs.result import Result
from nncli.runs.resuming import StoppedRun, load_run
from nncli.runs.training import train_job
from nncli.training.observers.observer import Observer


def run_below(directory: Directory, name: str, loaded: LoadedConfig, of: str) -> StoppedRun:
    """Return the run in a subdirectory of another run, as it was left.

    Parameters
    ----------
    directory : Directory
        Open directory of the other run.
    of : str
        Description of the run for messages, such as ``a fold``.

    Raises
    ------
    ConfigError, DataError
        As for `load_run`, and if the directory cannot be opened.
    """
    below = directory.directory(name)
    with ExitStack() as stack:
        try:
            stack.enter_context(below.opened())
        except FileNotFoundError:
            return StoppedRun(below, loaded, None)
        except OSError as error:
            raise DataError(f"{below}: is not the directory of {of} ({reason(error)})") from error
        return load_run(below, loaded)


def train_part(
    stopped: StoppedRun,
    job: Job,
    observers: Sequence[Observer],
    *,
    threads: int | None = None,
    clock: Clock | None = None,
) -> Result:
    """Train the job of one of several runs; its directory, if any, is not open yet.

    Raises
    ------
    DivergenceError, OutputError
        As for `train_job`; a `DivergenceError` names the job.
    """
    if stopped.directory:
        with writing(stopped.directory):
            stopped.directory.make()
    with locked(stopped.directory) if stopped.directory else nullcontext():
        try:
            return train_job(
                job,
                stopped.directory,
                observers,
                threads=threads or stopped.threads,
                wall_seconds=stopped.wall_seconds,
                clock=clock,
            )
        except DivergenceError as error:
            named = DivergenceError(f"{job.title}: {error}")
            named.result, named.directory = error.result, error.directory
            raise named from error
