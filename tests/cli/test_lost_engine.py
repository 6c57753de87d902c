"""A run of the compiled engine, which `auto` chose, on a machine that cannot run it."""

import os
import re
import shlex

import numpy as np
import pytest

from nncli.base.extras import install_command
from nncli.engines import choice
from tests.cli.stopped_runs import config, metadata_of

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

LONG = "epochs: 100000, batch_size: 8"  # so that auto chooses the compiled engine
MISSING = f"numba is not installed; get it with: {install_command('fast')}"


@pytest.fixture
def without_numba(monkeypatch):
    """Return a function that makes Numba missing from now on."""
    return lambda patch=monkeypatch: patch.setattr(choice, "find_spec", lambda name: None)


@pytest.fixture
def run(nncli, tmp_path, stop_at):
    """Return a run that was interrupted."""
    path = config(tmp_path, LONG)
    stop_at(9)
    assert nncli("train", path, "-q", "-o", "a run").code == 130
    assert metadata_of(tmp_path / "a run" / "checkpoint.npz")["engine"] == "compiled"
    stop_at(0)
    return tmp_path / "a run"


def test_the_error_says_who_chose_the_engine_and_what_to_type(nncli, run, tmp_path, without_numba):
    without_numba()
    before = {each: each.read_bytes() for each in run.iterdir()}
    done = nncli("train", "--resume", "a run")
    assert done.code == 1
    start, _, typed = done.error.partition("; or start anew from its weights: nncli ")
    assert start == (
        "Error: a run: a run keeps the engine that training.engine: auto chose at its start, and "
        f"{MISSING}"
    )
    assert {each: each.read_bytes() for each in run.iterdir()} == before
    done = nncli(*shlex.split(typed), "training.epochs=0", "-q", "-o", "new")
    assert (done.code, done.err) == (0, "")
    assert metadata_of(tmp_path / "new" / "checkpoint.npz")["engine"] == "numpy"
    with np.load(run / "weights.npz") as old, np.load(tmp_path / "new" / "weights.npz") as new:
        for name in ("W1", "b1", "W3"):
            np.testing.assert_array_equal(old[name], new[name])


def test_without_weights_the_error_says_how_to_train_anew(nncli, run, without_numba):
    without_numba()
    (run / "weights.npz").unlink()
    end = "; or train anew: nncli train 'a run/config.yaml' training.engine=numpy"
    assert nncli("train", "--resume", "a run").error.endswith(f"{MISSING}{end}")


def test_when_numba_is_there_again_it_resumes(nncli, run, stop_at, without_numba, monkeypatch):
    with monkeypatch.context() as patch:
        without_numba(patch)
        assert nncli("train", "--resume", "a run").code == 1
    stop_at(9)
    assert nncli("train", "-q", "--resume", "a run").code == 130
    assert metadata_of(run / "checkpoint.npz")["engine"] == "compiled"


def test_an_engine_that_the_config_names_is_reported_at_its_place(
    nncli, tmp_path, stop_at, without_numba
):
    path = config(tmp_path, "engine: compiled")
    stop_at(9)
    assert nncli("train", path, "-q", "-o", "run").code == 130
    without_numba()
    error = nncli("train", "--resume", "run").error
    assert re.match(rf"run{re.escape(os.sep)}config.yaml:\d+:\d+: training.engine: ", error)
    assert error.endswith(MISSING)
