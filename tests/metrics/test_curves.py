"""Curves over thresholds, compared with scikit-learn and with single evaluations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.metrics.classes import confusion_matrix, per_class
from nncli.metrics.curves import at_thresholds, precision_recall_curve, roc_curve
from nncli.metrics.probabilities import calibration, class_log_odds, class_probabilities, ece
from nncli.metrics.ranking import ranking, ranking_metrics
from nncli.metrics.scores import chosen_labels, margin_of

ROWS = st.lists(st.tuples(st.booleans(), st.integers(-4, 4)), min_size=2, max_size=40)


def arrays(rows):
    positive, scores = zip(*rows, strict=True)
    return np.array(positive), np.array(scores, np.float32)


@given(ROWS)
def test_the_area_below_the_roc_curve_is_the_metric(rows):
    positive, scores = arrays(rows)
    if positive.all() or not positive.any():
        return
    found = ranking(positive, scores)
    false, true = roc_curve(found)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(true, false) == pytest.approx(ranking_metrics(found)["roc_auc"])


def test_the_curves_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(3)
    positive, scores = random.random(200) < 0.3, random.integers(-9, 9, 200).astype(float)
    found = ranking(positive, scores)
    false, true, _ = metrics.roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(roc_curve(found), (false, true))
    precision, recall, _ = metrics.precision_recall_curve(positive, scores)
    own_recall, own_precision = precision_recall_curve(found)
    np.testing.assert_allclose(own_recall[1:], recall[:-1][::-1])
    np.testing.assert_allclose(own_precision[1:], precision[:-1][::-1])


@given(ROWS, st.floats(0.01, 0.99))
def test_each_threshold_gives_the_metrics_of_an_evaluation(rows, threshold):
    positive, scores = arrays(rows)
    chosen = chosen_labels(scores, margin_of(threshold))
    confusion = confusion_matrix(positive, chosen, 2)
    expected = per_class(confusion)
    found = at_thresholds(positive, scores, np.array([threshold]))
    assert found.f1[0] == pytest.approx(expected.f1[1])
    assert found.accuracy[0] == pytest.approx((positive == chosen).mean())
    for own, other, defined in [
        (found.precision[0], expected.precision[1], chosen.any()),
        (found.recall[0], expected.recall[1], positive.any()),
    ]:
        assert own == pytest.approx(other) if defined else np.isnan(own)


def test_all_rows_are_positive_at_a_threshold_of_0_and_none_at_1():
    found = at_thresholds(np.array([True, False]), np.array([3.0, -3.0]), np.array([0.0, 1.0]))
    assert found.recall.tolist() == [1, 0]
    assert found.precision[0] == 0.5
    assert np.isnan(found.precision[1])


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40))
def test_the_bins_of_the_calibration_are_those_of_ece(rows):
    occurred, p = (np.array(each) for each in zip(*rows, strict=True))
    found = calibration(occurred, p)
    distances = np.abs(found.frequency - found.probability)
    assert found.rows.sum() == len(rows)
    assert (found.rows * distances).sum() / len(rows) == pytest.approx(ece(occurred, p), abs=1e-12)
    assert (found.edges[found.bins] <= found.probability + 1e-12).all()
    assert (found.probability <= found.edges[found.bins + 1] + 1e-12).all()


@pytest.mark.parametrize("coupled", [True, False])
def test_log_odds_of_classes_are_those_of_their_probabilities(coupled):
    Z = np.random.default_rng(0).normal(0, 3, (50, 5)).astype(np.float32)
    p = class_probabilities(Z, coupled=coupled)[:, [3, 0]]
    found = class_log_odds(Z, np.array([3, 0]), coupled=coupled)
    np.testing.assert_allclose(found, np.log(p / (1 - p)), rtol=1e-9)


def test_log_odds_of_nearly_certain_classes_do_not_cancel():
    Z = np.array([[100.0, 0, 0], [0, -100, 100], [9000, 0, 0]])
    found = class_log_odds(Z, np.array([0]), coupled=True)[:, 0]
    np.testing.assert_allclose(found, [100 - np.log(2), -100, np.inf])
