"""The outcome of training."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from nncli.metrics.tasks import Evaluation
from nncli.training.progress import Progress

INTERRUPTED, EARLY, FINISHED = "interrupted", "stopped early", "finished"
DIVERGED, UNWRITTEN = "diverged", "failed to write"


@dataclass(frozen=True)
class Outcome:
    """The outcome of training.

    Attributes
    ----------
    ended : str
        ``finished``, ``stopped early``, ``interrupted``, ``diverged`` or ``failed to write``.
    epochs : int
        Number of planned epochs.
    progress : Progress
    evaluate : function
        Function that evaluates the weights to keep on every split.
    """

    ended: str
    epochs: int
    progress: Progress
    evaluate: Callable[[], dict[str, Evaluation]]

    @property
    def is_over(self) -> bool:
        """Whether training is complete."""
        return self.ended in (FINISHED, EARLY)

    @cached_property
    def evaluations(self) -> dict[str, Evaluation]:
        """The evaluations of the weights to keep, by split; the first access takes a while."""
        return self.evaluate()
