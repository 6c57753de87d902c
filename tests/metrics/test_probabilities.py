from decimal import Decimal, localcontext
from math import floor, log

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nncli.metrics.probabilities import (
    brier,
    class_probabilities,
    ece,
    log_loss,
    losses_and_largest,
    sigmoid,
)

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
any_logit = st.floats(-1e4, 1e4, width=32) | st.floats(-40, 40, width=32)


def exact_weights(logits, coupled):
    """Return the unnormalized class probabilities of a row."""
    z = [Decimal(each) for each in logits]
    if len(z) == 1:
        return [Decimal(1), z[0].exp()]
    return [each.exp() if coupled else 1 / (1 + (-each).exp()) for each in z]


def exact_probabilities(logits, coupled):
    weights = exact_weights(logits, coupled)
    return [each / sum(weights) for each in weights]


def exact_loss(logits, truth, coupled):
    """Return -ln p(true class) of a row as ln(1 + x), with x = Σ p / p(true) over the others."""
    weights = exact_weights(logits, coupled)
    x = sum(each for place, each in enumerate(weights) if place != truth) / weights[truth]
    return float(x if x < Decimal("1e-40") else (1 + x).ln())


def rows_of(least, most):
    """Return a strategy for logits (N, O), O from `least` to `most`."""
    shapes = st.tuples(st.integers(1, 4), st.integers(least, most))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=any_logit))


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-300)


# From logits


@both_precisions
@pytest.mark.parametrize("coupled", [True, False])
@given(rows_of(1, 4))
@example(np.array([[1e4, -1e4, 0.0]]))
@settings(max_examples=50)
def test_no_row_is_clipped_or_cancels(dtype, coupled, logits):
    Z = logits.astype(dtype)
    classes = max(Z.shape[1], 2)
    for truth in range(classes):
        losses, largest = losses_and_largest(np.full(len(Z), truth), Z, coupled=coupled)
        with localcontext(prec=60):
            rows = Z.tolist()
            assert losses.tolist() == close([exact_loss(row, truth, coupled) for row in rows])
            assert largest.tolist() == close(
                [float(max(exact_probabilities(row, coupled))) for row in rows]
            )


@both_precisions
@pytest.mark.parametrize("coupled", [True, False])
@given(rows_of(1, 4))
@settings(max_examples=50)
def test_a_small_probability_keeps_its_digits(dtype, coupled, logits):
    Z = logits.astype(dtype)
    found = class_probabilities(Z, coupled=coupled)
    assert found.dtype == np.float64
    with localcontext(prec=60):
        rows = [exact_probabilities(row, coupled) for row in Z.tolist()]
    for row, expected in zip(found.tolist(), rows, strict=True):
        assert row == close([*map(float, expected)])
    if Z.shape[1] == 1:
        assert sigmoid(Z)[:, 0].tolist() == found[:, 1].tolist()


@given(arrays(np.float64, st.integers(1, 9), elements=any_logit), st.data())
def test_the_figures_of_two_classes_are_those_of_their_rows(odds, data):
    occurred = np.array(data.draw(st.lists(st.booleans(), min_size=len(odds), max_size=len(odds))))
    losses, _ = losses_and_largest(occurred.astype(int), odds[:, np.newaxis], coupled=False)
    assert log_loss(occurred, odds) == close(losses.mean())
    with localcontext(prec=60):
        away = np.where(occurred, -odds, odds).tolist()  # 1 - p would lose all its digits
        squares = [exact_probabilities([each], coupled=True)[1] ** 2 for each in away]
        assert brier(occurred, odds) == close(float(sum(squares) / len(squares)))
    # Swapping the classes gives bit-identical results.
    assert log_loss(~occurred, -odds) == log_loss(occurred, odds)
    assert brier(~occurred, -odds) == brier(occurred, odds)


