"""The short form of a diagnosis at the end of `train`, and in `show`."""

from pathlib import Path

import pytest

BROKEN = """data: {source: xor, rows: 60}
model: {hidden_layers: [4, 3], activation: [identity, relu], initializer: zeros}
training: {epochs: 2}
"""
SAME = "N023 problem: units that stay the same; try model.initializer=he_normal"


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    return str(path)


def test_train_shows_the_worst_findings_first_and_the_command_that_shows_all(nncli, broken):
    done = nncli("train", broken, "-o", "a run")
    assert done.code == 0
    found, _, after = done.out.partition("\nSaved in a run. Next:\n")
    lines = [line for line in found.splitlines() if line[:1] == "N"]
    severities = [line.split()[1] for line in lines]
    assert SAME in lines
    assert severities == sorted(severities, key=["problem:", "warning:", "hint:"].index)
    assert after.startswith("  nncli diagnose 'a run'\n  nncli eval 'a run/weights.npz'")
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_muted_finding_is_not_shown(nncli, broken):
    done = nncli("train", broken, "-q", "-o", "run", "diagnose.ignore=[N023]")
    assert "N023" not in done.out


def test_a_run_without_findings_has_no_line_about_them(nncli, tmp_path):
    (tmp_path / "good.yaml").write_text("data: {source: xor}\n", encoding="utf-8")
    for done in (nncli("train", "good.yaml", "-q", "-o", "run"), nncli("show", "run")):
        assert done.code == 0
        assert "diagnose" not in done.out
        assert "finding" not in done.out


def test_show_has_them_for_a_run_but_not_for_a_model_file(nncli, broken):
    nncli("train", broken, "-q", "-o", "run")
    assert nncli("show", "run").out.endswith("To see why:\n  nncli diagnose run\n")
    assert SAME in nncli("show", "run").out
    assert "N023" not in nncli("show", "run/weights.npz").out


@pytest.mark.parametrize(
    ("setting", "part"), [("training.folds=2", "fold 1"), ("training.seeds=2", "seed 0")]
)
def test_several_models_show_those_of_the_first(nncli, broken, setting, part):
    done = nncli("train", broken, "-q", "-o", "runs", setting, "data.test=0")
    assert f"\n{part}:\nN023 problem" in done.out
    place = Path("runs") / part.replace(" ", "-")
    assert f"\n  nncli diagnose {place}\n" in done.out
    assert nncli("diagnose", place).code == 0


def test_a_training_that_diverges_shows_them_before_the_error(nncli, broken):
    Path("diverges.yaml").write_text(
        "data: {source: xor, rows: 60, validation: 20}\n"
        "model: {hidden_layers: [4, 4], activation: identity, output: identity}\n"
        "training: {epochs: 60, batch_size: 60, learning_rate: 9, optimizer: sgd, "
        "loss: mean_squared_error}\n",
        encoding="utf-8",
    )
    done = nncli("train", "diverges.yaml", "-q", "-o", "run")
    assert done.code == 1
    assert done.out == ""
    assert "N051 warning: linear layers in a row" in done.err
    assert "  nncli diagnose run\nError: " in done.err


def test_a_training_that_diverges_in_its_first_epoch_names_the_command(nncli, tmp_path):
    (tmp_path / "early.yaml").write_text(
        "data: {source: xor, rows: 60}\n"
        "training: {epochs: 6, learning_rate: 1.0e+30, optimizer: sgd}\n",
        encoding="utf-8",
    )
    done = nncli("train", "early.yaml", "-q", "-o", "a run")
    assert done.code == 1
    assert "To see why:\n  nncli diagnose 'a run'\nError: epoch " in done.err
    assert done.err.splitlines()[-1].startswith("Error: ")
    assert "N016 problem: training diverged" in nncli("diagnose", "a run").out
    assert nncli("diagnose", "a run/weights.npz").error == (
        "Error: a run/weights.npz: training diverged and left no weights; use nncli diagnose "
        "'a run'"
    )


def test_an_interrupted_training_shows_none(nncli, broken, stop_at):
    stop_at(1)
    done = nncli("train", broken, "-q", "-o", "run")
    assert done.code == 130
    assert "N023" not in done.out


def test_a_finished_run_that_is_resumed_shows_none(nncli, broken):
    nncli("train", broken, "-q", "-o", "run")
    done = nncli("train", "--resume", "run")
    assert done.out.startswith("run is finished")
    assert "N023" not in done.out


def test_a_damaged_history_does_not_stop_show(nncli, broken):
    nncli("train", broken, "-q", "-o", "run")
    (Path("run") / "metrics.json").write_text("{", encoding="utf-8")
    done = nncli("show", "run")
    assert done.code == 0
    assert "diagnose" not in done.out


def test_the_profile_has_its_time(nncli, broken):
    done = nncli("train", broken, "-q", "-o", "run", "--profile")
    line = next(line for line in done.out.splitlines() if line.startswith("diagnosis"))
    assert float(line.split()[1]) > 0


def test_a_change_that_the_data_may_contradict_is_left_to_diagnose(nncli):
    """Here the run alone suggests more epochs; the data shows that all units are dead."""
    Path("dead.yaml").write_text(
        "data: {source: xor, rows: 200}\n"
        "model: {hidden_layers: [8], bias_initializer: {name: constant, value: -9}}\n"
        "training: {epochs: 30}\n",
        encoding="utf-8",
    )
    done = nncli("train", "dead.yaml", "-q", "-o", "run")
    lines = [line for line in done.out.splitlines() if line[:1] == "N" and line[1:4].isdigit()]
    assert lines
    assert "try" not in "".join(lines)
    assert "N020" in nncli("diagnose", "run").out
