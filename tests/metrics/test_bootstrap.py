"""The bootstrap interval of a mean."""

import numpy as np
import pytest

from nncli.metrics.bootstrap import interval_of_mean


def of(values, seed=0):
    return interval_of_mean(np.asarray(values), np.random.default_rng(seed))


def test_the_interval_is_about_that_of_the_normal_distribution():
    values = np.random.default_rng(1).normal(3, 2, 400)
    low, high = of(values)
    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_flags_and_the_same_numbers_have_the_same_interval():
    flags = np.random.default_rng(2).random(500) < 0.9
    np.testing.assert_allclose(of(flags), of(flags.astype(float)), atol=0.004)


def test_the_interval_covers_the_true_mean_about_95_times_of_100():
    random = np.random.default_rng(3)
    hits = 0
    for seed in range(300):
        low, high = of(random.random(200) < 0.8, seed)
        hits += low <= 0.8 <= high
    assert 0.91 <= hits / 300 <= 0.98


def test_the_same_seed_gives_the_same_interval_and_equal_values_a_point():
    values = np.random.default_rng(4).random(50)
    assert of(values) == of(values)
    assert of(values, 1) != of(values)
    assert of([2.0, 2.0, 2.0]) == (2.0, 2.0)
    assert of([True]) == (1.0, 1.0)


def test_many_rows_take_fewer_samples_and_little_memory():
    import tracemalloc

    values = np.random.default_rng(5).random(200_000)
    tracemalloc.start()
    low, high = of(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert low < values.mean() < high
    assert peak < 100e6
