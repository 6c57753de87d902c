"""Estimate the data, shapes, memory and time of a training job."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nncli.base.arguments import path_in
from nncli.base.storage.mapping import MEMORY
from nncli.base.threads import check_threads
from nncli.config.load import ConfigSource, load_config
from nncli.config.overrides import Overrides
from nncli.data.dataset import Dataset
from nncli.engines.choice import matrix_product, why_numpy
from nncli.metrics.classes import MOST_IN_MATRIX
from nncli.metrics.tasks import EVALUATIONS
from nncli.model.description import describe_network
from nncli.model.passes import rows_a_pass
from nncli.runs.directory import check_chosen
from nncli.runs.folds import Folds
from nncli.runs.job import Job
from nncli.runs.preparation import prepare
from nncli.runs.refit import check_validates
from nncli.training.loop import train
from nncli.training.progress import Progress

_MEASURE_SECONDS = 0.3

# Measured, including the text of metrics.json: for the numbers of a row; the figures of a class,
# label or target; and a pair of classes.
_BYTES_A_ROW, _BYTES_OF_A_PART, _BYTES_OF_A_PAIR = 96, 1200, 400
_NUMBERS_OF_A_LOSS = 1 << 18


@dataclass(frozen=True)
class Estimate:
    """An estimate for a training job.

    Attributes
    ----------
    dataset : Dataset
    is_own : bool
        Whether the data is the user's own.
    network : dict
        Layers of the network, as JSON values.
    folds : int or None
        Number of such jobs in a cross-validation.
    seeds : int or None
        Number of such jobs with several seeds.
    is_refit : bool
        Whether training on all rows follows, which may take as long.
    batches : int
        Number of batches per epoch.
    epochs : int
        Largest number of epochs.
    may_stop_early : bool
        Whether training may stop before the last epoch.
    seconds_an_epoch : float
    engine : str
    products : str or None
        The matrix product that the compiled engine calls.
    compilation : str or None
        Whether the code of the compiled engine was compiled now, and is kept.
    not_compiled : str or None
        Why ``auto`` chose NumPy.
    megabytes : float
        Peak memory of the process.
    warnings : sequence of str
        Lines about what the user may not expect.
    """

    dataset: Dataset
    is_own: bool
    network: dict[str, Any]
    folds: int | None
    seeds: int | None
    is_refit: bool
    batches: int
    epochs: int
    may_stop_early: bool
    seconds_an_epoch: float
    engine: str
    products: str | None
    compilation: str | None
    not_compiled: str | None
    megabytes: float
    warnings: Sequence[str] = ()

    @property
    def seconds(self) -> float:
        """The time that all of training would take at most."""
        return (
            self.seconds_an_epoch
            * self.epochs
            * (self.folds or self.seeds or 1)
            * (1 + self.is_refit)
        )


def estimate(
    config: ConfigSource,
    overrides: Overrides = (),
    *,
    out: Path | str | None = None,
    threads: int | None = None,
    progress: bool = False,
) -> Estimate:
    """Estimate what `train` would take, from a few training steps; nothing is saved.

    Parameters
    ----------
    config, overrides, threads
        As for `train`; for rows in memory, load the config with them.
    out : path, optional
        Run directory to check; it is not created.
    progress : bool
        Whether to show a progress bar during downloads, and a line when code is compiled.

    Raises
    ------
    ConfigError, DataError, UsageError
        As for `train`.
    """
    threads = check_threads(threads)
    loaded = load_config(config, overrides)
    if out is not None:
        check_chosen(path_in(out, "out"))
    folds = loaded.config.folds
    job = prepare(Folds(loaded).first if folds else loaded.selecting, progress_bar=progress)
    check_validates(loaded, job)
    with job.limited_threads(threads):
        seconds = _seconds_an_epoch(job)
    return Estimate(
        dataset=job.dataset,
        is_own=job.config.data.is_own,
        network=describe_network(job.setup.network),
        folds=folds,
        seeds=loaded.config.training.seeds,
        is_refit=loaded.config.training.refit,
        batches=job.order.batches,
        epochs=job.plan.epochs,
        may_stop_early=job.plan.patience_epochs is not None,
        seconds_an_epoch=seconds,
        engine=job.engine.name,
        products=matrix_product(job.engine.name),
        compilation=job.compilation.summary if job.engine.name == "compiled" else None,
        not_compiled=_why_not_compiled(job),
        megabytes=_megabytes(job),
        warnings=job.warnings,
    )


def _why_not_compiled(job: Job) -> str | None:
    if job.config.training.engine != "auto":
        return None
    steps = job.plan.epochs * job.order.batches
    return why_numpy(steps, len(job.network.parameters), job.setup)


def _seconds_an_epoch(job: Job) -> float:
    """Return the time for an epoch, measured with real steps and one validation.

    The first step does not count, as it may take longer than others.
    """
    plan = replace(
        job.plan,
        epochs=sys.maxsize,
        monitor="train_loss",
        measure=None,
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
        if job.plan.measure:
            job.plan.measure(job.engine.snapshot())
        seconds += time.perf_counter() - started
    return seconds


def _steps(progress: Progress, job: Job) -> int:
    return progress.epoch * job.order.batches + progress.batch


def _megabytes(job: Job) -> float:
    """Return the expected peak memory of the process, after the measured steps.

    The copy of the best parameters and the evaluation of the splits are added to the current peak.
    """
    best = job.setup.network.parameters.nbytes * job.plan.keep_best
    return (_peak_bytes(job) + best + _evaluation_bytes(job)) / 1e6


def _evaluation_bytes(job: Job) -> int:
    """Return the memory for evaluating the largest split, and for the figures of all splits."""
    rows = [len(split) for split in job.dataset.splits.values()]
    network, outputs = job.setup.network, job.setup.network.output.outputs
    numbers = rows_a_pass(network) * outputs
    passes = numbers * network.dtype.itemsize * 2 + min(numbers, _NUMBERS_OF_A_LOSS) * 8 * 6
    kept = max(rows) * _BYTES_A_ROW
    if not EVALUATIONS[job.dataset.task].by_row:  # outputs and targets, or their files
        kept += 2 * min(max(rows) * outputs * 8, MEMORY.large_bytes)
    figures = outputs * len(rows) * _BYTES_OF_A_PART
    pairs = sum(rows) * _BYTES_OF_A_PAIR if len(job.dataset.classes) > MOST_IN_MATRIX else 0
    return passes + kept + figures + pairs


def _peak_bytes(job: Job) -> float:
    """Return the peak memory of this process, or on Windows the size of its arrays."""
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
