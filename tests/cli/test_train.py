import csv
import json
import os
import re
import shlex
import signal
import struct
import sys
from contextlib import suppress

import numpy as np
import pytest

import nncli
from nncli.base.errors import ConfigError, DivergenceError
from nncli.base.extras import install_command
from nncli.model.model_file import read_model

FILES = ["checkpoint.npz", "config.yaml", "history.csv", "metrics.json", "weights.npz"]

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def names_in(directory):
    return sorted(path.name for path in directory.iterdir())


def parameters_of(run):
    return read_model(run / "weights.npz").network.parameters


def history_of(run):
    with (run / "history.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def metrics_of(run):
    return json.loads((run / "metrics.json").read_text(encoding="utf-8"))


# Files of a run


def test_a_run_leaves_five_files(xor_run):
    assert names_in(xor_run) == FILES


@pytest.mark.parametrize("epochs", [0, 2])
def test_it_leaves_them_also_after_few_epochs(nncli, xor_config, tmp_path, epochs):
    assert nncli("train", xor_config, f"training.epochs={epochs}").code == 0
    run = tmp_path / "runs" / "xor-001"
    assert names_in(run) == FILES
    assert len(history_of(run)) == metrics_of(run)["epochs"] == epochs


def test_the_history_has_a_row_per_epoch(xor_run):
    rows = history_of(xor_run)
    assert list(rows[0]) == [
        "epoch",
        "train_loss",
        "train_accuracy",
        "validation_loss",
        "validation_accuracy",
        "learning_rate",
        "seconds",
        "rows_per_second",
        "gradient_norm_1",
        "gradient_norm_2",
        "saturated_1",
        "saturated_2",
    ]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    for row in rows:
        assert float(row["learning_rate"]) == 0.05
        assert float(row["rows_per_second"]) * float(row["seconds"]) == pytest.approx(60)
        for name in ("train_loss", "validation_loss", "gradient_norm_1", "gradient_norm_2"):
            assert 0 < float(row[name]) < 10
        for name in ("train_accuracy", "validation_accuracy", "saturated_1", "saturated_2"):
            assert 0 <= float(row[name]) <= 1


def test_without_validation_rows_the_history_has_no_columns_for_them(nncli, xor_config, tmp_path):
    nncli("train", xor_config, "data.validation=0", "model.hidden_layers=[]")
    (*_, row) = history_of(tmp_path / "runs" / "xor-001")
    assert list(row) == [
        "epoch",
        "train_loss",
        "train_accuracy",
        "learning_rate",
        "seconds",
        "rows_per_second",
        "gradient_norm_1",
        "saturated_1",
    ]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (("model.hidden_layers=[4,4,4,4]", "model.activation=[relu,softsign,elu,tanh]"), "245"),
        (("model.activation=relu", "model.output=softmax"), ""),
        (("model.activation=prelu", "model.output=tanh"), "2"),
        (("model.activation=sigmoid", "model.output=identity"), "1"),
    ],
)
def test_the_history_has_saturation_for_the_layers_that_can_saturate(
    nncli, xor_config, tmp_path, overrides, expected
):
    assert nncli("train", xor_config, *overrides, "-o", "run").code == 0
    rows = history_of(tmp_path / "run")
    names = [name for name in rows[0] if name.startswith("saturated_")]
    assert names == [f"saturated_{number}" for number in expected]
    assert all(0 <= float(row[name]) <= 1 for row in rows for name in names)


def test_the_metrics_have_every_split_and_facts_of_the_run(xor_run):
    found = metrics_of(xor_run)
    rows = {name: found.pop(name)["rows"] for name in ("train", "validation", "test")}
    assert rows == {"train": 60, "validation": 20, "test": 60}
    assert found.pop("wall_seconds") > 0
    assert found.pop("threads") >= 1
    assert found.pop("engine") == "numpy"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", found.pop("finished"))
    assert found == {
        "epochs": 3,
        "best_epoch": found["best_epoch"],
        "monitor": "validation_loss",
        "ended": "finished",
        "nncli_version": nncli.__version__,
        "numpy_version": np.__version__,
        "python_version": sys.version.split()[0],
    }


