"""Rows that stand for all: a pass or a fit of some is fast enough."""

import numpy as np
from numpy.typing import NDArray


def spread(rows: int, most: int) -> NDArray[np.intp]:
    """Return at most `most` places from 0 to `rows` - 1, evenly spread over all, in order."""
    return np.linspace(0, rows - 1, min(rows, most)).astype(np.intp)
