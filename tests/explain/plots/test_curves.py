"""Plots of the history show the numbers of the history."""

from itertools import pairwise
from shutil import copytree

import numpy as np
import pytest

import nncli
from nncli.explain.plots.style import log_axis, one_axes, styled
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
    for axes in (loss, accuracy):
        assert [line.get_xdata()[0] for line in axes.get_lines()][-1] == best
    assert [*accuracy.texts] == []
    assert [text.get_text() for text in loss.texts] == [f"best epoch {best}"]
    assert "validation" in {text.get_text() for text in loss.get_legend().get_texts()}


def test_curves_show_the_penalty_below_the_metrics(draw):
    settings = {"training.epochs": 3, "training.l2": 0.01}
    run = nncli.train({"data": {"source": "xor", "rows": 60, "validation": 20}}, settings)
    *others, penalty = draw(run, "curves").axes
    assert [axes.get_ylabel() for axes in others] == ["loss", "accuracy"]
    assert penalty.get_ylabel() == "penalty"
    np.testing.assert_array_equal(lines_of(penalty)["train"], run.history["penalty"])
    assert "validation" not in lines_of(penalty)


def boxes_of(figure, artists):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    return [each.get_window_extent(renderer) for each in artists]


def test_the_text_of_the_best_epoch_and_the_legend_cover_no_line(xor_run, draw):
    figure = draw(xor_run, "curves")
    loss = figure.axes[0]
    text, legend = boxes_of(figure, [loss.texts[0], loss.get_legend()])
    for line in loss.get_lines()[:2]:
        points = loss.transData.transform(np.column_stack(line.get_data()))
        assert points[:, 1].max() < text.y0
    assert legend.y0 >= boxes_of(figure, [loss])[0].y1 - 1


def test_one_epoch_has_ticks_at_whole_epochs_only(draw):
    run = nncli.train({"data": {"source": "gate"}}, {"training.epochs": 1})
    for kind in ("curves", "rate", "gradients"):
        figure = draw(run, kind)
        axes = figure.axes[-1]
        boxes_of(figure, [axes])
        low, high = axes.get_xlim()
        shown = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert shown == [1]


@pytest.mark.parametrize("high", [3.0, 30.0, 300.0, 1e6])
def test_numbers_on_a_logarithmic_axis_do_not_overlap(high):
    with styled():
        figure, axes = one_axes(4.0, 2.2)
        axes.plot([1, 2], [0.02, 0.02 * high])
        log_axis(axes)
        (frame,) = boxes_of(figure, [axes])
        labels = [each for each in axes.get_yticklabels(which="both") if each.get_text()]
        boxes = [(box.y0, box.y1) for box in boxes_of(figure, labels)]
        inside = sorted(box for box in boxes if frame.y0 <= sum(box) / 2 <= frame.y1)
    assert len(inside) >= 2
    assert all(low[1] <= up[0] for low, up in pairwise(inside))


def test_a_run_directory_of_any_name_is_named_in_the_titles(tmp_path, draw, texts_of):
    folder = tmp_path / ("中文 " + "long " * 20)
    run = nncli.train({"data": {"source": "gate"}}, {"training.epochs": 2}, out=folder)
    for kind in ("curves", "rate", "gradients", "activations", "losses", "schedules"):
        figure = draw(run, kind)
        boxes_of(figure, [])  # in the tests, a warning of a missing glyph is an error
        assert all("中" not in text for text in texts_of(figure))


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


def test_a_history_without_learning_rates_has_no_plot_of_them(xor_run, tmp_path, draw):
    run = tmp_path / "run"
    copytree(xor_run, run)
    file = run / "history.csv"
    lines = [line.split(",")[:2] for line in file.read_text("utf-8").splitlines()]
    file.write_text("".join(f"{','.join(line)}\n" for line in lines), "utf-8")
    with pytest.raises(nncli.UsageError, match=r"rate: needs learning rates in history\.csv"):
        draw(run, "rate")
    assert draw(run, "curves").axes


@pytest.mark.parametrize("column", ["train_loss", "learning_rate", "gradient_norm_1"])
def test_a_history_of_numbers_too_large_for_an_axis_is_refused(tmp_path, column):
    result = nncli.train({"data": {"source": "gate", "gate": "xor"}}, {"training.epochs": 2})
    kinds = ["curves", "rate", "gradients"]
    result.history[column][0] = 1e308
    for kind in kinds:
        with pytest.raises(nncli.UsageError, match=r"needs a history of numbers up to 1e\+100"):
            nncli.plot(result, kind)
    result.history[column][0] = float("inf")  # of a run that diverged
    nncli.save_plots(nncli.plot(result, kinds), tmp_path)  # warnings are errors
