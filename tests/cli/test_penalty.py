"""The penalty in ``history.csv``: with ``train_loss``, it is what training minimizes."""

from itertools import pairwise

import numpy as np
import pytest

import nncli as package
from nncli.training.history_file import read_history
from tests.cli.stopped_runs import assert_same_run, config, history, rewrite, without_penalty

ROWS = 50
BATCHES = [8] * 6 + [2]
PENALTIES = "l1: 0.01, l2: 0.05"


@pytest.fixture(params=["numpy", "compiled"])
def engine(request):
    if request.param == "compiled":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    return request.param


def penalties(recorded, l1, l2):
    """Return λ₁ Σ |w| + λ₂/2 Σ w² of the weights before each step, and after the last."""
    names = [name for name in recorded if name.startswith("W")]
    assert names == ["W1", "W2", "W3"]
    return [
        sum(
            l1 * abs(w) + l2 / 2 * w * w
            for name in names
            for w in recorded[name][at].ravel().tolist()
        )
        for at in range(len(recorded["step"]))
    ]


def as_old_run(run):
    """Turn a run into one of an earlier version, which did not measure penalties."""
    assert "penalty" in read_history(run / "history.csv")
    without_penalty(run / "history.csv")
    rewrite(
        run / "checkpoint.npz", lambda metadata, arrays: metadata["progress"]["sums"].pop("penalty")
    )


@pytest.mark.parametrize(("l1", "l2"), [(0.01, 0), (0, 0.05), (0.01, 0.05)])
def test_it_is_the_mean_over_the_rows_of_the_penalty_before_each_step(
    nncli, tmp_path, engine, l1, l2
):
    settings = f"l1: {l1}, l2: {l2}, precision: float64, record_weights: 1, engine: {engine}"
    data = "data={source: xor, rows: 50, test: 20}"
    assert nncli("train", config(tmp_path, settings), data, "-q", "-o", "run").code == 0
    table = read_history(tmp_path / "run" / "history.csv")
    before = penalties(package.recorded_weights(tmp_path / "run"), l1, l2)
    assert len(before) == 6 * len(BATCHES) + 1
    for epoch, found in enumerate(table["penalty"]):
        own = before[epoch * len(BATCHES) :]
        expected = sum(rows * each for rows, each in zip(BATCHES, own, strict=False)) / ROWS
        assert found == pytest.approx(expected, rel=1e-8)  # nine digits are written
    assert len({*table["penalty"]}) == 6


def test_both_engines_give_the_same_column(nncli, tmp_path):
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    path = config(tmp_path, f"{PENALTIES}, precision: float64")
    for name in ("numpy", "compiled"):
        assert nncli("train", path, "-q", "-o", name, f"training.engine={name}").code == 0
    numpy, compiled = (
        read_history(tmp_path / name / "history.csv")["penalty"] for name in ("numpy", "compiled")
    )
    assert compiled == pytest.approx(numpy, rel=1e-7)


@pytest.mark.parametrize(
    "settings",
    [
        "optimizer: {name: adamw, weight_decay: 0.1}",
        "max_norm: 1.0, clip_norm: 0.5, clip_value: 0.1",
        "l1: 0, l2: 0, dropout: 0.5",
    ],
)
def test_without_a_penalty_there_is_no_column(nncli, tmp_path, settings):
    assert nncli("train", config(tmp_path, settings), "-q", "-o", "run").code == 0
    assert "penalty" not in read_history(tmp_path / "run" / "history.csv")


def test_gradient_descent_lowers_the_sum_with_the_loss_but_not_the_loss(nncli, tmp_path):
    settings = "optimizer: sgd, batch_size: full, learning_rate: 0.1, epochs: 60, l2: 0.2"
    assert nncli("train", config(tmp_path, settings), "-q", "-o", "run").code == 0
    table = read_history(tmp_path / "run" / "history.csv")
    sums = np.add(table["train_loss"], table["penalty"])
    assert all(second < first for first, second in pairwise(sums))
    assert any(second > first for first, second in pairwise(table["train_loss"]))


@pytest.mark.parametrize("step", [3, 17])
def test_a_run_started_before_there_was_a_column_resumes_without_it(nncli, tmp_path, stop_at, step):
    path = config(tmp_path, PENALTIES)
    assert nncli("train", path, "-q", "-o", "whole").code == 0
    stop_at(step)
    assert nncli("train", path, "-q", "-o", "parts").code == 130
    as_old_run(tmp_path / "parts")
    stop_at(8)
    assert nncli("train", "-q", "--resume", "parts").code == 130
    stop_at(0)
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert "penalty" not in history(tmp_path / "parts")[0]
    without_penalty(tmp_path / "whole" / "history.csv")
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


def test_a_run_without_the_column_is_shown_and_compared(nncli, tmp_path):
    path = config(tmp_path, PENALTIES)
    for name in ("old", "new"):
        assert nncli("train", path, "-q", "-o", name).code == 0
    before = nncli("show", "old")
    as_old_run(tmp_path / "old")
    assert nncli("show", "old") == before
    assert nncli("compare", "old", "new").code == 0
    assert nncli("trace", "old").code == 0
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    for command in (["plot", "old", "curves"], ["compare", "old", "new", "--plot"]):
        assert nncli(*command, "-o", f"{command[0]}.png").code == 0
