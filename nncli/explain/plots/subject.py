"""The subject of plots: a model, its run or a config, with data that is loaded on first use."""

from dataclasses import dataclass
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nncli.base.arguments import said
from nncli.base.errors import (
    DataError,
    ModelFileError,
    NncliError,
    OutOfMemoryError,
    UsageError,
    os_errors_as,
)
from nncli.base.notes import Note, warn
from nncli.base.paths import absolute
from nncli.base.storage.run_files import CONFIG, HISTORY, RECORDED_WEIGHTS
from nncli.base.words import printable, shell_word
from nncli.config.is_config import is_config
from nncli.config.load import ConfigSource, LoadedConfig, config_name, load_config
from nncli.config.places import check_data, path_keys
from nncli.config.training_section import TrainingSection
from nncli.data.dataset import Dataset
from nncli.data.splits import UNSEEN_FIRST, Split
from nncli.explain.plots.names import rows_of, short
from nncli.model.model import Model
from nncli.model.model_file import read_model
from nncli.model.named_data import config_of, note_changes
from nncli.model.no_model import is_of_several
from nncli.model.row_outputs import RowOutputs, outputs_of
from nncli.runs.job import Job
from nncli.runs.preparation import prepare, prepare_again
from nncli.runs.result import Result
from nncli.training.history_file import Table, read_history
from nncli.training.recorded_weights import RecordedWeights, read_recorded

if TYPE_CHECKING:
    from nncli.model.importance import Importance

_LARGEST = 1e100  # squares of larger weights overflow, and axes of larger numbers

UNUSABLE = (UsageError, DataError, ModelFileError, OutOfMemoryError)
"""Errors of data, or of another file of a run."""

_WITHOUT_DATA = "name kinds that need no data, such as curves"

PlotSource = ConfigSource | Model | Result

MOST_PANELS = 12
"""Most classes, labels or targets that get a curve or a panel each."""


class NotApplicableError(UsageError):
    """A kind of plot does not apply to its subject. The message gives the reason."""


@dataclass(frozen=True)
class Subject:
    """What is plotted.

    Attributes
    ----------
    name : str
        Printable name for titles and messages.
    known : Model or None
        Trained model, if there is one.
    config : LoadedConfig or None
        Config of an untrained network.
    directory : Path or None
        Run directory, if there is one.
    recorded : dict of str to list, or None
        History that is in memory.
    weights : RecordedWeights or None
        Recorded weights that are in memory.
    trust_paths : bool
        Whether to read data files named by a model from any path.
    moved_to : Path or None
        New path of the data that the model was trained on.
    note : function of str
        Called with each warning.
    """

    name: str
    known: Model | None = None
    config: LoadedConfig | None = None
    directory: Path | None = None
    recorded: Table | None = None
    weights: RecordedWeights | None = None
    trust_paths: bool = False
    moved_to: Path | None = None
    note: Note = warn

    @property
    def is_of_all(self) -> bool:
        """Whether nothing was given, so that functions are drawn for all entries of the tables."""
        return self.known is None and self.config is None

    @property
    def model(self) -> Model:
        """The trained model. Raises `NotApplicableError` without one."""
        if self.known is None:
            raise NotApplicableError("needs a trained model; give a run or a model file")
        return self.known

    @property
    def job(self) -> Job:
        """The job of the config, or of the model with its trained weights.

        Calls `note` if the rows have changed since training.

        Raises
        ------
        NotApplicableError
            If the data was passed in Python, or there is neither a config nor a model.
        ConfigError, DataError, ModelFileError
            If the data cannot be loaded.
        """
        if self.known is None and self.config is None:
            raise NotApplicableError("needs a run, a model or a config")
        if isinstance(self._loaded, NncliError):
            raise self._loaded
        return self._loaded

    @property
    def problem(self) -> NncliError | None:
        """Why the data that a kind has asked for cannot be used, if so."""
        found = self.__dict__.get("_loaded")
        return found if isinstance(found, NncliError) else None

    @cached_property
    def _loaded(self) -> Job | NncliError:
        """The job; or why there is none, so that only the first kind tries to read the data."""
        try:
            if self.known is not None:
                return self._job_again(self.known)
            assert self.config is not None
            is_one_file = "path" in self.config.config.data.paths
            check_data(
                self.config.config, _new_path() if is_one_file else "change its path in the config"
            )
            return prepare(self.config.selecting)
        except UNUSABLE as error:
            return error

    def _job_again(self, model: Model) -> Job:
        if self.trained_config.config.data.absence:
            raise NotApplicableError("needs the rows, which were passed from Python and not saved")
        job = prepare_again(model, **self._reading)
        remedy = f"restore the data, or {_new_path()}"
        unseen = next(name for name in UNSEEN_FIRST if name in job.dataset.splits)
        if not note_changes(model, job.dataset, unseen, self.note, remedy):
            note_changes(model, job.dataset, "train", self.note, remedy)
        return job

    @cached_property
    def trained_config(self) -> LoadedConfig:
        """The config that the model was trained with. Raises as `config_of`."""
        return config_of(self.model, **self._reading)

    @property
    def training(self) -> TrainingSection:
        """The settings of training, with all defaults filled in."""
        config = self.trained_config.config if self.known else self.job.config
        return config.training

    @property
    def _reading(self) -> dict[str, Any]:
        """How to read the data of the model."""
        keys = path_keys(self.model.config)
        remedy = "put it next to the model" if keys else _WITHOUT_DATA
        return {
            "trust_paths": self.trust_paths,
            "remedy": _new_path() if "path" in keys else remedy,
            "moved_to": self.moved_to,
        }

    @property
    def dataset(self) -> Dataset:
        """The data with its splits."""
        return self.job.dataset

    @cached_property
    def history(self) -> Table:
        """The history, with at least one epoch.

        Raises `NotApplicableError` without one, or if it has numbers that are too large to draw.
        """
        if self.recorded is None and self.directory is None:
            raise NotApplicableError("needs the history of a run; give a run directory")
        if self.recorded is not None:
            table = self.recorded
        else:
            assert self.directory is not None
            table = read_history(self.directory / HISTORY)
        if not table.get("epoch"):
            raise NotApplicableError("needs a completed epoch")
        sizes = (abs(value) for values in table.values() for value in values)
        if any(_LARGEST < size < inf for size in sizes):
            raise NotApplicableError(f"needs a history of numbers up to {_LARGEST:g}")
        return table

    @cached_property
    def recorded_weights(self) -> RecordedWeights:
        """The recorded weights. Raises `NotApplicableError` without them."""
        found = self.weights
        if found is None and self.directory and (self.directory / RECORDED_WEIGHTS).exists():
            found = read_recorded(self.directory / RECORDED_WEIGHTS, self.model.network)
        if found is None:
            raise NotApplicableError("needs a run with training.record_weights")
        if max(float(found.parameters.max()), -float(found.parameters.min())) > _LARGEST:
            raise NotApplicableError(f"needs weights up to {_LARGEST:g}; larger ones were recorded")
        return found

    def splits(self) -> list[str]:
        """Return the names of the splits with rows, the most telling one first."""
        there = self.dataset.splits
        return [name for name in UNSEEN_FIRST if name in there]

    @property
    def evaluated(self) -> tuple[str, Split]:
        """The name and the rows of the first of `splits`."""
        name = self.splits()[0]
        return name, self.dataset.splits[name]

    @cached_property
    def outputs(self) -> RowOutputs:
        """The outputs of the model for the rows of `evaluated`, computed once for all kinds."""
        return outputs_of(self.model, self.evaluated[1], MOST_PANELS)

    @cached_property
    def importance(self) -> "Importance":
        """The importance of the columns, or of patches of images, for the rows of `evaluated`.

        Raises `NotApplicableError` for a single row.
        """
        from nncli.model.importance import importance_of  # slow to import, and rarely needed

        name, rows = self.evaluated
        if len(rows) < 2:
            raise NotApplicableError("needs two rows or more, as it exchanges values between them")
        return importance_of(self.model, rows, name)

    def titled(self, words: str, details: str = "") -> str:
        """Return a title with the name, and in a second line the evaluated rows and details."""
        split, rows = self.evaluated
        return f"{short(self.name, 40)}: {words}\n{rows_of(len(rows), split)}{details}"


