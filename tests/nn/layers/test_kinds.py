"""Descriptions of layers, and when two layers are equal."""

import numpy as np
import pytest

from nncli.explain.document.notation import Latex
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.dense import DENSE, Dense
from nncli.nn.layers.kinds import (
    NORMALIZATIONS,
    array_names,
    block,
    make_layer,
    parameters_of,
)
from nncli.nn.network import Network

BETWEEN = [name for name, entry in NORMALIZATIONS.items() if entry.layer]
EVERY_LAYER = [
    Dense(3, 5),
    *(block(3, 5, name)[1] for name in ACTIVATIONS),
    *(block(3, 5, "relu", normalization=name)[1] for name in BETWEEN),
]


def test_a_block_is_a_dense_layer_and_an_activation():
    dense, activation = block(3, 5, "leaky_relu", {"slope": 0.5})
    assert (dense.kind, dense.inputs, dense.outputs) == (DENSE, 3, 5)
    assert (activation.kind, activation.inputs, activation.outputs) == ("leaky_relu", 5, 5)
    assert activation.parameters == {"slope": 0.5}


@pytest.mark.parametrize("name", BETWEEN)
def test_a_normalization_is_between_sums_and_activation(name):
    defaults = NORMALIZATIONS[name].complete({})
    given = dict.fromkeys(defaults, 0.5)
    dense, between, _ = block(3, 5, "relu", normalization=name, settings=given)
    assert (between.kind, between.inputs, between.outputs) == (name, 5, 5)
    assert between.parameters == given
    assert block(3, 5, "relu", normalization=name)[1].parameters == defaults
    assert dense == block(3, 5, "relu", normalization="none")[0]


@pytest.mark.parametrize("name", BETWEEN)
def test_a_normalization_lists_all_of_its_arrays(name):
    layer = make_layer(name, NORMALIZATIONS[name].complete({}), 5)
    arrays = {*layer.trained, *layer.state}
    assert layer.kind == name
    assert set(layer.trained.values()) <= {(5,)}
    assert set(layer.starts) == set(layer.worked.symbols) == arrays
    assert set(layer.worked.terms) == set(layer.trained)
    assert set(layer.worked.kept) == set(layer.state)
    assert set(layer.least) <= arrays


@pytest.mark.parametrize("name", BETWEEN)
def test_the_letters_of_a_normalization_are_unique(name):
    worked = make_layer(name, NORMALIZATIONS[name].complete({}), 5).worked
    letters = [*worked.symbols.values(), *(line.letter for line in worked.forward)]
    assert len(set(letters)) == len(letters)
    assert not {*worked.symbols.values()} & {*"xwbzatypLmvd"}  # letters that already have a meaning
    for letter in letters:
        assert len(letter) == 1
        assert Latex(3).symbol(letter, 1).isascii()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_parameters_of_an_activation_are_by_default_those_of_its_entry(name):
    assert block(1, 1, name)[1].parameters == ACTIVATIONS[name].complete({})


@pytest.mark.parametrize("layer", EVERY_LAYER, ids=repr)
def test_a_layer_is_restored_from_its_kind_and_description(layer):
    assert list(layer.described) == list(parameters_of(layer.kind))
    units = 3 if layer.kind == DENSE else 5
    again = make_layer(layer.kind, layer.described, units)
    assert again == layer
    assert hash(again) == hash(layer)
    assert type(again) is type(layer)
    assert (again.trained, again.state) == (layer.trained, layer.state)
    assert set(layer.trained) <= set(array_names())


def test_a_kind_that_does_not_exist_has_no_parameters():
    with pytest.raises(KeyError, match="'cnn'"):
        parameters_of("cnn")


def test_layers_are_equal_where_they_do_the_same_whatever_their_arrays():
    layers = block(2, 2, "elu", {"alpha": 0.5})
    one, other = (Network(layers, np.full(6, number)) for number in (1.0, 2.0))
    assert one.layers == other.layers == tuple(layers)
    assert layers != block(2, 2, "elu", {"alpha": 0.25})
    assert layers != block(2, 2, "selu")
    assert layers != block(1, 2, "elu", {"alpha": 0.5})
    assert layers[0] != "dense"
