"""Permutation importance of columns, and its agreement with an independent computation."""

import json
from dataclasses import replace

import numpy as np
import pytest

import nncli
from nncli.data.splits import whole
from nncli.model import importance as module
from nncli.model.importance import importance_of
from nncli.model.preprocessing import Preprocessing


@pytest.fixture(scope="module")
def linear():
    """Return a trained regression of 3 a - b, with c unused, and its rows."""
    X = np.random.default_rng(1).normal(size=(300, 3))
    y = 3 * X[:, 0] - X[:, 1]
    settings = {"model.hidden_layers": [], "training.epochs": 40, "training.learning_rate": 0.05}
    return nncli.train({}, settings, data=(X, y)).model, X, y


@pytest.fixture(scope="module")
def table():
    """Return a model of a table with a category and rows as a list of dicts."""
    random = np.random.default_rng(2)
    rows = [
        {"size": float(size), "color": color, "noise": float(noise), "price": float(price)}
        for size, color, noise in zip(
            random.normal(size=200), random.choice(["red", "green", "blue"], 200),
            random.normal(size=200), strict=True,
        )
        for price in [size + {"red": 5, "green": 0, "blue": -5}[color]]
    ]  # fmt: skip
    settings = {"data.target": "price", "training.epochs": 30}
    return nncli.train({}, settings, data=rows).model, rows


def test_columns_that_are_used_are_important_and_others_are_not(linear):
    model, X, y = linear
    found = nncli.importance(model, X, y)
    means, deviations = found.summary("mae")
    assert [found.columns[each] for each in found.order[:2]] == ["x1", "x2"]
    assert means[0] > 2 * means[1] > 0
    assert abs(means[2]) < 0.05 * means[1]
    assert (deviations >= 0).all()
    assert (found.rows, found.used, found.repeats) == (300, 300, 5)


def test_the_metrics_before_a_permutation_are_those_of_the_evaluation(linear, table):
    model, X, y = linear
    found, expected = nncli.importance(model, X, y), model.evaluate(X, y).metrics
    assert found.metrics == pytest.approx({name: expected[name] for name in ("loss", "mae")})
    model, rows = table
    found, expected = nncli.importance(model, rows), model.evaluate(rows).metrics
    assert found.metrics == pytest.approx({name: expected[name] for name in ("loss", "mae")})


def test_the_drawbacks_are_those_of_an_evaluation_of_permuted_rows(linear):
    model, X, y = linear
    found = nncli.importance(model, X, y, seed=7, repeats=2)
    random = module.generator(7, module.Stream.IMPORTANCE, 2)  # of the second column
    for repeat in range(2):
        permuted = X.copy()
        permuted[:, 1] = X[random.permutation(len(X)), 1]
        metrics = model.evaluate(permuted, y).metrics
        for name in ("loss", "mae"):
            rise = metrics[name] - found.metrics[name]
            assert found.drawbacks[name][1, repeat] == pytest.approx(rise, rel=1e-4)


def test_all_inputs_of_a_category_are_permuted_together(table):
    model, rows = table
    found = nncli.importance(model, rows)
    assert found.columns == ["size", "color", "noise"]
    assert found.order[0] == 1
    # Rows with another color keep exactly one of its inputs: the loss of one-hot inputs permuted
    # one by one would include rows of no or two colors.
    _, known, _ = module.rows_of_known_truth(
        model, rows, None, split=None, trust_paths=False, note=lambda line: None, strict=False
    )
    part = module._Rows(model, known, module.score_for("regression", None))
    inputs = module._columns(model)["color"]
    before = part._X.copy()
    for _ in part.permuted(inputs, np.random.default_rng(0), 1, "rows"):
        scaled = part._X[:, inputs]
        assert {*map(tuple, scaled.tolist())} <= {*map(tuple, before[:, inputs].tolist())}
    np.testing.assert_array_equal(part._X, before)


def test_the_same_seed_gives_the_same_numbers(linear):
    model, X, y = linear
    first, same, other = (nncli.importance(model, X, y, seed=seed) for seed in (3, 3, 4))
    assert first.as_json() == same.as_json() != other.as_json()
    assert nncli.importance(model, X, y).seed == model.config["seed"]


