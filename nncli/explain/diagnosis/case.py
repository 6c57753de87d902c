"""What is diagnosed: a run, a model or a config, with everything that rules look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nncli.base.arguments import said
from nncli.base.errors import DataError, ModelFileError
from nncli.base.notes import Note, warn
from nncli.base.paths import absolute
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import CONFIG, HISTORY, METRICS, WEIGHTS
from nncli.base.words import printable, shell_word
from nncli.config.load import LoadedConfig, load_config
from nncli.config.schema import Config
from nncli.data.dataset import Dataset
from nncli.engines.batches import gathered
from nncli.explain.diagnosis.passed import Passed, passed
from nncli.explain.diagnosis.spread import spread
from nncli.explain.plots.subject import NotApplicableError, PlotSource, Subject, subject_of
from nncli.model.no_model import divergence_of, why_no_model
from nncli.nn.network import Network
from nncli.runs.job import Job
from nncli.runs.preparation import prepare
from nncli.runs.result import Result
from nncli.runs.saved_metrics import SavedSplit, read_values, saved_split, splits_of
from nncli.training.history_file import Table, read_history
from nncli.training.outcome import DIVERGED

MOST_ROWS = 1000
"""Most training rows of a pass."""


@dataclass(frozen=True)
class Case:
    """What is diagnosed.

    Without a run, the network is the initial one, and `history` and `splits` are empty. The network
    of a run that diverged without a best epoch is the initial one, too.

    Attributes
    ----------
    subject : Subject
        The run, model or config, with its data on first use.
    history : dict of str to list
        Columns of ``history.csv``.
    splits : dict of str to SavedSplit
        Metrics of each split after training, as in ``metrics.json``.
    ended : str
        How training ended: ``finished``, ``stopped early``, ``interrupted`` or ``diverged``; empty
        without a run.
    divergence : str
        The message of a training that diverged.
    problem : str
        Why ``history.csv`` cannot be read, if so.
    """

    subject: Subject
    history: Table = field(default_factory=dict)
    splits: Mapping[str, SavedSplit] = field(default_factory=dict)
    ended: str = ""
    divergence: str = ""
    problem: str = ""

    @property
    def is_trained(self) -> bool:
        """Whether there is a trained network."""
        return self.subject.known is not None

    @property
    def is_config(self) -> bool:
        """Whether there is a config alone: no network was trained, and none diverged."""
        return not (self.is_trained or self.ended)

    @property
    def loaded(self) -> LoadedConfig:
        """The config, as written or saved."""
        if self.is_trained:
            return self.subject.trained_config
        assert self.subject.config is not None
        return self.subject.config

    @property
    def config(self) -> Config:
        """The config with all defaults filled in; without a run, this loads the data."""
        return self.job.config if self.is_config else self.loaded.config

    @property
    def network(self) -> Network:
        """The trained network, or that of the config with its initial weights."""
        return self.subject.model.network if self.is_trained else self.job.network

    @property
    def task(self) -> str:
        """``binary``, ``multiclass``, ``multilabel`` or ``regression``."""
        return self.subject.model.task if self.is_trained else self.job.dataset.task

    @property
    def classes(self) -> list[str]:
        """The names of the classes."""
        return list(self.subject.model.classes if self.is_trained else self.dataset.classes)

    # What follows reads the data.

    @property
    def dataset(self) -> Dataset:
        """The data with its splits. Raises the errors of `Subject.job`."""
        return self.subject.dataset

    @cached_property
    def job(self) -> Job:
        """The job of the config, with the initial weights. Raises the errors of `Subject.job`."""
        if not self.is_trained:
            return self.subject.job
        return prepare(self.loaded.selecting, dataset=self.dataset, engine="numpy")

    @cached_property
    def places(self) -> list[int]:
        """The training rows of a pass, from 0 within the split: evenly spread over all."""
        return [int(place) for place in spread(len(self.job.setup.training), MOST_ROWS)]

    @cached_property
    def start(self) -> Passed:
        """A pass of training rows through the initial network."""
        setup = self.job.setup
        X, T = gathered(setup.training, setup.scaling, setup.codes, self.places)
        return passed(setup.network, setup.objective, X, T)

    @cached_property
    def end(self) -> Passed:
        """The same rows through the trained network; without a run, `start`."""
        if not self.is_trained:
            return self.start
        setup = self.job.setup
        return passed(self.network, setup.objective, self.start.X, self.start.T)


def case_of(
    what: PlotSource,
    *,
    trust_paths: bool = False,
    moved_to: Path | None = None,
    note: Note = warn,
) -> Case:
    """Return the case of a run, a model or a config.

    Raises
    ------
    ConfigError, DataError, ModelFileError, UsageError
        As for `subject_of`.
    """
    if isinstance(what, str | Path) and Path(what).is_dir():
        directory = Path(what)
        message = divergence_of(directory)
        if message and not (directory / WEIGHTS).exists():
            return _without_weights(directory, message, moved_to, note)
        has_results = any((directory / name).exists() for name in (WEIGHTS, METRICS))
        if not (has_results or why_no_model(directory)):
            raise ModelFileError(
                f"{directory}: is not a run; expected a run directory such as runs/xor-001, a "
                "weights file or a config"
            )
    elif isinstance(what, str | Path):
        _check_file(Path(what))
    subject = subject_of(what, trust_paths=trust_paths, moved_to=moved_to, note=note)
    if subject.known is None:
        return Case(subject)
    case = trained_case(subject, _splits_of(what, subject))
    if isinstance(what, Result) and what.divergence:
        return replace(case, divergence=what.divergence)
    return case


def _check_file(path: Path) -> None:
    """Raise `ModelFileError` if a run has no weights, as it diverged: the run can be diagnosed."""
    if path.name == WEIGHTS and not path.exists() and divergence_of(path.parent):
        run = path.parent
        command = said(f"nncli diagnose {shell_word(str(run))}", f"nncli.diagnose({str(run)!r})")
        raise ModelFileError(f"{path}: training diverged and left no weights; use {command}")


def trained_case(subject: Subject, splits: Mapping[str, SavedSplit]) -> Case:
    """Return the case of a trained model with its metrics."""
    history: Table = {}
    problem = ""
    try:
        history = subject.history
    except NotApplicableError:
        pass
    except DataError as error:  # the other files tell something, too
        problem = str(error)
    divergence = divergence_of(subject.directory) if subject.directory else None
    ended = subject.model.training["ended"]
    return Case(subject, history, splits, ended, divergence or "", problem)


def _without_weights(directory: Path, message: str, moved_to: Path | None, note: Note) -> Case:
    """Return the case of a run that diverged before it had a best epoch."""
    moved = {} if moved_to is None else {"data.path": str(absolute(moved_to))}
    loaded = load_config(directory / CONFIG, moved)
    table = read_history(directory / HISTORY) if (directory / HISTORY).exists() else {}
    subject = Subject(printable(str(directory)), config=loaded, note=note)
    return Case(subject, table if table.get("epoch") else {}, {}, DIVERGED, message)


def _splits_of(what: PlotSource, subject: Subject) -> dict[str, SavedSplit]:
    """Return the metrics of all splits: those of a result, of a run directory, or of the model."""
    values: Mapping[str, Mapping[str, Any]]
    if isinstance(what, Result) and what.evaluations:
        values = {name: each.as_json() for name, each in what.evaluations.items()}
    elif subject.directory is not None:
        return _saved_splits(subject.directory)
    else:
        metrics = subject.model.metrics
        values = {name: {"rows": 0, "metrics": each} for name, each in metrics.items()}
    return {name: saved_split(each) for name, each in values.items()}


def _saved_splits(directory: Path) -> dict[str, SavedSplit]:
    """Return the metrics that a run saved. Raises `DataError`."""
    name, place = str(directory / METRICS), Directory(directory)
    with place.opened():
        values = read_values(place / METRICS, name)
    try:
        return {split: saved_split(each) for split, each in splits_of(values).items()}
    except ValueError as error:
        raise DataError(f"{name}: {error}; restore it, or train anew") from error
