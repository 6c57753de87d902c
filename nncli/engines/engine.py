"""The contract between training and whatever does its arithmetic.

An engine is made from a `Setup`. It has the rows from then on, and owns the network's parameters
while training lasts: all that is known of them comes from `Engine.snapshot`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol

from numpy.typing import NDArray

from nncli.data.scaling import Scaling
from nncli.data.splits import Rows, Split
from nncli.metrics.scores import Score
from nncli.nn.entries import Array, Value
from nncli.nn.network import Network
from nncli.nn.objective import Objective
from nncli.nn.penalties import Regularization


@dataclass(frozen=True)
class Setup:
    """What an engine is to train, and on which rows.

    Attributes
    ----------
    network : Network
        With its first parameters; they are the engine's from then on.
    objective : Objective
    score : Score
        What is measured beside the loss.
    optimizer : str
        A name in `OPTIMIZERS`; `settings` are its parameters.
    regularization : Regularization
    dropout : sequence of float
        For each hidden block the share of its units that is left out in a step. The loss and the
        score of a step are those with units left out.
    seed : int
        What dropout is drawn by.
    training, validation : Split
        Their inputs as they are, or as `as_seen` makes them.
    scaling : Scaling
        What is left to be done to their inputs, by the engine.
    codes : array (classes, O)
        The target vector of every class, in the network's precision.
    batch_rows : int
        Rows of the largest batch.
    """

    network: Network
    objective: Objective
    score: Score
    optimizer: str
    settings: Mapping[str, Value]
    regularization: Regularization
    training: Split
    validation: Split | None
    scaling: Scaling
    codes: Array
    batch_rows: int
    dropout: Sequence[float] = ()
    seed: int = 0


class LayerStatistics(NamedTuple):
    """What the steps of an epoch tell of a block of layers.

    Attributes
    ----------
    gradient_norm : float
        Of the gradient of all its parameters together, before clipping: root mean square over the
        steps, 0 if there were none.
    saturated : float or None
        Share of its activations that are saturated on the first rows of the first step, before it
        and before dropout; None if its activation does not saturate, or there was no step.
    """

    gradient_norm: float
    saturated: float | None


@dataclass
class Sums:
    """What the steps of an epoch add up to, step by step in float64.

    Attributes
    ----------
    steps, rows : int
    loss, score : float
        Sums over the rows, each batch's before its step. Rows count alike, whatever their weights.
    squared_norms : list of float
        Of each block's gradient, before clipping; sums over the steps.
    saturated : list of float or None
        Of each block, by the first step.
    """

    steps: int = 0
    rows: int = 0
    loss: float = 0.0
    score: float = 0.0
    squared_norms: list[float] = field(default_factory=list)
    saturated: list[float | None] = field(default_factory=list)

    def layers(self) -> list[LayerStatistics]:
        """Return the statistics of each block."""
        norms = [(squared / max(self.steps, 1)) ** 0.5 for squared in self.squared_norms]
        return list(map(LayerStatistics, norms, self.saturated))


class Steps(NamedTuple):
    """How far a call of `Engine.steps` came.

    Attributes
    ----------
    done : int
        Steps taken.
    problem : str or None
        What was no longer finite in the step after these, and the remedy; it was not taken.
    """

    done: int
    problem: str | None = None


class Engine(Protocol):
    """Takes training steps and evaluates.

    Attributes
    ----------
    name : str
        What a run's record says that it ran on.
    """

    name: ClassVar[str]

    def hold(self, pool: Rows | None) -> None:
        """Bring some rows of a large source close; None for none.

        From then on the numbers that `steps` gets are places in `pool`.
        """
        ...

    def steps(self, batches: Rows, rates: Sequence[float], sums: Sums) -> Steps:
        """Take steps, and add to `sums` step by step.

        It does not matter how training is cut into calls. An engine may take fewer steps than it
        is asked for.

        Parameters
        ----------
        batches : array (S, B)
            The row numbers of each batch, in the arrays of the training split. A batch of all rows
            has them in their order.
        rates : sequence of S learning rates
        """
        ...

    def evaluate(self) -> tuple[float, float]:
        """Return the mean loss and the mean score over the validation rows."""
        ...

    def problem(self) -> str | None:
        """Return which parameters are no finite numbers, and the remedy; None if all are."""
        ...

    def snapshot(self) -> dict[str, Array]:
        """Return copies of the network's flat vectors, ``parameters`` and ``state``."""
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of all arrays that the next step depends on.

        Those of the snapshot are among them, and ``steps``: how many have been taken.
        """
        ...

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Continue from what `state` returned, of an engine made like this one.

        Raises
        ------
        ValueError
            When an array is missing, or not like this engine's.
        """
        ...
