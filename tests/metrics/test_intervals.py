"""The intervals of a fraction and of a mean."""

import numpy as np
import pytest

from nncli.metrics.intervals import interval_of_fraction, interval_of_mean, interval_of_moments


def of(values, seed=0):
    return interval_of_mean(np.asarray(values), np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("right", "rows"), [(0, 1), (1, 1), (4, 4), (0, 8), (3, 4), (6, 8), (95, 100), (9657, 10_000)]
)
def test_the_ends_of_a_fraction_are_1_96_standard_errors_away(right, rows):
    ends = interval_of_fraction(np.arange(rows) < right)
    for end in ends:
        if 0 < end < 1:
            error = np.sqrt(end * (1 - end) / rows)
            assert abs(end - right / rows) == pytest.approx(1.96 * error, rel=1e-4)
    assert ends[0] <= right / rows <= ends[1]
    assert (ends[0] == 0) == (right == 0)
    assert (ends[1] == 1) == (right == rows)


def test_few_right_rows_do_not_make_a_fraction_certain():
    assert interval_of_fraction(np.array([True]))[0] == pytest.approx(0.2065, abs=1e-4)
    assert interval_of_fraction(np.ones(4, np.bool_))[0] == pytest.approx(0.5101, abs=1e-4)


@pytest.mark.parametrize(("rows", "true"), [(8, 0.75), (20, 0.9), (200, 0.8)])
def test_the_interval_covers_the_true_fraction_about_95_times_of_100(rows, true):
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(1000):
        low, high = interval_of_fraction(random.random(rows) < true)
        hits += low <= true <= high
    assert 0.92 <= hits / 1000 <= 0.99


def test_the_interval_is_about_that_of_the_normal_distribution():
    values = np.random.default_rng(1).normal(3, 2, 400)
    low, high = of(values)
    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_flags_and_the_same_numbers_have_about_the_same_interval():
    flags = np.random.default_rng(2).random(5000) < 0.9
    np.testing.assert_allclose(interval_of_fraction(flags), of(flags.astype(float)), atol=0.001)


def test_the_interval_covers_the_true_mean_about_95_times_of_100():
    random = np.random.default_rng(3)
    hits = 0
    for seed in range(300):
        low, high = of(random.exponential(2, 200), seed)
        hits += low <= 2 <= high
    assert 0.91 <= hits / 300 <= 0.98


def test_the_same_seed_gives_the_same_interval_and_equal_values_a_point():
    values = np.random.default_rng(4).random(50)
    assert of(values) == of(values)
    assert of(values, 1) != of(values)
    assert of([2.0] * 10) == (2.0, 2.0)


def test_the_mean_of_fewer_than_ten_rows_has_no_interval():
    values = np.random.default_rng(6).random(10)
    assert of(values) is not None
    assert of(values[:9]) is None


def test_many_rows_take_fewer_samples_and_little_memory():
    import tracemalloc

    values = np.random.default_rng(5).random(200_000)
    tracemalloc.start()
    low, high = of(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert low < values.mean() < high
    assert peak < 100e6


def test_the_interval_from_moments_is_that_of_the_rows():
    values = np.abs(np.random.default_rng(7).normal(3, 2, 400))
    mean, square = float(values.mean()), float((values**2).mean())
    ends = interval_of_moments(mean, square, len(values))
    assert ends == pytest.approx(of(values), abs=0.05)
    assert interval_of_moments(mean, square, 9) is None
    assert interval_of_moments(2.0, 4.0, 10) == (2.0, 2.0)
