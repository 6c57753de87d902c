"""Train one model per seed, to see how much the metrics vary by chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nncli.config.load import LoadedConfig
from nncli.config.schema import Config
from nncli.metrics.tasks import EVALUATIONS
from nncli.model.model import Model
from nncli.runs.job import Job
from nncli.runs.result import Result
from nncli.runs.several import Several, kind_of_run
from nncli.runs.several_results import PartResult, SeveralResults


def is_seed_runs(run: str | Path) -> bool:
    """Return whether a run directory has the runs of several seeds.

    Raises
    ------
    ConfigError, UsageError
        If it is not a run directory.
    """
    return kind_of_run(run) == "seeds"


@dataclass(frozen=True)
class SeedResult(PartResult):
    """The result of a seed.

    Attributes
    ----------
    number : int
        The seed.
    model : Model
    headline : tuple of str
        Names of the most important metrics.
    rows : dict of str to int
        Number of rows of each split.
    """


@dataclass(frozen=True)
class SeedRuns(SeveralResults):
    """The results of all seeds.

    Attributes
    ----------
    seeds : list of SeedResult
        Finished seeds.
    planned : int
        Number of all seeds.
    directory : Path or None
        Run directory, if there is one.
    interrupted_seed : Result or None
        Result of the training that was interrupted or diverged, if there is one.
    trained : bool
        Whether anything was left to train.
    """

    seeds: list[SeedResult]
    planned: int
    directory: Path | None = None
    interrupted_seed: Result | None = None
    trained: bool = True

    def __repr__(self) -> str:
        place = f"; in {self.directory}" if self.directory else ""
        return f"<SeedRuns: {len(self.seeds)} of {self.planned} seeds{place}>"

    @property
    def parts(self) -> Sequence[SeedResult]:
        """The finished seeds."""
        return self.seeds


class Seeds(Several[SeedResult, SeedRuns]):
    """A config with several seeds: one model per seed, all on the same split of the data."""

    word = "seed"

    def __init__(self, loaded: LoadedConfig) -> None:
        first = loaded.config.seed
        super().__init__(loaded, range(first, first + (loaded.config.training.seeds or 0)))

    def part(self, config: Config, number: int) -> Config:
        """Return the config of one seed, which has the data of the first."""
        update = {"seed": number, "data_seed": self.loaded.config.seed_of_data}
        return config.model_copy(update=update).with_training(seeds=None)

    def whole(self, config: Config) -> Config:
        """Return the config of all seeds."""
        given = self.loaded.config
        update = {"seed": given.seed, "data_seed": given.data_seed}
        return config.model_copy(update=update).with_training(seeds=given.training.seeds)

    def title(self, at: int) -> str:
        """Return the title of a seed: ``seed 0 (1/5)``."""
        return f"seed {self.numbers[at]} ({at + 1}/{len(self.numbers)})"

    def result(self, number: int, job: Job, model: Model) -> SeedResult:
        """Return the result of a seed."""
        data = job.dataset
        rows = {name: len(each) for name, each in data.splits.items()}
        return SeedResult(number, model, EVALUATIONS[data.task].headline, rows)

    def results(
        self,
        parts: list[SeedResult],
        directory: Path | None,
        interrupted: Result | None = None,
        *,
        trained: bool = True,
    ) -> SeedRuns:
        """Return the results of the finished seeds, and of an interrupted one."""
        return SeedRuns(parts, len(self.numbers), directory, interrupted, trained)


def with_seeds(loaded: LoadedConfig, seeds: int) -> LoadedConfig:
    """Return the config with this number of seeds."""
    return loaded.with_config(loaded.config.with_training(seeds=seeds))
