"""The interface between training and its arithmetic.

An engine is created from a `Setup`. From then on it has the rows and owns the network's parameters:
during training, they are only available from `Engine.snapshot`.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    """What an engine trains, and on which rows.

    Attributes
    ----------
    network : Network
        Network with its initial parameters, which the engine takes over.
    objective : Objective
    score : Score
        Metric to measure in addition to the loss.
    optimizer : str
        Key of `OPTIMIZERS`; `settings` are its parameters.
    regularization : Regularization
    dropout : sequence of float
        Fraction of units dropped in a step, for each hidden block. The loss and the score of a step
        are computed with these units dropped.
    seed : int
        Seed for dropout.
    training, validation : Split
        Splits with their original inputs, or with those from `as_seen`; with features, if any.
    scaling : Scaling
        Scaling of the inputs that the engine still has to apply, without features.
    codes : array (classes, O)
        Target vector of every class, in the network's precision.
    batch_rows : int
        Rows in the largest batch.
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
    """Statistics of a block of layers over the steps of an epoch.

    Attributes
    ----------
    gradient_norm : float
        Norm of the gradient of all parameters of the block, before clipping: root mean square over
        the steps, 0 without steps.
    saturated : float or None
        Fraction of saturated activations on the first rows of the first step, before its update and
        before dropout; None if the activation does not saturate, or without steps.
    """

    gradient_norm: float
    saturated: float | None


@dataclass
class Sums:
    """Sums over the steps of an epoch, in float64.

    Attributes
    ----------
    steps, rows : int
    loss, score : float
        Sums over the rows, each computed before the batch's update. They ignore row weights.
    squared_norms : list of float
        Squared gradient norm of each block, before clipping, summed over the steps.
    saturated : list of float or None
        Saturated fraction of each block in the first step.
    penalty : float
        Penalty of the weights before each update, times the rows of the batch.
    """

    steps: int = 0
    rows: int = 0
    loss: float = 0.0
    score: float = 0.0
    squared_norms: list[float] = field(default_factory=list)
    saturated: list[float | None] = field(default_factory=list)
    penalty: float = 0.0

    def layers(self) -> list[LayerStatistics]:
        """Return the statistics of each block."""
        steps = self.steps or 1
        norms = [(squared / steps) ** 0.5 for squared in self.squared_norms]
        return [*map(LayerStatistics, norms, self.saturated)]


class Steps(NamedTuple):
    """The result of a call of `Engine.steps`.

    Attributes
    ----------
    done : int
        Number of steps taken.
    problem : str or None
        What was not finite in the next step, with a remedy; that step was not taken, and the sums
        do not include it.
    """

    done: int
    problem: str | None = None


class Engine(Protocol):
    """The interface of engines, which take training steps and evaluate.

    Attributes
    ----------
    name : str
        Name of the engine in a run's record.
    enough_work : float
        Floating-point operations of the largest product of a step from which it takes several
        threads.
    has_own_threads : bool
        Whether it starts them itself; else they are those of NumPy's matrix products.
    """

    name: ClassVar[str]
    enough_work: ClassVar[float]
    has_own_threads: ClassVar[bool]

    def hold(self, pool: Rows | None) -> None:
        """Load some rows of a large source into memory; None for none.

        From then on, the row numbers passed to `steps` are indices into `pool`.
        """
        ...

    def steps(self, batches: Rows, rates: Sequence[float], sums: Sums) -> Steps:
        """Take steps, and add each step to `sums`.

        The result does not depend on how training is divided into calls. An engine may take fewer
        steps than requested. After an interruption, such as Ctrl-C, it is unknown how many it took,
        until a state is restored.

        Parameters
        ----------
        batches : array (S, B)
            Row numbers of each batch in the arrays of the training split. A batch of all rows has
            them in order.
        rates : sequence of S learning rates
        """
        ...

    def epochs(self, rates: Sequence[float]) -> tuple[int, Iterator[Sums]]:
        """Take epochs of one batch, all rows; return how many, and the sums of each.

        An engine may take fewer than there are rates, or none. Each is an epoch of `steps`, to the
        bit; one whose step is refused is not taken. Between two epochs of the iterator, the other
        methods act as if only those before them were taken, also after an interruption. `evaluate`,
        `problem` and `snapshot` change nothing; after another method, the iterator ends, and the
        epochs that it did not give are not taken.

        Parameters
        ----------
        rates : sequence of E learning rates
        """
        ...

    def evaluate(self) -> tuple[float, float]:
        """Return the mean loss and the mean score over the validation rows."""
        ...

    def problem(self) -> str | None:
        """Return which parameters are not finite, with a remedy, or None if all are finite."""
        ...

    def snapshot(self) -> dict[str, Array]:
        """Return copies of the network's flat vectors, ``parameters`` and ``state``."""
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of all arrays that the next step depends on.

        They include the snapshot, and ``steps``, the number of steps taken.
        """
        ...

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Restore a `state` of an engine with the same setup.

        Raises
        ------
        ValueError
            If an array is missing, or has the wrong shape or type.
        """
        ...


def check_state(state: Mapping[str, NDArray[Any]], own: Mapping[str, NDArray[Any]]) -> None:
    """Raise `ValueError` unless a state has the arrays of an engine's `own`, for `restore`."""
    for name, array in own.items():
        found = state.get(name)
        if found is None or (found.shape, found.dtype) != (array.shape, array.dtype):
            raise ValueError(f"has no {name} of shape {array.shape} and type {array.dtype}")
    if state["steps"] < 0:
        raise ValueError("has a negative step count")
