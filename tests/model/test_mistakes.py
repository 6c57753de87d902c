"""The rows with the worst predictions, against all predictions."""

import numpy as np
import pytest

import nncli

SETTINGS = {"training": {"epochs": 3, "batch_size": 16}, "model": {"hidden_layers": [4]}}
NUMBER = 5


def inputs(rows=200):
    return np.random.default_rng(0).normal(size=(rows, 3))


def classes(count):
    X = inputs()
    noise = np.random.default_rng(1).normal(0, 0.7, len(X))
    return X, np.digitize(X[:, 0] + noise, np.linspace(-1, 1, count - 1))


@pytest.mark.parametrize("count", [2, 4])
def test_the_worst_classes_are_wrong_with_the_lowest_probability_of_the_target(count):
    X, y = classes(count)
    model = nncli.train(SETTINGS, data=(X, y)).model
    found = model.evaluate(X, y, mistakes=NUMBER).mistakes
    p, names = model.predict_proba(X), model.classes
    of_target = p[np.arange(len(y)), y]
    wrong = np.flatnonzero(model.predict(X) != y)
    expected = wrong[np.argsort(of_target[wrong], kind="stable")][:NUMBER]
    assert [each["row"] for each in found] == expected.tolist()
    for each in found:
        row = each["row"]
        assert each["target"] == names[y[row]]
        assert each["prediction"] == str(model.predict(X)[row])
        assert each["probability"] == pytest.approx(p[row].max(), rel=1e-5)
        assert each["probability_of_target"] == pytest.approx(of_target[row], rel=1e-5)


def test_a_threshold_decides_which_rows_are_wrong():
    X, y = classes(2)
    model = nncli.train(SETTINGS, data=(X, y)).model
    found = model.evaluate(X, y, threshold=0.9, mistakes=1000).mistakes
    wrong = np.flatnonzero((model.predict_proba(X)[:, 1] > 0.9) != y)
    assert sorted(each["row"] for each in found) == wrong.tolist()


def test_the_worst_numbers_have_the_largest_errors():
    X = inputs()
    y = X[:, 0] * 1e3
    model = nncli.train(SETTINGS, data=(X, y)).model
    found = model.evaluate(X, y, mistakes=NUMBER).mistakes
    errors = model.predict(X) - y
    expected = np.argsort(-np.abs(errors), kind="stable")[:NUMBER]
    assert [each["row"] for each in found] == expected.tolist()
    assert [each["error"] for each in found] == pytest.approx(errors[expected].tolist())
    assert [*found[0]] == ["row", "target", "prediction", "error"]


def test_several_targets_count_alike_whatever_their_units():
    X = inputs()
    y = np.column_stack([X[:, 0] * 1e6, X[:, 1] + 1])
    model = nncli.train(SETTINGS, data=(X, y)).model
    found = model.evaluate(X, y, mistakes=NUMBER).mistakes
    errors = np.abs(model.predict(X) - y) * model.preprocessing.target_scale
    expected = np.argsort(-errors.mean(axis=1), kind="stable")[:NUMBER]
    assert [each["row"] for each in found] == expected.tolist()
    assert [*found[0]][:4] == ["row", "target_y1", "prediction_y1", "error_y1"]


def test_labels_are_ranked_by_how_many_are_wrong():
    X = inputs()
    y = (X + np.random.default_rng(1).normal(size=X.shape) > 0).astype(int)
    settings = {**SETTINGS, "data": {"task": "multilabel"}}
    model = nncli.train(settings, data=(X, y)).model
    found = model.evaluate(X, y, mistakes=NUMBER).mistakes
    wrong = (model.predict(X) != y).sum(axis=1)
    assert [each["wrong"] for each in found] == sorted(wrong, reverse=True)[:NUMBER]
    names = np.array(model.targets)
    assert found[0]["target"] == names[y[found[0]["row"]] == 1].tolist()


def test_without_mistakes_there_are_none():
    model = nncli.train(
        {"data": {"source": "gate", "gate": "and"}}, {"training.epochs": 2000}
    ).model
    evaluation = model.evaluate(split="train", mistakes=3)
    assert evaluation.metrics["accuracy"] == 1
    assert evaluation.mistakes == []
    assert model.evaluate(split="train").mistakes is None
    assert "mistakes" not in model.evaluate(split="train").as_json()


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "3"])
def test_the_number_is_a_positive_integer(number):
    model = nncli.train({"data": {"source": "gate"}}, {"training.epochs": 1}).model
    with pytest.raises(nncli.UsageError, match="mistakes: found"):
        model.evaluate(split="train", mistakes=number)
