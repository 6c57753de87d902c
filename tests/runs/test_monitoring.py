"""Every metric can be monitored, and losses weight rows like training."""

import csv

import numpy as np
import pytest

import nncli
from nncli.base.errors import DataError
from nncli.metrics.names import METRICS, rises

RANDOM = np.random.default_rng(0)


def rows_of(task, rows=120):
    X = RANDOM.normal(size=(rows, 3))
    wide = X @ RANDOM.normal(size=(3, 5)) + RANDOM.normal(size=(rows, 5))
    targets = {
        "binary": wide[:, 0] > 0,
        "multiclass": wide.argmax(axis=1),
        "multilabel": (wide[:, :2] > 0).astype(int),
        "regression": wide[:, 0],
    }
    return X, targets[task]


def history(folder):
    with (folder / "history.csv").open(encoding="utf-8", newline="") as stream:
        return [
            {name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)
        ]


def settings(task, monitor, **changes):
    return {
        "data": {"task": task, "validation": 0.3, "test": 0, **changes},
        "model": {"hidden_layers": [4]},
        "training": {
            "epochs": 6,
            "learning_rate": 0.05,
            "early_stopping": {"monitor": monitor, "patience": 6},
        },
    }


MONITORED = [(task, metric) for task, names in METRICS.items() for metric in names]


@pytest.mark.parametrize(("task", "metric"), MONITORED)
def test_the_epoch_with_the_best_value_is_kept(task, metric, tmp_path):
    monitor = f"validation_{metric}"
    result = nncli.train(settings(task, monitor), data=rows_of(task), out=tmp_path / "R")
    values = [row[monitor] for row in history(tmp_path / "R")]
    best = max(values) if rises(metric) else min(values)
    assert result.best_epoch == values.index(best) + 1
    measured = result.evaluations["validation"].metrics[metric]
    assert measured == pytest.approx(best, rel=1e-6)


def test_an_interrupted_run_resumes_with_the_same_values(tmp_path):
    config, data = settings("binary", "validation_roc_auc"), rows_of("binary")
    nncli.train(config, data=data, out=tmp_path / "whole")
    config["training"]["epochs"] = 3
    nncli.train(config, data=data, out=tmp_path / "R")
    nncli.resume(tmp_path / "R", ["training.epochs=6"], data=data)
    found, expected = (history(tmp_path / name) for name in ("R", "whole"))
    assert [row["validation_roc_auc"] for row in found] == [
        row["validation_roc_auc"] for row in expected
    ]


def test_a_value_that_the_validation_rows_do_not_define_is_refused_before_training(tmp_path):
    X, y = rows_of("binary")
    train, validation = (X, y), (X[:9], np.zeros(9, bool))
    config = settings("binary", "validation_roc_auc")
    del config["data"]["validation"]
    with pytest.raises(DataError, match="roc_auc is undefined for the validation rows"):
        nncli.train(config, data=train, validation_data=validation, out=tmp_path / "R")
    assert not (tmp_path / "R").exists()


def test_the_validation_loss_weights_rows_like_training(tmp_path):
    X, y = rows_of("binary")
    weights = RANDOM.random(len(y)) * 5
    config = settings("binary", "validation_loss")
    result = nncli.train(config, data=(X, y, weights), out=tmp_path / "R")
    rows = history(tmp_path / "R")
    values = [row["validation_weighted_loss"] for row in rows]
    assert values != [row["validation_loss"] for row in rows]
    assert result.best_epoch == values.index(min(values)) + 1


def test_the_validation_loss_uses_class_weights(tmp_path):
    X = RANDOM.normal(size=(400, 2))
    y = X[:, 0] + RANDOM.normal(0, 1, 400) > 1.5
    config = settings("binary", "validation_loss", class_weight="balanced")
    result = nncli.train(config, data=(X, y), out=tmp_path / "R")
    values = [row["validation_weighted_loss"] for row in history(tmp_path / "R")]
    assert result.best_epoch == values.index(min(values)) + 1
    assert values[0] != history(tmp_path / "R")[0]["validation_loss"]


def test_equal_weights_change_nothing(tmp_path):
    X, y = rows_of("regression")
    config = settings("regression", "validation_loss")
    nncli.train(config, data=(X, y), out=tmp_path / "A")
    nncli.train(config, data=(X, y, np.full(len(y), 3.0)), out=tmp_path / "B")
    found, expected = (history(tmp_path / name) for name in "BA")
    for name in ("validation_loss", "validation_mae"):
        assert [row[name] for row in found] == pytest.approx([row[name] for row in expected])
    assert "validation_weighted_loss" not in found[0]
