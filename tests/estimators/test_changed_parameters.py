"""Parameters that change between two calls take effect, or are refused by name."""

import numpy as np
import pytest

import nncli
from nncli.estimators.parameters import OF_CLASSIFIERS
from nncli.estimators.unchanged import OF_NETWORK, OF_STATE

FIRST = {"hidden_layers": [4], "validation": 0, "epochs": 3, "batch_size": 20, "engine": "numpy"}
CLASSES = ["other", "same"]

REFUSED = {
    "hidden_layers": [5],
    "activation": "tanh",
    "normalization": "batch_norm",
    "output": "softmax",
    "initializer": "xavier_normal",
    "bias_initializer": "normal",
    "initial_weights": [np.ones((4, 4)).tolist(), np.ones((4, 1)).tolist()],
    "initial_biases": [[0.0] * 4, [0.0]],
    "density": 0.5,
    "masks": [None, np.ones((4, 1), int).tolist()],
    "scale": "none",
    "columns": {"size": "category"},
    "features": ["size"],
    "blanks": ["-1"],
    "missing": "error",
    "optimizer": "rmsprop",
    "precision": "float64",
    "engine": "compiled",
}
IN_EFFECT = {
    "threshold": 0.9,
    "loss": "mean_squared_error",
    "learning_rate": 0.5,
    "batch_size": 7,
    "shuffle": False,
    "schedule": {"name": "step", "every": 1},
    "l1": 0.5,
    "l2": 0.5,
    "max_norm": 0.01,
    "clip_norm": 1e-6,
    "clip_value": 1e-6,
    "dropout": 0.5,
    "seed": 1,
    "class_weight": {"same": 9.0},
}
OF_SCIKIT_LEARN = {
    "alpha": ({"l2": None}, 9.0),
    "learning_rate_init": ({"learning_rate": None}, 0.5),
    "random_state": ({}, 1),
    "beta_1": ({}, 0.1),
    "beta_2": ({}, 0.1),
    "epsilon": ({}, 1.0),
    "momentum": ({"solver": "sgd"}, 0.1),
    "nesterovs_momentum": ({"solver": "sgd"}, False),
}
REFUSED_OF_SCIKIT_LEARN = {
    "hidden_layer_sizes": ({"hidden_layers": None}, 5),
    "solver": ({}, "sgd"),
}
# According to docs/scikit-learn.md, a call is one epoch over all rows; these only affect `fit`.
UNUSED = {
    "epochs": 9,
    "steps": None,
    "early_stopping": True,
    "validation": 0.3,
    "validation_fraction": 0.3,
    "max_iter": 9,
    "tol": 0.5,
    "n_iter_no_change": 1,
    "verbose": False,
    "threads": 1,
    "warm_start": True,
}
NEVER_TAKEN = {"power_t": 0.5, "max_fun": 100}


@pytest.fixture
def table(rows):
    X, y = rows
    frame = pytest.importorskip("pandas").DataFrame(X, columns=["size", "b", "c"])
    return frame.assign(color=np.where(X[:, 2] > 0, "red", "blue")), y


def begun(table, **parameters):
    given = {**FIRST, **parameters}
    return nncli.MLPClassifier(**given).partial_fit(*table, classes=CLASSES)


def outcome(estimator, table):
    """Return everything that a parameter can change: the network, the labels, and the loss."""
    frame, _ = table
    labels = estimator.predict(frame) == "same"
    return [*estimator.model_.network.parameters.tolist(), *labels.tolist(), estimator.loss_]


def test_every_parameter_is_tested():
    given = {**REFUSED, **IN_EFFECT, **OF_SCIKIT_LEARN, **REFUSED_OF_SCIKIT_LEARN, **UNUSED}
    assert {*given, *NEVER_TAKEN} == {*OF_CLASSIFIERS}
    assert {*REFUSED} == {*OF_NETWORK, *OF_STATE}


