import numpy as np
import pytest

from nncli.metrics.ranking import ranking, ranking_metrics


def metrics_of(positive, scores):
    return ranking_metrics(ranking(np.array(positive, bool), np.array(scores)))


def test_the_area_is_the_fraction_of_ordered_pairs_with_ties_as_halves():
    random = np.random.default_rng(0)
    positive, scores = random.random(40) < 0.4, np.round(random.random(40), 1)
    pairs = [(p, n) for p in scores[positive] for n in scores[~positive]]
    right = sum(1 if p > n else 0.5 if p == n else 0 for p, n in pairs)
    assert metrics_of(positive, scores)["roc_auc"] == pytest.approx(right / len(pairs))


def test_the_rows_at_or_above_every_score_are_counted():
    found = ranking(np.array([True, False, True, False]), np.array([0.5, 0.5, 0.9, 0.1]))
    assert (found.positives.tolist(), found.negatives.tolist()) == ([1, 2, 2], [0, 1, 2])


def test_equal_scores_have_an_area_of_one_half():
    assert metrics_of([1, 0, 0, 0], [2, 2, 2, 2]) == {"roc_auc": 0.5, "average_precision": 0.25}


def test_rows_whose_probabilities_are_rounded_to_1_are_still_in_order():
    assert metrics_of([0, 1, 1], [50, 60, 70])["roc_auc"] == 1
    assert metrics_of([1, 0, 0], np.array([50, 60, 70], np.float32))["roc_auc"] == 0


def test_the_area_is_bit_identical_when_the_classes_are_swapped():
    random = np.random.default_rng(0)
    for rows in range(2, 200):
        positive, scores = np.arange(rows) < random.integers(1, rows), random.normal(size=rows)
        expected = metrics_of(positive, scores)["roc_auc"]
        assert metrics_of(~positive, -scores)["roc_auc"] == expected


def test_rows_of_one_class_have_no_area():
    assert metrics_of([1, 1], [0.2, 0.3]) == {"average_precision": 1}
    assert metrics_of([0, 0], [0.2, 0.3]) == {}
    assert metrics_of([0], [0.2]) == {}
