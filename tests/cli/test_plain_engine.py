"""Training with the plain engine, on the command line."""

import json
import re

import numpy as np
import pytest

from nncli.model.model_file import read_model
from tests.cli.stopped_runs import history

CONFIG = """\
data: {source: xor, rows: 80, test: 60, validation: 20}
model: {hidden_layers: [4], activation: prelu, density: [0.75, 1]}
training:
  optimizer: {name: sgd, momentum: 0.5}
  epochs: 4
  batch_size: 16
  learning_rate: 0.05
  schedule: cosine
  l2: 0.01
  precision: float64
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def runs(nncli, config, tmp_path):
    """Return a plain run and a NumPy run of the same config."""
    for engine in ("plain", "numpy"):
        assert nncli("train", config, f"training.engine={engine}", "-q", "-o", engine).code == 0
    return tmp_path / "plain", tmp_path / "numpy"


def test_a_run_is_that_of_numpy_up_to_rounding(runs):
    plain, numpy = (read_model(run).network for run in runs)
    np.testing.assert_allclose(plain.parameters, numpy.parameters, rtol=1e-11, atol=1e-11)
    found, expected = map(history, runs)
    assert len(found) == len(expected) == 4
    for row, other in zip(found, expected, strict=True):
        assert row.keys() == other.keys()
        numbers = [[float(each or "nan") for each in part.values()] for part in (row, other)]
        assert numbers[0] == pytest.approx(numbers[1], rel=2e-8, nan_ok=True)  # of 9 digits


def test_the_record_and_a_resumed_run_name_the_engine(nncli, runs):
    plain, _ = runs
    assert json.loads((plain / "metrics.json").read_text(encoding="utf-8"))["engine"] == "plain"
    assert "  engine: plain\n" in (plain / "config.yaml").read_text(encoding="utf-8")
    assert nncli("train", "--resume", plain, "training.epochs=6", "-q").code == 0
    assert json.loads((plain / "metrics.json").read_text(encoding="utf-8"))["engine"] == "plain"
    assert len(history(plain)) == 6


def test_evaluation_of_its_weights_measures_what_training_measured(nncli, runs):
    plain, _ = runs
    best = min(history(plain), key=lambda row: float(row["validation_loss"]))
    done = nncli("eval", plain / "weights.npz", "--split", "validation", "--json")
    found = json.loads(done.out)["metrics"]
    assert found["loss"] == pytest.approx(float(best["validation_loss"]), rel=1e-8)
    assert found["accuracy"] == float(best["validation_accuracy"])


def test_a_dry_run_shows_the_engine_and_measures_it(nncli, config):
    done = nncli("train", config, "--dry-run", "training.engine=plain")
    assert done.code == 0
    assert re.search(r"^engine +plain$", done.out, re.MULTILINE)
    assert re.search(r"^training, about +\d", done.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("epochs", "time"),
    [(50_000, None), (100_000, "1 minute"), (1_000_000, "12 minutes"), (10_000_000, "2 hours")],
)
def test_a_long_training_is_estimated(nncli, config, epochs, time):
    """Estimate 0.16 µs for each of 21 parameters and 1.8 µs for each unit, in each of 60 rows."""
    done = nncli("train", config, "--dry-run", "training.engine=plain", f"training.epochs={epochs}")
    expected = f"training.engine: plain needs about {time} for these rows and epochs; use numpy"
    assert (expected in done.err) == (time is not None)
    assert done.err.count("training.engine") == (time is not None)
    other = nncli("train", config, "--dry-run", f"training.epochs={epochs}")
    assert "training.engine" not in other.err


@pytest.mark.parametrize("rate", ["1e200", "1e308"])
def test_the_remedy_of_a_divergence_is_supported(nncli, config, rate):
    changes = (f"training.learning_rate={rate}", "training.schedule=constant", "training.epochs=9")
    diverged = nncli("train", config, "training.engine=plain", *changes, "-q")
    assert diverged.code == 1
    assert "; try a smaller training.learning_rate, or data.scale: standard" in diverged.err


def test_a_refused_setting_is_one_line_with_its_place(nncli, config):
    refused = nncli("config", "check", config, "training.engine=plain", "training.dropout=0.2")
    assert refused.code == 2
    assert refused.error == (
        "command line: training.engine: plain does not support training.dropout; use numpy"
    )
