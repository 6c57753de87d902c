"""Plots of classes and labels show the numbers of the evaluation."""

import re
import warnings

import numpy as np
import pytest

import nncli
from nncli.explain.plots import panels
from nncli.explain.plots.panels import thinned
from tests.explain.plots import tables

MANY = [f"class_{number:03}" for number in range(60)]


@pytest.fixture(scope="module")
def run_of(tmp_path_factory):
    """Return a function that trains a task once per module."""
    makers = {
        "three": lambda folder: tables.classes(folder, ["big $\\alpha$", "mid_dle", "中文"]),
        "rare": lambda folder: tables.classes(folder, ["x", "y"], rare=["odd", "odd", "odd"]),
        "many": lambda folder: tables.classes(folder, MANY, rows=360),
        "twenty": lambda folder: tables.classes(folder, MANY[:20], rows=200),
        "labels": tables.labels,
        "regression": tables.regression,
    }
    found = {}

    def run(name):
        if name not in found:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", nncli.NncliWarning)
                found[name] = makers[name](tmp_path_factory.mktemp(name))
        return found[name]

    return run


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_confusion_of_two_classes_is_that_of_the_evaluation(xor_run, draw):
    axes, _ = draw(xor_run, "confusion").axes
    matrix = np.array(nncli.load(xor_run).evaluate().matrix)
    shares = matrix / matrix.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(axes.images[0].get_array(), shares)
    assert [int(text.split("\n")[0]) for text in texts_of(axes)] == matrix.ravel().tolist()
    for text, share in zip(texts_of(axes), shares.ravel(), strict=True):
        assert not share or text.endswith(f"\n{share:.0%}")
    assert axes.get_title(loc="left").startswith(f"{xor_run}"[:20])
    assert "40 test rows; threshold 0.5" in axes.get_title(loc="left")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


def test_only_all_rows_of_a_class_are_100_percent():
    from nncli.explain.plots.confusion import _percent

    assert [*map(_percent, (0.0, 0.001, 0.5, 0.999, 1.0))] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_hostile_class_names_are_drawn_as_text(run_of, draw):
    axes = draw(run_of("three"), "confusion").axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["big $\\alpha$", "mid_dle", "\\u4e2d\\u6587"]


def test_of_many_classes_the_most_frequent_confusions_are_drawn(run_of, draw):
    (axes,) = draw(run_of("many"), "confusion").axes
    found = nncli.load(run_of("many")).evaluate()
    wrong = {(true, chosen): rows for chosen, true, rows in found.confusion_pairs if true != chosen}
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == sorted(wrong.values(), reverse=True)[:20]
    assert f"the 20 most frequent of {len(wrong)} confusions" in axes.get_title(loc="left")
    for label, width in zip(axes.get_yticklabels(), widths, strict=True):
        true, chosen = (found.names.index(name) for name in label.get_text().split(" as "))
        assert wrong[true, chosen] == width


def test_labels_have_a_panel_each(run_of, draw):
    figure = draw(run_of("labels"), "confusion")
    assert len(figure.axes) == 3
    for axes, label in zip(
        figure.axes, nncli.load(run_of("labels")).evaluate().figures, strict=True
    ):
        counts = [int(text.split("\n")[0]) for text in texts_of(axes)]
        assert sum(counts[2:]) == label["support"]
        assert counts[3] / max(sum(counts[2:]), 1) == pytest.approx(label["recall"])
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["a very long name o...inside it", "<script>alert(1)</script>", "שלום"]


