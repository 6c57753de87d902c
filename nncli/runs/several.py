"""Train several models of one config, such as one per fold, each in a subdirectory."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np

import nncli
from nncli.base.arguments import path_in
from nncli.base.clock import Clock
from nncli.base.errors import DataError, DivergenceError, UsageError, os_errors_as
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import write_text, writing
from nncli.base.storage.run_files import CONFIG, METRICS, WEIGHTS
from nncli.config.check import misfits_of_resumed
from nncli.config.load import LoadedConfig, read_config
from nncli.config.places import portable
from nncli.config.render import plain_text
from nncli.config.schema import Config
from nncli.data.fingerprint import changed_parts
from nncli.model.model import Model
from nncli.model.model_file import read_model
from nncli.runs.job import Job
from nncli.runs.parts import run_below, train_part
from nncli.runs.preparation import prepare
from nncli.runs.result import Result
from nncli.runs.resuming import StoppedRun, check_run
from nncli.runs.several_results import PartResult, SeveralResults, summaries_of
from nncli.training.observers.interruption import InterruptRequest
from nncli.training.observers.observer import Observer

One = TypeVar("One", bound=PartResult)
All = TypeVar("All", bound=SeveralResults)


Kind = Literal["folds", "seeds"] | None
"""The key of the config that asks for several models; None for a single one."""

_RESUMED_BY = {
    "folds": ("is a cross-validation", "resume_cross_validation"),
    "seeds": ("has runs of several seeds", "resume_seeds"),
    None: ("is a single run", "resume"),
}


def kind_of(config: Config) -> Kind:
    """Return what a config asks for."""
    return "folds" if config.folds else "seeds" if config.training.seeds else None


def kind_of_run(run: str | Path) -> Kind:
    """Return what a run directory has.

    Raises
    ------
    ConfigError, UsageError
        If it is not a run directory.
    """
    directory = Directory(path_in(run, "run"))
    check_run(directory.path)
    with os_errors_as(DataError, directory), directory.opened():
        return _kind_in(directory)


def _kind_in(directory: Directory) -> Kind:
    return kind_of(read_config(directory / CONFIG, check=misfits_of_resumed).config)


def check_is(kind: Kind, directory: Directory) -> None:
    """Raise `UsageError` if an open run directory is of another kind."""
    if (there := _kind_in(directory)) != kind:
        found, function = _RESUMED_BY[there]
        raise UsageError(f"{directory.path}: this {found}; use {function}")


def check_is_single(config: Config) -> None:
    """Raise `UsageError` if a config asks for several models."""
    training, kind = config.training, kind_of(config)
    if kind == "folds":
        raise UsageError(
            f"training.folds: {training.folds} trains one model per fold; use cross_validate, or "
            "set training.fold"
        )
    if kind == "seeds":
        raise UsageError(
            f"training.seeds: {training.seeds} trains one model per seed; use train_seeds"
        )


class Several(ABC, Generic[One, All]):
    """A config that describes several models.

    Attributes
    ----------
    word : str
        What distinguishes the models: ``fold``.
    loaded : LoadedConfig
    numbers : sequence of int
        Number of each model.
    """

    word: ClassVar[str]

    def __init__(self, loaded: LoadedConfig, numbers: Sequence[int]) -> None:
        self.loaded, self.numbers = loaded, numbers

    @abstractmethod
    def part(self, config: Config, number: int) -> Config:
        """Return the config of one model, given that of all or of another model."""

    @abstractmethod
    def whole(self, config: Config) -> Config:
        """Return the config of all models, given that of one."""

    @abstractmethod
    def title(self, at: int) -> str:
        """Return the title of a model, given its position from 0."""

    @abstractmethod
    def result(self, number: int, job: Job, model: Model) -> One:
        """Return the result of a model trained by `job`."""

    @abstractmethod
    def results(
        self,
        parts: list[One],
        directory: Path | None,
        interrupted: Result | None = None,
        *,
        trained: bool = True,
    ) -> All:
        """Return the results of the finished models, and of an interrupted one."""

    def write(self, directory: Directory, parts: Sequence[One]) -> None:
        """Write the files of all models. Raise `OutputError`."""
        write_metrics(directory, self.word, parts)

    @property
    def first(self) -> LoadedConfig:
        """The config of the first model."""
        return self._part(self.loaded, 0)

    def _part(self, loaded: LoadedConfig, at: int, like: Config | None = None) -> LoadedConfig:
        return loaded.with_config(self.part(like or loaded.config, self.numbers[at]))

    def prepare_first(self, *, progress_bar: bool, clock: Clock | None) -> Job:
        """Return the job of the first model. Raise errors as `prepare` does."""
        return prepare(self.first, title=self.title(0), progress_bar=progress_bar, clock=clock)

    def runs(self, directory: Directory | None) -> list[StoppedRun]:
        """Return the interrupted, finished or new run of each model.

        Parameters
        ----------
        directory : Directory, optional
            Open directory of all runs.

        Raises
        ------
        ConfigError, DataError
            As for `load_run`, and if the directory of a run cannot be opened.
        """
        parts = [self._part(self.loaded, at) for at in range(len(self.numbers))]
        if directory is None:
            return [StoppedRun(None, each, None) for each in parts]
        return [
            run_below(directory, f"{self.word}-{number}", each, f"a {self.word}")
            for number, each in zip(self.numbers, parts, strict=True)
        ]

    def jobs(
        self,
        runs: Sequence[StoppedRun],
        *,
        begun: Job | None = None,
        threads: int | None = None,
        progress_bar: bool = False,
        clock: Clock | None = None,
    ) -> Iterator[Job]:
        """Yield the job of each run, prepared on demand; the first is `begun`, if given.

        Settings that depend on the number of rows are the same as in the first job.
        """
        others = self._prepared(
            runs, begun, threads=threads, progress_bar=progress_bar, clock=clock
        )
        return chain([begun], others) if begun else others

    def _prepared(
        self, runs: Sequence[StoppedRun], begun: Job | None, **settings: Any
    ) -> Iterator[Job]:
        config, first = (begun.config, 1) if begun else (None, 0)
        for at, each in enumerate(runs[first:], first):
            run = each
            if config is not None and each.checkpoint is None:
                run = replace(each, loaded=self._part(each.loaded, at, like=config))
            job = run.prepare(title=self.title(at), **settings)
            config = config or job.config
            yield job

    def train(
        self,
        directory: Directory | None,
        runs: Sequence[StoppedRun],
        jobs: Iterable[Job],
        observers: Sequence[Observer] = (),
        *,
        threads: int | None = None,
        clock: Clock | None = None,
    ) -> All:
        """Train all unfinished models, one by one.

        Parameters
        ----------
        directory : Directory, optional
            Open directory for the files; each model has a subdirectory.
        runs : sequence of StoppedRun
            Interrupted, finished or new run of each model.
        jobs : iterable of Job
            Job of each model; the next one is requested when a model is done.
        observers : sequence of Observer
            Observers of every training.
        threads, clock
            As for `train_job`.

        Raises
        ------
        DivergenceError
            As for `train_job`; its result has the results so far.
        OutputError
            As for `train_job`.
        """
        parts: list[One] = []

        def place() -> Path | None:
            return directory.place() if directory else None

        for number, stopped, job in zip(self.numbers, runs, jobs, strict=True):
            if not parts and directory:
                config = portable(self.whole(job.config), directory.place())
                write_text(directory / CONFIG, plain_text(config))
            result: Result | None = None
            if stopped.what_is_over and stopped.directory:
                model = self._trained_model(stopped.directory, job)
            else:
                try:
                    result = train_part(stopped, job, observers, threads=threads, clock=clock)
                except DivergenceError as error:
                    error.result = self.results(parts, place(), error.result)
                    raise
                if _is_interrupted(result, observers):
                    return self.results(parts, place(), result)
                model = result.model
            parts.append(replace(self.result(number, job, model), training=result))
        if directory:
            self.write(directory, parts)
        trained = not all(run.what_is_over for run in runs)
        return self.results(parts, place(), trained=trained)

    def _trained_model(self, directory: Directory, job: Job) -> Model:
        """Return the model of a finished run.

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
        found = (
            model.task,
            model.targets,
            model.classes,
            preprocessing.columns,
            model.metrics.keys(),
        )
        expected = (
            data.task,
            *map(list, (data.targets, data.classes, data.columns)),
            data.splits.keys(),
        )
        others = model.fingerprint and changed_parts(model.fingerprint, job.fingerprint)
        if others or found != expected or model.network.layers != job.setup.network.layers:
            raise DataError(
                f"{directory / WEIGHTS}: is not a model of this run; restore the model of the "
                f"{self.word}"
            )
        return model


def _is_interrupted(result: Result, observers: Sequence[Observer]) -> bool:
    """Return whether a signal asked to stop; other observers only stop their training."""
    asked = [each.signal for each in observers if isinstance(each, InterruptRequest)]
    return not result.is_over and any(asked)


def write_metrics(directory: Directory, word: str, parts: Sequence[PartResult]) -> None:
    """Write the metrics of all models, and their means and deviations. Raise `OutputError`.

    Parameters
    ----------
    word : str
        As in `Several`.
    """
    splits = {
        split: {
            "split": split,
            "mean": summary.mean,
            "sample_standard_deviation": summary.deviation,
            f"{word}s": [
                {word: each.number, "rows": each.rows[split], "metrics": each.metrics[split]}
                for each in parts
            ],
        }
        for split, summary in summaries_of(parts).items()
    }
    versions = {"nncli_version": nncli.__version__, "numpy_version": np.__version__}
    values = {**splits, f"{word}s": len(parts), **versions}
    write_text(directory / METRICS, json.dumps(values, indent=2, ensure_ascii=False) + "\n")
