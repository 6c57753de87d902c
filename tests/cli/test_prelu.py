"""Learned slopes of units in the commands: train, eval, predict, show."""

import csv
import io
import json

import numpy as np
import pytest

from nncli.model.model_file import read_model

CONFIG = """\
name: xor
data: {source: xor, rows: 400, test: 400, validation: 100}
model: {hidden_layers: [6, 5], activation: prelu}
training: {epochs: 30, batch_size: 16, learning_rate: 0.02}
"""


@pytest.fixture
def run(nncli, tmp_path):
    """Return the directory of a trained run."""
    (tmp_path / "xor.yaml").write_text(CONFIG, encoding="utf-8")
    assert nncli("train", "xor.yaml", "-o", "run").code == 0
    return tmp_path / "run"


def slopes_of(run):
    """Return the slopes by the names of their arrays."""
    arrays = read_model(run).network.arrays
    return {name: array for name, array in arrays.items() if name.startswith("slope")}


def test_every_unit_has_its_own_slope_after_training(run):
    found = slopes_of(run)
    assert list(found) == ["slope1", "slope2"]
    for slopes in found.values():
        assert (slopes != 0.25).all()
        assert len(set(slopes.tolist())) == len(slopes)


def test_eval_and_predict_use_the_learned_slopes(nncli, run):
    found = json.loads(nncli("eval", run / "weights.npz", "--json").out)
    assert found["metrics"]["accuracy"] > 0.9  # the best possible accuracy is 0.9555
    (run.parent / "rows.csv").write_text("x1,x2\n0,0\n0,1\n1,0\n1,1\n", encoding="utf-8")
    printed = nncli("predict", run / "weights.npz", "rows.csv", "--proba").out
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["prediction"] for row in rows] == ["0", "1", "1", "0"]
    A = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    with np.load(run / "weights.npz", allow_pickle=False) as file:
        for n in (1, 2):
            Z = A @ file[f"W{n}"] + file[f"b{n}"]
            A = np.where(Z > 0, Z, file[f"slope{n}"] * Z)
        expected = 1 / (1 + np.exp(-(A @ file["W3"] + file["b3"])))
    np.testing.assert_allclose([float(row["p_1"]) for row in rows], expected[:, 0], rtol=1e-5)


def test_the_best_epoch_and_the_checkpoint_have_the_slopes(run):
    parameters = read_model(run).network.parameters
    with np.load(run / "checkpoint.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["best_parameters"], parameters)
        assert file["parameters"].shape == parameters.shape
        assert file["slots"].shape == (2, len(parameters))


def test_the_config_of_the_run_gives_the_same_slopes_again(nncli, run):
    assert nncli("train", run / "config.yaml", "-o", "again").code == 0
    again = slopes_of(run.parent / "again")
    for name, slopes in slopes_of(run).items():
        np.testing.assert_array_equal(slopes, again[name])


def test_show_counts_the_slopes(nncli, run):
    lines = [line.split() for line in nncli("show", run).out.splitlines()]
    assert lines[1:5] == [
        ["1", "2", "6", "prelu", "24", "24"],
        ["2", "6", "5", "prelu", "40", "60"],
        ["3", "5", "1", "sigmoid", "6", "10"],
        ["all", "70", "94"],
    ]


def test_json_says_that_the_slope_of_the_config_is_the_initial_one(nncli, run):
    for what in ("run", "xor.yaml"):
        first, *_ = json.loads(nncli("show", what, "--json").out)["layers"]
        assert first["activation"] == "prelu"
        assert first["initial_slope"] == 0.25
        assert "slope" not in first


def test_all_slopes_start_from_the_number_that_is_set(nncli, run):
    overrides = ("model.activation={name: prelu, slope: 0.5}", "training.epochs=0")
    assert nncli("train", "xor.yaml", *overrides, "-o", "untrained").code == 0
    slopes = slopes_of(run.parent / "untrained")
    assert (slopes["slope1"].tolist(), slopes["slope2"].tolist()) == ([0.5] * 6, [0.5] * 5)


def test_it_cannot_be_an_output_activation(nncli, run):
    result = nncli("train", "xor.yaml", "model.output=prelu")
    assert result.code == 2
    assert 'model.output: unknown name "prelu"' in result.error


def test_a_model_file_gives_a_new_run_its_slopes_too(nncli, run):
    given = ("model.initial_weights=run/weights.npz", "training.epochs=0")
    assert nncli("train", "xor.yaml", *given, "-o", "same").code == 0
    parameters = (read_model(run.parent / name).network.parameters for name in ("run", "same"))
    np.testing.assert_array_equal(*parameters)
