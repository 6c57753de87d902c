"""The estimators train with the plain engine, and refuse what it does not support."""

import numpy as np
import pytest

import nncli
from nncli.base.errors import ConfigError

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
SETTINGS = {"hidden_layers": [4], "optimizer": "sgd", "epochs": 30, "learning_rate": 0.5}


def test_an_estimator_learns_as_with_numpy():
    plain, numpy = (
        nncli.MLPClassifier(engine=engine, **SETTINGS).fit(X, Y) for engine in ("plain", "numpy")
    )
    assert plain.score(X, Y) > 0.9
    np.testing.assert_allclose(plain.predict_proba(X), numpy.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("engine", ["plain", "auto"])
def test_training_goes_on_only_with_what_its_engine_supports(engine):
    estimator = nncli.MLPClassifier(engine="plain", **SETTINGS).partial_fit(X, Y, classes=[0, 1])
    estimator.set_params(engine=engine).partial_fit(X, Y)
    with pytest.raises(ConfigError, match=r"plain does not support training.dropout; use numpy"):
        estimator.set_params(dropout=0.5).partial_fit(X, Y)
