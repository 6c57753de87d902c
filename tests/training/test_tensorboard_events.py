"""Histograms count every finite value once, whatever the numbers; few epochs of many have them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

pytest.importorskip("tensorboard", reason="the extra 'tensorboard' is not installed")

from nncli.training.events.event import BUCKETS, has_histograms, histogram


@given(stn.arrays(st.sampled_from([np.float32, np.float64]), stn.array_shapes(max_dims=2)))
def test_a_histogram_counts_the_finite_values(array):
    found, finite = histogram(array), array[np.isfinite(array)].astype(float)
    assert found.num == len(finite) == sum(found.bucket)
    if not len(finite):
        return
    assert (found.min, found.max) == (finite.min(), finite.max())
    limits = [*found.bucket_limit]
    assert len(limits) == len(found.bucket) == BUCKETS
    assert limits == sorted(limits)
    assert np.isfinite(limits).all()
    assert limits[-1] == pytest.approx(found.max)


def test_buckets_are_equal_parts_of_the_range():
    found = histogram(np.array([0.0, 0.5, 1.0, 1.0, 29.5, 30.0, np.nan, -np.inf]))
    assert [*found.bucket_limit] == [*range(1, 31)]
    assert [*found.bucket] == [2, 2, *[0] * 27, 2]
    assert (found.sum, found.sum_squares) == (62.0, 1772.5)


@pytest.mark.parametrize(
    "values",
    [[0.0], [5e-324, 0.0], [1.0, np.nextafter(1.0, 2)], [-1.7e308, 1.7e308], [3e38, -3e38], [1e30]],
)
def test_extreme_ranges_have_a_histogram(values):
    found = histogram(np.array(values))
    assert sum(found.bucket) == len(values)
    assert (found.min, found.max) == (min(values), max(values))


def test_a_histogram_without_finite_values_is_empty():
    assert histogram(np.array([np.nan, np.inf])).num == 0
    assert histogram(np.empty(0)).num == 0


def test_a_run_has_few_epochs_with_histograms():
    with_histograms = [epoch for epoch in range(1, 100_000) if has_histograms(epoch)]
    assert with_histograms[:127] == [*range(1, 128)]
    assert len(with_histograms) < 1000
    assert all(later - each <= max(1, each / 32) for each, later in pairwise(with_histograms))
