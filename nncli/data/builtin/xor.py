"""Noisy XOR: the corners of the unit square with Gaussian noise."""

import numpy as np

from nncli.data.builtin.sampling import sampled
from nncli.data.dataset import Dataset
from nncli.data.division import Fold
from nncli.data.splits import Split, whole

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
LABELS = np.array([0, 1, 1, 0], np.uint8)
CLASSES = ("0", "1")


def load_xor(
    *,
    rows: int,
    noise: float,
    balanced: bool = True,
    test: int,
    validation: int | float,
    seed: int,
    fold: Fold | None = None,
) -> Dataset:
    """Generate the data set.

    The best possible accuracy is q² + (1 - q)² with q = Φ(-0.5 / noise): 0.9555 for noise 0.25.

    Parameters
    ----------
    rows, test : int
        Numbers of training rows (including validation rows) and of test rows.
    noise : float
        Standard deviation of the noise added to each coordinate.
    balanced : bool
        Whether the corners have equally many rows, give or take one, in random order. Otherwise
        the corner of each row is drawn at random.
    """
    splits = sampled(
        lambda count, random: _sample(count, noise, balanced, random),
        "xor",
        CLASSES,
        rows=rows,
        test=test,
        validation=validation,
        seed=seed,
        fold=fold,
    )
    return Dataset(
        task="binary",
        columns=("x1", "x2"),
        targets=("xor",),
        classes=CLASSES,
        splits=splits,
    )


def _sample(rows: int, noise: float, balanced: bool, random: np.random.Generator) -> Split:
    if balanced:
        corner = random.permutation(np.arange(rows) % len(CORNERS))
    else:
        corner = random.integers(len(CORNERS), size=rows)
    inputs = CORNERS[corner] + random.normal(0.0, noise, (rows, 2))
    return whole(inputs.astype(np.float32), LABELS[corner])
