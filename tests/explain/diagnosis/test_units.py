"""Equal units, and inputs without connections: what is found, what is not, and what helps."""

import re

import pytest

import nncli
from tests.explain.diagnosis.runs import found_in

CONSTANT = {"name": "constant", "value": 0.3}
WEIGHTS = [[[0.5, 0.5, 0.3], [-0.5, -0.5, 0.4]], [[0.5], [0.5], [0.5]]]


def xor(model, **training):
    return {
        "data": {"source": "xor", "rows": 200},
        "model": {"activation": "tanh", **model},
        "training": {"epochs": 5, **training},
    }


def test_the_change_suits_the_activation_and_the_form_of_the_setting():
    every = found_in(xor({"hidden_layers": [8], "initializer": CONSTANT}), "N023")
    assert str(every.change) == "model.initializer=he_normal"
    one = found_in(xor({"hidden_layers": [8], "initializer": [CONSTANT, "zeros"]}), "N023")
    assert one.change.value == "he_normal"
    mixed = xor({"hidden_layers": [8, 8], "initializer": ["he_normal", CONSTANT, "he_normal"]})
    assert found_in(mixed, "N023", trains=False) is None  # their outgoing weights differ


def test_given_weights_are_removed_as_an_initializer_would_not_replace_them():
    found = found_in(xor({"hidden_layers": [3], "initial_weights": WEIGHTS}), "N023")
    assert str(found.change) == "model.initial_weights=null"
    assert "2 of the 3 units of layer 1" in found.evidence
    assert "no more than 2 units" in found.evidence


@pytest.mark.parametrize(
    "model",
    [
        {"hidden_layers": [1], "initializer": CONSTANT},
        {"hidden_layers": [8], "initializer": CONSTANT, "bias_initializer": "normal"},
        {"hidden_layers": [8], "initializer": {"name": "normal", "scale": 1e-6}},
        {"hidden_layers": [3], "initial_weights": [[[0.5, 0.5, 0.3], [0.5, 0.4, 0.3]], [[1]] * 3]},
    ],
    ids=["one unit", "random biases", "small weights", "given weights that differ"],
)
def test_units_that_start_differently_are_no_finding(model):
    assert found_in(xor(model), "N023") is None


def test_dropout_tells_equal_units_apart():
    model = {"hidden_layers": [8], "initializer": CONSTANT}
    assert found_in(xor(model), "N023", trains=False)
    assert found_in(xor(model, dropout=0.5), "N023", trains=False) is None


def test_weights_that_are_only_shown_are_no_finding():
    assert (
        found_in(xor({"hidden_layers": [3], "initial_weights": WEIGHTS}, epochs=0), "N023") is None
    )


def test_an_input_that_chance_leaves_unconnected_is_named():
    found = found_in(xor({"hidden_layers": [4], "density": 0.3}), "N022")
    assert "1 of its 2 inputs" in found.evidence
    assert str(found.change) == "model.density=[1.0, 0.3]"
    repaired = xor({"hidden_layers": [4], "density": found.change.value})
    assert found_in(repaired, "N022") is None


@pytest.mark.parametrize(
    "model",
    [
        {"hidden_layers": [16], "density": 0.5},
        {"hidden_layers": [2], "masks": [[[1, 0], [0, 1]], None]},
        {"hidden_layers": [2], "density": [1.0, 0.5]},
    ],
    ids=["every input has a connection", "a mask keeps one of each", "another layer"],
)
def test_connected_inputs_are_no_finding(model):
    assert found_in(xor(model), "N022") is None


@pytest.mark.parametrize(
    ("model", "change"),
    [
        ({"hidden_layers": [2], "masks": [[[1, 1], [0, 0]], None]}, "model.masks=null"),
        (
            {"hidden_layers": [2], "masks": [[[1, 0], [0, 0]], None]},
            "model.masks=[[[1, 0], [1, 1]], null]",
        ),
        (
            {"hidden_layers": [2], "masks": [[[1, 1], [0, 0]], [[1], [1]]]},
            "model.masks=[null, [[1], [1]]]",
        ),
        (
            {"hidden_layers": [2], "masks": [[[1, 1], [0, 0]], None], "density": [0.5, 1]},
            "model.masks=[[[1, 1], [1, 1]], null]",
        ),
    ],
    ids=["all others kept", "another left out", "another layer", "a density for no mask"],
)
def test_an_input_that_a_mask_leaves_out_is_named(model, change):
    found = found_in(xor(model), "N022")
    assert "1 of its 2 inputs: x2" in found.evidence
    assert found.cause == "model.masks has only 0 in its row of the matrix of layer 1"
    assert str(found.change) == change
    changed = {**model, found.change.key.split(".")[1]: found.change.value}
    assert found_in(xor(changed), "N022") is None


def test_a_large_mask_is_not_written_out():
    mask = [[0] * 60, [1] * 59 + [0]]
    found = found_in(xor({"hidden_layers": [60], "masks": [mask, None]}), "N022")
    assert "x1" in found.evidence
    assert found.change is None
    assert found.remedy.startswith("set 1 in its row of model.masks")


def test_inputs_of_a_single_layer_are_checked():
    found = found_in(xor({"hidden_layers": [], "density": 0.5}), "N022", trains=False)
    assert found.change.value == 1.0


def test_all_hidden_layers_of_a_config_are_diagnosed_without_training():
    config = xor({"hidden_layers": [8, 8], "initializer": CONSTANT})
    found = [each for each in nncli.diagnose(config).findings if each.code == "N023"]
    assert len(found) == 1
    assert re.findall(r"the 8 units of layer \d", found[0].found.evidence) == [
        "the 8 units of layer 1",
        "the 8 units of layer 2",
    ]


def test_a_density_that_cuts_off_later_units_is_raised_there_too():
    found = found_in(xor({"hidden_layers": [8, 8], "density": 0.01}), "N022", trains=False)
    assert str(found.change) == "model.density=1.0"
    later = found_in(xor({"hidden_layers": [8, 8], "density": [0.01, 1, 0.9]}), "N022")
    assert later.change.value[:2] == [1.0, 1.0]
