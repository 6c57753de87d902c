"""Logic gates: the four rows of a truth table."""

import numpy as np

from nncli.data.dataset import Dataset
from nncli.data.division import Fold
from nncli.data.splits import whole
from nncli.data.splitting import divide_alike

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
CLASSES = ("0", "1")
TABLES = {
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "xor": (0, 1, 1, 0),
}


def load_gate(*, gate: str, seed: int = 0, fold: Fold | None = None) -> Dataset:
    """Return the truth table of a gate in `TABLES`; the four rows both train and test."""
    rows = whole(INPUTS, np.array(TABLES[gate], np.uint8))
    return Dataset(
        task="binary",
        columns=("x1", "x2"),
        targets=(gate,),
        classes=CLASSES,
        splits=divide_alike(rows, seed, CLASSES, gate, fold),
    )
