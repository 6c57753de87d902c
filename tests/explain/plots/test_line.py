"""The prediction over the only column of a model is a curve, with rows and the units' points."""

import numpy as np
import pytest

import nncli

X = np.linspace(-2, 2, 40)
SETTINGS = {"model.hidden_layers": [3], "model.activation": "tanh", "training.epochs": 5}


def trained(**data):
    inputs = [[float(x)] for x in X]
    data = {"source": "rows", "inputs": inputs, "columns": ["time in s"], **data}
    return nncli.train({"data": data}, SETTINGS)


def curve_of(axes, label):
    (line,) = [each for each in axes.get_lines() if each.get_label() == label]
    return line.get_data()


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_regression_is_a_curve_through_its_rows(draw):
    run = trained(targets=np.sin(X).tolist(), target="height")
    figure = draw(run, "surface")
    (axes,) = figure.axes
    x, y = curve_of(axes, "model")
    np.testing.assert_allclose(y, run.model.predict(x[:, np.newaxis]), atol=1e-6)
    assert x[0] < X[0] < X[-1] < x[-1]
    (points,) = axes.collections
    np.testing.assert_allclose(points.get_offsets(), np.column_stack([X, np.sin(X)]))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time in s", "height")
    assert "Points: 40 training rows." in figure.get_suptitle()


def test_the_points_of_units_are_where_their_sums_are_zero(draw):
    run = trained(targets=np.sin(X).tolist())
    (axes,) = draw(run, "surface").axes
    arrays = run.model.network.arrays
    low, high = axes.get_xlim()
    zeros = -arrays["b1"] / arrays["W1"][0]
    zeros = sorted(each for each in zeros.tolist() if low < each < high)
    lines = [each for each in axes.get_lines() if len({*each.get_xdata()}) == 1]
    assert sorted(each.get_xdata()[0] for each in lines) == pytest.approx(zeros, abs=1e-3)
    assert len(zeros) > 0


def test_two_classes_are_a_probability_with_the_threshold_and_rows_at_0_and_1(draw):
    labels = ["yes" if x > 0.3 else "no" for x in X]
    run = trained(labels=labels, target="open")
    figure = draw(run, "surface")
    (axes,) = figure.axes
    x, y = curve_of(axes, "model")
    np.testing.assert_allclose(y, run.model.predict_proba(x[:, np.newaxis])[:, 1], atol=1e-6)
    no, yes = axes.collections
    np.testing.assert_allclose(no.get_offsets(), [[each, 0] for each in X if each <= 0.3])
    np.testing.assert_allclose(yes.get_offsets(), [[each, 1] for each in X if each > 0.3])
    assert {"no", "yes", "model", "threshold 0.5"} <= {*legend_of(figure)}
    assert axes.get_ylabel() == "probability of open = yes"
    assert "at 0 or 1" in figure.get_suptitle()


def test_several_classes_have_a_line_each_in_its_own_style(draw):
    labels = np.digitize(X, [-1, 1]).astype(str).tolist()
    run = trained(labels=labels, classes=["0", "1", "2"], target="part")
    figure = draw(run, "surface")
    (axes,) = figure.axes
    lines = [each for each in axes.get_lines() if len(each.get_xdata()) > 100]
    p = run.model.predict_proba(lines[0].get_xdata()[:, np.newaxis])
    for number, each in enumerate(lines):
        np.testing.assert_allclose(each.get_ydata(), p[:, number], atol=1e-6)
    assert len({each.get_linestyle() for each in lines}) == 3
    heights = [{*points.get_offsets()[:, 1].tolist()} for points in axes.collections]
    assert all(len(each) == 1 and max(each) < 0 for each in heights)
    assert legend_of(figure)[:3] == ["0", "1", "2"]
    assert axes.get_ylabel() == "probability of each part"
    assert min(axes.get_yticks()) == 0


def test_several_targets_have_a_panel_each(draw):
    run = trained(targets=np.column_stack([X, X**2]).tolist(), target=["up", "bowl"])
    figure = draw(run, "surface")
    assert [axes.get_ylabel() for axes in figure.axes] == ["up", "bowl"]
    for number, axes in enumerate(figure.axes):
        x, y = curve_of(axes, "model")
        found = run.model.predict(x[:, np.newaxis])[:, number]
        np.testing.assert_allclose(y, found, atol=1e-6)


def test_a_category_has_a_point_for_each_text(tmp_path, draw):
    rows = [f"{letter},{ord(letter) + n}" for n in range(8) for letter in "abc"]
    (tmp_path / "t.csv").write_text("\n".join(["letter,size", *rows]), "utf-8")
    data = {"path": str(tmp_path / "t.csv"), "target": "size"}
    run = nncli.train({"data": data}, SETTINGS, note=lambda text: None)
    (axes,) = draw(run, "surface").axes
    x, y = curve_of(axes, "model")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["a", "b", "c"]
    assert x.tolist() == [0, 1, 2]
    np.testing.assert_allclose(y, run.model.predict([{"letter": each} for each in "abc"]))


@pytest.mark.parametrize(("columns", "kinds"), [("x", ["surface"]), ("x,z", ["surface", "data"])])
def test_rows_without_a_value_are_counted(tmp_path, draw, columns, kinds):
    other = ",7.5" * columns.count(",")
    rows = [f"{row if row % 8 else ''}{other},{row % 5}.5" for row in range(48)]
    (tmp_path / "t.csv").write_text("\n".join([f"{columns},size", *rows]), "utf-8")
    blank = {"x": {"kind": "number", "missing": "indicator"}}
    data = {"path": str(tmp_path / "t.csv"), "target": "size", "test": 0, "columns": blank}
    run = nncli.train({"data": data}, SETTINGS, note=lambda text: None)
    for kind in kinds:
        assert "Not drawn: 6 rows without a value." in draw(run, kind).get_suptitle()
