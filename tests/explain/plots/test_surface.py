"""The surface shows the predictions of the model, its rows and its units' lines."""

import numpy as np
import pytest

import nncli
from nncli.explain.plots.slices import columns_of_model, plane_of
from nncli.explain.plots.subject import subject_of


def plane_of_run(run):
    subject = subject_of(run)
    return plane_of(subject, columns_of_model(subject.model))


def image_of(axes):
    (image,) = axes.get_images()
    return image


def test_the_surface_is_the_probability_at_each_place(xor_run, draw):
    axes = draw(xor_run, "surface").axes[0]
    image = image_of(axes)
    left, right, bottom, top = image.get_extent()
    shown = np.asarray(image.get_array())
    x, y = (
        (np.arange(count) + 0.5) / count * (end - start) + start
        for count, start, end in zip(shown.shape[::-1], (left, bottom), (right, top), strict=True)
    )
    grid = np.array([[a, b] for b in y for a in x])
    found = nncli.load(xor_run).predict_proba(grid)[:, 1].reshape(shown.shape)
    np.testing.assert_allclose(shown, found, atol=1e-6)


def test_the_rows_are_the_training_rows_with_a_marker_per_class(xor_run, draw):
    axes = draw(xor_run, "surface").axes[0]
    points = {each.get_label(): each for each in axes.collections if each.get_label() in "01"}
    split = subject_of(xor_run).dataset.splits["train"]
    targets = split.targets[split.rows]
    for number in (0, 1):
        offsets = points[str(number)].get_offsets()
        np.testing.assert_allclose(offsets, split.inputs[split.rows][targets == number])
    for each in points.values():  # they stand out from a region of the same color
        np.testing.assert_array_equal(each.get_edgecolors(), [[0, 0, 0, 1]])
    shapes = {points[name].get_paths()[0].vertices.shape for name in "01"}
    assert len(shapes) == 2
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x1", "x2")


def test_hidden_lines_are_where_weighted_sums_are_zero(gate_run, draw):
    axes = draw(gate_run, "surface").axes[0]
    lines = [
        each.get_paths()[0].vertices
        for each in axes.collections
        if hasattr(each, "levels") and list(each.levels) == [0]
    ]
    W, b = np.array([[5, -7], [5, -7]]), np.array([-8, 3])
    assert len(lines) == 2
    for unit, line in enumerate(lines):
        np.testing.assert_allclose(line @ W[:, unit] + b[unit], 0, atol=1e-5)


def test_a_slice_says_its_row_columns_and_distances(table_run, draw, texts_of):
    figure = draw(table_run, "surface")
    plane, sample = plane_of_run(table_run)
    caption = " ".join(figure.get_suptitle().split())
    x, y = plane.pair
    assert {x.name, y.name} <= {"size", "weight", "made days", "made month", "made weekday"}
    assert f"through training row {plane.number} (from 0 in its file)" in caption
    assert f"{x.name} and {y.name} vary" in caption
    assert f"{plane.distances.min():.2g} to {plane.distances.max():.2g}" in caption
    assert "color = " in caption  # a column, not its one-hot inputs
    assert "color=red" not in caption
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == (x.name, y.name)
    drawn = sum(
        len(each.get_offsets()) for each in figure.axes[0].collections if each.get_label() in "abc"
    )
    assert drawn == len(plane.near) < len(sample)


def test_a_slice_goes_through_a_real_row_and_changes_two_columns(table_run):
    plane, sample = plane_of_run(table_run)
    row = sample.inputs[list(sample.numbers).index(plane.number)]
    np.testing.assert_array_equal(plane.row, row)
    grid = plane.inputs(plane.x, plane.y)
    changed = (grid != row).any(axis=0).nonzero()[0]
    allowed = {n for each in plane.pair for n in range(each.where.start, each.where.stop)}
    assert {*changed.tolist()} <= allowed
    assert plane.number in sample.numbers[plane.near]
    assert plane.distances.min() == 0
    dataset = subject_of(table_run).dataset
    np.testing.assert_array_equal(dataset.splits["train"].inputs[plane.number], row)


def test_a_regression_shows_numbers_and_hostile_names_as_they_are(regression_run, draw):
    figure = draw(regression_run, "surface")
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$width$", "<b>height")
    assert bar.get_ylabel() == "prediction of area"
    (points,) = (each for each in axes.collections if each.get_label() == "rows (color: true area)")
    np.testing.assert_array_equal(points.get_array(), [x * y for x in range(5) for y in range(5)])
    assert points.norm is image_of(axes).norm


