"""What every observer of training is."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from nncli.data.dataset import Dataset
from nncli.data.order import Order
from nncli.engines.engine import Engine
from nncli.metrics.scores import Score
from nncli.nn.network import Block
from nncli.training.loop import EpochReport, StepReport
from nncli.training.outcome import Outcome
from nncli.training.plan import Plan
from nncli.training.progress import Progress


class Job(Protocol):
    """What an observer may ask of a training job."""

    @property
    def engine(self) -> Engine:
        """What takes the steps."""
        ...

    @property
    def order(self) -> Order:
        """The order of the training rows."""
        ...

    @property
    def score(self) -> Score:
        """What is measured beside the loss."""
        ...

    @property
    def plan(self) -> Plan:
        """What is to be done."""
        ...

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        ...

    @property
    def dataset(self) -> Dataset:
        """The data."""
        ...

    @property
    def title(self) -> str:
        """What it is called where there are several, else nothing."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """What the user may not expect of it, a line each."""
        ...

    @property
    def blocks(self) -> Sequence[Block]:
        """The layers of the network, as users count them."""
        ...


class Observer:
    """Is told of training; an observer overrides what it needs.

    `step` and `epoch` may ask to stop: by returning True.

    Attributes
    ----------
    describes_data : bool
        Whether it says which rows were left out, so that nobody else need.
    """

    describes_data: ClassVar[bool] = False

    def begin(self, job: Job) -> None:
        """Prepare; training starts or resumes."""

    def step(self, report: StepReport) -> bool | None:
        """Take note of where training stands within an epoch, about 20 times a second."""

    def epoch(self, report: EpochReport) -> bool | None:
        """Take note of an epoch."""

    def end(self, outcome: Outcome | None) -> None:
        """Finish; called once, with None after an error that leaves nothing to keep."""
