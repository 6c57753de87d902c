"""Estimators without scikit-learn installed."""

import subprocess
import sys

import numpy as np
import pytest

from nncli.estimators import stand_ins

SCRIPT = """
import sys
sys.modules["sklearn"] = None  # import raises ImportError
import numpy as np
import nncli

X = np.random.default_rng(0).normal(size=(60, 3))
y = np.where(X[:, 0] > 0, "yes", "no")
model = nncli.MLPClassifier(epochs=40, learning_rate=0.05).fit(X, y)
print(model, model.score(X, y) > 0.8, model.predict(X[:1]).shape)
print(model.set_params(epochs=2).get_params()["epochs"], model.score(X, y, np.ones(60)) > 0.8)
try:
    model.set_params(epoch=2)
except ValueError as error:
    print(error)
try:
    nncli.MLPRegressor().predict(X)
except (ValueError, AttributeError) as error:
    print(type(error).__name__, error)
T = X @ np.eye(3)[:, :2]
print(nncli.MLPRegressor(max_iter=40, learning_rate=0.05).fit(X, T).score(X, T) > 0.5)
"""


def test_they_fit_and_predict():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.split("\n") == [
        "MLPClassifier(learning_rate=0.05, epochs=40) True (1,)",
        "2 True",
        "MLPClassifier has no parameter 'epoch'; did you mean 'epochs'?",
        "UnfittedError This MLPRegressor instance is not fitted yet; call 'fit' first",
        "True",
        "",
    ]


class Fixed:
    """An estimator that returns its inputs as predictions."""

    def predict(self, X):
        return np.asarray(X)


class FixedClassifier(stand_ins.ClassifierMixin, Fixed):
    pass


class FixedRegressor(stand_ins.RegressorMixin, Fixed):
    pass


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_those_of_scikit_learn(weighted):
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(0)
    weights = random.random(30) if weighted else None
    y, labels = random.integers(3, size=(2, 30)), random.integers(2, size=(2, 30, 3))
    for found, true in (y, labels):
        expected = metrics.accuracy_score(true, found, sample_weight=weights)
        assert FixedClassifier().score(found, true, weights) == pytest.approx(expected)
    for shape in ((2, 30), (2, 30, 3)):
        found, true = random.normal(size=shape)
        expected = metrics.r2_score(true, found, sample_weight=weights)
        assert FixedRegressor().score(found, true, weights) == pytest.approx(expected)
    for found in (np.ones(30), np.arange(30.0)):
        expected = metrics.r2_score(np.ones(30), found, sample_weight=weights)
        assert FixedRegressor().score(found, np.ones(30), weights) == expected


def test_scikit_learn_is_imported_when_an_estimator_is_named():
    code = "import sys, nncli; nncli.train; nncli.load; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False"
