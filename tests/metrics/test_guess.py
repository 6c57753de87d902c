"""The best constant guess equals that of scikit-learn's dummy models on the same rows."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

from nncli.metrics.guess import guessed_class, guessed_labels, guessed_numbers

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("classes", [2, 3, 7, 120])
def test_the_guess_of_a_class(classes):
    names = [f"name {number}" for number in range(classes)]
    truth = RANDOM.integers(0, classes, 500)
    truth = np.minimum(truth, RANDOM.integers(0, classes, 500))
    dummy = DummyClassifier(strategy="prior").fit(truth, truth)
    chosen = dummy.predict(truth)
    found = guessed_class(truth, names)
    assert found.values == [names[chosen[0]]]
    assert found.metrics["accuracy"] == pytest.approx(metrics.accuracy_score(truth, chosen))
    f1 = metrics.f1_score(truth, chosen, average="macro", zero_division=0)
    assert found.metrics["macro_f1"] == pytest.approx(f1)
    if classes == 2:
        share = dummy.predict_proba(truth)[:, 1]
        assert found.metrics["brier"] == pytest.approx(metrics.brier_score_loss(truth, share))
        assert found.metrics["roc_auc"] == metrics.roc_auc_score(truth, share)


def test_rows_of_one_class_have_no_ranking():
    found = guessed_class(np.zeros(5, int), ["no", "yes"])
    assert found.values == ["no"]
    assert "roc_auc" not in found.metrics
    assert found.metrics["accuracy"] == 1


def test_the_guess_of_labels():
    truth = (RANDOM.random((300, 3)) < [0.2, 0.7, 0.9]).astype(np.uint8)
    chosen = np.tile(np.array([0, 1, 1]), (300, 1))
    found = guessed_labels(truth, ["a", "b", "c"])
    assert found.values == ["b", "c"]
    assert found.metrics["accuracy"] == pytest.approx(metrics.accuracy_score(truth, chosen))
    for kind in ("macro", "micro"):
        expected = metrics.f1_score(truth, chosen, average=kind, zero_division=0)
        assert found.metrics[f"{kind}_f1"] == pytest.approx(expected)


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e305])
def test_the_guess_of_numbers(scale):
    truth = RANDOM.normal(5, 1, (300, 2)) / 10 * scale
    found = guessed_numbers(truth)
    dummy = DummyRegressor().fit(truth / scale, truth / scale)
    assert found.values == pytest.approx((dummy.predict([[0]])[0] * scale).tolist(), rel=1e-12)
    error = metrics.mean_absolute_error(truth / scale, dummy.predict(truth)) * scale
    assert found.metrics["mae"] == pytest.approx(error)
    assert found.metrics["r2"] == 0


def test_the_guess_of_equal_numbers_is_right():
    assert guessed_numbers(np.full((9, 1), 0.1)).metrics == {"mae": 0, "rmse": 0, "r2": 1}


def test_no_constant_has_a_smaller_mean_absolute_error_than_the_medians():
    truth = np.array([[0.0, 1], [0, 5], [1, 2], [40, 3]])
    guess = guessed_numbers(truth)
    assert guess.mae_of_medians == pytest.approx((10.25 + 1.25) / 2)
    assert guess.metrics["mae"] == pytest.approx((14.875 + 1.25) / 2)
    assert guess.as_json()["mae_of_medians"] == guess.mae_of_medians
    assert guessed_class(np.array([0, 1, 1]), ["a", "b"]).as_json().keys() == {"values", "metrics"}
