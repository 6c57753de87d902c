"""The outputs of rows for plots agree with predictions, and fit in bounded memory."""

import numpy as np
import pytest

import nncli
from nncli.base.errors import DataError
from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory
from nncli.data.splits import whole
from nncli.model.row_outputs import outputs_of
from tests.model.test_evaluation import model_of


def logits(rows, columns, seed=0):
    return np.random.default_rng(seed).normal(0, 2, (rows, columns)).astype(np.float32)


def test_two_classes_keep_the_log_odds_of_the_second():
    Z = logits(900, 2)
    found = outputs_of(model_of("softmax", 2, np.float32), whole(Z, np.arange(900) % 2), 12)
    np.testing.assert_allclose(found.numbers[:, 0], Z[:, 1].astype(float) - Z[:, 0])
    np.testing.assert_array_equal(found.truth[:, 0], np.arange(900) % 2 == 1)
    np.testing.assert_array_equal(found.chosen, Z[:, 1] > Z[:, 0])
    assert (found.names, found.total, len(found)) == (["c1"], 2, 900)


def test_of_many_classes_only_the_most_frequent_ones_are_kept():
    Z, truth = logits(500, 40), np.repeat([7, 3, 30, 1, 39], [200, 100, 100, 60, 40])
    found = outputs_of(model_of("softmax", 40, np.float32), whole(Z, truth), 3)
    assert (found.names, found.total) == (["c3", "c7", "c30"], 40)
    assert found.truth.sum(axis=0).tolist() == [100, 200, 100]
    p = np.exp(Z.astype(float)) / np.exp(Z.astype(float)).sum(axis=1, keepdims=True)
    odds = np.log(p / (1 - p))[:, [3, 7, 30]]
    np.testing.assert_allclose(found.numbers, odds, rtol=1e-6)
    np.testing.assert_allclose(found.largest, p.max(axis=1))
    np.testing.assert_array_equal(found.chosen, Z.argmax(axis=1))


def test_labels_keep_their_logits():
    Z = logits(400, 5)
    truth = (logits(400, 5, 1) > [0, 3, 0, 3, 0]).astype(np.float32)
    found = outputs_of(model_of("sigmoid", 5, np.float32, task="multilabel"), whole(Z, truth), 3)
    assert found.names == ["c0", "c2", "c4"]
    np.testing.assert_array_equal(found.numbers, Z[:, [0, 2, 4]])
    np.testing.assert_array_equal(found.truth, truth[:, [0, 2, 4]] == 1)
    assert not len(found.chosen) + len(found.largest)


def test_outputs_that_are_too_large_name_their_row():
    Z = logits(500, 3).astype(np.float64)
    Z[457] = 1e39  # infinite in float32
    with pytest.raises(DataError, match=r"row 457 \(from 0\)"):
        outputs_of(model_of("softmax", 3, np.float32), whole(Z, np.arange(500) % 3), 3)


def test_large_results_are_mapped_and_the_same(monkeypatch):
    model = model_of("softmax", 12, np.float32)
    split = whole(logits(3000, 12), np.arange(3000) % 12)
    before = outputs_of(model, split, 12)
    monkeypatch.setattr(mapping, "MEMORY", Memory(large_bytes=1000))
    after = outputs_of(model, split, 12)
    assert not after.numbers.flags.writeable
    np.testing.assert_array_equal(before.numbers, after.numbers)
    np.testing.assert_array_equal(before.truth, after.truth)


def test_predictions_of_a_regression_are_in_the_units_of_the_target():
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = 1000 + 50 * X[:, 0]
    model = nncli.train({}, {"training.epochs": 3}, data=(X, y)).model
    found = outputs_of(model, whole(X, y[:, np.newaxis]), 12)
    np.testing.assert_array_equal(found.numbers[:, 0], model.predict(X))
    np.testing.assert_array_equal(found.truth[:, 0], y)
