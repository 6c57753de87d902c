"""Findings about linear layers in a row."""

import pytest

import nncli
from nncli.explain.diagnosis.finding import Change
from tests.explain.diagnosis.runs import diagnosed

XOR = {"source": "xor", "rows": 40}


def found(model, **training):
    config = {"data": XOR, "model": model, "training": {"epochs": 2, **training}}
    return [each.found for each in diagnosed(config).findings if each.code == "N051"]


@pytest.mark.parametrize("sizes", [[4], [3, 5]])
def test_relu_replaces_the_one_activation_of_all_hidden_layers(sizes):
    (one,) = found({"hidden_layers": sizes, "activation": "identity"})
    assert one.change == Change("model.activation", "relu")
    last = len(sizes) + 1
    assert one.evidence.startswith(f"layers 1 {'and' if last == 2 else 'to'} {last} together")


def test_a_network_with_other_activations_too_is_not_linear_so_the_change_is_only_said():
    activations = ["identity", {"name": "leaky_relu", "slope": 0.2}, "tanh", "identity"]
    first, second = found({"hidden_layers": [4, 4, 4, 4], "activation": activations})
    assert first.change is second.change is None
    between = '{"name": "leaky_relu", "slope": 0.2}, "tanh"'
    assert first.remedy == (
        f'set model.activation=["relu", {between}, "identity"], or leave a layer out'
    )
    assert f'["identity", {between}, "relu"]' in second.remedy


def test_a_bottleneck_may_be_meant_so_no_setting_is_named():
    X = [[float(place == row) for place in range(4)] for row in range(4)]
    data = {"source": "rows", "inputs": X, "targets": X}
    config = {"data": data, "model": {"hidden_layers": [2], "activation": "identity"}}
    (one,) = diagnosed({**config, "training": {"epochs": 1}}).findings
    assert "with weights of rank 2 at most" in one.found.evidence
    assert one.found.change is None
    assert "unless you want this bottleneck" in one.found.remedy


def test_the_changed_config_has_no_such_finding():
    for activation in ("identity", ["identity", "identity"]):
        model = {"hidden_layers": [4, 4], "activation": activation}
        (one,) = found(model)
        assert found({**model, "activation": one.change.value}) == []


def test_examples_by_hand_and_networks_that_are_not_trained_have_none():
    model = {"hidden_layers": [1], "activation": "identity"}
    assert len(found(model)) == 1
    assert found(model, epochs=0) == []
    assert found({**model, "initial_weights": [[[1], [1]], [[2]]]}) == []


def test_a_config_without_a_run_has_it_too():
    config = {"data": XOR, "model": {"activation": "identity"}, "training": {"epochs": 2}}
    assert nncli.diagnose(config).codes == ["N051"]
