"""The plot of a comparison shows the histories of its runs."""

import shutil

import numpy as np
import pytest

import nncli
from nncli.training.history_file import read_history

XOR = {"data": {"source": "xor", "rows": 60, "test": 40, "validation": 20}}
SMALL = {"model.hidden_layers": [3], "training.epochs": 4}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return a folder with two runs, and one of three seeds that stop at different epochs."""
    folder = tmp_path_factory.mktemp("compared")
    for rate in (0.1, 0.01):
        nncli.train(XOR, {**SMALL, "training.learning_rate": rate}, out=folder / f"rate-{rate}")
    several = {**SMALL, "training.seeds": 3, "training.epochs": 30,
               "training.early_stopping.patience": 2, "training.learning_rate": 0.3}  # fmt: skip
    nncli.train_seeds(XOR, several, out=folder / "seeds")
    return folder


def ignored(line):
    """Ignore a line."""


def history(run, part=""):
    return read_history(run / part / "history.csv")


def lines_of(axes, label):
    return [line for line in axes.get_lines() if line.get_label() == label]


def legend_of(figure):
    (legend,) = figure.legends
    return [each.get_text() for each in legend.get_texts()]


def test_the_curves_of_two_runs_are_those_of_their_histories(runs):
    found = nncli.compare([runs / "rate-0.1", runs / "rate-0.01"])
    (figure,) = found.plot().values()
    names = [f"{run.path.name}, learning_rate {run.path.name[5:]}" for run in found.runs]
    assert legend_of(figure) == names
    columns = ["train_loss", "validation_loss", "train_accuracy", "validation_accuracy"]
    for axes, column in zip(figure.axes, columns, strict=True):
        for run, name in zip(found.runs, names, strict=True):
            (line,) = lines_of(axes, name)
            np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
            np.testing.assert_array_equal(line.get_ydata(), history(run.path)[column])
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "", "accuracy", ""]
    assert [axes.get_title("left") for axes in figure.axes[:2]] == ["train rows", "validation rows"]
    assert "dot: epoch of the weights" in figure.get_suptitle()


def test_a_dot_marks_the_epoch_of_the_weights(runs):
    found = nncli.compare(runs / "rate-0.1")
    (figure,) = found.plot().values()
    (dot,) = [line for line in figure.axes[1].get_lines() if line.get_marker() == "o"]
    best = int(found.runs[0].best_epoch)
    assert dot.get_xdata() == [best]
    assert dot.get_ydata() == [history(runs / "rate-0.1")["validation_loss"][best - 1]]


def test_seeds_are_drawn_as_mean_and_band_of_the_epochs_that_all_trained(runs):
    (figure,) = nncli.compare(runs / "seeds").plot().values()
    tables = [history(runs / "seeds", f"seed-{n}")["validation_loss"] for n in range(3)]
    common = min(map(len, tables))
    assert common < max(map(len, tables)), "the seeds have to stop at different epochs"
    axes = figure.axes[1]
    (mean,) = lines_of(axes, "seeds, 3 seeds")
    values = np.array([table[:common] for table in tables])
    np.testing.assert_allclose(mean.get_ydata(), values.mean(axis=0))
    (band,) = axes.collections
    edges = band.get_paths()[0].vertices
    for epoch in range(common):
        own = edges[edges[:, 0] == epoch + 1, 1]
        deviation = np.sqrt(np.sum((values[:, epoch] - values[:, epoch].mean()) ** 2) / 2)
        assert own.min() == pytest.approx(values[:, epoch].mean() - deviation)
        assert own.max() == pytest.approx(values[:, epoch].mean() + deviation)
    thin = [line.get_ydata() for line in axes.get_lines() if line is not mean]
    for drawn, table in zip(thin, tables, strict=True):
        np.testing.assert_array_equal(drawn, table)
    assert "mean ± sample standard deviation over seeds" in figure.get_suptitle()


def test_folds_are_drawn_like_seeds(tmp_path):
    nncli.cross_validate(XOR, {**SMALL, "training.folds": 3}, out=tmp_path / "folds")
    (figure,) = nncli.compare(tmp_path / "folds", split="held_out").plot().values()
    (mean,) = lines_of(figure.axes[0], "folds, 3 folds")
    tables = [history(tmp_path / "folds", f"fold-{n}")["train_loss"] for n in (1, 2, 3)]
    np.testing.assert_allclose(mean.get_ydata(), np.mean(tables, axis=0))


def test_runs_of_the_same_name_are_named_by_their_paths(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in "ab":
        shutil.copytree(runs / "rate-0.1", tmp_path / folder / "run")
    (figure,) = nncli.compare(["a/run", "b/run"]).plot().values()
    assert [each.replace("\\", "/") for each in legend_of(figure)] == ["a/run", "b/run"]


def test_a_name_with_an_underscore_is_in_the_legend(runs, tmp_path):
    shutil.copytree(runs / "rate-0.1", tmp_path / "_run")
    (figure,) = nncli.compare(tmp_path / "_run").plot().values()
    assert [text.strip() for text in legend_of(figure)] == ["_run"]


def test_twelve_of_many_runs_have_a_color_and_the_others_are_gray(runs, tmp_path):
    for number in range(15):
        shutil.copytree(runs / "rate-0.1", tmp_path / f"run-{number}")
    (figure,) = nncli.compare(tmp_path).plot().values()
    assert legend_of(figure) == [f"run-{number}" for number in range(12)]
    looks = {
        (line.get_color(), line.get_linestyle())
        for number in range(12)
        for line in lines_of(figure.axes[0], f"run-{number}")
    }
    assert len(looks) == 12
    assert len(figure.axes[0].get_lines()) == 12 * 2 + 3  # a line and a dot, and the gray lines
    assert "gray: 3 other runs" in figure.get_suptitle()


def test_a_run_without_a_readable_history_is_left_out(runs, tmp_path):
    shutil.copytree(runs / "rate-0.1", tmp_path / "whole")
    shutil.copytree(runs / "seeds", tmp_path / "seeds")
    (tmp_path / "seeds" / "seed-1" / "history.csv").unlink()
    for number, content in enumerate(["", "epoch,train_loss\n", "a,b\n1,2\n"]):
        shutil.copytree(runs / "rate-0.1", tmp_path / f"broken-{number}")
        (tmp_path / f"broken-{number}" / "history.csv").write_text(content, encoding="utf-8")
    lines = []
    (figure,) = nncli.compare(tmp_path, note=ignored).plot(note=lines.append).values()
    assert legend_of(figure) == ["whole"]
    assert len(lines) == 4
    assert all(line.endswith("; left out of the plot") for line in lines)
    assert any("broken-1: has no completed epoch" in line for line in lines)
    shutil.rmtree(tmp_path / "whole")
    with pytest.raises(nncli.UsageError, match="no run has a history to plot"):
        nncli.compare(tmp_path, note=ignored).plot(note=ignored)


def test_a_torn_last_line_is_left_out(runs, tmp_path):
    shutil.copytree(runs / "rate-0.1", tmp_path / "run")
    content = (tmp_path / "run" / "history.csv").read_bytes()
    (tmp_path / "run" / "history.csv").write_bytes(content[:-9])
    (figure,) = nncli.compare(tmp_path / "run").plot().values()
    (line,) = lines_of(figure.axes[0], "run")
    assert len(line.get_ydata()) == 3


def test_a_link_in_a_run_is_not_followed(runs, tmp_path):
    shutil.copytree(runs / "rate-0.1", tmp_path / "run")
    place = tmp_path / "run" / "history.csv"
    place.rename(tmp_path / "elsewhere.csv")
    try:
        place.symlink_to(tmp_path / "elsewhere.csv")
    except OSError as error:
        pytest.skip(f"no links here: {error}")
    lines = []
    with pytest.raises(nncli.UsageError, match="no run has a history"):
        nncli.compare(tmp_path / "run").plot(note=lines.append)
    assert "a link" in lines[0]


def test_losses_of_very_different_size_are_on_a_logarithmic_axis(runs, tmp_path):
    shutil.copytree(runs / "seeds", tmp_path / "seeds")
    for number, scale in enumerate((1, 1e-3, 1e-6)):
        place = tmp_path / "seeds" / f"seed-{number}" / "history.csv"
        place.write_text(f"epoch,train_loss\n1,{scale}\n2,{scale / 10}\n", encoding="utf-8")
    (figure,) = nncli.compare(tmp_path / "seeds").plot().values()
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    least, most = axes.get_ylim()
    assert 0 < least <= 1e-7
    assert most >= 1


def test_only_curves_are_drawn_of_a_comparison(runs):
    found = nncli.compare(runs / "rate-0.1")
    assert [*nncli.plot(found, "curves")] == ["curves"]
    with pytest.raises(nncli.UsageError, match="surface: does not apply to a comparison"):
        nncli.plot(found, "surface")


def test_the_same_comparison_gives_the_same_file(runs, tmp_path):
    for name in ("a", "b"):
        nncli.save_plots(nncli.compare(runs, note=ignored).plot(), tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
