"""A warning before training about linear layers in a row, which compute no more than one layer."""

import numpy as np
import pytest

import nncli


def notes_of(sizes, activation, *, training=None, **model):
    """Return the notes about linear layers of a network of 4 inputs and 3 classes."""
    X = np.random.default_rng(0).normal(size=(12, 4))
    y = np.array([*"abc"])[np.arange(12) % 3]
    model = {"hidden_layers": sizes, "activation": activation, **model}
    config = {"data": {"test": 0}, "model": model, "training": {"epochs": 1, **(training or {})}}
    notes = []
    nncli.train(config, data=(X, y), note=notes.append)
    return [note for note in notes if "no more than one layer" in note]


@pytest.mark.parametrize(
    ("sizes", "layers"), [([4], "1 and 2"), ([3, 5], "1 to 3"), ([9, 9, 9], "1 to 4")]
)
def test_linear_layers_before_the_output_are_one_layer(sizes, layers):
    assert notes_of(sizes, "identity") == [
        f"layers {layers} together compute no more than one layer: the activation between them is "
        "identity; choose another model.activation, or remove a layer"
    ]


def test_a_narrow_linear_layer_limits_the_rank():
    assert notes_of([5, 2, 6], "identity") == [
        "layers 1 to 4 together compute no more than one layer with weights of rank 2 at most: the "
        "activation between them is identity; choose another model.activation, unless you want "
        "this bottleneck"
    ]


def test_each_chain_of_linear_layers_is_named():
    first, second = notes_of([5, 6, 5, 6], ["identity", "relu", "relu", "identity"])
    assert first.startswith("layers 1 and 2 together")
    assert second.startswith("layers 4 and 5 together")


@pytest.mark.parametrize("activation", ["relu", "tanh", ["relu", "tanh"]])
def test_other_activations_are_not_warned_of(activation):
    assert notes_of([5, 6], activation) == []


def test_one_layer_is_not_warned_of():
    assert notes_of([], []) == []
    assert notes_of([], [], output="identity") == []


@pytest.mark.parametrize("normalization", ["layer_norm", "batch_norm"])
def test_a_normalization_between_the_layers_ends_the_chain(normalization):
    assert notes_of([5], "identity", normalization=normalization) == []
    (note,) = notes_of([5, 6], "identity", normalization=["none", normalization])
    assert note.startswith("layers 1 and 2 together")


def test_weights_that_the_config_lists_are_not_warned_of():
    given = [np.ones((4, 2)).tolist(), np.ones((2, 3)).tolist()]
    assert len(notes_of([2], "identity")) == 1
    assert notes_of([2], "identity", initial_weights=given) == []


def test_dropout_changes_no_prediction_so_the_layers_are_still_one():
    (note,) = notes_of([5], "identity", training={"dropout": 0.5})
    assert note.startswith("layers 1 and 2 together compute no more than one layer:")


@pytest.mark.parametrize("sizes", [[5], [2], [4, 6]])
def test_one_layer_with_the_product_of_the_weights_computes_the_same(sizes):
    X = np.random.default_rng(1).normal(size=(12, 4))
    y = np.array([*"abc"])[np.arange(12) % 3]
    model = {"hidden_layers": sizes, "activation": "identity"}
    config = {"data": {"test": 0, "scale": "none"}, "model": model, "training": {"epochs": 3}}
    deep = nncli.train(config, data=(X, y), note=lambda line: None).model
    arrays = deep.network.arrays
    W, b = np.eye(4), np.zeros(4)
    for number in range(1, len(sizes) + 2):
        b = b @ arrays[f"W{number}"] + arrays[f"b{number}"]
        W = W @ arrays[f"W{number}"]
    assert np.linalg.matrix_rank(W, tol=1e-6) <= min(sizes)
    model = {"hidden_layers": [], "initial_weights": [W.tolist()], "initial_biases": [b.tolist()]}
    one = nncli.train({**config, "model": model, "training": {"epochs": 0}}, data=(X, y)).model
    np.testing.assert_allclose(one.predict_proba(X), deep.predict_proba(X), rtol=1e-4)
