"""Estimators give the same bits as the command line, and files that it can read."""

import json

import numpy as np
import pytest

import nncli

TRAINING = {"epochs": 3, "batch_size": 16, "learning_rate": 0.02, "l2": 0.01, "dropout": 0.1}


def trained_by_command(command, directory, data, precision):
    """Return a model trained by the command line."""
    training = {**TRAINING, "precision": precision}
    config = {
        "seed": 5,
        "data": {"test": 0, "validation": 0, **data},
        "model": {"hidden_layers": [6, 4], "normalization": "layer_norm"},
        "training": training,
    }
    (directory / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    command("train", "config.yaml", "-q", "-o", "run")
    return nncli.load("run")


def estimator(kind, precision, **parameters):
    return kind(
        hidden_layers=[6, 4],
        normalization="layer_norm",
        seed=5,
        validation=0,
        precision=precision,
        **{**TRAINING, **parameters},
    )


def assert_same(fitted, model):
    np.testing.assert_array_equal(fitted.model_.network.parameters, model.network.parameters)
    assert fitted.model_.network.parameters.dtype == model.network.parameters.dtype
    assert fitted.model_.preprocessing == model.preprocessing
    assert fitted.model_.classes == model.classes


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_weighted_arrays_and_classes(command, directory, rows, precision):
    X, y = rows
    weights = np.linspace(0.5, 2, len(X))
    np.savez("rows.npz", X=X, y=y, w=weights)
    of_classes = {"same": 2.0}
    data = {"path": "rows.npz", "weight": "w", "class_weight": of_classes}
    model = trained_by_command(command, directory, data, precision)
    fitted = estimator(nncli.MLPClassifier, precision, class_weight=of_classes)
    fitted.fit(X, y, sample_weight=weights)
    assert_same(fitted, model)
    np.testing.assert_array_equal(fitted.predict(X), model.predict(X))
    np.testing.assert_array_equal(fitted.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_weighted_frames(command, directory, dicts, precision, library):
    table, y = dicts
    frames = pytest.importorskip(library)
    frame = frames.DataFrame(table)
    weights = np.linspace(0.5, 2, len(table)).round(3)
    lines = ["size,new,color,label,weight"]
    for row, label, weight in zip(table, y, weights.tolist(), strict=True):
        cells = ["" if each is None else str(each) for each in (*row.values(), label, weight)]
        lines.append(",".join(cells))
    (directory / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    data = {"path": "rows.csv", "target": "label", "weight": "weight", "missing": "auto"}
    model = trained_by_command(command, directory, {**data, "class_weight": "balanced"}, precision)
    fitted = estimator(nncli.MLPClassifier, precision, class_weight="balanced")
    fitted.fit(frame, frames.Series(y, name="label") if library == "pandas"
               else frames.Series("label", y.tolist()), sample_weight=weights)  # fmt: skip
    assert_same(fitted, model)
    assert fitted.model_.targets == model.targets == ["label"]


def test_validation_rows_are_the_same(command, directory, rows):
    X, y = rows
    np.savez("rows.npz", X=X, y=y)
    data = {"path": "rows.npz", "validation": 0.2}
    model = trained_by_command(command, directory, data, "float32")
    fitted = estimator(nncli.MLPClassifier, "float32").set_params(validation=0.2).fit(X, y)
    assert_same(fitted, model)
    assert fitted.model_.metrics == model.metrics


def test_a_regression_with_several_targets(command, directory, rows):
    X, _ = rows
    T = np.column_stack([X.sum(axis=1), X[:, 0] ** 2])
    np.savez("rows.npz", X=X, y=T)
    model = trained_by_command(command, directory, {"path": "rows.npz"}, "float32")
    fitted = estimator(nncli.MLPRegressor, "float32").fit(X, T)
    assert_same(fitted, model)
    np.testing.assert_array_equal(fitted.predict(X), model.predict(X))


def test_the_command_line_reads_saved_models(command, directory, rows):
    X, y = rows
    np.savez("rows.npz", X=X, y=y)
    fitted = estimator(nncli.MLPClassifier, "float32").fit(X, y)
    fitted.save("weights.npz")
    metrics = json.loads(command("eval", "weights.npz", "--data", "rows.npz", "--json"))
    assert metrics["metrics"]["accuracy"] == pytest.approx(fitted.score(X, y))
    predicted = command("predict", "weights.npz", "rows.npz").split("\n")
    assert [line.split(",")[-1] for line in predicted[1:61]] == fitted.predict(X).tolist()
    assert "layer_norm" in command("show", "weights.npz")
    with pytest.raises(nncli.UsageError, match="exists"):
        fitted.save("weights.npz")
    again = nncli.MLPClassifier.from_model(nncli.load("weights.npz"))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert (again.classes_.tolist(), again.n_features_in_) == (["other", "same"], 3)
    np.testing.assert_array_equal(again.fit(X, y).predict_proba(X), fitted.predict_proba(X))
    with pytest.raises(nncli.UsageError, match="the task is binary; use MLPClassifier"):
        nncli.MLPRegressor.from_model(fitted.model_)
