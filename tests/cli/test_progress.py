"""What training prints about its progress, besides the bar on a terminal."""

import re
from pathlib import Path

import pytest

import nncli as library
from nncli import read_history

BLOCKS = set("▁▂▃▄▅▆▇█")


def curves(text):
    """Return the names of the metrics whose curves are in a text."""
    return [line.split("  ")[0] for line in text.splitlines() if BLOCKS & {*line}]


def test_piped_output_has_about_fifty_lines_and_the_last(nncli, xor_config):
    done = nncli("train", xor_config, "training.epochs=120")
    found = [int(each) for each in re.findall(r"^epoch +(\d+)/120  ", done.err, re.MULTILINE)]
    assert found == [*range(1, 11), *range(12, 121, 3)]


@pytest.mark.parametrize(("every", "expected"), [(1, [1, 2, 3]), (2, [2, 3]), (99, [3])])
def test_log_every_sets_the_epochs_between_two_lines(nncli, xor_config, every, expected):
    done = nncli("train", xor_config, "--log-every", every)
    assert [int(each) for each in re.findall(r"epoch (\d)/3", done.err)] == expected


def test_a_config_sets_the_epochs_between_two_lines(nncli, xor_config):
    def epochs(*arguments):
        done = nncli("train", xor_config, "training.log_every=2", *arguments)
        return re.findall(r"epoch (\d)/3", done.err)

    assert epochs() == ["2", "3"]
    assert epochs("--log-every", "1") == ["1", "2", "3"]
    assert epochs("-q") == []


def test_log_every_is_a_positive_number(nncli, xor_config):
    done = nncli("train", xor_config, "--log-every", "0")
    assert done.code == 2
    assert "'--log-every': 0 is not in the range x>=1" in done.err


def test_curves_are_below_the_lines_and_not_with_the_results(nncli, xor_config):
    done = nncli("train", xor_config, "training.epochs=8")
    assert curves(done.err) == ["train loss", "val loss", "val accuracy"]
    assert curves(done.out) == []
    assert curves(nncli("train", xor_config, "training.epochs=8", "-q").err) == []


@pytest.mark.parametrize("several", ["folds", "seeds"])
def test_each_of_several_models_has_its_lines_and_curves(nncli, xor_config, several):
    settings = "training.epochs=8", f"training.{several}=2"
    done = nncli("train", xor_config, "--log-every", "5", *settings)
    assert re.findall(r"epoch (\d)/8", done.err) == ["5", "8"] * 2
    assert curves(done.err) == ["train loss", "val loss", "val accuracy"] * 2


def test_added_seeds_have_lines_and_curves(nncli, xor_config):
    nncli("train", xor_config, "training.epochs=8", "training.seeds=2", "-q", "-o", "run")
    done = nncli("train", "--resume", "run", "--seeds", "3", "--log-every", "5")
    assert re.findall(r"epoch (\d)/8", done.err) == ["5", "8"]
    assert curves(done.err) == ["train loss", "val loss", "val accuracy"]


def test_resumed_curves_tell_where_they_start(nncli, xor_config):
    nncli("train", xor_config, "-q", "-o", "run")
    done = nncli("train", "--resume", "run", "training.epochs=9")
    assert "\nsince epoch 4:\ntrain loss " in done.err


def test_early_stopping_tells_when_and_why(nncli, xor_config):
    stopping = "training.early_stopping={patience: 2, min_change: 10}"
    done = nncli("train", xor_config, stopping, "training.epochs=50")
    reason = "Stopped early after epoch 3 of 50: no better validation_loss for 2 epochs.\n"
    assert done.err.endswith(reason)
    assert "epoch  3/50  " in done.err
    assert "Stopped early" not in nncli("train", xor_config).err


def test_a_run_is_shown_with_the_curves_of_all_epochs(nncli, xor_config):
    nncli("train", xor_config, "-q", "-o", "run")
    assert curves(nncli("show", "run").out) == []  # three epochs are no curve
    nncli("train", "--resume", "run", "-q", "training.epochs=9")
    shown = nncli("show", "run").out
    lines = shown.splitlines()
    start = lines.index("metrics over the epochs, first to last")
    assert lines[start + 1 : start + 4] == library.curves(read_history(Path("run/history.csv")))
    assert max(map(len, lines)) <= 80
    assert curves(nncli("show", "run", "--json").out) == []
    assert curves(nncli("show", "run/weights.npz").out) == []


def test_where_blocks_cannot_be_encoded_there_are_no_curves(process, xor_config, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    training = process("train", xor_config, "training.epochs=8")
    out, err = training.communicate(timeout=60)
    assert training.returncode == 0
    assert (out + err).isascii()
    assert "epoch 8/8  " in err
