"""The diagram of a network shows its units, weights, biases and names."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection

import nncli
from nncli.explain.plots.style import BLUE, RED


def lines_of(figure):
    return [each for each in figure.axes[0].collections if isinstance(each, LineCollection)]


def units_of(figure):
    return [each for each in figure.axes[0].collections if isinstance(each, PathCollection)]


def test_a_small_network_has_every_unit_weight_and_bias(gate_run, draw, texts_of):
    figure = draw(gate_run, "network")
    assert [len(each.get_offsets()) for each in units_of(figure)] == [2, 2, 1]
    assert [len(each.get_segments()) for each in lines_of(figure)] == [4, 2]
    texts = texts_of(figure)
    assert sorted(text for text in texts if text.lstrip("-").isdecimal()) == sorted(
        ["5", "5", "-7", "-7", "-11", "-11"]
    )
    assert {"b = -8", "b = 3", "b = 6", "x1", "x2", "xor = 1"} <= {*texts}
    assert "layer 1\n2 units\nsigmoid" in texts
    assert "..." not in texts


def test_color_and_dashes_show_the_sign_and_width_the_size(gate_run, draw):
    from matplotlib.colors import to_rgba

    first = lines_of(draw(gate_run, "network"))[0]
    weights = [5, -7, 5, -7]  # by input, then by unit
    for weight, color, style, width in zip(
        weights, first.get_colors(), first.get_linestyles(), first.get_linewidths(), strict=True
    ):
        assert tuple(color) == to_rgba(RED if weight > 0 else BLUE)
        assert (style[1] is None) == (weight > 0)
        assert (width == max(first.get_linewidths())) == (abs(weight) == 7)


def test_a_large_network_is_shortened_with_dots(image_run, draw, texts_of):
    figure = draw(image_run, "network")
    assert [len(each.get_offsets()) for each in units_of(figure)] == [8, 4, 1]
    texts = texts_of(figure)
    assert texts.count("...") == 1
    assert {"pixel0", "pixel5", "pixel28", "pixel29", "30 inputs"} <= {*texts}
    assert "pixel6" not in texts
    assert "...: more units, which are left out" in " ".join(figure.get_suptitle().split())


def test_units_of_a_shortened_layer_have_their_numbers(draw):
    config = {"data": {"source": "xor", "rows": 40, "test": 4}, "model": {"hidden_layers": [16, 3]}}
    axes = draw(config, "network").axes[0]
    first = units_of(axes.figure)[1].get_offsets()
    numbers = {text.get_position(): text.get_text() for text in axes.texts}
    assert [numbers[tuple(each)] for each in first] == ["1", "2", "3", "4", "5", "6", "15", "16"]
    for layer in (0, 2, 3):  # complete layers need none
        assert not {*map(tuple, units_of(axes.figure)[layer].get_offsets())} & {*numbers}


@pytest.mark.parametrize("trained", [False, True])
def test_missing_connections_are_left_out(draw, trained):
    config = {
        "data": {"source": "xor", "rows": 40, "test": 10},
        "model": {"hidden_layers": [3], "masks": [[[1, 0, 1], [0, 1, 1]], None]},
        "training": {"epochs": 1},
    }
    figure = draw(nncli.train(config) if trained else config, "network")
    first = lines_of(figure)[0]
    assert len(first.get_segments()) == 4
    assert "2 connections of weight 0 left out" in " ".join(figure.get_suptitle().split())


def test_a_config_shows_initial_weights_even_if_they_are_zero(draw):
    config = {
        "data": {"source": "gate", "gate": "and"},
        "model": {"hidden_layers": [], "output": "step", "initializer": "zeros"},
    }
    figure = draw(config, "network")
    assert len(lines_of(figure)[0].get_segments()) == 2
    assert "Initial weights" in figure.get_suptitle()


def test_hostile_names_are_short_and_drawn_as_they_are(draw, texts_of):
    names = ["<script>alert()</script>", "$x_1$", "שלום", "中文"]
    data = {"source": "rows", "inputs": np.eye(4).tolist(), "targets": [1, 2, 3, 4],
            "columns": names}  # fmt: skip
    texts = texts_of(draw(nncli.train({"data": data}, {"training.epochs": 1}), "network"))
    assert {"<script>al...ript>", "$x_1$", "שלום", "\\u4e2d\\u6587"} <= {*texts}
    assert all(len(text) <= 18 for text in texts if "script" in text)


def test_many_layers_are_shortened(draw, texts_of):
    config = {
        "data": {"source": "xor", "rows": 40, "test": 4},
        "model": {"hidden_layers": [3] * 30},
    }
    figure = draw(config, "network")
    assert len(units_of(figure)) == 7
    assert len(lines_of(figure)) == 5
    texts = texts_of(figure)
    assert {"layer 3\n3 units\nrelu", "layer 29\n3 units\nrelu", "..."} <= {*texts}
    assert "more layers" in figure.get_suptitle()
