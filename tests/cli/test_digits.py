"""Commands show numbers with many digits, close together or far apart, with enough precision."""

import csv
import json

import numpy as np
import pytest

from nncli.model.model_file import read_model

SECONDS = [*(1_700_000_000.25 + n for n in range(10)), 3.5]
LINEAR = """\
data: {path: DATA, TARGET scale: robust, task: regression, test: 0, validation: 0}
model: {hidden_layers: [], initial_weights: [[[1.0]]], initial_biases: [[0.0]]}
training: {epochs: 0}
"""


@pytest.fixture
def write(tmp_path):
    return lambda name, text: (tmp_path / name).write_text(text, encoding="utf-8")


def config_for(path):
    target = "target: y," if path.endswith(".csv") else ""
    return LINEAR.replace("DATA", path).replace("TARGET", target)


@pytest.mark.parametrize("path", ["t.csv", "t.npz"])
def test_an_outlier_does_not_cost_a_column_its_precision(nncli, write, tmp_path, path):
    write("t.csv", "t,y\n" + "".join(f"{t!r},{n}\n" for n, t in enumerate(SECONDS)))
    np.savez(tmp_path / "t.npz", X=np.array(SECONDS)[:, np.newaxis], y=np.arange(11.0))
    write("c.yaml", config_for(path))
    assert nncli("train", "c.yaml", "-o", "run", "-q").code == 0
    found = read_model(tmp_path / "run").preprocessing
    assert (found.offset, found.scale) == ([1_700_000_004.25], [0.2])


@pytest.mark.parametrize("folds", [True, False])
def test_targets_are_those_of_the_file(nncli, write, tmp_path, folds):
    northings = [4649776.13 + 400 * n for n in range(12)]
    write("t.csv", "x,y\n" + "".join(f"{n},{y:.2f}\n" for n, y in enumerate(northings)))
    validation = "test: 0, validation: 0"
    write("c.yaml", f"data: {{path: t.csv, target: y, {validation}}}\ntraining: {{epochs: 20}}\n")
    given = ["training.folds=3"] if folds else []
    assert nncli("train", "c.yaml", "-o", "run", "-q", *given).code == 0
    if folds:
        with (tmp_path / "run" / "predictions.csv").open(encoding="utf-8", newline="") as stream:
            rows = [*csv.DictReader(stream)]
        assert [row["target"] for row in rows] == [f"{y:.2f}" for y in northings]
        return
    predicted = [*csv.DictReader(nncli("predict", "run", "t.csv").out.splitlines())]
    errors = [
        float(row["prediction"]) - round(y, 2) for row, y in zip(predicted, northings, strict=True)
    ]
    measured = json.loads(nncli("eval", "run", "--data", "t.csv", "--json").out)["metrics"]
    assert measured["mae"] == pytest.approx(np.abs(errors).mean(), rel=1e-12)
    assert measured["rmse"] == pytest.approx(np.sqrt(np.square(errors).mean()), rel=1e-12)


@pytest.mark.parametrize("size", [1e-40, 1e-200, 1e25])
def test_columns_of_tiny_and_of_huge_numbers_are_learned(nncli, write, size):
    z = np.random.default_rng(0).normal(size=60)
    write("t.csv", "x,y\n" + "".join(f"{size * a!r},{2 * a + 1!r}\n" for a in z.tolist()))
    write("u.csv", "y,x\n" + "".join(f"{size * a!r},{2 * a + 1!r}\n" for a in z.tolist()))
    for name in ("t", "u"):
        write(
            "c.yaml",
            f"data: {{path: {name}.csv, target: y}}\nmodel: {{hidden_layers: []}}\n"
            "training: {epochs: 100, learning_rate: 0.05, l2: 0}\n",
        )
        assert nncli("train", "c.yaml", "-o", name, "-q").code == 0
        assert json.loads(nncli("eval", name, "--json").out)["metrics"]["r2"] > 0.999


def test_csv_and_npz_of_the_same_numbers_learn_the_same(nncli, write, tmp_path):
    seconds = 1.7e9 + np.sort(np.random.default_rng(1).uniform(0, 300, 300))
    seconds[0] = 0.5
    y = np.sin((seconds - 1.7e9) / 60)
    pairs = zip(seconds.tolist(), y.tolist(), strict=True)
    write("t.csv", "t,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in pairs))
    np.savez(tmp_path / "t.npz", X=seconds[:, np.newaxis], y=y)
    found = []
    for path in ("t.csv", "t.npz"):
        write("c.yaml", config_for(path).replace("test: 0, validation: 0", "test: 0.2"))
        given = ("model={hidden_layers: [16], activation: tanh}", "training.epochs=30")
        assert nncli("train", "c.yaml", "-o", path[2:], "-q", *given).code == 0
        found.append(json.loads(nncli("eval", path[2:], "--json").out)["metrics"])
    assert found[0] == found[1]
