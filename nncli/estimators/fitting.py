"""From rows and parameters to a trained network."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import ModelFileError
from nncli.base.notes import warn
from nncli.base.words import count
from nncli.config.load import read_config
from nncli.config.memory_sources import Given
from nncli.estimators.errors import ParameterError
from nncli.estimators.inputs import Inputs
from nncli.estimators.known_rows import known_rows
from nncli.estimators.targets import Goal
from nncli.model.model import Model
from nncli.runs.job import Job, prepare
from nncli.runs.result import Result
from nncli.runs.training import train_job
from nncli.training.observers.interruption import InterruptRequest
from nncli.training.observers.notes import Notes
from nncli.training.observers.observer import Observer
from nncli.training.outcome import INTERRUPTED
from nncli.training.progress import Progress

Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Stand:
    """Where `partial_fit` stands: all that its next epoch depends on, beside the model.

    Attributes
    ----------
    rows : int
        How many the first call had, which some settings suit.
    engine : str
    state : dict of str to array
        The engine's.
    progress : Progress
    """

    rows: int
    engine: str
    state: dict[str, NDArray[Any]]
    progress: Progress


@dataclass(frozen=True)
class Rows:
    """Rows to fit an estimator with.

    Attributes
    ----------
    inputs : Inputs
    y : array (N,) or (N, O)
    goal : Goal
        What is to be predicted.
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
        """Inputs, targets, and weights if there are any, as nncli takes them."""
        targets = self.goal.values(self.y)
        weights = () if self.weights is None else (self.weights,)
        return (self.inputs.rows, targets, *weights)

    @cached_property
    def rarest(self) -> int:
        """How many rows the rarest class has; all of them where there are no classes."""
        if not self.goal.names:
            return len(self)
        return int(np.unique(self.y, return_counts=True)[1].min())


def prepared(
    config: dict[str, Any],
    rows: Rows,
    validation: Pair | None = None,
    start: Model | None = None,
    engine: str | None = None,
) -> Job:
    """Return the job that trains with some rows.

    Parameters
    ----------
    validation : (X, y), optional
        Rows to validate with.
    start : Model, optional
        The network that is trained further; what it does with inputs and targets stays.
    engine : str, optional
        In the place of the config's.

    Raises
    ------
    ConfigError, DataError
        When parameters, rows and the network to start from do not go together.
    """
    given = Given(rows.given, validation, classes=rows.goal.names)
    loaded = read_config(config, rows=given)
    dataset = known_rows(start, loaded.config, rows.given, validation) if start else None
    try:
        return prepare(loaded, dataset=dataset, start=start, engine=engine)
    except ModelFileError as error:
        raise ParameterError(
            "the parameters describe other layers than there are to train further; set "
            "warm_start=False, or use a new estimator"
        ) from error


def trained(job: Job, *, threads: int | None, is_shown: bool) -> Result:
    """Train a job; after Ctrl-C, return what there is, and warn."""
    if threads is not None and not (isinstance(threads, int | np.integer) and threads > 0):
        raise ParameterError(f"threads: found {threads!r}; expected an integer of 1 or more")
    with InterruptRequest.of_guest() as stop:
        watching: list[Observer] = [stop, Notes(warn)]
        if is_shown:
            from nncli.training.observers.shown import shown_progress

            watching.append(shown_progress())
        result = train_job(job, None, watching, threads=threads)
    if result.ended == INTERRUPTED:
        warn(f"training was interrupted after {count(result.epochs, 'epoch')}; the network is "
             "kept as it is")  # fmt: skip
    return result
