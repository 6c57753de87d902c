"""Dead and saturated units: what is found, what is not, and what helps."""

import pytest

from tests.explain.diagnosis.runs import found_in

LARGE = {"name": "normal", "scale": 5}
LOW = {"name": "constant", "value": -10}


def xor(
    layers, activation="relu", *, rate=0.01, optimizer="adam", epochs=20, scale="none", **model
):
    return {
        "data": {"source": "xor", "rows": 500, "noise": 0.25, "scale": scale},
        "model": {"hidden_layers": layers, "activation": activation, **model},
        "training": {"optimizer": optimizer, "learning_rate": rate, "epochs": epochs},
    }


def test_units_that_die_in_training_get_a_smaller_learning_rate():
    found = found_in(xor([16, 16], rate=1), "N020")
    assert "derivative 0 for all of 500 training rows" in found.evidence
    assert found.cause.endswith("the learning rate 1 is too high")
    assert found.change.key == "training.learning_rate"
    assert 0.001 <= found.change.value <= 0.05
    assert found_in(xor([16, 16], rate=found.change.value), "N020") is None


@pytest.mark.parametrize("trains", [True, False])
def test_low_biases_are_replaced(trains):
    found = found_in(xor([16], bias_initializer=LOW), "N020", trains=trains)
    assert "the initial biases are too low" in found.cause
    assert str(found.change) == "model.bias_initializer=zeros"
    given = found_in(xor([4], initial_biases=[[-10] * 4, [0]]), "N020", trains=trains)
    assert str(given.change) == "model.initial_biases=null"


@pytest.mark.parametrize(
    "config",
    [
        xor([16]),
        xor([16], "leaky_relu", bias_initializer=LOW),
        xor([16], "sigmoid", bias_initializer=LOW),
        xor([16], bias_initializer=LOW, epochs=0),
        xor([10] * 9, rate=0.1, optimizer="sgd"),
    ],
    ids=["healthy", "slope on both sides", "saturated", "untrained", "a few dead units"],
)
def test_layers_with_living_units_are_no_finding(config):
    assert found_in(config, "N020") is None


def test_large_initial_weights_saturate():
    found = found_in(
        xor([50] * 5, "tanh", optimizer="sgd", rate=0.1, epochs=10, initializer=LARGE), "N021"
    )
    assert "were before training" in found.evidence
    assert "initial weights are too large" in found.cause
    assert str(found.change) == "model.initializer=xavier_normal"


def test_large_steps_saturate():
    found = found_in(xor([10, 10], "tanh", rate=3), "N021")
    assert found.change.key == "training.learning_rate"
    assert found_in(xor([10, 10], "tanh", rate=found.change.value), "N021") is None


def test_large_inputs_saturate():
    inputs = [[1000.0 * (row % 7), 500.0 + row * row % 11] for row in range(60)]
    data = {"source": "rows", "inputs": inputs, "labels": [row * row % 3 % 2 for row in range(60)]}
    config = {**xor([16], "tanh"), "data": data}
    found = found_in(config, "N021", trains=False)
    assert "the inputs are too large" in found.cause
    assert str(found.change) == "data.scale=standard"


def test_a_trained_classifier_may_be_saturated():
    gate = {"data": {"source": "gate", "gate": "xor"}, "seed": 1}
    model = {"hidden_layers": [8], "activation": "sigmoid"}
    training = {"learning_rate": 0.1, "batch_size": "full", "epochs": 3000}
    assert found_in({**gate, "model": model, "training": training}, "N021") is None


def test_saturated_layers_that_learn_well_are_no_finding():
    config = xor([50] * 5, "sigmoid", optimizer="sgd", rate=0.1, initializer=LARGE)
    assert found_in(config, "N021") is None


def test_large_biases_saturate():
    model = {"bias_initializer": {"name": "constant", "value": 10}}
    found = found_in(xor([16], "tanh", **model), "N021")
    assert found.cause == "the initial biases are too large"
    assert str(found.change) == "model.bias_initializer=zeros"
