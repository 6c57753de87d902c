import csv
import json
import os
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest

import nncli as package
from nncli.model.model_file import read_model, write_model
from nncli.model.preprocessing import Preprocessing
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, parameter_count


def blocks(text):
    return [[line.split() for line in block.splitlines()] for block in text.split("\n\n")]


LAYERS = [
    ["layer", "inputs", "outputs", "activation", "parameters", "FLOPs/row"],
    ["1", "2", "4", "tanh", "12", "16"],
    ["2", "4", "1", "sigmoid", "5", "8"],
    ["all", "17", "24"],
]


NORMS = "gradient norm, root mean square over the steps of the first and the last epoch"
CAPTION = [
    NORMS,
    "saturated: share of the activations on an epoch's first rows whose derivative is",
    "less than a tenth of the activation's largest derivative",
]


def ends_of(run):
    """Return the rows of the first and of the last epoch."""
    with Path(run, "history.csv").open(encoding="utf-8", newline="") as stream:
        first, *_, last = csv.DictReader(stream)
    return first, last


def test_a_model_is_described(nncli, weights):
    result = nncli("show", weights)
    assert (result.code, result.err) == (0, "")
    layers, facts, splits = blocks(result.out)
    model = read_model(weights)
    assert layers == LAYERS
    found = {line[0]: " ".join(line[1:]) for line in facts}
    assert found["task"] == "binary; predicts xor"
    assert found["classes"] == "0, 1"
    assert found["threshold"] == "0.5"
    assert found["columns"] == "2: x1, x2"
    assert found["input"] == "(x - offset) * scale; offset 0, scale 1"
    assert found["loss"] == "sigmoid_cross_entropy"
    assert found["precision"] == "float32"
    assert found["epochs"] == "3"
    assert found["ended"] == "finished"
    assert found["nncli"] == f"version {package.__version__}"
    assert found["numpy"] == f"version {np.__version__}"
    assert splits[0] == ["split", "loss", "accuracy", "roc_auc", "brier"]
    assert splits[1:] == [
        [name, *(f"{each[column]:.4f}" for column in splits[0][1:])]
        for name, each in model.metrics.items()
    ]
    assert max(map(len, result.out.splitlines())) <= 80


def test_without_validation_rows_the_weights_are_those_of_the_last_epoch(
    nncli, xor_run, xor_config
):
    assert "\nbest epoch " in nncli("show", xor_run).out
    assert nncli("train", xor_config, "data.validation=0", "-o", "run").code == 0
    shown = nncli("show", "run").out
    assert ["last", "epoch", "3"] in map(str.split, shown.splitlines())
    assert "best epoch" not in shown


def test_a_run_is_described_by_its_model(nncli, xor_run):
    of_model = nncli("show", xor_run / "weights.npz").out
    assert nncli("show", xor_run).out.startswith(of_model + "\ngradient norm")


def test_a_config_is_described_by_its_layers(nncli, xor_config):
    result = nncli("show", xor_config)
    assert result.code == 0
    assert blocks(result.out) == [LAYERS]


def test_a_config_of_a_missing_data_set_is_described(nncli, tmp_path, without_mnist):
    (tmp_path / "digits.yaml").write_text("data: mnist\n", encoding="utf-8")
    result = nncli("show", "digits.yaml")
    assert result.code == 0
    assert blocks(result.out)[0][1] == ["1", "784", "128", "relu", "100,480", "200,704"]


def test_a_file_without_an_ending_is_known_by_its_content(nncli, weights, xor_config, tmp_path):
    (tmp_path / "model").write_bytes(weights.read_bytes())
    (tmp_path / "config").write_bytes(xor_config.read_bytes())
    assert nncli("show", "model").out == nncli("show", weights).out
    assert nncli("show", "config").out == nncli("show", xor_config).out