def test_images_have_no_surface(image_run):
    with pytest.raises(nncli.UsageError, match=r"surface: .*rows are images"):
        nncli.plot(image_run, "surface")


def test_a_config_has_no_surface():
    with pytest.raises(nncli.UsageError, match="surface: needs a trained model"):
        nncli.plot({"data": {"source": "xor"}}, "surface")


def test_the_black_lines_are_explained(xor_run, regression_run, table_run, draw):
    for run, words in (
        (xor_run, "Black lines: equal probability; the thick one: the threshold 0.5."),
        (regression_run, "Black lines: equal predictions."),
        (table_run, "Black lines: where the predicted class changes."),
    ):
        assert " ".join(draw(run, "surface").get_suptitle().split()).endswith(words)


def test_the_legend_of_several_targets_fits_all_panels(draw, texts_of):
    inputs = [[x, y] for x in range(5) for y in range(5)]
    data = {"source": "rows", "inputs": inputs, "targets": inputs, "target": ["p", "q"]}
    figure = draw(nncli.train({"data": data}, {"training.epochs": 1}), "surface")
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["p", "q"]
    texts = texts_of(figure)
    assert "rows (color: true value)" in texts
    assert "rows (color: true p)" not in texts


def test_classes_without_probabilities_are_regions_with_names(draw, texts_of):
    data = {"source": "gate", "gate": "or"}
    model = {"hidden_layers": [], "output": "step", "initial_weights": [[[2], [2]]],
             "initial_biases": [[-1]]}  # fmt: skip
    run = nncli.train({"data": data, "model": model, "training": {"epochs": 0}})
    figure = draw(run, "surface")
    colors = np.unique(np.asarray(image_of(figure.axes[0]).get_array()).reshape(-1, 3), axis=0)
    assert len(colors) == 2
    names = [each.get_text() for each in figure.axes[0].texts]
    assert {"0", "1"} <= {*names}


def test_a_large_sample_is_drawn_at_random_and_says_so(draw):
    run = nncli.train({"data": {"source": "xor", "rows": 5000, "test": 10}}, {"training.epochs": 1})
    for kind in ("surface", "data"):
        figure = draw(run, kind)
        assert "2,000 of 5,000 training rows, drawn at random" in figure.get_suptitle()
        points = [each for each in figure.axes[0].collections if each.get_label() in "01"]
        assert sum(len(each.get_offsets()) for each in points) == 2000


def test_the_largest_inputs_that_a_model_takes_have_a_surface(draw):
    inputs = [[1e30, 2], [-1e30, 4], [1e20, 9]]
    data = {"source": "rows", "inputs": inputs, "targets": [1, 2, 3], "scale": "standard"}
    figure = draw(nncli.train({"data": data}, {"training.epochs": 1}), "surface")
    assert np.isfinite(np.asarray(image_of(figure.axes[0]).get_array())).all()


def test_categories_are_axes_if_numbers_are_missing(tmp_path, draw):
    lines = [f"{color},{large},{'yes' if color == 'red' else 'no'}"
             for color in ("red", "green", "blue") for large in ("true", "false")] * 4  # fmt: skip
    (tmp_path / "t.csv").write_text("\n".join(["color,large,hot", *lines]), "utf-8")
    data = {"source": "csv", "path": str(tmp_path / "t.csv"), "target": "hot"}
    run = nncli.train({"data": data}, {"training.epochs": 1}, note=lambda text: None)
    axes = draw(run, "surface").axes[0]
    assert np.asarray(image_of(axes).get_array()).shape == (2, 3)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["blue", "green", "red"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["false", "true"]


@pytest.mark.parametrize("normalization", ["batch_norm", "layer_norm"])
def test_lines_of_normalized_units_are_where_their_sums_are_zero(draw, normalization):
    config = {"data": {"source": "xor", "rows": 60, "test": 4},
              "model": {"hidden_layers": [3], "normalization": normalization}}  # fmt: skip
    axes = draw(nncli.train(config, {"training.epochs": 2}), "surface").axes[0]
    (labels,) = ([text.get_text() for text in axes.figure.legends[0].get_texts()],)
    assert "a unit's sum is 0" in labels
