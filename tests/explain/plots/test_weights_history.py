"""The history of weights shows every recorded weight, or the histogram of many."""

import numpy as np
import pytest

import nncli

CONFIG = {
    "data": {"source": "xor", "rows": 40, "test": 10},
    "model": {"hidden_layers": [60, 3]},
    "training": {"epochs": 3, "batch_size": 10, "record_weights": 2},
}


@pytest.fixture(scope="module")
def result():
    return nncli.train(CONFIG)


@pytest.fixture(scope="module")
def panels(result):
    return nncli.plot(result, "weights-history")["weights-history"].axes


def test_few_weights_have_a_line_each(result, panels):
    axes = panels[2]
    assert axes.get_title("left") == "layer 3: 3 × 1 weights, a line each"
    drawn = np.array([line.get_ydata() for line in axes.get_lines()])
    np.testing.assert_array_equal(drawn.T, result.recorded_weights["W3"][:, :, 0])
    np.testing.assert_array_equal(axes.get_lines()[0].get_xdata(), result.recorded_weights["epoch"])


def test_many_weights_have_a_histogram_with_percentiles(result, panels):
    axes, copies = panels[0], result.recorded_weights["W1"].reshape(-1, 120)
    assert axes.get_title("left") == "layer 1: 2 × 60 weights, their histogram"
    shares = np.ma.filled(axes.collections[0].get_array(), 0)
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    lines = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
    np.testing.assert_allclose(lines["median"], np.median(copies, axis=1))
    low = np.percentile(copies, 5, axis=1)
    np.testing.assert_allclose(lines["percentiles 5 and 95"], low, rtol=1e-6)


def test_one_legend_below_the_panels_explains_the_percentiles(panels):
    (legend,) = panels[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "median", "percentiles 25 and 75", "percentiles 5 and 95",
    ]  # fmt: skip
    assert all(axes.get_legend() is None for axes in panels)


def test_one_copy_is_no_history():
    result = nncli.train(CONFIG, {"training.record_weights": 1000})
    with pytest.raises(nncli.UsageError, match="weights-history: needs two recorded copies"):
        nncli.plot(result, "weights-history")


def test_a_deep_network_leaves_layers_out():
    result = nncli.train(CONFIG, {"model.hidden_layers": [2] * 11})
    figure = nncli.plot(result, "weights-history")["weights-history"]
    titles = [axes.get_title("left").split(":")[0] for axes in figure.axes]
    assert titles == [*(f"layer {number}" for number in range(1, 8)), "layer 12"]
    assert figure.get_suptitle().endswith("(without 4 of 12 layers)")
