"""A piece of work that every contender does alike: plain values that travel as JSON."""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True)
class Work:
    """Train a network, or predict with one, for so many rounds.

    A round is what is timed: an epoch of training, or a call that predicts `rows` rows.

    Attributes
    ----------
    task : str
        A ``step`` is training on one batch of all rows, for nncli without what its loop does about
        an epoch: history, saturation, the best epoch.
    data : str
        A name in `rows.SOURCES`.
    rows : int
        To train with, or to predict in a call.
    sizes : tuple of int
        Units of every layer, inputs and outputs included.
    hidden : str
        Activation of the hidden layers.
    output : str
        Activation of the last layer, which decides the loss: ``softmax`` and ``sigmoid`` stand for
        their cross-entropies, ``identity`` for the mean squared error.
    batch_rows : int
        With as many as `rows`, a round is one step.
    warm_up, timed : int
        Rounds before the clock runs, and under it.
    """

    data: str
    rows: int
    sizes: tuple[int, ...]
    hidden: Literal["relu", "sigmoid", "tanh"] = "relu"
    output: Literal["softmax", "sigmoid", "identity"] = "softmax"
    batch_rows: int = 64
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 0.001
    warm_up: int = 1
    timed: int = 1
    task: Literal["train", "step", "predict"] = "train"

    @property
    def is_full_batch(self) -> bool:
        """Whether an epoch is one step on all rows, so that there is nothing to shuffle."""
        return self.batch_rows >= self.rows

    @property
    def steps(self) -> int:
        """Steps of an epoch; the last batch may be short."""
        return -(-self.rows // self.batch_rows)

    @property
    def flops(self) -> int:
        """Floating-point operations of a round, those of its matrix products.

        A product of (B, I) and (I, O) takes 2 B I O. A layer has one in the forward pass, one for
        the gradient of its weights and, but for the first, one for the gradient of its inputs.
        """
        layers = [2 * inputs * outputs for inputs, outputs in pairwise(self.sizes)]
        if self.task == "predict":
            return self.rows * sum(layers)
        return self.rows * (3 * sum(layers) - layers[0])

    def as_json(self) -> str:
        """Return a text that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Work":
        """Read what `as_json` gives."""
        values = json.loads(text)
        return cls(**{**values, "sizes": tuple(values["sizes"])})
