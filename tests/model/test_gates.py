"""Whether a model solves a logic gate is found for the rows of a gate, and only for these."""

import numpy as np
import pytest

import nncli
from nncli.data.builtin.gate import TABLES

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]


def model_of(data="gate", training=None, **model):
    config = {"data": data, "model": model, "training": {"epochs": 0, **(training or {})}}
    return nncli.train(config, note=lambda line: None).model  # one layer cannot separate XOR


def unit(weights, bias, gate, **settings):
    """Return a model of one unit."""
    return model_of(
        {"source": "gate", "gate": gate},
        hidden_layers=[],
        initial_weights=[[[each] for each in weights]],
        initial_biases=[[bias]],
        **settings,
    )


SOLVED = {"and": ([2, 2], -3), "or": ([2, 2], -1), "nand": ([-2, -2], 3), "nor": ([-2, -2], 1)}


@pytest.mark.parametrize("gate", TABLES)
@pytest.mark.parametrize("name", SOLVED)
@pytest.mark.parametrize("output", ["sigmoid", "step", "tanh"])
def test_the_wrong_rows_are_those_that_differ_between_two_gates(name, gate, output):
    found = unit(*SOLVED[name], gate, output=output).evaluate().gate
    rows = zip(CORNERS, TABLES[gate], TABLES[name], strict=True)
    assert found["wrong"] == [
        {"inputs": corner, "target": str(target), "prediction": str(prediction)}
        for corner, target, prediction in rows
        if target != prediction
    ]
    (line,) = found["lines"]
    ones = [corner for corner, one in zip(CORNERS, TABLES[name], strict=True) if one]
    assert (line["unit"], line["positive"]) == ("output", ones)


def test_the_line_of_an_output_includes_the_threshold():
    model = unit([2, 2], -1, "or")
    (line,) = model.evaluate().gate["lines"]
    assert (line["weights"], line["bias"]) == ([2, 2], -1)
    assert line["line"] == "2·x1 + 2·x2 - 1 = 0"
    threshold = 1 / (1 + np.exp(-2.0))  # its logit is 2
    found = model.evaluate(threshold=threshold).gate
    (line,) = found["lines"]
    assert line["bias"] == pytest.approx(-3)
    assert line["positive"] == [[1, 1]]
    assert [row["inputs"] for row in found["wrong"]] == [[0, 1], [1, 0]]


HIDDEN = {"initial_weights": [[[5, -7], [6, 0]], [[1], [1]]], "initial_biases": [[-8, 3], [6]]}


def test_each_hidden_unit_of_the_first_layer_has_a_line():
    lines = model_of(hidden_layers=[2], **HIDDEN).evaluate().gate["lines"]
    assert lines == [
        {
            "unit": "h1",
            "line": "5·x1 + 6·x2 - 8 = 0",
            "weights": [5, 6],
            "bias": -8,
            "positive": [[1, 1]],
        },
        {
            "unit": "h2",
            "line": "-7·x1 + 0·x2 + 3 = 0",
            "weights": [-7, 0],
            "bias": 3,
            "positive": [[0, 0], [0, 1]],
        },
    ]


def test_lines_are_those_of_the_inputs_before_scaling():
    data = {"source": "gate", "gate": "or", "scale": "standard"}  # (x - 0.5) / 0.5
    model = model_of(data, hidden_layers=[2], **HIDDEN)
    first, second = model.evaluate().gate["lines"]
    assert first["weights"] == pytest.approx([10, 12])
    assert first["bias"] == pytest.approx(-8 - 5 - 6)
    assert (second["weights"], second["bias"]) == (pytest.approx([-14, 0]), pytest.approx(3 + 7))


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_layers": [2], "normalization": "layer_norm"},
        {"hidden_layers": [], "output": "softmax"},
    ],
)
def test_sums_without_a_line_have_none_but_are_checked(settings):
    found = model_of(**settings).evaluate().gate
    assert found["lines"] == []
    assert {row["target"] for row in found["wrong"]} <= {"0", "1"}


def test_rows_in_any_order_and_with_any_class_names_are_a_gate():
    model = model_of(
        {"source": "rows", "inputs": CORNERS, "labels": ["no", "yes", "yes", "no"]},
        hidden_layers=[],
        initial_weights=[[[1], [1]]],
        initial_biases=[[1]],
    )
    found = model.evaluate(np.array(CORNERS[::-1]), ["no", "yes", "yes", "no"]).gate
    assert found["wrong"] == [
        {"inputs": [1, 1], "target": "no", "prediction": "yes"},
        {"inputs": [0, 0], "target": "no", "prediction": "yes"},
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [[0, 0], [0, 1], [1, 0], [1, 0]],
        [[0, 0], [0, 1], [1, 0], [1, 2]],
        [[0, 0], [0, 1], [1, 0], [1, 0.5]],
        [*CORNERS, [0, 0]],
        CORNERS[:3],
    ],
)
def test_other_rows_are_no_gate(rows):
    model = unit([2, 2], -1, "or")
    evaluation = model.evaluate(np.array(rows), ["0", "1", "1", "0", "1"][: len(rows)])
    assert evaluation.gate is None
    assert "gate" not in evaluation.as_json()


@pytest.mark.parametrize(
    "data",
    [
        {"source": "rows", "inputs": CORNERS, "targets": [0, 1, 1, 0]},
        {"source": "rows", "inputs": CORNERS, "labels": ["a", "b", "c", "a"]},
        {"source": "rows", "inputs": [[0], [1], [0], [1]], "labels": ["a", "b", "b", "a"]},
        {"source": "xor", "rows": 4, "noise": 0, "test": 100},
    ],
)
def test_other_tasks_and_numbers_of_inputs_are_no_gate(data):
    assert model_of(data).evaluate().gate is None


def test_the_check_is_in_the_json():
    evaluation = unit([2, 2], -1, "or").evaluate()
    assert evaluation.as_json()["gate"] == evaluation.gate
    assert evaluation.gate["wrong"] == []
