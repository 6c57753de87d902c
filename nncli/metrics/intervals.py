"""How sure a mean over rows is: 95 % confidence intervals.

A fraction has the score interval of E. B. Wilson 1927, Probable Inference: the fractions p that
differ from the observed one by at most 1.96 standard errors sqrt(p (1 - p) / N). Unlike a
bootstrap, it is wide for few rows even if all of them are right.

Another mean has the bootstrap interval of B. Efron 1979, Another Look at the Jackknife: the rows
are drawn again, with replacement, as often as there are rows. The interval is that of the middle
95 % of the means of many such samples (the percentile method).

If only the mean and the mean square of the values are known, the interval is that of the normal
distribution: the mean ± 1.96 standard errors sqrt((mean square - mean²) / N).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_QUANTILE = 1.959964  # of the normal distribution, at (1 + LEVEL) / 2
_SAMPLES, _FEWEST_SAMPLES = 1000, 200
_MOST_DRAWS = 10**8  # over a second's work
_AT_ONCE = 1 << 22
_FEWEST_ROWS = 10  # with fewer, samples vary much less than the mean does


def interval_of_fraction(flags: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the ends of the 95 % Wilson interval of the mean of `flags` (N,), N at least 1."""
    return interval_of_share(float(flags.mean()), len(flags))


def interval_of_share(fraction: float, rows: int) -> tuple[float, float]:
    """Return the ends of the 95 % Wilson interval of a fraction of `rows`, at least 1."""
    share = _QUANTILE**2 / rows
    center = (fraction + share / 2) / (1 + share)
    half = math.sqrt(fraction * (1 - fraction) * share + share**2 / 4) / (1 + share)
    low, high = max(0.0, center - half), min(1.0, center + half)
    return 0.0 if fraction == 0 else low, 1.0 if fraction == 1 else high  # up to rounding


def interval_of_mean(
    values: NDArray[np.floating], random: np.random.Generator
) -> tuple[float, float] | None:
    """Return the ends of the 95 % bootstrap interval of the mean of `values` (N,).

    Returns None for fewer than 10 rows, for which the interval would be too narrow.
    """
    rows = len(values)
    if rows < _FEWEST_ROWS:
        return None
    samples = max(_FEWEST_SAMPLES, min(_SAMPLES, _MOST_DRAWS // rows))
    means = np.empty(samples)
    step = max(1, _AT_ONCE // rows)
    for start in range(0, samples, step):
        few = min(step, samples - start)
        means[start : start + few] = values[random.integers(0, rows, (few, rows))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return low, high


def interval_of_moments(mean: float, square: float, rows: int) -> tuple[float, float] | None:
    """Return the ends of the 95 % normal interval of the mean of `rows` values.

    Returns None for fewer than 10 rows, for which the interval would be too narrow.

    Parameters
    ----------
    square : float
        Mean of the squared values.
    """
    if rows < _FEWEST_ROWS:
        return None
    half = _QUANTILE * math.sqrt(max(0.0, square - mean**2) / rows)
    return mean - half, mean + half
