"""``nncli train --dry-run``: what a training job would take."""

import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nncli.cli.output import print_pairs, print_table
from nncli.cli.show import print_layers
from nncli.model.description import describe_network
from nncli.training.loop import train
from nncli.training.progress import Progress

if TYPE_CHECKING:
    from nncli.runs.job import Job

_MEASURE_SECONDS = 0.3


def print_estimates(job: "Job", folds: int = 1) -> None:
    """Print data, shapes, memory and time; the job's parameters are spoiled by the measurement.

    Parameters
    ----------
    folds : int
        How many such jobs there are, if it is a cross-validation.
    """
    print_table(
        ("split", "rows", "columns", "type"),
        [
            (name, str(len(split)), str(split.inputs.shape[1]), str(split.inputs.dtype))
            for name, split in job.dataset.splits.items()
        ],
    )
    click.echo()
    print_layers(describe_network(job.setup.network))
    click.echo()
    seconds_an_epoch = _seconds_an_epoch(job)
    total = seconds_an_epoch * job.plan.epochs
    time_needed = f"{total * folds:.1f} s, {seconds_an_epoch:.2f} s an epoch"
    print_pairs(
        [
            *([("folds, a model each", folds)] if folds > 1 else []),
            ("batches an epoch", job.order.batches),
            ("epochs, at most", job.plan.epochs),
            ("training, about", time_needed),
            ("engine", job.engine.name),
            ("memory, about", f"{_megabytes(job):.0f} MB"),
        ]
    )


def _seconds_an_epoch(job: "Job") -> float:
    """Take real steps for a moment, and one validation; return what an epoch would take.

    The first step does not count: it may wait for loops to be compiled.
    """
    plan = replace(
        job.plan,
        epochs=sys.maxsize,
        monitor="train_loss",
        validates=False,
        patience_epochs=None,
        plateau=None,
    )
    progress = Progress()
    reports = train(job.engine, job.order, job.score, replace(plan, report_seconds=0), progress)
    next(reports)
    reports = train(job.engine, job.order, job.score, plan, progress)
    before, started = _steps(progress, job), time.perf_counter()
    end = started + _MEASURE_SECONDS
    while time.perf_counter() < end or _steps(progress, job) == before:
        next(reports)
    seconds = (time.perf_counter() - started) / (_steps(progress, job) - before) * job.order.batches
    if job.plan.validates:
        started = time.perf_counter()
        job.engine.evaluate()
        seconds += time.perf_counter() - started
    return seconds


def _steps(progress: Progress, job: "Job") -> int:
    return progress.epoch * job.order.batches + progress.batch


def _megabytes(job: "Job") -> float:
    """Return what the process will have taken at most, the measured steps having taken theirs.

    What is still to come is the copy of the best parameters and the evaluation of a whole split.
    """
    rows = max(map(len, job.dataset.splits.values()))
    network = job.setup.network
    outputs = network.output.outputs
    evaluation = rows * (outputs * (network.dtype.itemsize + 4) + 96)
    best = network.parameters.nbytes * job.plan.keep_best
    return (_peak_bytes(job) + best + evaluation) / 1e6


def _peak_bytes(job: "Job") -> float:
    """Return the most memory that this process has taken; on Windows that of its arrays."""
    try:
        import resource
    except ImportError:
        splits = job.dataset.splits.values()
        arrays = [array for each in splits for array in (each.inputs, each.targets, each.rows)]
        unique = {id(array): array.nbytes for array in arrays}
        state = [array.nbytes for array in job.engine.state().values()]
        return float(sum(unique.values()) + 2 * sum(state))
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit
