"""The plot of weights shows the arrays of the network."""

import numpy as np

import nncli


def images_of(figure):
    return [image for axes in figure.axes for image in axes.get_images()]


def test_a_table_has_a_map_with_the_names_of_inputs(xor_run, draw, texts_of):
    figure = draw(xor_run, "weights")
    W = nncli.load(xor_run).network.arrays["W1"]
    (image,) = images_of(figure)
    np.testing.assert_array_equal(image.get_array(), W)
    assert image.norm.vmin == -image.norm.vmax
    assert [tick.get_text() for tick in image.axes.get_yticklabels()] == ["x1", "x2"]
    assert f"{W[0, 0]:.2g}" in texts_of(figure)
    assert "unit of layer 1" in texts_of(figure)


def test_images_have_a_picture_per_unit(image_run, draw, texts_of):
    figure = draw(image_run, "weights")
    W = nncli.load(image_run).network.arrays["W1"]
    (image,) = images_of(figure)
    canvas = np.ma.getdata(image.get_array())
    step = canvas.shape[1] // 4
    for unit in range(4):
        picture = canvas[-6:, unit * step : unit * step + 5]
        np.testing.assert_allclose(picture, W[:, unit].reshape(6, 5))
    assert {"unit 1", "unit 4"} <= {*texts_of(figure)}


def test_each_layer_has_a_histogram_of_all_its_weights(xor_run, draw, texts_of):
    figure = draw(xor_run, "weights")
    arrays = nncli.load(xor_run).network.arrays
    for number in (1, 2):
        W = arrays[f"W{number}"]
        (axes,) = (
            each
            for each in figure.axes
            if each.get_title(loc="left") == f"layer {number}: {W.size} weights"
        )
        assert sum(bar.get_height() for bar in axes.patches) == W.size
        assert axes.get_xlabel() == "weight"


def test_many_inputs_and_units_are_cut_to_the_largest_and_it_says_so(draw):
    random = np.random.default_rng(0)
    data = {"source": "rows", "inputs": random.normal(size=(20, 50)).round(3).tolist(),
            "targets": random.normal(size=20).round(3).tolist()}  # fmt: skip
    result = nncli.train({"data": data}, {"training.epochs": 1, "model.hidden_layers": [60]})
    figure = draw(result, "weights")
    (image,) = images_of(figure)
    W = result.model.network.arrays["W1"]
    inputs = np.sort(np.argsort(-np.linalg.norm(W, axis=1))[:30])
    units = np.sort(np.argsort(-np.linalg.norm(W, axis=0))[:30])
    np.testing.assert_array_equal(image.get_array(), W[np.ix_(inputs, units)])
    caption = " ".join(figure.get_suptitle().split())
    assert "the 30 of 50 inputs with the largest weights and the 30 of 60 units" in caption


def test_a_config_shows_initial_weights(draw):
    config = {"data": {"source": "gate", "gate": "xor"}, "model": {"hidden_layers": [2]}}
    figure = draw(config, "weights")
    assert "initial weights" in figure.get_suptitle()
    assert images_of(figure)[0].get_array().shape == (2, 2)