@pytest.mark.parametrize("kind", ["roc", "precision-recall"])
def test_the_curve_of_two_classes_has_the_area_of_the_evaluation(xor_run, draw, kind):
    (axes,) = draw(xor_run, kind).axes
    metrics = nncli.load(xor_run).evaluate().metrics
    x, y = axes.get_lines()[0].get_data()
    if kind == "roc":
        assert np.trapezoid(y, x) == pytest.approx(metrics["roc_auc"])
        assert legend_of(axes) == [f"area {metrics['roc_auc']:.4f}: xor = 1", "area 0.5: chance"]
        assert [*axes.get_lines()[1].get_xdata()] == [0, 1]
    else:
        area = (np.diff(x) * y[1:]).sum()
        assert area == pytest.approx(metrics["average_precision"])
        assert legend_of(axes)[0] == f"average {metrics['average_precision']:.4f}: xor = 1"
    assert "positive class 1" in axes.get_title(loc="left")


@pytest.mark.parametrize("kind", ["roc", "precision-recall"])
def test_labels_have_a_curve_each(run_of, draw, kind):
    (axes,) = draw(run_of("labels"), kind).axes
    metric = {"roc": "roc_auc", "precision-recall": "average_precision"}[kind]
    for text, figures in zip(
        legend_of(axes), nncli.load(run_of("labels")).evaluate().figures, strict=False
    ):
        assert f" {figures[metric]:.4f}: " in text
        assert text.endswith(f"({figures['support']} rows)")


def test_a_class_curve_is_that_of_its_probability(run_of, draw):
    roc_auc_score = pytest.importorskip("sklearn.metrics").roc_auc_score
    model = nncli.load(run_of("three"))
    test = nncli.load_data(run_of("three") / "config.yaml").splits["test"]
    p = model.predict_proba(run_of("three").parent / "rows.csv")[test.rows]
    (axes,) = draw(run_of("three"), "roc").axes
    for number, text in enumerate(legend_of(axes)[:3]):
        area = roc_auc_score(test.targets[test.rows] == number, p[:, number])
        assert float(re.findall(r"[\d.]+", text)[0]) == pytest.approx(area, abs=2e-4)


def test_classes_without_test_rows_are_left_out_and_many_are_bounded(run_of, draw):
    (axes,) = draw(run_of("many"), "roc").axes
    assert len(axes.get_lines()) == 13
    assert "the 12 most frequent of 60 classes" in axes.get_title(loc="left")


def test_the_axes_name_the_event_that_a_probability_is_about(xor_run, draw):
    assert draw(xor_run, "calibration").axes[0].get_ylabel() == "fraction of rows with xor = 1"
    label = draw(xor_run, "threshold").axes[0].get_xlabel()
    assert label == "threshold of the probability of xor = 1"


def test_a_class_with_few_rows_says_how_many(run_of, draw):
    (axes,) = draw(run_of("rare"), "roc").axes
    support = [each["support"] for each in nncli.load(run_of("rare")).evaluate().figures]
    drawn = [text for text in legend_of(axes) if text.endswith(("row)", "rows)"))]
    assert len(drawn) == sum(rows > 0 for rows in support)


def test_calibration_has_the_error_of_the_evaluation(xor_run, run_of, draw):
    for run in (xor_run, run_of("three")):
        figure = draw(run, "calibration")
        above, below = figure.axes
        metrics = nncli.load(run).evaluate()
        assert "ECE: mean distance from the dotted line" in figure.get_suptitle()
        assert legend_of(above) == ["perfect", f"model: ECE {metrics.metrics['ece']:.4f}"]
        p, frequency = above.get_lines()[1].get_data()
        rows = np.array([bar.get_height() for bar in below.patches])
        assert rows.sum() == metrics.rows
        error = (rows * np.abs(p - frequency)).sum() / rows.sum()
        assert error == pytest.approx(metrics.metrics["ece"])


def test_the_threshold_plot_has_the_metrics_at_the_threshold_of_the_model(xor_run, draw):
    (axes,) = draw(xor_run, "threshold").axes
    figures = nncli.load(xor_run).evaluate()
    expected = figures.figures[1] | figures.metrics
    for line in axes.get_lines()[:4]:
        thresholds, values = line.get_data()
        value = values[np.flatnonzero(thresholds == 0.5)[0]]
        assert value == pytest.approx(expected[line.get_label().lower()])
    assert axes.get_lines()[4].get_xdata() == [0.5, 0.5]
    assert legend_of(axes)[-1] == "model: 0.5"


