"""Runs that another one is made of, each with a directory below that of the other."""

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
    """Read how far a run has come whose directory is in that of another.

    Parameters
    ----------
    directory : Directory
        The other one, open.
    of : str
        What the run is, for messages: ``a fold``.

    Raises
    ------
    ConfigError, DataError
        As `load_run`, and when its directory cannot be opened.
    """
    below = directory.directory(name)
    with ExitStack() as stack:
        try:
            stack.enter_context(below.opened())
        except FileNotFoundError:
            return StoppedRun(below, loaded, None)
        except OSError as error:
            raise DataError(f"{below}: is no directory of {of} ({reason(error)})") from error
        return load_run(below, loaded)


def train_part(
    stopped: StoppedRun,
    job: Job,
    observers: Sequence[Observer],
    *,
    threads: int | None = None,
    clock: Clock | None = None,
) -> Result:
    """Train the job of one of several runs; its directory, if it has one, is not open yet.

    Raises
    ------
    DivergenceError, OutputError
        As `train_job`; the first names the job.
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
            named.result = error.result
            raise named from error
