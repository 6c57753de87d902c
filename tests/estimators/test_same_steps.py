"""From the same weights, steps equal those of scikit-learn, as docs/scikit-learn.md promises."""

import warnings

import numpy as np
import pytest

import nncli

pytest.importorskip("sklearn")

from sklearn.neural_network import MLPClassifier, MLPRegressor

SAME = {
    "hidden_layer_sizes": (5, 4),
    "batch_size": 15,
    "max_iter": 4,
    "shuffle": False,
    "n_iter_no_change": 50,
    "learning_rate_init": 0.05,
    "random_state": 0,
    "alpha": 1e-4,
}
OURS = {"precision": "float64", "scale": "none", "engine": "numpy"}


@pytest.mark.parametrize(
    ("settings", "rtol"),
    [
        ({"solver": "sgd", "alpha": 0.5, "activation": "logistic"}, 1e-9),
        ({"solver": "sgd", "momentum": 0.5, "nesterovs_momentum": False}, 1e-9),
        ({"solver": "sgd", "momentum": 0, "activation": "tanh", "batch_size": "auto"}, 1e-9),
        ({"solver": "sgd", "learning_rate": "constant", "activation": "identity"}, 1e-9),
        ({"solver": "adam", "beta_1": 0.8, "beta_2": 0.99, "alpha": 0.5}, 1e-4),
    ],
    ids=lambda each: ",".join(each) if isinstance(each, dict) else "",
)
@pytest.mark.parametrize("task", ["binary", "multiclass", "labels", "regression"])
@pytest.mark.filterwarnings("ignore:layers 1 to 3 together compute no more than one layer")
def test_the_same_steps(rows, settings, rtol, task):
    X, y = rows
    y = {
        "binary": y,
        "multiclass": np.digitize(X[:, 0], [-0.5, 0.5]),
        "labels": (X > 0).astype(int),
        "regression": (X.sum(axis=1) - X.sum() / 60) / X.sum(axis=1).std(),
    }[task]
    if task == "regression":
        theirs, ours, loss = MLPRegressor, nncli.MLPRegressor, {"loss": "squared_error"}
    else:
        theirs, ours, loss = MLPClassifier, nncli.MLPClassifier, {}
    settings = {**SAME, **settings}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about missing convergence
        start = theirs(**{**settings, "max_iter": 1}, warm_start=True).fit(X, y)
        weights = [each.copy() for each in start.coefs_]
        biases = [each.copy() for each in start.intercepts_]
        expected = start.set_params(max_iter=settings["max_iter"]).fit(X, y)
    given = {"initial_weights": weights, "initial_biases": biases}
    found = ours(**settings, **OURS, **loss, **given).fit(X, y)
    # With the penalty of the weights, as in scikit-learn; the first epoch is that of `start`.
    assert found.loss_curve_ == pytest.approx(expected.loss_curve_[1:], rel=10 * rtol)
    for one, other in zip(found.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
    for one, other in zip(found.intercepts_, expected.intercepts_, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
    assert any((one != other).any() for one, other in zip(found.coefs_, weights, strict=True))
