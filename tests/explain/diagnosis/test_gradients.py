"""Vanishing and exploding gradients: what is found, what is not, and what helps."""

import pytest

import nncli
from tests.explain.diagnosis.runs import found_in

SMALL, LARGE = ({"name": "normal", "scale": scale} for scale in (0.05, 5))


def xor(layers, activation="relu", *, rate=0.1, optimizer="sgd", epochs=20, **model):
    return {
        "data": {"source": "xor", "rows": 500, "noise": 0.25},
        "model": {"hidden_layers": [10] * layers, "activation": activation, **model},
        "training": {"optimizer": optimizer, "learning_rate": rate, "epochs": epochs},
    }


def test_deep_sigmoid_layers_get_another_activation():
    found = found_in(xor(5, "sigmoid"), "N024")
    assert "no better than a constant guess" in found.evidence
    assert found.cause.startswith("the derivative of sigmoid is at most 0.25")
    assert str(found.change) == "model.activation=relu"


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_penalty_does_not_hide_a_vanished_gradient(optimizer):
    config = xor(8, "sigmoid", optimizer=optimizer, rate=0.1 if optimizer == "sgd" else 0.001)
    config["training"]["l2"] = 0.01
    run = nncli.train(config, note=lambda text: None)
    first, last = (run.history[f"gradient_norm_{layer}"] for layer in (1, 9))
    assert first[0] > 0.03 * last[0]  # nearly all of it from the penalty
    assert run.diagnose().codes == ["N024"]


@pytest.mark.parametrize(
    ("activation", "initializer"), [("relu", "he_normal"), ("tanh", "xavier_normal")]
)
def test_small_weights_get_an_initializer_that_suits_the_activation(activation, initializer):
    found = found_in(xor(6, activation, initializer=SMALL), "N024")
    assert found.cause.startswith("the initial weights are too small")
    assert str(found.change) == f"model.initializer={initializer}"


def test_two_causes_have_no_single_change():
    found = found_in(xor(6, "sigmoid", initializer=SMALL), "N024")
    assert found.change is None
    assert found.remedy == "set model.activation to relu and remove model.initializer"


@pytest.mark.parametrize(
    "config",
    [
        xor(1, "sigmoid", epochs=3),
        xor(5, "sigmoid", optimizer="adam", rate=0.01, epochs=100),
        xor(9, "sigmoid", normalization="batch_norm"),
        xor(9, "relu"),
        xor(9, "tanh"),
        xor(5, "sigmoid", epochs=0),
        xor(5, "sigmoid", rate=1e-6),
        {**xor(4), "training": {"epochs": 20, "l2": 1.0}},
    ],
    ids=[
        "shallow",
        "learned",
        "normalized",
        "relu",
        "tanh",
        "untrained",
        "hardly moved",
        "held by a penalty",
    ],
)
def test_a_network_that_learns_or_is_shallow_has_no_vanishing_gradient(config):
    assert found_in(config, "N024") is None


def test_a_converged_network_has_no_vanishing_gradient():
    gate = {"data": {"source": "gate", "gate": "or"}, "model": {"hidden_layers": [8, 8, 8]}}
    settings = {"optimizer": "adam", "learning_rate": 0.05, "batch_size": "full", "epochs": 500}
    run = nncli.train({**gate, "training": settings})
    assert run.history["gradient_norm_1"][-1] < 1e-3
    assert "N024" not in run.diagnose().codes


def test_a_config_is_judged_only_if_its_steps_depend_on_the_size_of_the_gradient():
    assert found_in(xor(9, "sigmoid"), "N024", trains=False)
    adaptive = xor(9, "sigmoid", optimizer="adam")
    assert found_in(adaptive, "N024", trains=False) is None
    adaptive["training"]["l2"] = 0.01  # outweighs the gradient of the loss
    assert found_in(adaptive, "N024", trains=False)
    assert found_in(xor(2, "sigmoid"), "N024", trains=False) is None


def test_an_exploding_gradient_gets_another_initializer():
    found = found_in(xor(3, initializer=LARGE), "N025")
    assert "in layer 1" in found.evidence
    assert found.cause.startswith("the initial weights are too large")
    assert str(found.change) == "model.initializer=he_normal"


def test_a_list_of_initializers_keeps_that_of_the_output():
    output = {"name": "normal", "scale": 4.0}
    change = found_in(xor(3, initializer=[LARGE, LARGE, LARGE, output]), "N025").change
    assert change.value == ["he_normal", "he_normal", "he_normal", output]


@pytest.mark.parametrize(
    "config",
    [
        xor(5, initializer={"name": "normal", "scale": 1}, rate=0.01),
        xor(1, initializer=LARGE),
        xor(9, rate=0.01),
    ],
    ids=["learns nevertheless", "shallow", "suitable weights"],
)
def test_a_gradient_that_hardly_grows_is_no_finding(config):
    assert found_in(config, "N025") is None


def test_large_inputs_do_not_make_a_gradient_explode():
    inputs = [[1000.0 * row, 500.0 - row] for row in range(20)]
    data = {"source": "rows", "inputs": inputs, "targets": [row % 3 for row in range(20)]}
    config = {"data": data, "model": {"hidden_layers": [8, 8, 8]}, "training": {"epochs": 5}}
    assert found_in(config, "N025", trains=False) is None
