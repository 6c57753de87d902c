"""The plot of importance shows the numbers of `nncli.importance`."""

from itertools import pairwise

import numpy as np
import pytest

import nncli
from nncli.explain.plots.kinds import PLOT_KINDS
from nncli.explain.plots.subject import subject_of
from tests.explain.plots import tables


def test_bars_are_the_mean_drawbacks_of_each_column(tmp_path, draw):
    run = tables.regression(tmp_path, ["price"])
    figure = draw(run, "importance")
    found = nncli.importance(run)
    score, loss = figure.axes
    for axes, metric in ((score, "mae"), (loss, "loss")):
        widths = [bar.get_width() for bar in axes.patches]
        np.testing.assert_allclose(widths, found.summary(metric)[0][found.order])
    names = [label.get_text() for label in score.get_yticklabels()]
    assert names == [found.columns[number] for number in found.order]
    assert score.get_xlabel() == f"rise of the MAE of price (from {found.metrics['mae']:.4g})"
    assert "32 test rows; mean and standard deviation of 5 permutations" in figure.get_suptitle()


def test_of_many_columns_the_most_important_are_drawn(draw, tmp_path):
    columns = [np.random.default_rng(n).normal(size=60).round(3) for n in range(30)]
    header = [f"column ${n}$ <b>" for n in range(30)]
    label = np.where(columns[4] > 0, "yes", "no")
    run = tables.trained(tmp_path, [*header, "class"], "class", [*columns, label])
    figure = draw(run, "importance")
    assert len(figure.axes[0].patches) == 20
    assert "the 20 most important of 30 columns" in figure.get_suptitle()
    assert figure.axes[0].get_xlabel().startswith("fall of the accuracy (from ")


def test_images_are_drawn_only_if_named(draw, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 6), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", X=images, y=np.arange(30) % 3)
    data = {"path": str(tmp_path / "images.npz"), "test": 0.4}
    nncli.train({"data": data}, {"training.epochs": 1}, out=tmp_path / "run")
    assert PLOT_KINDS["importance"].is_only_named(subject_of(tmp_path / "run"))
    axes = draw(tmp_path / "run", "importance").axes[0]
    means = nncli.importance(tmp_path / "run").summary("loss")[0]
    np.testing.assert_allclose(axes.images[0].get_array().ravel(), means)
    assert axes.images[0].get_array().shape == (4, 6)


def test_one_row_has_no_importance(tmp_path):
    run = tables.trained(tmp_path, ["a", "y"], "y", [[1, 2, 3, 4, 5.5], [2, 4, 6, 8, 11.5]], test=1)
    with pytest.raises(nncli.UsageError, match="importance: needs two rows or more"):
        nncli.plot(run, "importance")
    assert "predicted" in nncli.plot(run)


def test_numbers_on_the_axes_do_not_overlap(table_run, draw):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = draw(table_run, "importance")
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
        frame = axes.get_window_extent()
        inside = sorted((box.x0, box.x1) for box in boxes if frame.x0 <= box.x0 <= frame.x1)
        assert len(inside) > 1
        assert all(left[1] < right[0] for left, right in pairwise(inside))
