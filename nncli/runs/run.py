"""Run a training job with its observers."""

from collections.abc import Sequence

from nncli.base.errors import DivergenceError, OutputError
from nncli.runs.job import Job
from nncli.training.loop import StepReport, train
from nncli.training.observers.observer import Observer
from nncli.training.outcome import (
    DIVERGED,
    EARLY,
    FINISHED,
    INTERRUPTED,
    UNWRITTEN,
    Outcome,
)


def run(job: Job, observers: Sequence[Observer] = ()) -> Outcome:
    """Train from ``job.progress`` on, and return the outcome.

    Raises
    ------
    DivergenceError
        If a number in training is no longer finite. If there is a best epoch, the observers get the
        outcome first.
    OutputError
        If an observer cannot write; the others get the outcome first.
    DataError
        If the data has changed; the observers get no outcome.
    """
    begun: list[Observer] = []
    ended = ""  # empty while there is no outcome to save
    try:
        for observer in observers:
            observer.begin(job)
            begun.append(observer)
        ended = _train(job, observers)
    except DivergenceError:
        job.check_data()
        ended = DIVERGED if job.progress.best else ""
        raise
    except OutputError:
        ended = UNWRITTEN if len(begun) == len(observers) else ""
        raise
    finally:
        outcome = Outcome(ended, job.plan.epochs, job.progress, job.evaluations)
        for observer in reversed(begun):
            observer.end(outcome if ended else None)
    return outcome


def _train(job: Job, observers: Sequence[Observer]) -> str:
    """Train to the end or until an observer asks to stop; return how training ended."""
    progress, plan = job.progress, job.plan
    for report in train(job.engine, job.order, job.score, plan, progress):
        job.check_data()
        if isinstance(report, StepReport):
            asked = [observer.step(report) for observer in observers]
        else:
            asked = [observer.epoch(report) for observer in observers]
        if any(asked):
            break
    if progress.epoch >= plan.epochs:
        return FINISHED
    return EARLY if progress.patience_is_over(plan) else INTERRUPTED
