"""What a report on one run is about: its model, its saved results, and its data if available."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError, NncliError, os_errors_as
from nncli.base.random_streams import Stream, generator
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import CONFIG, METRICS
from nncli.base.words import printable
from nncli.config.saved_settings import Settings, saved_settings
from nncli.data.fingerprint import of_training_rows
from nncli.data.splits import UNSEEN_FIRST
from nncli.explain.document.notation import Notation
from nncli.explain.plots.subject import MOST_PANELS, NotApplicableError, Subject
from nncli.metrics.intervals import interval_of_fraction, interval_of_mean
from nncli.metrics.names import METRICS as METRICS_OF
from nncli.metrics.scores import chosen_labels, margin_of
from nncli.model.model import Model
from nncli.runs.saved_metrics import SavedSplit, read_text, read_values, saved_split, splits_of

_CLOSE = 1e-6  # relative distance of a metric from the saved one that rounding explains


@dataclass(frozen=True)
class Reported:
    """A run to report on.

    Attributes
    ----------
    subject : Subject
        The run as the plots see it, with its data on first use.
    directory : Path
        Run directory.
    name : str
        Its printable name.
    config_text : str
        Content of ``config.yaml``.
    settings : dict of str
        Settings by key path.
    splits : dict of str to SavedSplit
    record : dict of str
        The other values of ``metrics.json``, such as ``epochs`` and ``numpy_version``.
    write : Notation
        Notation of the document.
    has_pictures : bool
        Whether plots are wanted, and can be drawn.
    """

    subject: Subject
    directory: Path
    name: str
    config_text: str
    settings: Settings
    splits: dict[str, SavedSplit]
    record: dict[str, Any]
    write: Notation
    has_pictures: bool

    @property
    def model(self) -> Model:
        """The trained model."""
        return self.subject.model

    @property
    def split(self) -> str:
        """The name of the most telling split."""
        return next(name for name in UNSEEN_FIRST if name in self.splits)

    @property
    def metric(self) -> str:
        """The main metric of the task."""
        return METRICS_OF[self.model.task][0]

    @property
    def is_of_python_data(self) -> bool:
        """Whether the rows were passed from Python, so that they cannot be read again."""
        return isinstance(self.data_problem, NotApplicableError)

    @cached_property
    def data_problem(self) -> NncliError | None:
        """Why the data cannot be used, if so."""
        try:
            self.subject.dataset  # noqa: B018 - loads the data
        except NncliError as error:
            return error
        return None

    @property
    def is_of_training_rows(self) -> bool:
        """Whether `split` has the training rows, also under another name, as for a gate."""
        return self.split == "train" or of_training_rows(self.model.fingerprint, self.split)

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the main metric, or None.

        It needs unseen rows, unchanged since training, and at most `MOST_PANELS` labels or targets.
        """
        saved = self.splits[self.split].metrics.get(self.metric)
        if saved is None or self.is_of_training_rows or self.data_problem:
            return None
        if self.subject.evaluated[0] != self.split:
            return None
        values = self._values_of_rows()
        if values is None or abs(float(values.mean()) - saved) > _CLOSE * max(1.0, abs(saved)):
            return None
        if values.dtype == np.bool_:
            return interval_of_fraction(values)
        return interval_of_mean(values, generator(self.settings["seed"], Stream.BOOTSTRAP))

    def _values_of_rows(self) -> NDArray[Any] | None:
        """Return the values whose mean is the main metric: right or not, or the absolute error."""
        found = self.subject.outputs
        values: NDArray[Any]
        if self.model.classes:
            values = found.chosen == found.classes
        elif found.total > MOST_PANELS:
            return None
        elif self.model.task == "multilabel":
            chosen = chosen_labels(found.numbers, margin_of(self.model.threshold))
            values = (chosen == found.truth).all(axis=1)
        else:
            values = np.abs(found.numbers - found.truth).mean(axis=1)
        return values


def reported(subject: Subject, directory: Path, write: Notation, *, has_pictures: bool) -> Reported:
    """Read the files of a run for a report.

    Raises
    ------
    ConfigError, DataError
        If its config or its metrics cannot be read.
    """
    place = Directory(directory)
    with os_errors_as(DataError, directory), place.opened():
        text = read_text(place / CONFIG, str(directory / CONFIG))
        settings = saved_settings(text, str(directory / CONFIG))
        values = read_values(place / METRICS, str(directory / METRICS))
    try:
        splits = {name: saved_split(each) for name, each in splits_of(values).items()}
        _check_classes(subject.model, splits)
    except ValueError as error:
        raise DataError(f"{directory / METRICS}: {error}; restore it, or train anew") from error
    record = {name: value for name, value in values.items() if name not in splits}
    name = printable(directory.resolve().name)
    named = replace(subject, name=name)  # without folders, in the titles of pictures
    return Reported(named, directory, name, text, settings, splits, record, write, has_pictures)


def _check_classes(model: Model, splits: Mapping[str, SavedSplit]) -> None:
    """Raise `ValueError` if a confusion has classes that the model does not have."""
    for split in splits.values():
        if any(max(true, chosen) >= len(model.classes) for true, chosen, _ in split.confusion):
            raise ValueError("has other classes than the model")
