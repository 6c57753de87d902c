"""The base class of observers of training."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from nncli.data.dataset import Dataset
from nncli.data.order import Order
from nncli.engines.engine import Engine
from nncli.metrics.scores import Score
from nncli.nn.network import Block, Network
from nncli.training.loop import EpochReport, StepReport
from nncli.training.outcome import Outcome
from nncli.training.plan import Plan
from nncli.training.progress import Progress


class Job(Protocol):
    """The attributes of a training job that observers may use."""

    @property
    def engine(self) -> Engine:
        """The engine that takes the steps."""
        ...

    @property
    def order(self) -> Order:
        """The order of the training rows."""
        ...

    @property
    def score(self) -> Score:
        """The metric that is measured in addition to the loss."""
        ...

    @property
    def plan(self) -> Plan:
        """The plan of the training."""
        ...

    @property
    def progress(self) -> Progress:
        """The progress of the training."""
        ...

    @property
    def dataset(self) -> Dataset:
        """The data."""
        ...

    @property
    def title(self) -> str:
        """The title that distinguishes several jobs; empty for a single job."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """Warnings about what the user may not expect, one line each."""
        ...

    @property
    def network(self) -> Network:
        """The network; the engine may share its arrays."""
        ...

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks of the network: the layers as users count them."""
        ...


class Observer:
    """Base class for observers of training; subclasses override the methods they need.

    `step` and `epoch` may request a stop by returning True.

    Attributes
    ----------
    describes_data : bool
        Whether this observer reports which rows were left out, so that others do not have to.
    """

    describes_data: ClassVar[bool] = False

    def begin(self, job: Job) -> None:
        """Prepare for training, which starts or resumes."""

    def step(self, report: StepReport) -> bool | None:
        """Handle the progress within an epoch.

        Called about 20 times per second, and after every step whose weights are recorded.
        """

    def epoch(self, report: EpochReport) -> bool | None:
        """Handle the results of an epoch."""

    def checkpoint(self, run: Path) -> None:
        """Note that a checkpoint was saved, from which the run in the directory `run` can resume.

        Also called at the beginning of a resumed run. After an interruption, the evaluation
        follows.
        """

    def end(self, outcome: Outcome | None) -> None:
        """Finish; called once, with None after an error that leaves no result."""
