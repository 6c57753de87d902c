"""Run directories without a model: one line tells what happened and what to do next."""

import os
import shutil

import pytest

from nncli.base.storage.directory import Directory
from nncli.base.storage.locks import locked

DIVERGING = ["model.activation=relu", "training.learning_rate=1e30", "data.validation=0"]
COMMANDS = [["show"], ["eval"], ["predict", "rows.csv"], ["trace"]]
FOLDS = """\
data: {source: rows, inputs: [[0], [1], [2], [3], [4], [5]], targets: [0, 1, 2, 3, 4, 5]}
model: {hidden_layers: []}
training: {folds: 2, epochs: 2, batch_size: 2, learning_rate: 0.01}
"""


@pytest.fixture(params=COMMANDS, ids=lambda command: command[0])
def error_of(nncli, tmp_path, request):
    """Return a function that returns the only line that a command prints for a run."""
    (tmp_path / "rows.csv").write_text("1,2\n", encoding="utf-8")
    command, *others = request.param

    def run(name):
        result = nncli(command, name, *others)
        assert result.code == 1
        return result.error

    return run


def test_a_diverged_run_is_reported_with_place_and_remedy(nncli, xor_config, error_of):
    diverged = nncli("train", xor_config, "-q", "-o", "run", *DIVERGING).divergence
    assert diverged.startswith("Error: epoch 1, batch ")
    assert error_of("run") == "Error: run: training diverged and left no weights: " + (
        diverged.removeprefix("Error: ")
    )


def test_resuming_without_divergence_removes_its_record(nncli, xor_config, tmp_path):
    nncli("train", xor_config, "-q", "-o", "run", *DIVERGING)
    for name in ("config.yaml", "checkpoint.npz"):
        (tmp_path / "run" / name).unlink(missing_ok=True)
    shutil.copy(xor_config, tmp_path / "run" / "config.yaml")
    assert nncli("train", "--resume", "run", "-q").code == 0
    assert not (tmp_path / "run" / "diverged.txt").exists()


def test_a_run_that_was_killed_can_be_resumed(nncli, xor_config, tmp_path, error_of):
    assert nncli("train", xor_config, "-q", "-o", "a run").code == 0
    for name in ("weights.npz", "metrics.json"):
        (tmp_path / "a run" / name).unlink()
    stopped = "Error: a run: training was interrupted after {}, before it saved weights; "
    remedy = "resume it: nncli train --resume 'a run'"
    assert error_of("a run") == stopped.format("3 epochs") + remedy
    (tmp_path / "a run" / "history.csv").unlink()
    assert error_of("a run") == stopped.format("0 epochs") + remedy


def test_a_run_in_progress_is_reported(tmp_path, error_of):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("data: xor\n", encoding="utf-8")
    with locked(Directory(tmp_path / "run")):
        assert error_of("run") == (
            "Error: run: another process is training in it; wait until it ends"
        )


def test_removed_weights_are_reported_as_missing(nncli, xor_config, tmp_path, error_of):
    assert nncli("train", xor_config, "-q", "-o", "run").code == 0
    (tmp_path / "run" / "weights.npz").unlink()
    missing = "run/weights.npz: cannot be read (no such file or directory)"
    assert error_of("run") == f"Error: {missing}"


def test_a_folder_of_runs_names_the_newest(nncli, xor_config, tmp_path, error_of):
    for number, name in enumerate(("b", "a")):
        assert nncli("train", xor_config, "-q", "-o", f"my runs/{name}").code == 0
        os.utime(tmp_path / "my runs" / name / "config.yaml", (0, -number))
    problem = "my runs: is a folder of runs; {}, such as the newest: my runs/b"
    assert error_of("my runs") == f"Error: {problem.format('choose one of them')}"
    done = nncli("train", "--resume", "my runs")
    assert (done.code, done.error) == (2, f"Error: {problem.format('resume one of them')}")
    (tmp_path / "empty").mkdir()
    assert error_of("empty").startswith("Error: empty/weights.npz: cannot be read (no such file")


@pytest.fixture
def folds(tmp_path):
    (tmp_path / "c.yaml").write_text(FOLDS, encoding="utf-8")
    return "c.yaml"


def test_an_interrupted_cross_validation_can_be_resumed(nncli, folds, tmp_path, error_of):
    assert nncli("train", folds, "-q", "-o", "run").code == 0
    assert error_of("run") == "Error: run: has a model for each fold; choose run/fold-1"
    (tmp_path / "run" / "metrics.json").unlink()
    for name in ("weights.npz", "metrics.json"):
        (tmp_path / "run" / "fold-2" / name).unlink()
    stopped = "Error: run: is an interrupted cross-validation; resume it: nncli train --resume run"
    assert error_of("run") == f"{stopped}, or choose the model of a fold: run/fold-1"
    (tmp_path / "run" / "fold-1" / "weights.npz").unlink()
    assert error_of("run") == stopped


def test_a_diverged_cross_validation_is_reported(nncli, folds, error_of):
    settings = ["training.learning_rate=1e30", "data.scale=none"]
    assert nncli("train", folds, "-q", "-o", "run", *settings).code == 1
    assert error_of("run").startswith(
        "Error: run/fold-1: training diverged and left no weights: epoch 1, batch 2: the loss is "
    )
    assert error_of("run/fold-1") == error_of("run")