def _model_of(path: Path) -> Model:
    """Return a model. The error for a run of folds or seeds names a plot of all its models."""
    try:
        return read_model(path)
    except ModelFileError as error:
        if not is_of_several(path):
            raise
        command = f"nncli compare {shell_word(str(path))} --plot"
        function = f"nncli.compare({str(path)!r}).plot()"
        raise ModelFileError(
            f"{error}, or draw the mean curves of all with {said(command, function)}"
        ) from error


def _new_path() -> str:
    return said("give its path with --data FILE", "pass its path as data=FILE")


def subject_of(
    what: PlotSource | None,
    *,
    trust_paths: bool = False,
    moved_to: Path | None = None,
    note: Note = warn,
) -> Subject:
    """Return the subject of plots.

    Parameters
    ----------
    what : path, mapping, Config, LoadedConfig, Model or Result, optional
        A config; or a model, its file, its run directory or the result of training.
    trust_paths, moved_to, note
        As in `Subject`.

    Raises
    ------
    ConfigError, DataError, ModelFileError, UsageError
        If it is neither a model nor a config, or there is no file at `moved_to`.
    """
    if moved_to is not None:
        with os_errors_as(UsageError, moved_to):
            moved_to.stat()
    how: dict[str, Any] = {"trust_paths": trust_paths, "moved_to": moved_to, "note": note}
    if what is None:
        return Subject("")
    if isinstance(what, Result):
        name = str(what.directory or "model")
        return Subject(
            printable(name),
            what.model,
            directory=what.directory,
            recorded=what.history,
            weights=what.weights,
            **how,
        )
    if isinstance(what, Model):
        return Subject(printable(what.called), what, **how)
    if isinstance(what, str | Path) and not is_config(what):
        path = Path(what)
        run = path if path.is_dir() else path.parent
        return Subject(
            printable(str(what)),
            _model_of(path),
            directory=run if (run / HISTORY).is_file() and (run / CONFIG).is_file() else None,
            **how,
        )
    moved = {} if moved_to is None else {"data.path": str(absolute(moved_to))}
    return Subject(printable(config_name(what)), config=load_config(what, moved), **how)
