"""Cross-validation: a model a fold, measured on the rows of the fold, which it has not seen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

import nncli
from nncli.base.storage.files import atomic_write, write_text
from nncli.config.load import LoadedConfig
from nncli.config.render import config_text
from nncli.config.schema import Config
from nncli.metrics.tasks import EVALUATIONS
from nncli.model.formats import as_texts, csv_of
from nncli.model.model_file import read_model
from nncli.model.prediction import Numbers, predict_rows
from nncli.runs.job import Job
from nncli.runs.recording import CONFIG
from nncli.runs.resuming import StoppedRun, load_run

PREDICTIONS = "predictions.csv"


@dataclass(frozen=True)
class FoldResult:
    """What the model of a fold came to.

    Attributes
    ----------
    number : int
    headline : tuple of str
        The metrics that say most.
    rows : dict of str to int
        How many rows each split has.
    metrics : dict of str to dict of str to float
        Those of each split.
    header : list of str
        The columns of `predictions`.
    predictions : list of tuple
        The number of each held-out row, the fold, the id if there is one, targets, predictions.
    """

    number: int
    headline: tuple[str, ...]
    rows: dict[str, int]
    metrics: dict[str, dict[str, float]]
    header: list[str]
    predictions: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Summary:
    """The metrics of a split over the folds.

    Attributes
    ----------
    mean, deviation : dict of str to float
        Of each metric that is defined in all folds. The deviation is that of a sample: the root
        of the sum of squares divided by the number of folds less one.
    """

    mean: dict[str, float]
    deviation: dict[str, float]


def folds_of(config: Config) -> int | None:
    """Return how many folds are to be trained; None for a single model."""
    return None if config.training.fold else config.training.folds


def in_fold(loaded: LoadedConfig, number: int) -> LoadedConfig:
    """Return the config of the model of one fold."""
    return replace(loaded, config=_with_fold(loaded.config, number))


def runs_of_folds(directory: Path, loaded: LoadedConfig) -> list[StoppedRun]:
    """Return the run of each fold as it was left, or as it is to begin.

    Raises
    ------
    ConfigError, DataError
        As `load_run`.
    """
    numbers = range(1, (folds_of(loaded.config) or 0) + 1)
    return [load_run(directory / f"fold-{each}", in_fold(loaded, each)) for each in numbers]


def write_config(directory: Path, config: Config) -> None:
    """Write the config of all folds, from that of one of them. Raises `OutputError`."""
    write_text(directory / CONFIG, config_text(_with_fold(config, None)))


def _with_fold(config: Config, number: int | None) -> Config:
    training = config.training.model_copy(update={"fold": number})
    return config.model_copy(update={"training": training})


def fold_result(directory: Path, number: int, job: Job) -> FoldResult:
    """Return what the model in `directory`, which `job` has trained, came to.

    Raises
    ------
    ModelFileError
        When there is none, or it is damaged.
    """
    model, data = read_model(directory / "weights.npz"), job.dataset
    split = data.splits["held_out"]
    predictions = predict_rows(model, split.inputs[split.rows]).columns()
    rows = split.rows if data.numbers is None else data.numbers[split.rows]
    ids = {name: cells[split.rows].tolist() for name, cells in data.ids.items()}
    targets = _targets(job)
    columns = [*ids.values(), *as_texts({**targets, **predictions})]
    return FoldResult(
        number=number,
        headline=EVALUATIONS[data.task].headline,
        rows={name: len(each) for name, each in data.splits.items()},
        metrics=model.metrics,
        header=["row", "fold", *ids, *targets, *predictions],
        predictions=[*zip(rows.tolist(), [number] * len(rows), *columns, strict=True)],
    )


def _targets(job: Job) -> dict[str, list[Any] | Numbers]:
    """Return what the held-out rows are in truth: ``target``, or ``target_<name>`` of several."""
    data, split = job.dataset, job.dataset.splits["held_out"]
    values = split.targets[split.rows]
    if data.classes:
        return {"target": [data.classes[index] for index in values.tolist()]}
    values = values.astype(np.intp) if data.task == "multilabel" else _as_read(values)
    if len(data.targets) == 1:
        return {"target": values[:, 0]}
    return {f"target_{name}": values[:, n] for n, name in enumerate(data.targets)}


@np.errstate(over="ignore")
def _as_read(values: Numbers) -> Numbers:
    """Return numbers as float32 if they were read as such, for texts as short as in the file."""
    short = values.astype(np.float32)
    return short if np.array_equal(short, values) else values


def summaries(results: Sequence[FoldResult]) -> dict[str, Summary]:
    """Return the summary of each split."""
    found = {}
    for split in results[0].metrics:
        each = [result.metrics[split] for result in results]
        known = [name for name in each[0] if all(name in other for other in each)]
        values = {name: [other[name] for other in each] for name in known}
        found[split] = Summary(
            {name: fmean(numbers) for name, numbers in values.items()},
            {name: stdev(numbers) for name, numbers in values.items()},
        )
    return found


def write_results(directory: Path, results: Sequence[FoldResult]) -> None:
    """Write ``predictions.csv``, then ``metrics.json``. Raises `OutputError`."""
    rows = sorted((row for result in results for row in result.predictions), key=lambda row: row[0])
    with atomic_write(directory / PREDICTIONS) as stream:
        stream.write(csv_of([results[0].header, *rows]))
    splits = {
        split: {
            "split": split,
            "mean": summary.mean,
            "sample_standard_deviation": summary.deviation,
            "folds": [
                {"fold": each.number, "rows": each.rows[split], "metrics": each.metrics[split]}
                for each in results
            ],
        }
        for split, summary in summaries(results).items()
    }
    versions = {"nncli_version": nncli.__version__, "numpy_version": np.__version__}
    text = json.dumps({**splits, "folds": len(results), **versions}, indent=2, ensure_ascii=False)
    write_text(directory / "metrics.json", text + "\n")
