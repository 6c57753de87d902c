"""The plot of hidden units shows rows as the last hidden layer sees them."""

import numpy as np
import pytest

import nncli
from nncli.explain.plots.hidden import _across, _main_directions
from nncli.explain.plots.subject import subject_of
from tests.explain.plots import tables

XOR_NETWORK = {
    "data": {"source": "gate", "gate": "xor"},
    "model": {"hidden_layers": [2], "activation": "tanh"},
}


def points_of(axes):
    return {each.get_label(): np.asarray(each.get_offsets()) for each in axes.collections}


def test_two_units_are_the_axes_and_the_output_is_a_line(gate_run, draw, texts_of):
    figure = draw(gate_run, "hidden")
    before, after = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "before training", "after training",
    ]  # fmt: skip
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    A = 1 / (1 + np.exp(-(X @ [[5, -7], [5, -7]] + [-8, 3])))
    for axes in (before, after):  # no epochs: both show the given weights
        points = points_of(axes)
        np.testing.assert_allclose(points["0"], A[[0, 3]], rtol=1e-5)
        np.testing.assert_allclose(points["1"], A[[1, 2]], rtol=1e-5)
        (line,) = axes.get_lines()
        for a in (line.get_xy1(), line.get_xy2()):
            assert np.dot(a, [-11, -11]) + 6 == pytest.approx(0, abs=1e-5)
    texts = texts_of(figure)
    assert {"(0, 1), (1, 0)", "(0, 0)", "(1, 1)", "output: w·a + b = 0"} <= {*texts}
    assert after.get_xlabel() == "a1[1], unit 1"


def test_before_training_are_the_initial_weights(draw):
    trained = nncli.train(XOR_NETWORK, {"training.epochs": 30, "seed": 7})
    only_before = draw({**XOR_NETWORK, "seed": 7}, "hidden")
    figure = draw(trained, "hidden")
    (first,) = only_before.axes
    before, after = map(points_of, figure.axes)
    for name, expected in points_of(first).items():
        np.testing.assert_array_equal(before[name], expected)
        assert (after[name] != expected).any()


def test_more_units_of_two_classes_are_shown_across_the_boundary(xor_run, draw, texts_of):
    figure = draw(xor_run, "hidden")
    model, split = nncli.load(xor_run), subject_of(xor_run).dataset.splits["train"]
    arrays, targets = model.network.arrays, split.targets[split.rows]
    X = split.inputs[split.rows]
    w, b = arrays["W2"][:, 0], arrays["b2"][0]
    A = np.tanh(X @ arrays["W1"] + arrays["b1"])
    distances = (A @ w + b) / np.linalg.norm(w)
    for name, points in points_of(figure.axes[1]).items():
        np.testing.assert_allclose(points[:, 0], distances[targets == int(name)], atol=1e-5)
    # Right of the line is what the model predicts as 1.
    assert ((distances > 0) == (model.predict_proba(X)[:, 1] > 0.5)).all()
    (line,) = figure.axes[1].get_lines()
    assert [point[0] for point in (line.get_xy1(), line.get_xy2())] == [0, 0]
    assert figure.axes[1].get_xlabel() == "distance from the boundary of the output"
    assert "output: w·a + b = 0" in texts_of(figure)
    assert "Its 4 units, turned so that the boundary of the output is a vertical line" in " ".join(
        figure.get_suptitle().split()
    )


def test_the_second_axis_across_a_boundary_is_the_main_direction_along_it():
    random = np.random.default_rng(0)
    values, w = random.normal(size=(30, 5)), random.normal(size=5)
    points = _across(values, w, 0.5).points
    unit = w / np.linalg.norm(w)
    along = values - values.mean(axis=0)
    along = along - np.outer(along @ unit, unit)
    U, S, _ = np.linalg.svd(along, full_matrices=False)
    np.testing.assert_allclose(np.abs(points[:, 1]), np.abs(U[:, 0] * S[0]), atol=1e-9)


