"""Training jobs: from a config to an engine that is ready to start."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from nncli.base.storage.mapping import check_unchanged
from nncli.base.threads import limited_threads, most_threads, suited_threads
from nncli.config.schema import Config
from nncli.data.dataset import Dataset
from nncli.data.fingerprint import fingerprint
from nncli.data.order import Order
from nncli.data.scaling import Scaling
from nncli.engines.compiling import Compilation
from nncli.engines.engine import Engine, Setup
from nncli.metrics.scores import Score
from nncli.metrics.tasks import Evaluation
from nncli.model.evaluation import (
    evaluate,
)
from nncli.model.model import Model
from nncli.model.preprocessing import Preprocessing, ranges_of
from nncli.nn.network import Block, Network
from nncli.runs.selection import Selection
from nncli.training.loop import check_finite
from nncli.training.plan import Plan
from nncli.training.progress import Progress


@dataclass(frozen=True)
class Job:
    """Everything that training needs, built from a config.

    Attributes
    ----------
    config : Config
        Config with all defaults filled in.
    setup : Setup
        Input for the engine, which shares its network.
    start_engine : function
        Function that creates the engine.
    progress : Progress
        Progress of training, updated during training.
    title : str
        Name of the job if there are several, such as ``fold 1/5``.
    warnings : sequence of str
        Lines about what the user may not expect.
    before : Preprocessing or None
        Preprocessing of the model that training starts from.
    selection : Selection or None
        Selection that chose the epochs of a refit.
    compilation : Compilation
        What the choice and the start of the engine compiled so far.
    """

    config: Config
    dataset: Dataset
    scaling: Scaling
    target_scaling: Scaling
    setup: Setup
    start_engine: Callable[[], Engine]
    order: Order
    plan: Plan
    progress: Progress = field(default_factory=Progress)
    title: str = ""
    warnings: Sequence[str] = ()
    before: Preprocessing | None = None
    selection: Selection | None = None
    compilation: Compilation = field(default_factory=Compilation)

    @cached_property
    def engine(self) -> Engine:
        """The engine that takes the steps, created on first use."""
        return self.start_engine()

    @property
    def suited_threads(self) -> int:
        """The number of threads that suits the engine, which it creates, and its steps."""
        largest = self.network.largest_product(self.order.largest_batch)
        return suited_threads(largest, self.engine.enough_work)

    def limited_threads(self, count: int | None = None) -> AbstractContextManager[None]:
        """Train with a number of threads, by default what suits, while the block runs.

        If the engine has threads of its own, the matrix products of a network that is evaluated use
        only as many of them as suit NumPy.
        """
        lanes = most_threads if count is None else None
        count = count or self.suited_threads
        if not self.engine.has_own_threads:
            return limited_threads(count, lanes=lanes)
        largest = self.network.largest_product(self.order.largest_batch)
        return limited_threads(count, min(count, suited_threads(largest)), lanes)

    @property
    def score(self) -> Score:
        """The score that is measured in addition to the loss."""
        return self.setup.score

    @property
    def network(self) -> Network:
        """The network, which the engine may share."""
        return self.setup.network

    @property
    def blocks(self) -> Sequence[Block]:
        """The layers of the network, as the user counts them."""
        return self.setup.network.blocks

    @cached_property
    def fingerprint(self) -> dict[str, str]:
        """The fingerprint of the data."""
        return fingerprint(self.dataset)

    def check_data(self) -> None:
        """Raise `DataError` if a file that rows are mapped from has changed."""
        for split in self.dataset.splits.values():
            check_unchanged(split.inputs)

    def trained_network(self) -> Network:
        """Return the network with the weights of the best epoch, if any, else of the last."""
        kept = self.progress.best or self.engine.snapshot()
        return Network(self.setup.network.layers, kept["parameters"], kept["state"])

    def evaluations(self) -> dict[str, Evaluation]:
        """Evaluate the trained network on every split.

        Raises
        ------
        DivergenceError
            If a weight or a loss is not finite.
        DataError
            As for `check_data`.
        """
        network, data = self.trained_network(), self.dataset
        self.check_data()
        found = {
            name: evaluate(
                network,
                self.setup.objective,
                split,
                self.scaling,
                target_scaling=self.target_scaling,
                name=name,
                task=data.task,
                targets=list(data.targets),
                classes=list(data.classes),
                threshold=self.config.model.threshold,
            )
            for name, split in data.splits.items()
        }
        check_finite(float(np.abs(network.parameters).max()), "the largest final weight")
        for name, each in found.items():
            check_finite(each.metrics["loss"], f"the final {name} loss")
        self.check_data()
        return found

    def model(self, evaluations: dict[str, Evaluation], record: dict[str, Any]) -> Model:
        """Return the trained model with its metrics and training record."""
        data = self.dataset
        return Model(
            network=self.trained_network(),
            preprocessing=Preprocessing(
                list(data.columns),
                *_as_lists(self.scaling),
                *_as_lists(self.target_scaling),
                data.encoding,
                data.images,
                ranges_of(data.splits["train"], self.before),
                data.features,
            ),
            task=data.task,
            targets=list(data.targets),
            classes=list(data.classes),
            objective=self.setup.objective,
            config=as_saved(self.config.model_dump()),
            metrics={name: each.metrics for name, each in evaluations.items()},
            training=record,
            fingerprint={} if self.config.data.is_given else self.fingerprint,
        )


def as_saved(values: dict[str, Any]) -> dict[str, Any]:
    """Return a config as models have it; without features, as earlier versions of nncli read it."""
    data = values["data"]
    if data.get("features", ()) is not None:
        return values
    return {**values, "data": {key: each for key, each in data.items() if key != "features"}}


def _as_lists(scaling: Scaling) -> tuple[Any, Any]:
    """Return offset and scale as JSON values: numbers, or lists of them."""
    return np.asarray(scaling.offset).tolist(), np.asarray(scaling.scale).tolist()
