from math import floor, log

import numpy as np
import pytest

from nncli.metrics.probabilities import brier, ece, log_loss


def plain_ece(occurred, probabilities):
    """Return the expected calibration error by its definition, bin by bin, in plain numbers."""
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
    # Quarters and halves are exact, so that both agree on the edges; 1 is in the last bin.
    edges = random.choice([0, 0.25, 0.5, 0.75, 1], rows)
    p = edges if seed % 2 else random.random(rows)
    occurred = random.random(rows) < p**2
    found = ece(occurred, p)
    assert found == pytest.approx(plain_ece(occurred, p.tolist()), abs=1e-12)
    assert type(found) is float


def test_the_calibration_error_by_hand():
    p = np.array([0.05, 0.05, 0.95, 1.0, 0.95, 0.5])
    occurred = np.array([False, True, True, True, False, True])
    # bins: 2 rows, mean 0.05, share 0.5; 3 rows, mean 2.9/3, share 2/3; 1 row, mean 0.5, share 1
    assert ece(occurred, p) == pytest.approx((0.9 + 0.9 + 0.5) / 6, rel=1e-12)


@pytest.mark.parametrize("edge", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_an_edge_belongs_to_the_bin_above_it(edge):
    below = np.nextafter(edge, 0)
    # In one bin the two errors cancel out; in two they do not.
    apart = ece(np.array([True, False]), np.array([below, edge]))
    together = ece(np.array([True, False]), np.array([edge, np.nextafter(edge, 1)]))
    assert apart == pytest.approx((1 - edge + edge) / 2)
    assert together == pytest.approx(abs(1 - 2 * edge) / 2, abs=1e-12)


def test_whoever_says_how_often_it_happens_is_calibrated():
    assert ece(np.array([True, False, False, False]), np.full(4, 0.25)) == 0


def test_the_brier_score_by_hand():
    assert brier(np.array([True, False]), np.array([0.75, 0.5], np.float32)) == (0.0625 + 0.25) / 2


def test_log_loss_is_the_mean_of_the_true_classes_logarithms():
    probabilities = np.array([[0.5, 0.5], [0.1, 0.9], [1.0, 0.0]])
    expected = pytest.approx(-(log(0.5) + log(0.9) + log(2.0**-52)) / 3, rel=1e-12)
    assert log_loss(np.array([0, 1, 1]), probabilities) == expected
    assert log_loss(np.array([0, 1, 1]), probabilities[:, 1]) == expected