def test_points_close_together_share_a_text(draw, texts_of):
    W1, W2 = [[5, -7], [5.02, -7.02]], [[-11], [-11]]
    weights = {"initial_weights": [W1, W2], "initial_biases": [[-8, 3], [6]]}
    model = {"hidden_layers": [2], "activation": "sigmoid", **weights}
    texts = texts_of(draw({"data": {"source": "gate", "gate": "xor"}, "model": model}, "hidden"))
    assert {"(0, 1), (1, 0)", "(0, 0)", "(1, 1)"} <= {*texts}


def test_two_labels_or_targets_have_no_boundary(tmp_path, draw):
    inputs = np.random.default_rng(0).normal(size=(20, 2)).tolist()
    data = {"source": "rows", "inputs": inputs, "targets": inputs}
    for what in (
        {"data": data, "model": {"hidden_layers": [2]}},
        tables.labels(tmp_path, names=("fast", "large")),
    ):
        for axes in draw(what, "hidden").axes[:1]:
            assert [*axes.get_lines()] == []


def test_units_of_more_classes_are_shown_in_two_main_directions_and_it_says_so(draw):
    random = np.random.default_rng(0)
    X = random.normal(size=(50, 3))
    labels = np.digitize(X[:, 0], [-0.5, 0.5])
    data = {"source": "rows", "inputs": X.tolist(), "labels": labels.tolist()}
    run = nncli.train({"data": data}, {"model.hidden_layers": [4], "model.activation": "tanh"})
    figure = draw(run, "hidden")
    arrays = run.model.network.arrays
    A = np.tanh(X @ arrays["W1"] + arrays["b1"])
    U, S, _ = np.linalg.svd(A - A.mean(axis=0), full_matrices=False)
    expected = U[:, :2] * S[:2]
    found = np.empty_like(expected)
    for name, points in points_of(figure.axes[1]).items():
        found[labels == int(name)] = points
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-4)
    caption = " ".join(figure.get_suptitle().split())
    assert "4 units in the two main directions" in caption
    assert f"{(S[:2] ** 2).sum() / (S**2).sum():.0%} after training" in caption


@pytest.mark.parametrize("shape", [(5, 20), (20, 5), (3, 3)])
def test_main_directions_are_those_of_the_singular_value_decomposition(shape):
    values = np.random.default_rng(0).normal(size=shape)
    points, share = _main_directions(values)
    U, S, _ = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(points), np.abs(U[:, :2] * S[:2]), atol=1e-9)
    assert share == pytest.approx((S[:2] ** 2).sum() / (S**2).sum())


def test_equal_rows_have_points_too(draw):
    data = {"source": "rows", "inputs": [[1, 2, 3]] * 4, "targets": [1, 2, 3, 4]}
    figure = draw({"data": data, "model": {"hidden_layers": [3]}}, "hidden")
    np.testing.assert_allclose(figure.axes[0].collections[0].get_offsets(), 0)


def test_a_network_without_two_hidden_units_has_none(draw):
    for layers in ([], [1]):
        config = {**XOR_NETWORK, "model": {"hidden_layers": layers}}
        with pytest.raises(nncli.UsageError, match="hidden: needs a hidden layer of two or more"):
            draw(config, "hidden")


def test_one_row_has_a_point(draw):
    data = {"source": "rows", "inputs": [[1, 2, 3]], "targets": [1]}
    figure = draw({"data": data, "model": {"hidden_layers": [3]}}, "hidden")
    np.testing.assert_allclose(figure.axes[0].collections[0].get_offsets(), [[0, 0]])


def test_a_boundary_of_outputs_without_probabilities_has_none_in_its_caption(xor_run, draw):
    model = {"hidden_layers": [4], "output": "identity"}
    config = {"data": {"source": "xor", "rows": 40, "test": 4}, "model": model}
    margins = nncli.train(config, {"training.epochs": 1, "training.loss": "hinge"})
    for run, end in ((margins, "predicted classes."), (xor_run, "classes at probability 0.5.")):
        caption = " ".join(draw(run, "hidden").get_suptitle().split())
        assert f"{end} Points:" in caption
