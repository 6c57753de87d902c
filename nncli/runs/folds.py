"""Cross-validation: train one model per fold, and evaluate it on the held-out rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nncli.base.storage.directory import Directory
from nncli.base.storage.files import atomic_write
from nncli.base.storage.mapping import row_blocks
from nncli.base.storage.temporary_file import joined
from nncli.config.load import LoadedConfig
from nncli.config.schema import Config
from nncli.metrics.tasks import EVALUATIONS
from nncli.model.formats import as_texts, csv_of
from nncli.model.model import Model
from nncli.model.predicted import names_beside, stacked, written_parts
from nncli.model.prediction import blocks_of, predict_rows
from nncli.runs.cross_validation import CrossValidation, FoldResult, HeldOut
from nncli.runs.job import Job
from nncli.runs.result import Result
from nncli.runs.several import Several, kind_of_run

PREDICTIONS = "predictions.csv"


def is_cross_validation(run: str | Path) -> bool:
    """Return whether a run directory is a cross-validation.

    Raises
    ------
    ConfigError, UsageError
        If it is not a run directory.
    """
    return kind_of_run(run) == "folds"


class Folds(Several[FoldResult, CrossValidation]):
    """A config with folds: one model per fold."""

    word = "fold"

    def __init__(self, loaded: LoadedConfig) -> None:
        super().__init__(loaded, range(1, (loaded.config.folds or 0) + 1))

    def part(self, config: Config, number: int) -> Config:
        """Return the config of one fold."""
        return config.with_training(fold=number)

    def whole(self, config: Config) -> Config:
        """Return the config of all folds."""
        return config.with_training(fold=None)

    def title(self, at: int) -> str:
        """Return the title of a fold: ``fold 1/5``."""
        return f"fold {at + 1}/{len(self.numbers)}"

    def result(self, number: int, job: Job, model: Model) -> FoldResult:
        """Return the result of a fold, with predictions for the held-out rows."""
        return _fold_result(number, job, model)

    def results(
        self,
        parts: list[FoldResult],
        directory: Path | None,
        interrupted: Result | None = None,
        *,
        trained: bool = True,
    ) -> CrossValidation:
        """Return the results of the finished folds, and of an interrupted one."""
        return CrossValidation(parts, len(self.numbers), directory, interrupted, trained)

    def write(self, directory: Directory, parts: Sequence[FoldResult]) -> None:
        """Write ``predictions.csv``, then ``metrics.json``. Raise `OutputError`."""
        with atomic_write(directory / PREDICTIONS) as stream:
            stream.write(csv_of([[name for name, _ in parts[0].columns(slice(0))]]))
            for rows in _in_order(parts):
                stream.write(csv_of(rows))
        super().write(directory, parts)


def with_folds(loaded: LoadedConfig, folds: int) -> LoadedConfig:
    """Return the config with this number of folds."""
    return loaded.with_config(loaded.config.with_training(folds=folds))


def _fold_result(number: int, job: Job, model: Model) -> FoldResult:
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
