"""Cross-validation: train one model per fold, and evaluate it on the held-out rows."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import nncli
from nncli.base.arguments import path_in
from nncli.base.clock import Clock
from nncli.base.errors import DataError, DivergenceError, os_errors_as
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import atomic_write, write_text, writing
from nncli.base.storage.mapping import row_blocks
from nncli.base.storage.run_files import CONFIG, METRICS, WEIGHTS
from nncli.base.storage.temporary_file import joined
from nncli.config.check import misfits_of_resumed
from nncli.config.load import LoadedConfig, read_config
from nncli.config.places import portable
from nncli.config.render import plain_text
from nncli.data.fingerprint import changed_parts
from nncli.metrics.tasks import EVALUATIONS
from nncli.model.formats import as_texts, csv_of
from nncli.model.model import Model
from nncli.model.model_file import read_model
from nncli.model.predicted import names_beside, stacked, written_parts
from nncli.model.prediction import blocks_of, predict_rows
from nncli.runs.cross_validation import CrossValidation, FoldResult, HeldOut, summaries_of
from nncli.runs.job import Job
from nncli.runs.parts import run_below, train_part
from nncli.runs.result import Result
from nncli.runs.resuming import StoppedRun, check_run
from nncli.training.observers.interruption import InterruptRequest
from nncli.training.observers.observer import Observer

PREDICTIONS = "predictions.csv"


def is_cross_validation(run: str | Path) -> bool:
    """Return whether a run directory is a cross-validation.

    Raises
    ------
    ConfigError, UsageError
        If it is not a run directory.
    """
    directory = Directory(path_in(run, "run"))
    check_run(directory.path)
    with os_errors_as(DataError, directory), directory.opened():
        loaded = read_config(directory / CONFIG, check=misfits_of_resumed)
    return loaded.config.folds is not None


def in_fold(loaded: LoadedConfig, number: int) -> LoadedConfig:
    """Return the config for one fold."""
    return loaded.with_config(loaded.config.with_training(fold=number))


def with_folds(loaded: LoadedConfig, folds: int) -> LoadedConfig:
    """Return the config with this number of folds."""
    return loaded.with_config(loaded.config.with_training(folds=folds))


def runs_of_folds(directory: Directory | None, loaded: LoadedConfig) -> list[StoppedRun]:
    """Return the interrupted, finished or new run of each fold.

    Parameters
    ----------
    directory : Directory, optional
        Open directory of the cross-validation.

    Raises
    ------
    ConfigError, DataError
        As for `load_run`, and if the directory of a fold cannot be opened.
    """
    numbers = range(1, (loaded.config.folds or 0) + 1)
    if directory is None:
        return [StoppedRun(None, in_fold(loaded, each), None) for each in numbers]
    return [
        run_below(directory, f"fold-{each}", in_fold(loaded, each), "a fold") for each in numbers
    ]


def jobs_of_folds(
    runs: Sequence[StoppedRun],
    *,
    begun: Job | None = None,
    threads: int | None = None,
    progress_bar: bool = False,
    clock: Clock | None = None,
) -> Iterator[Job]:
    """Yield the job of each fold, prepared on demand; skip the first if `begun` is given.

    Settings that depend on the number of rows are the same as in the first job.
    """
    config, first = (begun.config, 2) if begun else (None, 1)
    for number, each in enumerate(runs[first - 1 :], first):
        title, run = f"fold {number}/{len(runs)}", each
        if config is not None and each.checkpoint is None:
            run = replace(each, loaded=in_fold(each.loaded.with_config(config), number))
        job = run.prepare(title=title, threads=threads, progress_bar=progress_bar, clock=clock)
        config = config or job.config
        yield job


def train_folds(
    directory: Directory | None,
    runs: Sequence[StoppedRun],
    jobs: Iterable[Job],
    observers: Sequence[Observer] = (),
    *,
    threads: int | None = None,
    clock: Clock | None = None,
) -> CrossValidation:
    """Train all unfinished folds, one by one.

    Parameters
    ----------
    directory : Directory, optional
        Open directory for the files; each fold has a subdirectory.
    runs : sequence of StoppedRun
        Interrupted, finished or new run of each fold.
    jobs : iterable of Job
        Job of each fold; the next one is requested when a fold is done.
    observers : sequence of Observer
        Observers of every fold.
    threads, clock
        As for `train_job`.

    Raises
    ------
    DivergenceError
        As for `train_job`; its result is the cross-validation so far.
    OutputError
        As for `train_job`.
    """
    folds: list[FoldResult] = []

    def place() -> Path | None:
        return directory.place() if directory else None

    for number, (stopped, job) in enumerate(zip(runs, jobs, strict=True), 1):
        if number == 1 and directory:
            config = portable(job.config.with_training(fold=None), directory.place())
            write_text(directory / CONFIG, plain_text(config))
        if stopped.what_is_over and stopped.directory:
            model = _trained_model(stopped.directory, job)
        else:
            try:
                result = train_part(stopped, job, observers, threads=threads, clock=clock)
            except DivergenceError as error:
                error.result = CrossValidation(folds, len(runs), place(), error.result)
                raise
            if _is_interrupted(result, observers):
                return CrossValidation(folds, len(runs), place(), result)
            model = result.model
        folds.append(fold_result(number, job, model))
    if directory:
        write_results(directory, folds)
    trained = not all(run.what_is_over for run in runs)
    return CrossValidation(folds, len(runs), place(), trained=trained)


def _trained_model(directory: Directory, job: Job) -> Model:
    """Return the model of a finished fold.

    Raises
    ------
    ModelFileError, OutputError
        If it cannot be read.
    DataError
        If it is not the model of `job`, because the file was replaced.
    """
    with writing(directory), directory.opened():
        model = read_model(directory / WEIGHTS)
    data, preprocessing = job.dataset, model.preprocessing
    found = model.task, model.targets, model.classes, preprocessing.columns, model.metrics.keys()
    expected = (
        data.task,
        *map(list, (data.targets, data.classes, data.columns)),
        data.splits.keys(),
    )
    others = model.fingerprint and changed_parts(model.fingerprint, job.fingerprint)
    if others or found != expected or model.network.layers != job.setup.network.layers:
        raise DataError(
            f"{directory / WEIGHTS}: is not a model of this run; restore the model of the fold"
        )
    return model


def _is_interrupted(result: Result, observers: Sequence[Observer]) -> bool:
    """Return whether a signal asked to stop; other observers only stop their fold."""
    asked = [each.signal for each in observers if isinstance(each, InterruptRequest)]
    return not result.is_over and any(asked)


def fold_result(number: int, job: Job, model: Model) -> FoldResult:
    """Return the result of a fold, for the `model` trained by `job`."""
    data = job.dataset
    split = data.splits["held_out"]
    names = names_beside(model, data.ids)
    return FoldResult(
        number=number,
        model=model,
        headline=EVALUATIONS[data.task].headline,
        rows={name: len(each) for name, each in data.splits.items()},
        held_out=HeldOut(
            numbers=split.rows if data.numbers is None else data.numbers[split.rows],
            beside={names[name]: cells[split.rows].tolist() for name, cells in data.ids.items()},
            truth=joined(block for _, block in row_blocks(split.targets, split.rows)),
            targets=list(data.targets),
            predictions=stacked(
                predict_rows(model, split.inputs[rows]) for rows in blocks_of(split.rows, model)
            ),
        ),
    )


def write_results(directory: Directory, folds: Sequence[FoldResult]) -> None:
    """Write ``predictions.csv``, then ``metrics.json``. Raise `OutputError`."""
    with atomic_write(directory / PREDICTIONS) as stream:
        stream.write(csv_of([[name for name, _ in folds[0].columns(slice(0))]]))
        for rows in _in_order(folds):
            stream.write(csv_of(rows))
    splits = {
        split: {
            "split": split,
            "mean": summary.mean,
            "sample_standard_deviation": summary.deviation,
            "folds": [
                {"fold": each.number, "rows": each.rows[split], "metrics": each.metrics[split]}
                for each in folds
            ],
        }
        for split, summary in summaries_of(folds).items()
    }
    versions = {"nncli_version": nncli.__version__, "numpy_version": np.__version__}
    text = json.dumps({**splits, "folds": len(folds), **versions}, indent=2, ensure_ascii=False)
    write_text(directory / METRICS, text + "\n")


def _in_order(folds: Sequence[FoldResult]) -> Iterator[list[Sequence[Any]]]:
    """Yield blocks of rows of all folds, as texts and numbers, in the order of the data."""
    held_out = [each.held_out for each in folds]
    of_fold = np.repeat(np.arange(len(folds)), [len(each) for each in held_out])
    places = np.concatenate([np.arange(len(each)) for each in held_out])
    order = np.argsort(np.concatenate([each.numbers for each in held_out]), kind="stable")
    for part in written_parts(len(order), held_out[0].width):
        some = order[part]
        rows: list[Sequence[Any]] = [()] * len(some)
        for number, fold in enumerate(folds):
            of_this = np.flatnonzero(of_fold[some] == number)
            columns = as_texts([values for _, values in fold.columns(places[some[of_this]])])
            for at, row in zip(of_this.tolist(), zip(*columns, strict=True), strict=True):
                rows[at] = row
        yield rows
