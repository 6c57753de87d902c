"""Brief trainings of a config with several seeds, on the same rows."""

import time
from dataclasses import dataclass, field
from functools import cached_property

from nncli.base.errors import DivergenceError
from nncli.config.load import LoadedConfig
from nncli.config.schema import SEEDS_END
from nncli.data.dataset import Dataset
from nncli.model.row_outputs import outputs_of
from nncli.runs.job import Job
from nncli.runs.preparation import prepare
from nncli.runs.result import Result
from nncli.runs.training import train_job
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.observer import Observer

MOST_ROWS = 200_000
"""Most rows that a brief training passes, each row once per epoch."""

MOST_PRODUCTS = 10**10
"""Most products of a row and a weight: an epoch of MNIST with 128 units takes a second or two."""

MOST_STEPS = 20_000
"""Most steps of a brief training, which matter for small batches."""

_MOST_SECONDS = 5.0
"""A brief training of many rows or a large network ends after this time, even within an epoch."""

Metrics = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Trial:
    """A config to train briefly: as planned, but at most for the numbers above.

    Attributes
    ----------
    loaded : LoadedConfig
    dataset : Dataset
    """

    loaded: LoadedConfig
    dataset: Dataset
    _results: dict[int, Result | None] = field(default_factory=dict, repr=False)

    def job(self, number: int) -> Job:
        """Return the job with the seed that follows that of the config by `number`.

        Raises the errors of `prepare`.
        """
        loaded = self.loaded.selecting
        config = loaded.config
        seeds = {"seed": self.seed(number), "data_seed": config.seed_of_data}
        config = config.model_copy(update=seeds)
        config = config.with_training(record_weights=None, tensorboard=False)
        return prepare(
            loaded.with_config(config), dataset=self.dataset, engine="numpy", warnings=[]
        )

    def seed(self, number: int) -> int:
        """Return the seed that follows that of the config by `number`."""
        return (self.loaded.config.seed + number) % SEEDS_END

    @cached_property
    def first(self) -> Job:
        """The job with the seed of the config, before training."""
        return self.job(0)

    @property
    def epochs(self) -> tuple[int, int]:
        """The most epochs of a brief training, and those that the config plans."""
        planned = self.first.plan.epochs
        return min(planned, brief_epochs(self.first)), planned

    def is_trained(self, number: int) -> bool:
        """Return whether the metrics of a seed are known."""
        return number in self._results

    def metrics(self, number: int) -> Metrics | None:
        """Return the metrics of all splits after a brief training; None if it diverged.

        Each seed is trained once.
        """
        result = self._result(number)
        return result.metrics if result else None

    def metric(self, number: int, split: str, name: str) -> float | None:
        """Return a metric of a split; None if training diverged.

        The accuracy of a regression is that of its outputs, rounded to whole numbers.
        """
        result = self._result(number)
        if result is None:
            return None
        if result.model.task == "regression" and name == "accuracy":
            found = outputs_of(result.model, self.dataset.splits[split], 1)
            return float((found.numbers.round() == found.truth).mean())
        return result.metrics[split][name]

    def _result(self, number: int) -> Result | None:
        if number not in self._results:
            job = self.job(number)
            try:
                self._results[number] = train_job(job, observers=[_Brief(brief_epochs(job))])
            except DivergenceError:
                self._results[number] = None
        return self._results[number]


def brief_epochs(job: Job) -> int:
    """Return the most epochs of a brief training."""
    rows, weights = len(job.setup.training), len(job.network.parameters)
    limits = (MOST_ROWS // rows, MOST_STEPS // job.order.batches, MOST_PRODUCTS // (rows * weights))
    return max(1, min(limits))


class _Brief(Observer):
    """Stop after some epochs, or when the time is over."""

    def __init__(self, epochs: int) -> None:
        self._epochs, self._end = epochs, time.monotonic() + _MOST_SECONDS

    def step(self, report: StepReport) -> bool:
        return time.monotonic() > self._end

    def epoch(self, report: EpochReport) -> bool:
        return report.epoch >= self._epochs or time.monotonic() > self._end
