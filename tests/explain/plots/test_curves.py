"""Plots of the history show the numbers of the history."""

import numpy as np
import pytest

import nncli
from nncli.training.history_file import read_history


def lines_of(axes):
    return {line.get_label(): line.get_ydata() for line in axes.get_lines()}


def test_curves_show_both_splits_and_the_best_epoch(xor_run, draw):
    history, figure = read_history(xor_run / "history.csv"), draw(xor_run, "curves")
    loss, accuracy = figure.axes
    for axes, metric in ((loss, "loss"), (accuracy, "accuracy")):
        for split in ("train", "validation"):
            np.testing.assert_array_equal(lines_of(axes)[split], history[f"{split}_{metric}"])
    best = nncli.load(xor_run).training["best_epoch"]
    assert [text.get_text() for text in loss.texts] == [f"best epoch {best}"]
    assert "validation" in {text.get_text() for text in loss.get_legend().get_texts()}


def test_the_rate_is_that_of_the_history(xor_run, draw):
    (axes,) = draw(xor_run, "rate").axes
    (line,) = axes.get_lines()
    np.testing.assert_array_equal(
        line.get_ydata(), read_history(xor_run / "history.csv")["learning_rate"]
    )


def test_gradients_have_a_line_per_layer_on_a_logarithmic_axis(xor_run, draw):
    norms, saturated = draw(xor_run, "gradients").axes
    history = read_history(xor_run / "history.csv")
    assert norms.get_yscale() == "log"
    for number in (1, 2):
        label = f"layer {number}"
        np.testing.assert_array_equal(lines_of(norms)[label], history[f"gradient_norm_{number}"])
    np.testing.assert_array_equal(lines_of(saturated)["layer 1"], history["saturated_1"])


@pytest.mark.parametrize("kind", ["curves", "rate", "gradients"])
def test_a_torn_last_line_of_the_history_is_left_out(xor_run, draw, tmp_path, kind):
    for name in ("weights.npz", "config.yaml", "history.csv"):
        content = (xor_run / name).read_bytes()
        (tmp_path / name).write_bytes(content[:-7] if name == "history.csv" else content)
    line = draw(tmp_path, kind).axes[0].get_lines()[0]
    assert len(line.get_ydata()) == 2


def test_a_run_without_an_epoch_has_no_curves(xor_run, tmp_path):
    for name in ("weights.npz", "config.yaml"):
        (tmp_path / name).write_bytes((xor_run / name).read_bytes())
    header = (xor_run / "history.csv").read_text("utf-8").splitlines(keepends=True)[0]
    (tmp_path / "history.csv").write_text(header, "utf-8")
    with pytest.raises(nncli.UsageError, match="curves: needs a completed epoch"):
        nncli.plot(tmp_path, "curves")