def test_the_weights_are_those_of_the_epoch_with_the_smallest_validation_loss(
    nncli, xor_config, tmp_path
):
    result = nncli("train", xor_config, "training.learning_rate=0.5", "training.epochs=20")
    run = tmp_path / "runs" / "xor-001"
    losses = [float(row["validation_loss"]) for row in history_of(run)]
    found = metrics_of(run)
    best = losses.index(min(losses)) + 1
    assert 1 < best < 20
    assert found["best_epoch"] == best
    assert found["validation"]["metrics"]["loss"] == pytest.approx(min(losses), rel=1e-6)
    assert f"The weights are those of epoch {best}, the best of 20." in result.out


def test_early_stopping_ends_the_run(nncli, xor_config, tmp_path):
    stopping = "training.early_stopping={monitor: validation_accuracy, patience: 2}"
    result = nncli("train", xor_config, "training.epochs=500", stopping)
    found = metrics_of(tmp_path / "runs" / "xor-001")
    assert result.code == 0
    assert found["monitor"] == "validation_accuracy"
    assert found["epochs"] == found["best_epoch"] + 2 < 500
    assert found["ended"] == "stopped early"
    shown = nncli("show", "runs/xor-001").out.splitlines()
    assert ["ended", "stopped", "early"] in map(str.split, shown)


def test_patience_that_ends_with_the_last_epoch_stops_nothing(nncli, xor_config, tmp_path):
    stopping = "training.early_stopping={patience: 1, min_change: 100}"
    assert nncli("train", xor_config, "training.epochs=2", stopping).code == 0
    assert metrics_of(tmp_path / "runs" / "xor-001")["ended"] == "finished"


def test_the_checkpoint_has_the_state_to_resume_from(xor_run):
    with np.load(xor_run / "checkpoint.npz", allow_pickle=False) as file:
        arrays = dict(file)
    metadata = json.loads(str(arrays["metadata"]))
    progress = metadata["progress"]
    size = parameters_of(xor_run).size
    assert arrays["parameters"].shape == arrays["best_parameters"].shape == (size,)
    assert arrays["state"].shape == arrays["best_state"].shape == (0,)
    assert arrays["slots"].shape == (2, size)
    assert arrays["steps"] == 3 * 4
    assert (progress["epoch"], progress["batch"]) == (3, 0)
    assert progress["sums"] == {
        "steps": 0,
        "rows": 0,
        "loss": 0.0,
        "score": 0.0,
        "squared_norms": [],
        "saturated": [],
        "penalty": 0.0,
    }
    assert (metadata["checkpoint_version"], metadata["engine"]) == (5, "numpy")
    assert metadata["config"]["data"]["rows"] == 80
    np.testing.assert_array_equal(arrays["best_parameters"], parameters_of(xor_run))


# Reproducible results


def test_the_same_config_gives_the_same_weights_and_another_seed_others(
    nncli, xor_config, xor_run, tmp_path
):
    nncli("train", xor_config)
    nncli("train", xor_config, "seed=1")
    same, other = (parameters_of(tmp_path / "runs" / f"xor-{n}") for n in ("001", "002"))
    np.testing.assert_array_equal(same, parameters_of(xor_run))
    assert not np.array_equal(other, same)


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("seed=7", "model.hidden_layers=[5,3]", "model.activation=[relu,tanh]"),
        ("model.output=softmax", "training.optimizer={name: sgd, momentum: 0.5}", "name=other"),
        ("training.precision=float64", "training.batch_size=full", "training.shuffle=false"),
        ("model.activation={name: leaky_relu, slope: .3}", "training.l2=1e-3", "data.scale=robust"),
    ],
)  # fmt: skip
def test_training_the_config_of_a_run_again_gives_the_same_weights(
    nncli, xor_config, tmp_path, overrides
):
    assert nncli("train", xor_config, *overrides, "-o", "first").code == 0
    assert nncli("train", "first/config.yaml", "-o", "second").code == 0
    first, second = tmp_path / "first", tmp_path / "second"
    np.testing.assert_array_equal(parameters_of(first), parameters_of(second))
    assert (first / "config.yaml").read_bytes() == (second / "config.yaml").read_bytes()
    metrics = [read_model(run / "weights.npz").metrics for run in (first, second)]
    assert metrics[0] == metrics[1]