@pytest.mark.parametrize(
    ("run", "kind", "problem"),
    [
        ("regression", "confusion", "needs classes or labels; the task is regression"),
        ("regression", "roc", "needs classes or labels"),
        ("regression", "calibration", "needs classes or labels"),
        ("three", "threshold", "needs a model with a threshold"),
        ("labels", "residuals", "needs a regression; the task is multilabel"),
    ],
)
def test_plots_of_another_task_are_refused(run_of, run, kind, problem):
    with pytest.raises(nncli.UsageError, match=f"{kind}: {re.escape(problem)}"):
        nncli.plot(run_of(run), kind)


def test_a_config_has_no_curve():
    with pytest.raises(nncli.UsageError, match="roc: needs a trained model"):
        nncli.plot({"data": {"source": "xor"}}, "roc")


def test_rows_from_memory_are_named_as_missing():
    X = np.random.default_rng(0).normal(size=(40, 2))
    result = nncli.train({}, {"training.epochs": 1}, data=(X, (X[:, 0] > 0).astype(int)))
    lines = []
    assert "curves" in nncli.plot(result, note=lines.append)
    assert lines == [
        "model: cannot draw data, surface, hidden, mistakes, rows, confusion, roc, "
        "precision-recall, calibration, threshold, importance: needs the rows, which were passed "
        "from Python and not saved"
    ]
    with pytest.raises(nncli.UsageError, match="roc: needs the rows, which were passed from"):
        nncli.plot(result, "roc")


def test_24_lines_look_different_and_neighbors_differ_without_color():
    looks = [look for look, _ in zip(panels.line_looks(), range(24), strict=False)]
    assert len({tuple(look.values()) for look in looks}) == 24
    styles = [look["linestyle"] for look in looks]
    assert all(len({*styles[n : n + 3]}) == 3 for n in range(9))


def test_numbers_in_a_matrix_are_large_enough_to_read(run_of, draw):
    axes = draw(run_of("twenty"), "confusion").axes[0]
    assert len(axes.texts) == 400
    assert min(text.get_fontsize() for text in axes.texts) >= 7


def test_a_thinned_curve_keeps_its_ends_and_its_shape():
    x = np.linspace(0, 1, 100_000)
    y = np.sqrt(x)
    few_x, few_y = thinned(x, y)
    assert len(few_x) <= 500
    assert (few_x[0], few_x[-1], few_y[-1]) == (0, 1, 1)
    np.testing.assert_allclose(np.interp(x, few_x, few_y), y, atol=0.005)


def test_a_large_scatter_keeps_the_largest_errors():
    errors = np.random.default_rng(0).exponential(size=100_000)
    drawn = panels.drawn_rows(errors)
    assert len({*drawn.tolist()}) == panels.MOST_DRAWN  # as the title says
    assert len({*panels.drawn_rows(errors[:2001]).tolist()}) == panels.MOST_DRAWN
    assert {*np.argsort(errors)[-100:].tolist()} <= {*drawn.tolist()}


def test_chance_is_the_share_of_the_only_class_that_occurs(tmp_path, draw):
    tables.classes(tmp_path, ["a", "b", "c"], rows=60)
    lines = (tmp_path / "rows.csv").read_text("utf-8").splitlines()
    header, only = lines[0], [line for line in lines if line.endswith(",c")]
    (tmp_path / "test.csv").write_text("\n".join([header, *only]) + "\n", "utf-8")
    data = {
        "path": str(tmp_path / "rows.csv"),
        "target": "class",
        "test": str(tmp_path / "test.csv"),
    }
    result = nncli.train({"data": data}, {"training.epochs": 1})
    legend = draw(result, "precision-recall").axes[0].get_legend()
    assert [each.get_text() for each in legend.get_texts()] == [
        "average 1.0000: c (20 rows)", "average 1.0000: chance"
    ]  # fmt: skip