def test_json_has_all_metadata_of_the_model_file(nncli, weights):
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
    assert found["preprocessing"] == {
        "columns": ["x1", "x2"],
        "offset": 0,
        "scale": 1,
        "target_offset": 0,
        "target_scale": 1,
        "encoding": None,
        "images": None,
    }
    for key in ("task", "targets", "classes", "metrics", "training", "config", "provenance"):
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
    assert any(line.startswith("classes") and line.endswith(", ... (300)") for line in lines)


@pytest.mark.parametrize("large", [1.0, 1.2345e10])
def test_any_metadata_of_a_model_fits_80_columns(nncli, many_classes, tmp_path, large):
    layers = [*block(2, 3, "leaky_relu"), *block(3, 2, "softmax")]
    numbers = np.zeros(parameter_count(layers), np.float32)
    changes = {
        "network": Network(layers, numbers),
        "preprocessing": Preprocessing(["x", "y"], [-large, -1e-5], [1 / large, large / 7]),
        "training": {"a long name of a thing": "word " * 50, "ended": "finished"},
    }
    write_model(tmp_path / "weights.npz", many_classes(2, **changes))
    out = nncli("show", "weights.npz").out
    assert max(map(len, out.splitlines())) <= 80
    words = " ".join(out.split())
    assert f"(x - offset) * scale; offset {-large:.4g} to -1e-05, scale " in words


def test_a_model_of_images_fits_80_columns(nncli, mnist_run):
    lines = nncli("show", mnist_run).out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["1", "784", "10", "softmax", "7,850", "15,680"]


