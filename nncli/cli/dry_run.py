"""``nncli train --dry-run``: what a training job would take."""

import math
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nncli.cli.output import print_pairs, print_table
from nncli.cli.show import print_layers
from nncli.model.description import describe_layers
from nncli.training.loop import Progress, StepReport, evaluate, train

if TYPE_CHECKING:
    from nncli.runs.pipeline import Job

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
    print_layers(describe_layers(job.network.layers))
    click.echo()
    seconds_an_epoch = _seconds_an_epoch(job)
    total = seconds_an_epoch * job.plan.epochs
    time_needed = f"{total * folds:.1f} s, {seconds_an_epoch:.2f} s an epoch"
    print_pairs(
        [
            *([("folds, a model each", folds)] if folds > 1 else []),
            ("batches an epoch", len(job.training)),
            ("epochs, at most", job.plan.epochs),
            ("training, about", time_needed),
            ("kernels", job.engine.kernels.name),
            ("memory, about", f"{_megabytes(job):.0f} MB"),
        ]
    )


def _seconds_an_epoch(job: "Job") -> float:
    """Take real steps for a moment, and one validation; return what an epoch would take.

    The first step does not count: it may wait for kernels to be compiled.
    """
    end = math.inf
    plan = replace(job.plan, epochs=sys.maxsize, monitor="train_loss")
    reports = train(
        job.engine,
        job.training,
        None,
        plan,
        Progress(),
        lambda: time.perf_counter() > end,
    )
    next(reports)
    started = time.perf_counter()
    end = started + _MEASURE_SECONDS
    steps = sum(isinstance(report, StepReport) for report in reports)
    seconds = (time.perf_counter() - started) / steps * len(job.training)
    if job.validation is not None:
        started = time.perf_counter()
        evaluate(job.engine, job.validation)
        seconds += time.perf_counter() - started
    return seconds


def _megabytes(job: "Job") -> float:
    """Return what the process will have taken at most, the measured steps having taken theirs.

    What is still to come is the copy of the best parameters and the evaluation of a whole split.
    """
    rows = max(map(len, job.dataset.splits.values()))
    outputs = job.network.layers[-1].outputs
    evaluation = rows * (outputs * (job.network.dtype.itemsize + 4) + 96)
    best = job.network.parameters.nbytes * job.plan.keep_best
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