def test_accuracy_falls_with_a_threshold():
    result = nncli.train(
        {"data": {"source": "xor", "rows": 100, "test": 60}}, {"training.epochs": 9}
    )
    found = nncli.importance(result.model, threshold=0.7)
    expected = result.model.evaluate(threshold=0.7).metrics
    assert found.split == "test"
    assert found.metrics["accuracy"] == expected["accuracy"]
    assert (found.drawbacks["accuracy"] <= found.metrics["accuracy"]).all()


def test_by_default_the_rows_are_those_least_seen():
    config = {"data": {"source": "xor", "rows": 100, "test": 0, "validation": 30}}
    model = nncli.train(config, {"training.epochs": 1}).model
    assert nncli.importance(model).split == "validation"
    assert nncli.importance(model, split="train").split == "train"
    with pytest.raises(nncli.UsageError, match="has no test rows"):
        nncli.importance(model, split="test")


def test_many_rows_and_columns_are_sampled(linear, monkeypatch):
    model, X, y = linear
    monkeypatch.setattr(module, "_MOST_WORK", 3 * 5 * 5e3 * 110)
    found = nncli.importance(model, X, y)
    assert 50 <= found.used < found.rows == 300
    assert found.as_json()["used_rows"] == found.used
    assert found.as_json() == nncli.importance(model, X, y).as_json()


def test_many_classes_are_measured_on_fewer_rows(monkeypatch):
    X = np.random.default_rng(0).random((800, 2))
    y = np.array([f"class {row % 200}" for row in range(800)])
    config = {"model": {"hidden_layers": []}, "training": {"epochs": 0}}
    model = nncli.train(config, data=(X, y)).model
    weights = len(model.network.parameters)
    monkeypatch.setattr(module, "_MOST_WORK", 2 * 5 * (5e3 + weights) * 800)
    assert 50 <= nncli.importance(model, X, y).used < 80  # the loss of 200 outputs takes longer


def test_an_image_is_cut_into_patches():
    images, y = np.full((40, 20, 30, 3), 128, np.uint8), np.arange(40) % 2
    images[:, 4, 7] = 255 * y[:, np.newaxis]  # all other pixels are constant
    model = nncli.train({}, {"training.epochs": 5}, data=(images, y)).model
    found = nncli.importance(model, images, y)
    assert found.patches == (7, 10)
    assert len(found.columns) == 70
    means = found.summary("loss")[0]
    assert [found.columns[each] for each in np.flatnonzero(means)] == ["3,6"]
    assert module.takes_long(model)
    where = np.concatenate([*module._columns(model).values()])
    assert sorted(where.tolist()) == [*range(20 * 30 * 3)]


def test_the_json_has_every_column_by_importance(linear):
    model, X, y = linear
    values = json.loads(json.dumps(nncli.importance(model, X, y).as_json()))
    assert [each["column"] for each in values["columns"][:2]] == ["x1", "x2"]
    assert {*values["columns"][0]} == {"column", "loss", "mae"}
    assert {*values["columns"][0]["mae"]} == {"mean", "deviation"}


def test_what_cannot_be_permuted_is_refused(linear):
    model, X, y = linear
    for options, problem in [
        ({"repeats": 0}, "repeats: found 0; expected a number from 1"),
        ({"repeats": True}, "repeats: found True"),
        ({"seed": -1}, "seed: found -1; expected a number from 0"),
        ({"split": "test"}, "mutually exclusive"),
        ({"threshold": 0.5}, "a threshold applies only to"),
    ]:
        with pytest.raises(nncli.UsageError, match=problem):
            nncli.importance(model, X, y, **options)
    with pytest.raises(nncli.UsageError, match="found one row"):
        nncli.importance(model, X[:1], y[:1])
    with pytest.raises(nncli.UsageError, match="model: found 3"):
        nncli.importance(3)
    with pytest.raises(nncli.DataError, match="passed from Python and are not saved"):
        nncli.importance(model)


def test_outputs_that_are_not_finite_are_an_error(linear):
    model, X, y = linear
    huge = Preprocessing(model.preprocessing.columns, 0.0, 1e30)
    with pytest.raises(nncli.DataError, match="too large"):
        importance_of(replace(model, preprocessing=huge), whole(X * 1e30, y[:, np.newaxis]), "rows")
