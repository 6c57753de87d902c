"""How sure a mean over rows is: the bootstrap of B. Efron 1979, Another Look at the Jackknife.

The rows are drawn again, with replacement, as often as there are rows. The interval is that of the
middle 95 % of the means of many such samples (the percentile method).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_SAMPLES, _FEWEST_SAMPLES = 1000, 200
_MOST_DRAWS = 10**8  # over a second's work
_AT_ONCE = 1 << 22


def interval_of_mean(
    values: NDArray[np.floating | np.bool_], random: np.random.Generator
) -> tuple[float, float]:
    """Return the ends of the 95 % bootstrap interval of the mean of `values` (N,), N at least 1."""
    rows = len(values)
    samples = max(_FEWEST_SAMPLES, min(_SAMPLES, _MOST_DRAWS // rows))
    if values.dtype == np.bool_:  # the number of true values in a sample is binomial
        means = random.binomial(rows, values.mean(), samples) / rows
    else:
        means = np.empty(samples)
        step = max(1, _AT_ONCE // rows)
        for start in range(0, samples, step):
            few = min(step, samples - start)
            means[start : start + few] = values[random.integers(0, rows, (few, rows))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return low, high
