"""Logic gates: the four rows of a truth table."""

import numpy as np

from nncli.data.dataset import Dataset, whole

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
TABLES = {
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "xor": (0, 1, 1, 0),
}


def load_gate(*, gate: str) -> Dataset:
    """Return the truth table of a gate in `TABLES`; its four rows train and test."""
    rows = whole(INPUTS, np.array(TABLES[gate], np.uint8))
    return Dataset(
        task="binary",
        columns=("x1", "x2"),
        targets=(gate,),
        classes=("0", "1"),
        splits={"train": rows, "test": rows},
    )