# Run directories


def test_runs_are_numbered(nncli, xor_config, tmp_path):
    for number in ("001", "002"):
        assert f"Saved in runs/xor-{number}." in nncli("train", xor_config).out
    assert names_in(tmp_path / "runs") == ["xor-001", "xor-002"]


@pytest.mark.parametrize("place", ["new", "some/where/new", "empty"])
def test_a_given_run_directory_may_be_new_or_empty(nncli, xor_config, tmp_path, place):
    (tmp_path / "empty").mkdir()
    assert nncli("train", xor_config, "--out", place).code == 0
    assert names_in(tmp_path / place) == FILES
    assert not (tmp_path / "runs").exists()


def test_an_occupied_run_directory_is_refused_and_kept(nncli, xor_config, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine").write_text("mine")
    for place in ("taken", "taken/mine", "xor.yaml"):
        result = nncli("train", xor_config, "-o", place)
        assert result.code == 2
        assert result.error.startswith(f"Error: {place}: exists and is not an empty directory; ")
    assert names_in(tmp_path / "taken") == ["mine"]
    assert names_in(tmp_path) == ["taken", "xor.yaml"]


@pytest.mark.parametrize("place", ["xor.yaml/new", "n" * 300])
def test_a_run_directory_that_cannot_be_made_is_one_line(nncli, xor_config, place):
    result = nncli("train", xor_config, "-o", place)
    assert result.code == 1
    assert result.error.startswith(f"Error: {place}: ")


# Output


def test_results_go_to_standard_output_and_epochs_to_standard_error(nncli, xor_config):
    result = nncli("train", xor_config)
    lines = result.out.splitlines()
    assert lines[0].split() == ["split", "rows", "loss", "accuracy", "roc_auc", "brier"]
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["train", "60"],
        ["validation", "20"],
        ["test", "60"],
    ]
    number = r"\d\.\d{4}"
    pattern = (
        rf"epoch \d/3  train loss {number} acc {number}"
        rf"  val loss {number} acc {number}"
    )
    progress = result.err.splitlines()
    assert [line[:9] for line in progress] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert all(re.fullmatch(pattern, line) for line in progress)
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in result.out + result.err


def test_the_printed_numbers_are_those_of_the_metrics(nncli, xor_config, tmp_path):
    lines = nncli("train", xor_config).out.splitlines()[1:4]
    found = metrics_of(tmp_path / "runs" / "xor-001")
    for line in lines:
        name, rows, *figures = line.split()
        assert int(rows) == found[name]["rows"]
        columns = ("loss", "accuracy", "roc_auc", "brier")
        expected = [found[name]["metrics"][column] for column in columns]
        assert list(map(float, figures)) == pytest.approx(expected, abs=5.1e-5)


def test_the_next_commands_that_it_prints_can_be_typed(nncli, xor_config, tmp_path):
    out = nncli("train", xor_config, "diagnose.ignore=[N002,N004,N005]").out
    commands = [line.split()[1:] for line in out.splitlines() if line.startswith("  nncli ")]
    assert [command[0] for command in commands] == ["eval", "show", "predict"]
    (tmp_path / "INPUT").write_text("0,1\n", encoding="utf-8")
    for command in commands:
        assert nncli(*command).code == 0


def test_without_test_rows_it_prints_how_to_evaluate_others(nncli, xor_config):
    out = nncli("train", xor_config, "data.test=0", "-o", "a run").out
    (command,) = [line for line in out.splitlines() if line.startswith("  nncli eval ")]
    assert command == "  nncli eval 'a run/weights.npz' --split validation"
    assert nncli(*shlex.split(command)[1:]).code == 0


