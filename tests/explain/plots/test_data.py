"""The plot of data shows training rows: points, histograms and correlations, or images."""

import numpy as np
import pytest

import nncli
from nncli.data.builtin.generated import GENERATED
from nncli.explain.plots.sample import sample_of
from nncli.explain.plots.subject import subject_of


def points_of(axes):
    return {each.get_label(): each for each in axes.collections}


def test_two_inputs_are_points_by_class(xor_run, draw):
    (axes,) = draw(xor_run, "data").axes
    split = subject_of(xor_run).dataset.splits["train"]
    points = points_of(axes)
    for number in (0, 1):
        own = split.inputs[split.rows][split.targets[split.rows] == number]
        np.testing.assert_allclose(points[str(number)].get_offsets(), own)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x1", "x2")


def test_a_config_is_drawn_before_training(draw):
    figure = draw({"data": {"source": "xor", "rows": 30, "test": 4}}, "data")
    assert "Points: 30 training rows." in figure.get_suptitle()


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_data_set_is_points_by_class_or_target(draw, name):
    config = {"data": {"source": name, "rows": 40, "test": 0}}
    (points, *others) = draw(config, "data").axes[0].collections
    split = subject_of(config).dataset.splits["train"]
    assert len(others) == len(GENERATED[name].class_names({})[1:])
    own = split.inputs[split.targets == 0] if others else split.inputs
    np.testing.assert_allclose(points.get_offsets(), own)
    if not others:
        np.testing.assert_allclose(points.get_array(), split.targets[:, 0])


def test_a_gate_has_its_four_points_and_the_equation_of_each_unit(gate_run, draw, texts_of):
    figure = draw(gate_run, "data")
    (axes,) = figure.axes
    points = points_of(axes)
    assert {*map(tuple, points["0"].get_offsets())} == {(0, 0), (1, 1)}
    assert {*map(tuple, points["1"].get_offsets())} == {(0, 1), (1, 0)}
    texts = texts_of(figure)
    assert "unit 1: 5·x1 + 5·x2 - 8 = 0" in texts
    assert "unit 2: -7·x1 - 7·x2 + 3 = 0" in texts
    for line, (u, v, b) in zip(axes.get_lines(), [(5, 5, -8), (-7, -7, 3)], strict=True):
        for x, y in (line.get_xy1(), line.get_xy2()):
            assert u * x + v * y + b == pytest.approx(0)


def test_a_unit_without_weights_has_no_line(draw, texts_of):
    config = {"data": {"source": "gate", "gate": "and"},
              "model": {"hidden_layers": [], "output": "step", "initializer": "zeros"}}  # fmt: skip
    assert "unit 1: 0·x1 + 0·x2 + 0 = 0 (no line)" in texts_of(draw(config, "data"))


def test_the_equation_of_scaled_inputs_is_in_the_units_of_the_rows(draw, texts_of):
    data = {"source": "rows", "inputs": [[0, 0], [10, 4]], "labels": ["a", "b"], "scale": "minmax"}
    model = {"hidden_layers": [], "initial_weights": [[[20], [4]]], "initial_biases": [[3]]}
    figure = draw({"data": data, "model": model}, "data")
    assert "unit 1: 2·x1 + 1·x2 + 3 = 0" in texts_of(figure)


def test_more_columns_have_histograms_by_class_and_correlations(table_run, draw, texts_of):
    figure = draw(table_run, "data")
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels[:5] == ["color", "size", "heavy", "made days", "made month"]
    size = figure.axes[1]
    dataset = subject_of(table_run).dataset
    assert len(size.patches) == len(dataset.classes)
    for patch in size.patches:  # the outline of a histogram is a polygon
        assert patch.get_xy()[1:-1:2, 1].sum() == pytest.approx(1)
    color = figure.axes[0]
    assert [tick.get_text() for tick in color.get_xticklabels()] == ["blue", "green", "red"]
    assert sum(bar.get_height() for bar in color.patches) == pytest.approx(3)
    (image,) = (image for axes in figure.axes for image in axes.get_images())
    found = np.asarray(image.get_array())
    np.testing.assert_allclose(np.diag(found), 1)
    names = [tick.get_text() for tick in image.axes.get_yticklabels()]
    assert names[0] == "size"
    assert "color" not in names