@pytest.mark.parametrize("name", [*REFUSED, *REFUSED_OF_SCIKIT_LEARN, *NEVER_TAKEN])
def test_partial_fit_refuses_fixed_parameters_by_name(table, name):
    unset, value = REFUSED_OF_SCIKIT_LEARN.get(name, ({}, (REFUSED | NEVER_TAKEN).get(name)))
    estimator = begun(table)
    before = outcome(estimator, table)
    with pytest.raises(ValueError, match=rf"^{name}: .*found ") as error:
        estimator.set_params(**unset, **{name: value}).partial_fit(*table)
    assert isinstance(error.value, nncli.ConfigError)
    assert outcome(estimator, table) == before


@pytest.mark.parametrize("name", [*IN_EFFECT, *OF_SCIKIT_LEARN])
def test_partial_fit_uses_changed_parameters(table, name):
    first, value = OF_SCIKIT_LEARN.get(name, ({}, IN_EFFECT.get(name)))
    kept, changed = begun(table, **first), begun(table, **first)
    kept.partial_fit(*table)
    changed.set_params(**{name: value}).partial_fit(*table)
    assert outcome(changed, table) != outcome(kept, table)


@pytest.mark.parametrize("name", [*UNUSED])
def test_partial_fit_ignores_parameters_that_end_fit(table, name):
    kept, changed = begun(table), begun(table).set_params(**{name: UNUSED[name]})
    if name == "max_iter":
        changed.set_params(epochs=None)
    for _ in range(15):
        kept.partial_fit(*table)
        changed.partial_fit(*table)
    assert outcome(changed, table) == outcome(kept, table)
    assert changed.n_iter_ == 16


@pytest.mark.parametrize("name", [key for key in REFUSED if key not in OF_STATE])
def test_a_warm_start_refuses_fixed_parameters_by_name(table, name):
    estimator = nncli.MLPClassifier(warm_start=True, **FIRST).fit(*table)
    before = outcome(estimator, table)
    with pytest.raises(ValueError, match=rf"^{name}: .*found .*warm_start=False"):
        estimator.set_params(**{name: REFUSED[name]}).fit(*table)
    assert outcome(estimator, table) == before
    if not name.startswith("initial_"):
        estimator.set_params(warm_start=False).fit(*table)


@pytest.mark.parametrize("name", [*IN_EFFECT, *OF_STATE])
def test_a_warm_start_uses_changed_parameters(table, name):
    if name == "engine":
        pytest.importorskip("numba")
    kept = nncli.MLPClassifier(warm_start=True, **FIRST).fit(*table)
    changed = nncli.MLPClassifier(warm_start=True, **FIRST).fit(*table)
    kept.fit(*table)
    changed.set_params(**{name: (IN_EFFECT | REFUSED)[name]}).fit(*table)
    if name == "engine":
        assert changed.model_.training["engine"] == "compiled"
    else:
        assert outcome(changed, table) != outcome(kept, table)


def test_the_seed_is_fixed_where_it_decides_the_connections(table):
    estimator = begun(table, density=0.5)
    with pytest.raises(ValueError, match=r"^seed: the network was trained with 0; found 1"):
        estimator.set_params(seed=1).partial_fit(*table)


def test_an_engine_may_be_called_by_its_name(table):
    estimator = begun(table, engine="auto").set_params(engine="numpy").partial_fit(*table)
    assert estimator.set_params(engine="auto").partial_fit(*table).n_iter_ == 3
    with pytest.raises(ValueError, match=r"^engine: the network was trained with 'numpy'; found"):
        estimator.set_params(engine="compiled").partial_fit(*table)


def test_an_engine_that_is_missing_is_reported_with_a_remedy(table, monkeypatch):
    pytest.importorskip("numba")
    estimator = begun(table, engine="compiled").set_params(engine="auto")
    monkeypatch.setattr("nncli.engines.choice.find_spec", lambda name: None)
    expected = (
        r"^engine: the network was trained with 'compiled'; numba is not installed; get it with: "
        r".*; or retrain with fit and warm_start=False$"
    )
    with pytest.raises(ValueError, match=expected):
        estimator.partial_fit(*table)


def test_a_generator_draws_one_seed_for_all_partial_fits(table):
    drawn = begun(table, random_state=np.random.RandomState(3)).partial_fit(*table)
    seed = np.random.RandomState(3).randint(1 << 32, dtype=np.uint32)
    given = begun(table, random_state=int(seed)).partial_fit(*table)
    assert outcome(drawn, table) == outcome(given, table)
