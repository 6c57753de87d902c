"""Metrics equal scikit-learn's, even for ties and rare classes."""

import numpy as np
import pytest
from sklearn import metrics as sklearn

from nncli.metrics.classes import (
    among_largest,
    classification_metrics,
    confusion_matrix,
    per_class,
)
from nncli.metrics.labels import label_metrics, per_label
from nncli.metrics.probabilities import (
    brier,
    class_probabilities,
    log_loss,
    losses_and_largest,
    sigmoid,
)
from nncli.metrics.ranking import ranking, ranking_metrics
from nncli.metrics.regression import per_target, regression_metrics

SEEDS = range(12)
every_case = pytest.mark.parametrize("seed", SEEDS)


def same(found, within=1e-12):
    return pytest.approx(found, rel=within, abs=within)


def some_classes(random, seed):
    """Return true and predicted classes: class 3 never occurs, class 2 has a single row."""
    rows = [5, 30, 400][seed % 3]
    truth = random.choice([0, 1, 4], rows)
    truth[random.integers(rows)] = 2
    chosen = np.where(random.random(rows) < 0.5, truth, random.integers(0, 5, rows))
    if seed % 2:  # class 3 is not predicted either
        chosen[chosen == 3] = 0
    return truth, chosen


def some_logits(random, shape, seed):
    """Return logits, either all distinct or with many ties."""
    logits = random.normal(0, 4, shape)
    return logits if seed % 2 else np.round(logits)


def two_classes(random, seed):
    """Return the binary classes of rows, both present, and their logits."""
    rows = [2, 30, 400][seed % 3]
    positive = random.random(rows) < 0.3
    positive[:2] = False, True
    return positive, some_logits(random, rows, seed)


@every_case
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_metrics_of_chosen_classes(seed):
    random = np.random.default_rng(seed)
    truth, chosen = some_classes(random, seed)
    both = (truth, chosen)
    confusion = confusion_matrix(truth, chosen, 5)
    np.testing.assert_allclose(
        confusion, sklearn.confusion_matrix(*both, labels=range(5)), rtol=1e-12
    )
    figures = {"zero_division": 0}
    assert classification_metrics(confusion) == same(
        {
            "accuracy": sklearn.accuracy_score(*both),
            "balanced_accuracy": sklearn.balanced_accuracy_score(*both),
            "macro_f1": sklearn.f1_score(*both, average="macro", **figures),
            "weighted_f1": sklearn.f1_score(*both, average="weighted", **figures),
        }
    )
    expected = sklearn.precision_recall_fscore_support(*both, labels=range(5), **figures)
    found = vars(per_class(confusion)).values()
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@every_case
def test_metrics_of_probabilities_of_several_classes(seed):
    random = np.random.default_rng(seed)
    truth, _ = some_classes(random, seed)
    Z = some_logits(random, (len(truth), 5), seed)
    options = {"labels": range(5)}
    for coupled in (True, False):
        p = class_probabilities(Z, coupled=coupled)
        losses, largest = losses_and_largest(truth, Z, coupled=coupled)
        assert losses.mean() == same(sklearn.log_loss(truth, p, **options))
        np.testing.assert_allclose(largest, p.max(axis=1), rtol=1e-12)
    for k in (2, 3):
        found = among_largest(truth, Z, k).mean()
        assert found == same(sklearn.top_k_accuracy_score(truth, Z, k=k, **options))


@every_case
def test_metrics_of_two_classes(seed):
    random = np.random.default_rng(seed)
    positive, logits = two_classes(random, seed)
    p = sigmoid(logits)
    assert ranking_metrics(ranking(positive, logits)) == same(
        {
            "roc_auc": sklearn.roc_auc_score(positive, p),
            "average_precision": sklearn.average_precision_score(positive, p),
        }
    )
    assert brier(positive, logits) == same(sklearn.brier_score_loss(positive, p))
    assert log_loss(positive, logits) == same(sklearn.log_loss(positive, p, labels=[0, 1]))


@every_case
def test_metrics_of_labels(seed):
    random = np.random.default_rng(seed)
    rows = [2, 30, 400][seed % 3]
    truth = (random.random((rows, 4)) < [0.5, 0.2, 0, 1]).astype(int)  # no row has label 2
    chosen = random.random((rows, 4)) < [0.5, 0.2, 0, 0.5]
    both = (truth, chosen.astype(int))
    pairs = zip(truth.T, chosen.T, strict=True)
    confusions = np.stack([confusion_matrix(*columns, 2) for columns in pairs])
    np.testing.assert_allclose(confusions, sklearn.multilabel_confusion_matrix(*both), atol=0)
    figures = {"zero_division": 0}
    assert label_metrics((truth == chosen).all(axis=1), confusions) == same(
        {
            "accuracy": sklearn.accuracy_score(*both),
            "macro_f1": sklearn.f1_score(*both, average="macro", **figures),
            "micro_f1": sklearn.f1_score(*both, average="micro", **figures),
            "hamming_loss": sklearn.hamming_loss(*both),
        }
    )
    expected = sklearn.precision_recall_fscore_support(*both, **figures)
    found = vars(per_label(confusions)).values()
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@every_case
@pytest.mark.parametrize("targets", [1, 3])
def test_metrics_of_numbers(seed, targets):
    random = np.random.default_rng(seed)
    rows = [2, 30, 400][seed % 3]
    truth = random.normal(10.0**seed, 3, (rows, targets))
    outputs = truth + random.normal(0, 1, (rows, targets))
    both = (truth, outputs)
    functions = {
        "mae": sklearn.mean_absolute_error,
        "rmse": sklearn.root_mean_squared_error,
        "r2": sklearn.r2_score,
    }
    figures = per_target(outputs, truth)
    for name, function in functions.items():
        each = function(*both, multioutput="raw_values")
        assert [figures[index][name] for index in range(targets)] == same(each.tolist(), 1e-9)
        assert regression_metrics(figures)[name] == same(function(*both), 1e-9)