def test_correlations_are_those_of_numpy(draw):
    random = np.random.default_rng(0)
    X = random.normal(size=(50, 3)).round(3)
    data = {"source": "rows", "inputs": X.tolist(), "targets": X[:, 0].tolist(), "target": "t"}
    figure = draw({"data": data}, "data")
    (image,) = (image for axes in figure.axes for image in axes.get_images())
    expected = np.corrcoef(np.column_stack([X, X[:, 0]]).T.astype(np.float32))
    np.testing.assert_allclose(image.get_array(), expected, atol=1e-6)
    assert [tick.get_text() for tick in image.axes.get_xticklabels()] == ["x1", "x2", "x3", "t"]


def test_images_are_a_grid_with_a_line_per_class(image_run, draw, texts_of):
    figure = draw(image_run, "data")
    (axes,) = figure.axes
    canvas = np.ma.getdata(axes.get_images()[0].get_array())
    split = subject_of(image_run).dataset.splits["train"]
    first = split.inputs[split.rows[split.targets[split.rows] == 1][0]].reshape(6, 5) / 255
    np.testing.assert_allclose(canvas[-6:, :5], first)
    assert {"0", "1"} <= {*texts_of(figure)}


def test_many_classes_and_columns_are_cut_and_it_says_so(draw, texts_of):
    random = np.random.default_rng(0)
    X = random.normal(size=(400, 2)).round(3).tolist()
    labels = [f"class {row % 100}" for row in range(400)]
    figure = draw({"data": {"source": "rows", "inputs": X, "labels": labels}}, "data")
    assert "88 other classes" in texts_of(figure)
    wide = {"source": "rows", "inputs": random.normal(size=(9, 40)).round(3).tolist(),
            "targets": [*range(9)]}  # fmt: skip
    figure = draw({"data": wide}, "data")
    assert "The first 9 of 40 columns" in " ".join(figure.get_suptitle().split())
    assert max(len(axes.get_yticklabels()) for axes in figure.axes) <= 20


def test_of_many_classes_no_two_look_the_same(draw):
    X = np.random.default_rng(0).normal(size=(400, 2)).round(3).tolist()
    labels = [row % 100 if row < 200 else 42 * (row % 3) for row in range(400)]
    axes = draw({"data": {"source": "rows", "inputs": X, "labels": labels}}, "data").axes[0]
    named = [each for each in axes.collections if each.get_label().isdecimal()]
    assert {"0", "42", "84"} <= {each.get_label() for each in named}
    looks = {
        (tuple(each.get_facecolor()[0]), each.get_paths()[0].vertices.tobytes()) for each in named
    }
    assert len(looks) == len(named) == 12


def test_texts_alone_have_no_correlations(tmp_path, draw):
    lines = [f"{color},{kind}" for color in ("red", "green") for kind in "abc"] * 4
    (tmp_path / "t.csv").write_text("\n".join(["color,kind", *lines]), "utf-8")
    data = {"source": "csv", "path": str(tmp_path / "t.csv"), "target": "kind"}
    figure = draw({"data": data}, "data")
    assert not [image for axes in figure.axes for image in axes.get_images()]
    assert "correlations" not in figure.get_suptitle()


@pytest.mark.parametrize("value", [0.0, 3.0, 1e30, -1e-30])
def test_a_constant_column_is_drawn(draw, tmp_path, value):
    for columns in (2, 3):
        rows = [[value] * columns for _ in range(3)]
        data = {"source": "rows", "inputs": rows, "targets": [1, 2, 3], "scale": "standard"}
        result = nncli.train({"data": data}, {"training.epochs": 1})
        figures = {kind: draw(result, kind) for kind in ("data", "surface", "rows", "mistakes")}
        nncli.save_plots(figures, tmp_path)


