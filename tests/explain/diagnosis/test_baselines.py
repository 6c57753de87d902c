"""A linear model that does better than the network."""

import numpy as np
import pytest

from nncli.base.threads import threads_in_use
from nncli.explain.diagnosis.rules.linear_model import fit_linear
from tests.explain.diagnosis.runs import BROKEN, evidence_in

FOLDER = BROKEN[0].parent


def test_the_fit_finds_a_plane_whatever_the_units():
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 4)) * [1, 1e-6, 1e6, 1] + [0, 0, 1e6, 5]
    T = np.column_stack([X @ [1, 1e6, 1e-6, 2], X[:, 0]]) + 3
    assert fit_linear(X[:100], T[:100])(X[100:]) == pytest.approx(T[100:], abs=1e-3)


def test_constant_columns_and_more_columns_than_rows_have_a_fit():
    random = np.random.default_rng(0)
    X = np.column_stack([np.full(20, 1e9), random.normal(size=(20, 30))])
    found = fit_linear(X, random.normal(size=(20, 1)))
    assert np.isfinite(found(X)).all()
    assert found.scale[0] == 0


def test_the_fit_of_noise_is_nearly_the_mean():
    random = np.random.default_rng(0)
    X, T = random.normal(size=(400, 50)), random.normal(size=(400, 1))
    unseen = random.normal(size=(400, 50))
    assert fit_linear(X, T)(unseen).std() < 0.25  # least squares without a penalty: 0.37


def test_a_fit_uses_one_thread(monkeypatch):
    found, eigh = [], np.linalg.eigh

    def counted(matrix):
        found.append(threads_in_use())
        return eigh(matrix)

    monkeypatch.setattr(np.linalg, "eigh", counted)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    random = np.random.default_rng(0)
    fit_linear(random.normal(size=(20, 3)), random.normal(size=(20, 1)))
    assert found == [1]


@pytest.mark.parametrize(
    ("overrides", "change"),
    [
        ([], "training.l2=0"),
        (["training.l2=0", "training.dropout=0.8"], "training.dropout=0"),
    ],
)
def test_what_holds_the_weights_back_is_named(overrides, change):
    found = evidence_in(FOLDER / "weak_l2.yaml", ["N003"], overrides)
    assert "a linear model, fitted to 400 training rows" in found["N003"].evidence
    assert str(found["N003"].change) == change


def test_training_that_is_not_at_its_minimum_needs_more_epochs():
    overrides = ["training.l2=0", "training.learning_rate=0.003", "training.epochs=2"]
    found = evidence_in(FOLDER / "weak_l2.yaml", ["N003"], overrides)
    assert "training has not reached the best weights" in found["N003"].cause
    assert str(found["N003"].change) == "training.epochs=10"


@pytest.mark.parametrize(
    "overrides",
    [
        ["training.l2=0"],
        ["training.l2=0", "model.hidden_layers=[]"],
        ["training.epochs=0"],
        ["data.test=30", "data.validation=0"],  # too few rows to tell
    ],
)
def test_a_good_network_or_too_few_rows_give_no_finding(overrides):
    assert not evidence_in(FOLDER / "weak_l2.yaml", ["N003"], overrides)


def test_a_network_of_weighted_rows_is_not_compared():
    assert not evidence_in(FOLDER / "light_class.yaml", ["N003"])
