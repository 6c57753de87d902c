"""Train a job, with or without a run directory, and return its result."""

from collections.abc import Sequence
from dataclasses import replace

from nncli.base.clock import Clock
from nncli.base.errors import DivergenceError, memory_for
from nncli.base.storage.directory import Directory
from nncli.runs.job import Job
from nncli.runs.preparation import SMALLER_NETWORK
from nncli.runs.recording import RunDirectory, trained_model
from nncli.runs.result import Result
from nncli.runs.run import run
from nncli.training.observers.history import History
from nncli.training.observers.observer import Observer
from nncli.training.observers.weights import WeightRecorder
from nncli.training.outcome import DIVERGED, Outcome


def train_job(
    job: Job,
    directory: Directory | None = None,
    observers: Sequence[Observer] = (),
    *,
    threads: int | None = None,
    wall_seconds: float = 0.0,
    clock: Clock | None = None,
) -> Result:
    """Train a job from its current progress on, and return the result.

    Parameters
    ----------
    directory : Directory, optional
        Open run directory.
    threads : int, optional
        Number of threads for training; by default it suits the job.
    wall_seconds : float
        Time that the job was trained before, if it resumes.
    clock : Clock, optional
        Clock that measures history, checkpoints and the final evaluation.

    Raises
    ------
    OutputError
        If a file cannot be written; the last checkpoint still exists, to resume from.
    DivergenceError
        As for `run`. If there is a best epoch, the error has its `result` and the place where it is
        saved. With a run directory, it has its `directory`.
    """
    clock = clock or Clock()
    record: RunDirectory | None = None
    if directory:
        record = RunDirectory(directory, job, wall_seconds, clock, observers)
    memory = None if directory else (History(), WeightRecorder())
    watching = [*(memory or ()), *filter(None, [record]), *observers]

    with (
        memory_for("to train this network", SMALLER_NETWORK),
        job.limited_threads(threads),
    ):
        try:
            outcome = run(job, watching)
        except DivergenceError as error:
            if record:
                record.note_divergence(error)
                error.directory = record.directory.place()
            best = job.progress
            if best.best is None:
                raise
            place = f"saved in {directory}" if directory else "the result of this error"
            diverged = DivergenceError(
                f"{error}; the best epoch so far, {best.best_epoch}, is {place}"
            )
            diverged.directory = error.directory
            outcome = Outcome(DIVERGED, job.plan.epochs, job.progress, job.evaluations)
            diverged.result = replace(_result(job, outcome, record, memory), divergence=str(error))
            raise diverged from error
        return _result(job, outcome, record, memory)


def _result(
    job: Job,
    outcome: Outcome,
    record: RunDirectory | None,
    memory: tuple[History, WeightRecorder] | None,
) -> Result:
    """Return the result; with a run directory, the saved one."""
    directory = record.directory.place() if record else None
    if record and record.saved:
        model, evaluations = record.saved
    else:
        model = trained_model(job, outcome)
        evaluations = outcome.evaluations
    history, weights = (memory[0].table, memory[1].recorded) if memory else (None, None)
    return Result(
        model,
        outcome.ended,
        history,
        directory,
        evaluations,
        selection=job.selection,
        weights=weights,
    )