def test_histograms_of_months_have_a_bin_and_a_name_for_each(table_run, draw):
    axes = next(each for each in draw(table_run, "data").axes if each.get_xlabel() == "made month")
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    assert (names[0], names[11], len(names)) == ("Jan", "Dec", 12)
    assert axes.get_xticklabels()[0].get_rotation() == 90  # they would overlap
    edges = axes.patches[0].get_xy()[:, 0]
    np.testing.assert_allclose(np.unique(edges.round(6)), np.arange(13) - 0.5)


def test_few_whole_numbers_have_a_bin_each(draw):
    inputs = [[row % 4, row / 7, row] for row in range(40)]
    data = {"source": "rows", "inputs": inputs, "targets": [*range(40)]}
    whole, rest, many = draw({"data": data}, "data").axes[:3]
    assert [bar.get_height() for bar in whole.patches] == [10, 10, 10, 10]
    assert [bar.get_x() for bar in whole.patches] == [-0.5, 0.5, 1.5, 2.5]
    assert len(rest.patches) == len(many.patches) == 20


def test_a_column_and_a_class_that_the_sample_lacks(tmp_path, draw):
    random = np.random.default_rng(0)
    lines = [f"{random.normal():.3f},{row if row in (7, 8) else ''},{'uv'[row % 2]},"
             f"{random.normal():.3f},{int(row in (7, 8, 9))}" for row in range(6000)]  # fmt: skip
    (tmp_path / "t.csv").write_text("\n".join(["a,rare,color,c,kind", *lines]), "utf-8")
    blank = {"rare": {"kind": "number", "missing": "indicator"}}
    data = {"path": str(tmp_path / "t.csv"), "target": "kind", "columns": blank}
    settings = {"training.epochs": 1, "model.hidden_layers": [2]}
    run = nncli.train({"data": data, "seed": 1}, settings, note=lambda text: None)
    sample = sample_of(subject_of(run))
    assert {*sample.truth.values.tolist()} == {0}
    assert "rare is blank" in sample.dataset.columns
    assert (sample.inputs[:, 2] == 1).all()
    _, _, color, *_ = draw(run, "data").axes  # warnings are errors
    assert sum(bar.get_height() for bar in color.patches) == pytest.approx(1)  # shares
    axes = draw(run, "surface").axes[0]
    assert {axes.get_xlabel(), axes.get_ylabel()} == {"a", "c"}


def test_classes_that_start_with_an_underscore_are_in_the_legend(draw, texts_of):
    inputs = np.random.default_rng(0).normal(size=(20, 3)).round(3)
    labels = [["_low", "_high"][int(x > 0)] for x in inputs[:, 0]]
    for columns, kinds in ((3, ["data"]), (2, ["data", "surface", "hidden"]), (1, ["surface"])):
        rows = {"source": "rows", "inputs": inputs[:, :columns].tolist(), "labels": labels}
        run = nncli.train({"data": rows}, {"training.epochs": 1, "model.hidden_layers": [2]})
        for kind in kinds:
            (legend,) = draw(run, kind).legends
            assert {" _low", " _high"} <= {each.get_text() for each in legend.get_texts()}


@pytest.mark.parametrize("normalization", ["batch_norm", "layer_norm"])
def test_a_gate_has_no_lines_of_normalized_units(draw, normalization):
    model = {"hidden_layers": [2], "normalization": normalization}
    config = {"data": {"source": "gate", "gate": "xor"}, "model": model}
    figure = draw(nncli.train(config, {"training.epochs": 1}), "data")
    assert not figure.axes[0].get_lines()
    assert "Lines" not in figure.get_suptitle()
    assert figure.get_suptitle().endswith("Points: 4 training rows.")
