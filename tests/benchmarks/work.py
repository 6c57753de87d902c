"""A piece of work that is the same for all contenders: plain values, passed as JSON."""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True)
class Work:
    """Training of a network, or prediction with one, for some rounds.

    A round is an epoch of training, or a call that predicts `rows` rows.

    Attributes
    ----------
    task : str
        ``train``, ``predict`` or ``step``: training on one batch of all rows, for nncli without
        its loop's work around an epoch, such as history, saturation and the best epoch.
    data : str
        Name in `rows.SOURCES`.
    rows : int
        Number of training rows, or of rows to predict in a call.
    sizes : tuple of int
        Units of every layer, including inputs and outputs.
    hidden : str
        Activation of the hidden layers.
    output : str
        Activation of the last layer, which decides the loss: the matching cross-entropy for
        ``softmax`` and ``sigmoid``, the mean squared error for ``identity``.
    batch_rows : int
        Rows per batch; if equal to `rows`, a round is one step.
    warm_up, timed : int
        Number of untimed rounds, and of timed rounds after them.
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
        """Whether an epoch is one step on all rows, so that shuffling is pointless."""
        return self.batch_rows >= self.rows

    @property
    def steps(self) -> int:
        """Number of steps in an epoch; the last batch may be short."""
        return -(-self.rows // self.batch_rows)

    @property
    def flops(self) -> int:
        """Floating-point operations of the matrix products in a round.

        A product of (B, I) and (I, O) takes 2 B I O. A layer has one in the forward pass, one for
        the gradient of its weights and, except in the first layer, one for the gradient of its
        inputs.
        """
        layers = [2 * inputs * outputs for inputs, outputs in pairwise(self.sizes)]
        if self.task == "predict":
            return self.rows * sum(layers)
        return self.rows * (3 * sum(layers) - layers[0])

    def as_json(self) -> str:
        """Return this work as JSON text for `from_json`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Work":
        """Return the work in JSON text from `as_json`."""
        values = json.loads(text)
        return cls(**{**values, "sizes": tuple(values["sizes"])})
