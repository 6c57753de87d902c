import csv
import json
from pathlib import Path

import numpy as np
import pytest

import nncli as package
from nncli.artifact import read_model, write_model


def blocks(text):
    return [[line.split() for line in block.splitlines()] for block in text.split("\n\n")]


LAYERS = [
    ["layer", "inputs", "outputs", "activation", "parameters", "FLOPs/row"],
    ["1", "2", "4", "tanh", "12", "16"],
    ["2", "4", "1", "sigmoid", "5", "8"],
    ["all", "17", "24"],
]


def test_a_model_is_described(nncli, weights):
    result = nncli("show", weights)
    assert (result.code, result.err) == (0, "")
    layers, facts, splits = blocks(result.out)
    model = read_model(weights)
    assert layers == LAYERS
    found = {line[0]: " ".join(line[1:]) for line in facts}
    assert found["task"] == "binary; predicts xor"
    assert found["classes"] == "0, 1"
    assert found["columns"] == "2: x1, x2"
    assert found["input"] == "(x - offset) * scale; offset 0, scale 1"
    assert found["loss"] == "sigmoid_cross_entropy"
    assert found["precision"] == "float32"
    assert found["epochs"] == "3"
    assert found["ended"] == "finished"
    assert found["nncli"] == f"version {package.__version__}"
    assert found["numpy"] == f"version {np.__version__}"
    assert splits[0] == ["split", "loss", "accuracy"]
    assert splits[1:] == [
        [name, f"{each['loss']:.4f}", f"{each['accuracy']:.4f}"]
        for name, each in model.metrics.items()
    ]
    assert max(map(len, result.out.splitlines())) <= 80


def test_a_run_is_described_by_its_model(nncli, xor_run):
    of_model = nncli("show", xor_run / "weights.npz").out
    assert nncli("show", xor_run).out.startswith(of_model + "\ngradient norm")


def test_a_config_is_described_by_its_layers(nncli, xor_config):
    result = nncli("show", xor_config)
    assert result.code == 0
    assert blocks(result.out) == [LAYERS]


def test_a_config_of_a_data_set_that_is_not_there_is_described(nncli, tmp_path, without_mnist):
    (tmp_path / "digits.yaml").write_text("data: mnist\n", encoding="utf-8")
    result = nncli("show", "digits.yaml")
    assert result.code == 0
    assert blocks(result.out)[0][1] == ["1", "784", "128", "relu", "100,480", "200,704"]


def test_a_file_without_an_ending_is_known_by_its_content(nncli, weights, xor_config, tmp_path):
    (tmp_path / "model").write_bytes(weights.read_bytes())
    (tmp_path / "config").write_bytes(xor_config.read_bytes())
    assert nncli("show", "model").out == nncli("show", weights).out
    assert nncli("show", "config").out == nncli("show", xor_config).out


def test_json_has_everything_that_the_model_file_says_of_itself(nncli, weights):
    found = json.loads(nncli("show", weights, "--json").out)
    model = read_model(weights)
    assert found["layers"] == [
        {
            "inputs": 2,
            "outputs": 4,
            "activation": "tanh",
            "parameters": 12,
            "flops_per_row": 16,
        },
        {
            "inputs": 4,
            "outputs": 1,
            "activation": "sigmoid",
            "parameters": 5,
            "flops_per_row": 8,
        },
    ]
    assert (found["parameters"], found["flops_per_row"]) == (17, 24)
    assert found["preprocessing"] == {"columns": ["x1", "x2"], "offset": 0, "scale": 1}
    for key in ("task", "target", "classes", "metrics", "training", "config", "provenance"):
        assert found[key] == getattr(model, key)
    assert found["loss"] == model.objective.name


def test_json_of_a_config_has_its_layers_and_the_parameters_of_activations(nncli, xor_config):
    found = json.loads(nncli("show", xor_config, "--json").out)
    assert found.keys() == {"layers", "parameters", "flops_per_row", "task", "loss"}
    xor_config.write_text(xor_config.read_text().replace("tanh", "{name: leaky_relu, slope: 0.2}"))
    found = json.loads(nncli("show", xor_config, "--json").out)
    assert found["layers"][0]["slope"] == 0.2


def test_a_model_with_many_columns_and_classes_fits_80_columns(nncli, many_classes, tmp_path):
    write_model(tmp_path / "weights.npz", many_classes(300, "a rather long name of class {}"))
    lines = nncli("show", "weights.npz").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("classes") and line.endswith("..") for line in lines)


def test_a_model_of_images_fits_80_columns(nncli, mnist_run):
    lines = nncli("show", mnist_run).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["1", "784", "10", "softmax", "7,850", "15,680"]


@pytest.mark.parametrize(
    ("what", "code", "message"),
    [
        ("weights.npz", 1, "Error: weights.npz: cannot be read (no such file or directory)"),
        ("missing.yaml", 2, "missing.yaml: cannot be read (no such file or directory); 'nncli"),
        (".", 1, "Error: weights.npz: cannot be read (no such file or directory)"),
        ("broken", 1, "Error: broken: is not an .npz file, or is cut or damaged"),
        ("n" * 300, 1, "Error: nnn"),
    ],
)
def test_what_cannot_be_shown_is_one_line(nncli, tmp_path, what, code, message):
    (tmp_path / "broken").write_bytes(b"PK\3\4")
    result = nncli("show", what)
    assert result.code == code
    assert result.error.startswith(message)


def test_a_run_shows_where_the_gradient_vanishes(nncli, xor_config):
    deep = "model.hidden_layers=[6,6,6,6,6,6]"
    assert nncli("train", xor_config, deep, "model.activation=sigmoid", "-o", "run").code == 0
    lines = nncli("show", "run").out.splitlines()
    table = lines[lines.index("gradient norm, root mean square over the steps of an epoch") + 2 :]
    with Path("run/history.csv").open(encoding="utf-8", newline="") as stream:
        first, *_, last = csv.DictReader(stream)
    assert [line.split() for line in table] == [
        [str(n), *(f"{float(row[f'gradient_norm_{n}']):.3g}" for row in (first, last))]
        for n in range(1, 8)
    ]
    assert float(table[0].split()[2]) < float(table[-1].split()[2]) / 100


def test_a_run_of_no_epochs_and_a_damaged_history(nncli, xor_config):
    assert nncli("train", xor_config, "training.epochs=0", "-o", "run").code == 0
    assert "gradient norm" not in nncli("show", "run").out
    with Path("run/history.csv").open("a", encoding="utf-8") as stream:
        stream.write("1,2\n")
    done = nncli("show", "run")
    assert (done.code, done.error.count("\n")) == (1, 0)
    assert "history.csv: is damaged" in done.error
