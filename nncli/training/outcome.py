"""What training came to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from nncli.metrics.tasks import Evaluation
from nncli.training.progress import Progress

INTERRUPTED, EARLY, FINISHED = "interrupted", "stopped early", "finished"
DIVERGED, UNWRITTEN = "diverged", "failed to write"


@dataclass(frozen=True)
class Outcome:
    """What training came to.

    Attributes
    ----------
    ended : str
        ``finished``, ``stopped early``, ``interrupted``, ``diverged`` or ``failed to write``.
    epochs : int
        How many were planned.
    progress : Progress
    evaluate : function
        Measures the weights to keep on every split.
    """

    ended: str
    epochs: int
    progress: Progress
    evaluate: Callable[[], dict[str, Evaluation]]

    @property
    def is_over(self) -> bool:
        """Whether training came to its end."""
        return self.ended in (FINISHED, EARLY)

    @cached_property
    def evaluations(self) -> dict[str, Evaluation]:
        """The weights to keep, measured on every split; the first time this takes a while."""
        return self.evaluate()