def test_quiet_prints_only_the_results(nncli, xor_config):
    quiet, loud = (
        nncli("train", xor_config, "-q"),
        nncli("train", xor_config, "-o", "runs/xor-001b"),
    )
    assert quiet.code == 0
    assert quiet.err == ""
    assert quiet.out.replace("xor-001", "xor-001b") == loud.out


@on_posix
def test_on_a_terminal_there_is_a_bar(process, xor_config):
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    leader, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    training = process("train", xor_config, stderr=terminal)
    os.close(terminal)
    shown = b""
    with suppress(OSError):  # on Linux, nobody writes any more
        while piece := os.read(leader, 1024):
            shown += piece
    os.close(leader)
    out, _ = training.communicate(timeout=60)
    assert training.returncode == 0
    assert out.startswith("split ")
    lines = re.split("[\r\n]+", re.sub("\x1b.[A-Z]", "", shown.decode("utf-8")))
    assert re.fullmatch(
        r"epoch 3/3 4/4 \|.*\| 00:\d\d, loss \d\.\d{4} val loss \d\.\d{4} acc \d\.\d{4}",
        lines[-2],
    )
    assert [line[:9] for line in lines if "  train " in line] == ["epoch 1/3", "epoch 3/3"]
    assert max(map(len, lines)) <= 80


# Dry run


def test_a_dry_run_prints_time_and_memory_and_writes_nothing(nncli, xor_config, tmp_path):
    result = nncli("train", xor_config, "--dry-run", "-o", "new")
    assert (result.code, result.err) == (0, "")
    lines = {line.split("  ")[0]: line.split() for line in result.out.splitlines() if line}
    assert lines["train"] == ["train", "60", "2", "float32"]
    assert lines["test"] == ["test", "60", "2", "float32"]
    assert lines["1"] == ["1", "2", "4", "tanh", "12", "16"]
    assert lines["2"] == ["2", "4", "1", "sigmoid", "5", "8"]
    assert lines["all"] == ["all", "17", "24"]
    assert lines["batches per epoch"][-1] == "4"
    assert lines["epochs"][-1] == "3"
    assert re.search(r"^training, about +\d+\.\d s", result.out, re.MULTILINE)
    assert re.search(r"^memory, about +\d+ MB", result.out, re.MULTILINE)
    assert max(map(len, result.out.splitlines())) <= 80
    assert names_in(tmp_path) == ["xor.yaml"]


def test_a_dry_run_measures_where_early_stopping_would_end_training(nncli, xor_config):
    stop = "training.early_stopping={monitor: train_loss, patience: 1}"
    slow = "training.learning_rate=1e-30"  # no improvement, so it would stop after two epochs
    result = nncli("train", xor_config, "--dry-run", stop, slow)
    assert (result.code, result.err) == (0, "")
    assert "training, about" in result.out


def test_a_dry_run_finds_the_same_faults(nncli, xor_config):
    assert nncli("train", xor_config, "--dry-run", "-o", "xor.yaml").code == 2
    assert nncli("train", xor_config, "--dry-run", "training.loss=cross_entropy").code == 2


# Failures


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainin.epochs=3"], "command line: trainin: unknown key; did you mean 'training'?"),
        (["training.loss=cross_entropy"], "command line: training.loss: cross_entropy does not"),
        (["data=minst"], 'command line: data: unknown source "minst"; did you mean \'mnist'),
        (["epochs"], "command line: 'epochs': expected key.path=value"),
    ],
)
def test_a_wrong_config_is_reported_and_leaves_no_run(
    nncli, xor_config, tmp_path, overrides, message
):
    result = nncli("train", xor_config, *overrides)
    assert result.code == 2
    assert message in result.error
    assert names_in(tmp_path) == ["xor.yaml"]


def test_a_missing_config_is_reported_with_a_remedy(nncli, tmp_path):
    result = nncli("train", "missing.yaml")
    assert result.code == 2
    assert result.error == (
        "missing.yaml: cannot be read (no such file or directory); 'nncli init' writes a config "
        "to start from"
    )
    assert names_in(tmp_path) == []