@pytest.mark.parametrize(
    ("what", "code", "message"),
    [
        ("weights.npz", 2, "Error: weights.npz: cannot be read (no such file or directory)"),
        ("missing.yaml", 2, "missing.yaml: cannot be read (no such file or directory); 'nncli"),
        (".", 1, "Error: weights.npz: cannot be read (no such file or directory)"),
        ("broken", 1, "Error: broken: is truncated; get or train the model again"),
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
    (table,) = (each for each in blocks(nncli("show", "run").out) if each[0][0] == "gradient")
    first, last = ends_of("run")
    names = [f"{prefix}_{n}" for n in range(1, 8) for prefix in ("gradient_norm", "saturated")]
    assert set(names) <= first.keys()
    assert table[4:] == [
        [
            str(n),
            "sigmoid",
            *(f"{float(row[f'gradient_norm_{n}']):.3g}" for row in (first, last)),
            *(f"{float(row[f'saturated_{n}']):.4f}" for row in (first, last)),
        ]
        for n in range(1, 8)
    ]
    assert float(table[4][2]) < float(table[-1][2]) / 100


@pytest.mark.parametrize(("scale", "share"), [(200.0, "1.0000"), (0.01, "0.0000")])
def test_a_run_shows_how_much_is_saturated(nncli, xor_config, scale, share):
    overrides = [
        "model.hidden_layers=[9,9,9]",
        "model.activation=[sigmoid,relu,tanh]",
        f"model.initializer={{name: constant, value: {scale}}}",
        "training.learning_rate=1e-9",
    ]
    assert nncli("train", xor_config, "data.noise=0.01", *overrides, "-o", "run").code == 0
    lines = nncli("show", "run").out.splitlines()
    start = lines.index(NORMS)
    assert lines[start : start + 3] == CAPTION
    header, *rows = takewhile(bool, lines[start + 3 :])
    assert header == "layer  activation  norm first  norm last  saturated first  saturated last"
    assert max(map(len, lines)) <= 80
    first, relu, tanh, output = (row.split() for row in rows)
    assert relu[1:2] == ["relu"]
    assert len(relu) == 4
    for row in (tanh, output):
        assert row[4:] == [share, share]
    assert len(header) == len(rows[0]) == len(rows[2])  # aligned to the right
    assert first[1] == "sigmoid"


def test_a_run_in_which_nothing_can_saturate_has_no_columns_for_it(nncli, xor_config):
    overrides = ("model.activation=leaky_relu", "model.output=softmax")
    assert nncli("train", xor_config, *overrides, "-o", "run").code == 0
    caption, header, *rows = blocks(nncli("show", "run").out)[-1]
    assert " ".join(caption) == NORMS
    assert " ".join(header) == "layer activation norm first norm last"
    assert [row[:2] for row in rows] == [["1", "leaky_relu"], ["2", "softmax"]]


@pytest.mark.parametrize(("columns", "shown"), [("saturated_", True), ("gradient_norm_", False)])
def test_a_run_from_before_these_columns_is_still_shown(nncli, xor_config, columns, shown):
    assert nncli("train", xor_config, "-o", "run").code == 0
    path = Path("run/history.csv")
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    dropped = ("saturated_", columns)
    kept = [index for index, name in enumerate(rows[0]) if not name.startswith(dropped)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([row[index] for index in kept] for row in rows)
    done = nncli("show", "run")
    assert done.code == 0
    assert ("norm first" in done.out) == shown
    assert "saturated" not in done.out


def test_a_history_of_another_network_is_refused(nncli, xor_config):
    assert nncli("train", xor_config, "-o", "run").code == 0
    assert nncli("train", xor_config, "model.hidden_layers=[]", "-o", "other").code == 0
    Path("other/history.csv").replace("run/history.csv")
    done = nncli("show", "run")
    assert done.code == 1
    assert "history.csv: is damaged, or not the history of a run" in done.error


@pytest.mark.parametrize(
    "content",
    [
        "",
        "x\n",
        "x\n1\n",
        "epoch\n",
        "train_loss,epoch,seconds\n",
        '{"epoch": 1}\n',
        "epoch,train_loss\n1\n",
        "epoch,train_loss\n1,2,3\n",
    ],
)
def test_another_file_for_a_history_is_refused(nncli, xor_config, content):
    assert nncli("train", xor_config, "-o", "run").code == 0
    Path("run/history.csv").write_text(content, encoding="utf-8")
    done = nncli("show", "run")
    assert done.code == 1
    assert "history.csv: is damaged, or not the history of a run" in done.error


def test_a_run_of_no_epochs_and_a_damaged_history(nncli, xor_config):
    assert nncli("train", xor_config, "training.epochs=0", "-o", "run").code == 0
    assert "gradient norm" not in nncli("show", "run").out
    with Path("run/history.csv").open("a", encoding="utf-8") as stream:
        stream.write("1,2\n")
    done = nncli("show", "run")
    assert (done.code, done.error.count("\n")) == (1, 0)
    assert "history.csv: is damaged" in done.error


def test_a_history_with_a_hole_is_read_to_its_last_whole_row(nncli, xor_config):
    """A sparse file can claim 50 GB without having them."""
    nncli("train", xor_config, "-o", "run")
    before = nncli("show", "run").out
    os.truncate("run/history.csv", 50 * 10**9)
    done = nncli("show", "run")
    assert (done.out, done.err) == (before, "")


@pytest.mark.parametrize("epoch", ["inf", "nan", "1e400"])
def test_an_epoch_that_is_not_a_number_is_refused(nncli, xor_config, epoch):
    nncli("train", xor_config, "-o", "run")
    with Path("run/history.csv").open(encoding="utf-8") as stream:
        header, first = stream.readline(), stream.readline()
    Path("run/history.csv").write_text(f"{header}{epoch},{first.split(',', 1)[1]}", "utf-8")
    assert "history.csv: is damaged, or not the history" in nncli("show", "run").error


def test_a_truncated_last_row_of_a_history_is_left_out(nncli, xor_config):
    nncli("train", xor_config, "-o", "run")
    before = nncli("show", "run")
    with Path("run/history.csv").open("a", encoding="utf-8") as stream:
        stream.write("4,0.25,0.")
    after = nncli("show", "run")
    assert (after.code, after.out) == (0, before.out)