def test_the_order_of_the_classes_does_not_matter():
    random = np.random.default_rng(0)
    Z, truth = random.normal(0, 30, (200, 5)), random.integers(0, 5, 200)
    order = random.permutation(5)
    for coupled in (True, False):
        expected = losses_and_largest(truth, Z, coupled=coupled)
        found = losses_and_largest(np.argsort(order)[truth], Z[:, order], coupled=coupled)
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_more_rows_than_are_taken_at_a_time_are_the_same():
    random = np.random.default_rng(0)
    Z, truth = random.normal(size=(40_000, 3)), random.integers(0, 3, 40_000)
    found = losses_and_largest(truth, Z, coupled=True)
    p = class_probabilities(Z, coupled=True)
    np.testing.assert_allclose(found[0], -np.log(p[np.arange(len(Z)), truth]), rtol=1e-12)
    np.testing.assert_allclose(found[1], p.max(axis=1), rtol=1e-12)


def test_the_figures_by_hand():
    occurred, odds = np.array([True, False]), np.array([log(3), 0], np.float64)  # p: 3/4, 1/2
    assert brier(occurred, odds) == close((0.0625 + 0.25) / 2)
    assert log_loss(occurred, odds) == close(-(log(0.75) + log(0.5)) / 2)
    assert log_loss(np.array([False]), np.array([1e4], np.float32)) == 1e4
    losses, largest = losses_and_largest(
        np.array([0, 2]), np.log([[1.0, 2, 5], [3, 6, 1]]), coupled=True
    )
    assert losses.tolist() == close([log(8), log(10)])
    assert largest.tolist() == close([5 / 8, 6 / 10])


# Calibration


def plain_ece(occurred, probabilities):
    """Return the expected calibration error by its definition, bin by bin, with plain numbers."""
    rows = list(zip(occurred, probabilities, strict=True))
    error = 0.0
    for number in range(10):
        inside = [(o, p) for o, p in rows if min(floor(p * 100) // 10, 9) == number]
        if not inside:
            continue
        share = sum(o for o, _ in inside) / len(inside)
        mean = sum(p for _, p in inside) / len(inside)
        error += len(inside) / len(rows) * abs(share - mean)
    return error


@pytest.mark.parametrize("seed", range(8))
def test_the_calibration_error_is_its_definition(seed):
    random = np.random.default_rng(seed)
    rows = [1, 7, 300][seed % 3]
    # Quarters and halves are exact, so both agree on bin edges; 1 is in the last bin.
    edges = random.choice([0, 0.25, 0.5, 0.75, 1], rows)
    p = edges if seed % 2 else random.random(rows)
    occurred = random.random(rows) < p**2
    found = ece(occurred, p)
    assert found == pytest.approx(plain_ece(occurred, p.tolist()), abs=1e-12)
    assert type(found) is float


def test_the_calibration_error_by_hand():
    p = np.array([0.05, 0.05, 0.95, 1.0, 0.95, 0.5])
    occurred = np.array([False, True, True, True, False, True])
    # bins: 2 rows, mean 0.05, rate 0.5; 3 rows, mean 2.9/3, rate 2/3; 1 row, mean 0.5, rate 1
    assert ece(occurred, p) == pytest.approx((0.9 + 0.9 + 0.5) / 6, rel=1e-12)


@pytest.mark.parametrize("edge", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_an_edge_belongs_to_the_bin_above_it(edge):
    below = np.nextafter(edge, 0)
    # The two errors cancel out within one bin, but not in two.
    apart = ece(np.array([True, False]), np.array([below, edge]))
    together = ece(np.array([True, False]), np.array([edge, np.nextafter(edge, 1)]))
    assert apart == pytest.approx((1 - edge + edge) / 2)
    assert together == pytest.approx(abs(1 - 2 * edge) / 2, abs=1e-12)


def test_predicting_the_base_rate_is_calibrated():
    assert ece(np.array([True, False, False, False]), np.full(4, 0.25)) == 0