@pytest.mark.usefixtures("without_mnist")
def test_missing_data_leaves_no_run(nncli, tmp_path):
    (tmp_path / "digits.yaml").write_text("data: mnist\n", encoding="utf-8")
    result = nncli("train", "digits.yaml")
    assert result.code == 1
    assert result.error.startswith("Error: train-images-idx3-ubyte.gz")
    assert not (tmp_path / "runs").exists()


diverging = ["model.activation=relu", "training.learning_rate=1e30"]


def test_divergence_is_one_line_with_its_place_and_a_remedy(nncli, xor_config):
    result = nncli("train", xor_config, *diverging)
    assert result.code == 1
    assert re.fullmatch(
        r"Error: epoch 1, batch \d: the (loss|gradient) .* layer \d .*; try a smaller "
        r"training.learning_rate, or training.clip_norm: 1",
        result.divergence,
    )


@pytest.mark.parametrize("validation", ["data.validation=20", "data.validation=0"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("rate", ["1e20", "1e30", "1e38"])
def test_divergence_in_the_last_step_leaves_a_model_that_can_be_used_or_none(
    nncli, xor_config, tmp_path, validation, activation, rate
):
    result = nncli(
        "train",
        xor_config,
        validation,
        f"model.activation={activation}",
        f"training.learning_rate={rate}",
        "training.epochs=1",
        "training.batch_size=full",
        "--quiet",
    )
    run = tmp_path / "runs" / "xor-001"
    if result.code == 0:
        assert nncli("eval", run / "weights.npz").code == 0
    else:
        assert "try a smaller training.learning_rate" in result.divergence
        assert not (run / "weights.npz").exists()


def test_divergence_keeps_the_best_epoch_before(nncli, xor_config, tmp_path):
    """Diverge through a learning rate that rises until steps are too long for a parabola."""
    settings = (
        "model.hidden_layers=[]",
        "model.output=identity",
        "training.optimizer=sgd",
        "training.learning_rate=10",
        "training.schedule={name: constant, warmup: 40}",
        "training.epochs=40",
        "training.batch_size=full",
    )
    result = nncli("train", xor_config, "-q", *settings)
    assert (result.code, result.out) == (1, "")
    run = tmp_path / "runs" / "xor-001"
    losses = [float(row["validation_loss"]) for row in history_of(run)]
    best = 1 + losses.index(min(losses))
    assert 1 < best < len(losses) < 40
    assert result.err.splitlines()[-1] == (
        f"Error: epoch {len(losses) + 1}, batch 1: the loss is inf, because the outputs of layer "
        "1 are too far from the targets; try a smaller training.learning_rate, or "
        "training.clip_norm: 1; "
        f"the best epoch so far, {best}, is saved in runs/xor-001"
    )
    found = metrics_of(run)
    assert (found["ended"], found["best_epoch"]) == ("diverged", best)
    assert found["validation"]["metrics"]["loss"] == pytest.approx(min(losses), rel=1e-6)
    assert nncli("eval", run / "weights.npz").code == 0


def test_debug_keeps_the_traceback(nncli, xor_config, process):
    with pytest.raises(ConfigError):
        nncli("--debug", "train", "missing.yaml")
    with pytest.raises(DivergenceError):
        nncli("--debug", "train", xor_config, *diverging)
    training = process("--debug", "train", "missing.yaml")
    _, err = training.communicate(timeout=60)
    assert training.returncode == 1
    assert "Traceback (most recent call last)" in err


def test_a_full_disk_is_one_line(process, small_files, xor_config, tmp_path):
    wide = "model.hidden_layers=[200]"
    training = process("train", xor_config, wide, "-q", preexec_fn=small_files())
    out, err = training.communicate(timeout=60)
    assert training.returncode == 1
    assert out == ""
    assert err == (
        "Error: runs/xor-001/checkpoint.npz: cannot be written (file too large); check free "
        "space and permissions, or choose another place with -o\n"
    )
    assert names_in(tmp_path / "runs" / "xor-001") == ["config.yaml", "history.csv"]


def test_a_disk_that_fills_up_while_training_is_one_line_and_nothing_is_lost(
    process, small_files, xor_config, nncli, tmp_path
):
    long = "training.epochs=200"
    training = process("train", xor_config, long, "-q", preexec_fn=small_files(20_000))
    out, err = training.communicate(timeout=60)
    assert training.returncode == 1
    assert out == ""
    assert err == (
        "Error: runs/xor-001/history.csv: cannot be written (file too large); check free "
        "space and permissions, or choose another place with -o\n"
    )
    assert nncli("train", "-q", "--resume", "runs/xor-001").code == 0
    assert nncli("train", "-q", xor_config, long, "-o", "whole").code == 0
    found, expected = (parameters_of(tmp_path / name) for name in ("runs/xor-001", "whole"))
    np.testing.assert_array_equal(found, expected)


# Ctrl-C


@on_posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_save_the_progress(process, xor_config, nncli, tmp_path, number, code):
    training = process("train", xor_config, "training.epochs=1000000")
    first = [training.stderr.readline() for _ in range(3)]
    second = nncli("train", "--resume", "runs/xor-001")
    assert second.code == 1
    assert second.error == (
        "Error: runs/xor-001: another process is training in it; wait until it ends"
    )
    training.send_signal(number)
    out, err = training.communicate(timeout=60)
    assert training.returncode == code
    assert first[0].startswith("epoch       1/1000000  ")
    found = re.fullmatch(
        r"Interrupted after (\d+) of 1000000 epochs; to resume:\n"
        r"  nncli train --resume runs/xor-001",
        "\n".join(err.splitlines()[-2:]),
    )
    assert found
    assert "\nFinishing this step and saving; Ctrl-C again stops at once.\n" in err
    assert "Traceback" not in err
    assert "Saved in runs/xor-001." in out
    run = tmp_path / "runs" / "xor-001"
    assert names_in(run) == FILES
    metrics = metrics_of(run)
    assert metrics["ended"] == "interrupted"
    assert metrics["epochs"] == len(history_of(run)) == int(found[1])
    again = json.loads(nncli("eval", run / "weights.npz", "--json").out)
    assert again == metrics["test"]


# MNIST


def test_mnist_is_trained_from_the_cache(mnist_run):
    found = metrics_of(mnist_run)
    rows = {name: found[name]["rows"] for name in ("train", "validation", "test")}
    assert rows == {"train": 55_000, "validation": 5000, "test": 10_000}
    assert found["test"]["metrics"]["accuracy"] > 0.85
    assert parameters_of(mnist_run).shape == (785 * 10,)


@on_posix
def test_a_closed_standard_error_does_not_end_training(process, xor_config, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    training = process("train", xor_config, "training.epochs=5", "-o", "run", stderr=writing)
    out, _ = training.communicate(timeout=60)
    os.close(writing)
    assert training.returncode == 0
    assert "Saved in run" in out
    assert (tmp_path / "run" / "weights.npz").exists()


def test_a_checkpoint_that_does_not_fit_leaves_the_weights(
    nncli, process, small_files, xor_config, tmp_path
):
    """A checkpoint is five times as large: it has slots and the best epoch's parameters."""
    wide = "model.hidden_layers=[2000]"
    training = process("train", xor_config, wide, "-q", "-o", "run", preexec_fn=small_files(80_000))
    out, err = training.communicate(timeout=60)
    assert (training.returncode, out) == (1, "")
    assert err.startswith("Error: run/checkpoint.npz: cannot be written (file too large); ")
    assert names_in(tmp_path / "run") == [name for name in FILES if name != "checkpoint.npz"]
    assert metrics_of(tmp_path / "run")["ended"] == "failed to write"
    assert nncli("eval", "run/weights.npz").code == 0


def test_a_network_larger_than_the_machine_is_refused(nncli, xor_config):
    done = nncli("train", xor_config, "--dry-run", "model.hidden_layers=[1000000,1000000]")
    assert done.code == 1
    assert done.error.startswith("Error: training this network takes about 20000")
    assert "\n" not in done.error


@pytest.mark.parametrize("engine", ["numpy", "compiled", "plain"])
def test_a_profile_says_where_the_time_went(nncli, xor_config, engine):
    if engine == "compiled":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    chosen = (f"training.engine={engine}", "training.optimizer=sgd")
    result = nncli("train", "-q", xor_config, *chosen, "--profile", "-o", "run")
    assert result.code == 0
    table = result.out.split("where the time went")[1].splitlines()
    seconds = {line[:19].strip(): float(line.split()[-2]) for line in table[1:]}
    of_steps = "steps" if engine == "compiled" else "data forward loss backward update"
    phases = f"preparation {of_steps} validation history checkpoint results diagnosis".split()
    assert [name for name in seconds if name in phases] == phases
    assert [*seconds][-2:] == ["other", "all"]
    assert {*seconds} <= {*phases, "data", "other", "all"}
    total = seconds.pop("all")
    assert sum(seconds.values()) == pytest.approx(total, abs=0.01)
    assert min(seconds[name] for name in ("preparation", "checkpoint", "results")) > 0
    assert "where the time went" not in nncli("train", "-q", xor_config, "-o", "other").out


def test_a_profile_changes_no_weights(nncli, xor_config, tmp_path):
    nncli("train", "-q", xor_config, "--profile", "-o", "watched")
    nncli("train", "-q", xor_config, "-o", "unwatched")
    first, second = (read_model(tmp_path / name).network for name in ("watched", "unwatched"))
    np.testing.assert_array_equal(first.parameters, second.parameters)


# Engines


@pytest.mark.parametrize("setting", ["training.engine=compiled", "training.kernels=numba"])
def test_a_run_and_its_model_record_the_compiled_engine(nncli, xor_config, tmp_path, setting):
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    assert nncli("train", xor_config, "-o", "run", setting).code == 0
    assert metrics_of(tmp_path / "run")["engine"] == "compiled"
    model = read_model(tmp_path / "run" / "weights.npz")
    assert model.training["engine"] == model.config["training"]["engine"] == "compiled"
    assert "  engine: compiled\n" in (tmp_path / "run" / "config.yaml").read_text(encoding="utf-8")


def test_a_dry_run_names_the_engine_that_it_measures(nncli, xor_config):
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    for engine in ("numpy", "compiled"):
        done = nncli("train", xor_config, "--dry-run", f"training.engine={engine}")
        assert re.search(rf"^engine +{engine}$", done.out, re.MULTILINE)
        named = re.search(r"^matrix products +\S.*gemm\w*$", done.out, re.MULTILINE)
        assert bool(named) == (engine == "compiled")
        assert "not compiled" not in done.out


def test_a_dry_run_says_why_auto_does_not_choose_the_compiled_engine(nncli, xor_config):
    lines = nncli("train", xor_config, "--dry-run").out.splitlines()
    reason = "too little work for compiled code to pay off"
    assert [each.split("  ")[0] for each in lines if each.endswith(reason)] == ["not compiled"]
    assert max(map(len, lines)) <= 80


def test_a_dry_run_says_that_compiled_code_would_need_numba(nncli, xor_config, monkeypatch):
    monkeypatch.setattr("nncli.engines.choice.find_spec", lambda name: None)
    done = nncli("train", xor_config, "--dry-run", "training.epochs=1000000")
    text = " ".join(done.out.split())
    assert "engine numpy not compiled numba is not installed; get it with: pip install" in text
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("setting", "column"), [("engine: compiled", 20), ("kernels: numba", 21)], ids=str
)
def test_an_engine_that_is_not_installed_is_one_line_with_the_place(
    nncli, tmp_path, monkeypatch, setting, column
):
    monkeypatch.setitem(sys.modules, "numba", None)  # makes its import fail
    for name in [each for each in sys.modules if each.startswith("nncli.engines.compiled.")]:
        monkeypatch.delitem(sys.modules, name)
    text = f"data: xor\ntraining: {{{setting}}}\n"
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    done = nncli("train", "c.yaml")
    assert done.code == 2
    assert done.error == (
        f"c.yaml:2:{column}: training.engine: numba is not installed; get it with: "
        + install_command("fast")
    )
    assert nncli("trace", "c.yaml").code == 0
    assert nncli("gradcheck", "c.yaml").code == 0
