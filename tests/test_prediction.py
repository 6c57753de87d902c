"""Predictions and evaluations of outputs that are probabilities, and of those that are not."""

import csv
import io
import json

import numpy as np
import pytest

from nncli.artifact import Model, Preprocessing
from nncli.data.dataset import whole
from nncli.evaluation import class_codes, evaluate, gives_probabilities, scaling_of
from nncli.model.activations import ACTIVATIONS
from nncli.model.losses import LOSSES
from nncli.model.network import Layer, Network, Objective
from nncli.prediction import FORMATS, predict_rows

OF_CLASSIFIERS = [name for name, entry in ACTIVATIONS.items() if "multiclass" in entry.output_for]
INPUTS = np.array([[0.5, -1.0], [2.0, 1.0], [-1.0, 0.25], [0.0, 3.0]])


def make_model(output, outputs=3):
    parameters = np.random.default_rng(0).normal(size=3 * outputs)
    loss = ACTIVATIONS[output].loss
    return Model(
        network=Network([Layer(2, outputs, output)], parameters),
        preprocessing=Preprocessing(["x", "y"], ["number"] * 2, 0.0, 1.0),
        task="binary" if outputs == 1 else "multiclass",
        targets=["class"],
        classes=["a", "b", "c"][: max(outputs, 2)],
        objective=Objective(loss, LOSSES[loss].complete({})),
        config={},
        metrics={},
        training={},
    )


@pytest.mark.parametrize("output", OF_CLASSIFIERS)
def test_the_targets_are_those_of_the_output(output):
    codes = class_codes(make_model(output).network, 3)
    low = -1 if output in ("identity", "tanh") else 0
    np.testing.assert_array_equal(codes, np.where(np.eye(3) == 1, 1, low))


@pytest.mark.parametrize(
    ("output", "outputs"),
    [(name, 3) for name in OF_CLASSIFIERS]
    + [(name, 1) for name in OF_CLASSIFIERS if not ACTIVATIONS[name].output_only],
)
def test_classes_are_chosen_by_logits_and_probabilities_given_where_there_are_some(output, outputs):
    model = make_model(output, outputs)
    predictions = predict_rows(model, INPUTS)
    W, b, _ = model.network.arrays[0]
    sums = INPUTS @ W + b
    chosen = sums.argmax(axis=1) if outputs == 3 else sums[:, 0] > 0
    assert predictions.chosen.tolist() == chosen.tolist()
    assert predictions.names == [model.classes[index] for index in chosen.astype(int)]
    assert gives_probabilities(model.network) == (output in ("sigmoid", "softmax"))
    assert (predictions.probabilities is not None) == (output in ("sigmoid", "softmax"))


@pytest.mark.parametrize("output", OF_CLASSIFIERS)
def test_every_format_has_probabilities_where_there_are_some(output):
    predictions = predict_rows(make_model(output), INPUTS)
    columns = [f"p_{name}" for name in "abc"] if output in ("sigmoid", "softmax") else []
    written = {name: write(predictions) for name, write in FORMATS.items()}

    header, *rows = csv.reader(io.StringIO(written["csv"].decode()))
    assert header == ["row", "prediction", *columns]
    assert [row[1] for row in rows] == predictions.names

    objects = json.loads(written["json"])
    assert objects == [json.loads(line) for line in written["jsonl"].splitlines()]
    assert [each["prediction"] for each in objects] == predictions.names
    assert [*objects[0]] == ["row", "prediction", *columns]

    array = np.load(io.BytesIO(written["npy"]))
    if columns:
        np.testing.assert_array_equal(array, predictions.probabilities)
    else:
        assert array.tolist() == predictions.names


@pytest.mark.parametrize("output", OF_CLASSIFIERS)
def test_an_evaluation_has_a_log_loss_where_there_are_probabilities(output):
    model = make_model(output)
    rows = whole(INPUTS, np.array([0, 1, 2, 0], np.uint8))
    found = evaluate(
        model.network,
        model.objective,
        rows,
        scaling_of(model),
        name="test",
        classes=model.classes,
    ).metrics
    assert ("log_loss" in found) == (output in ("sigmoid", "softmax"))
    assert found["loss"] >= 0
    if output == "softmax":
        assert found["log_loss"] == pytest.approx(found["loss"], rel=1e-12)
