"""The subject of plots: a model, its run or a config, with data that is loaded on first use."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nncli.base.errors import UsageError
from nncli.base.storage.run_files import CONFIG, HISTORY, RECORDED_WEIGHTS
from nncli.base.words import count, printable
from nncli.config.is_config import is_config
from nncli.config.load import ConfigSource, LoadedConfig, config_name, load_config
from nncli.data.dataset import Dataset
from nncli.data.splits import UNSEEN_FIRST, Split
from nncli.explain.plots.names import short
from nncli.model.model import Model
from nncli.model.model_file import read_model
from nncli.model.named_data import config_of
from nncli.model.row_outputs import RowOutputs, outputs_of
from nncli.runs.job import Job, prepare, prepare_again
from nncli.runs.result import Result
from nncli.training.history_file import Table, read_history
from nncli.training.recorded_weights import RecordedWeights, read_recorded

_LARGEST = 1e100  # squares of larger weights overflow

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
    """

    name: str
    known: Model | None = None
    config: LoadedConfig | None = None
    directory: Path | None = None
    recorded: Table | None = None
    weights: RecordedWeights | None = None
    trust_paths: bool = False

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

    @cached_property
    def job(self) -> Job:
        """The job of the config, or of the model with its trained weights.

        Raises
        ------
        NotApplicableError
            If the data was passed in Python, or there is neither a config nor a model.
        ConfigError, DataError, ModelFileError
            If the data cannot be loaded.
        """
        if self.known is not None:
            return self._job_again(self.known)
        if self.config is None:
            raise NotApplicableError("needs a run, a model or a config")
        return prepare(self.config.selecting)

    def _job_again(self, model: Model) -> Job:
        remedy = "name kinds that need no data, such as curves"
        trusted = self.trust_paths
        if config_of(model, trust_paths=trusted, remedy=remedy).config.data.absence:
            raise NotApplicableError("needs the rows, which were passed from Python and not saved")
        return prepare_again(model, remedy=remedy, trust_paths=trusted)

    @property
    def dataset(self) -> Dataset:
        """The data with its splits."""
        return self.job.dataset

    @cached_property
    def history(self) -> Table:
        """The history, with at least one epoch. Raises `NotApplicableError` without one."""
        if self.recorded is None and self.directory is None:
            raise NotApplicableError("needs the history of a run; give a run directory")
        if self.recorded is not None:
            table = self.recorded
        else:
            assert self.directory is not None
            table = read_history(self.directory / HISTORY)
        if not table.get("epoch"):
            raise NotApplicableError("needs a completed epoch")
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

    def titled(self, words: str, details: str = "") -> str:
        """Return a title with the name, and in a second line the evaluated rows and details."""
        split, rows = self.evaluated
        shown = count(len(rows), f"{split.replace('_', '-')} row")
        return f"{short(self.name, 40)}: {words}\n{shown}{details}"


def subject_of(what: PlotSource | None, *, trust_paths: bool = False) -> Subject:
    """Return the subject of plots.

    Parameters
    ----------
    what : path, mapping, Config, LoadedConfig, Model or Result, optional
        A config; or a model, its file, its run directory or the result of training.

    Raises
    ------
    ConfigError, DataError, ModelFileError, UsageError
        If it is neither a model nor a config.
    """
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
            trust_paths=trust_paths,
        )
    if isinstance(what, Model):
        return Subject(printable(what.called), what, trust_paths=trust_paths)
    if isinstance(what, str | Path) and not is_config(what):
        path = Path(what)
        run = path if path.is_dir() else path.parent
        return Subject(
            printable(str(what)),
            read_model(path),
            directory=run if (run / HISTORY).is_file() and (run / CONFIG).is_file() else None,
            trust_paths=trust_paths,
        )
    return Subject(printable(config_name(what)), config=load_config(what))
