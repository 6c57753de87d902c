"""Train a network from rows and parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.notes import warn
from nncli.base.words import count
from nncli.config.check import misfits, misfits_of_resumed
from nncli.config.load import read_config
from nncli.config.memory_sources import ArraysSource, Given
from nncli.data.memory.forms import form_of
from nncli.engines.choice import EngineError
from nncli.estimators.errors import ParameterError
from nncli.estimators.inputs import Inputs
from nncli.estimators.known_rows import known_rows
from nncli.estimators.targets import Goal
from nncli.estimators.unchanged import check_unchanged
from nncli.model.model import Model
from nncli.runs.call import Call
from nncli.runs.job import Job
from nncli.runs.preparation import prepare
from nncli.runs.result import Result
from nncli.runs.training import train_job
from nncli.training.outcome import INTERRUPTED

Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Rows:
    """Rows to fit an estimator with.

    Attributes
    ----------
    inputs : Inputs
    y : array (N,) or (N, O)
    goal : Goal
        Kind of prediction: task, classes and targets.
    weights : array (N,) or None
    """

    inputs: Inputs
    y: NDArray[Any]
    goal: Goal
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def given(self) -> tuple[Any, ...]:
        """The inputs, the targets and, if given, the weights, as training data for nncli."""
        targets = self.goal.values(self.y)
        weights = () if self.weights is None else (self.weights,)
        return (self.inputs.rows, targets, *weights)

    @cached_property
    def rarest(self) -> int:
        """The number of rows of the rarest class, or of all rows if there are no classes."""
        if not self.goal.names:
            return len(self)
        return int(np.unique(self.y, return_counts=True)[1].min())


def prepared(
    config: dict[str, Any],
    rows: Rows,
    parameters: Mapping[str, Any],
    *,
    validation: Pair | None = None,
    start: Model | None = None,
    engine: str | None = None,
) -> Job:
    """Return a training job for rows.

    Parameters
    ----------
    parameters : mapping
        Parameters of the estimator, for messages and for ``verbose``.
    validation : (X, y), optional
        Validation rows.
    start : Model, optional
        Model to train further; its preprocessing stays the same.
    engine : str, optional
        Engine whose state continues; overrides the config.

    Raises
    ------
    ConfigError, DataError
        If the parameters, the rows and `start` do not match, or `engine` is not available.
    """
    given = Given(rows.given, validation, classes=rows.goal.names)
    if isinstance(form_of(rows.inputs.rows), np.ndarray):
        config = _of_arrays(config)
    loaded = read_config(config, rows=given, check=misfits_of_resumed if start else misfits)
    is_shown = bool(parameters["verbose"])
    if start is None:
        return prepare(loaded, progress_bar=is_shown)
    with loaded.explained():
        resolved = loaded.meaning(start.task)
    check_unchanged(start, resolved.config, parameters, engine)
    dataset = known_rows(start, loaded.config, rows.given, validation)
    try:
        return prepare(loaded, dataset=dataset, start=start, engine=engine, progress_bar=is_shown)
    except EngineError as error:
        raise ParameterError(
            f"engine: the network was trained with {engine!r}; {error.reason}; or retrain with fit "
            "and warm_start=False"
        ) from error


def _of_arrays(config: dict[str, Any]) -> dict[str, Any]:
    """Return a config without the keys that describe table columns."""
    data = {key: each for key, each in config["data"].items() if key in ArraysSource.model_fields}
    return {**config, "data": data}


def trained(job: Job, *, threads: int | None, is_shown: bool) -> Result:
    """Train a job; after Ctrl-C, return the result so far."""
    call = Call((), progress=is_shown, threads=threads, note=warn, clock=None)
    with call.watching() as watching:
        return train_job(job, None, watching, threads=call.threads)


def warn_if_interrupted(result: Result) -> None:
    """Warn if Ctrl-C ended training."""
    if result.ended == INTERRUPTED:
        epochs = count(result.epochs, "epoch")
        warn(f"training was interrupted after {epochs}; the estimator keeps the result so far")
