"""Errors that follow from the config alone are reported when it is read, as in training."""

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nncli.base.errors import ConfigError, NncliError
from nncli.config.check import misfits_of_resumed
from nncli.config.load import load_config, read_config, saved_config
from nncli.data.builtin import mnist
from nncli.data.builtin.generated import GENERATED
from nncli.data.builtin.xor import load_xor
from nncli.data.division import Division, DivisionError, Fold
from nncli.data.splits import whole
from nncli.data.splitting import divide
from nncli.engines import choice
from nncli.runs.preparation import prepare
from tests.config.strategies import lists, valid_configs

CSV = "data: {source: csv, path: t.csv, target: y"
TWO_TARGETS = "data: {source: csv, path: t.csv, target: [y, z]"
GATE = "data: {source: gate}\nmodel: {hidden_layers: [3], "
FOUR = "data: {source: rows, inputs: [[0], [1], [2], [3]], labels: [a, a, b, b]}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            GATE + "initial_weights: [[[1, 2, 3], [4, 5, 6]]]}",
            "2: model.initial_weights: W2 is missing; expected one per layer",
        ),
        (
            GATE + "initial_weights: [[[1, 2], [4, 5]], [[7], [8], [9]]]}",
            "2: model.initial_weights: W1: found 2 x 2; expected 2 x 3 numbers, one row per input "
            "and one column per unit",
        ),
        (
            GATE + "initial_biases: [[1, 2, 3], [1e39]]}",
            "2: model.initial_biases: b2: found 1e+39 at [0]; expected numbers that float32 can "
            "hold",
        ),
        (
            GATE + "masks: [[[1, 0], [0, 1]], null]}",
            "2: model.masks[0]: found 2 rows; layer 1 has 2 x 3 connections, one row per input",
        ),
        (
            "data: {source: rows, inputs: [[0], [1]], targets: [0, 1]}\ntraining: {folds: 2}\n"
            "model: {normalization: batch_norm}",
            "2: training.batch_size: batch_norm needs at least 2 rows in a batch; found 1 of 1",
        ),
        (
            FOUR + "model: {normalization: batch_norm}\ntraining: {folds: 3}",
            "3: training.folds: rows: class 'a' has 2 rows outside the test set, fewer than the 3 "
            "folds; remove it, add rows of it, or set training.folds: 2",
        ),
        (
            FOUR + "training: {folds: 5}",
            "2: training.folds: rows: has 4 rows outside the test set, fewer than the 5 folds; add "
            "rows, or reduce training.folds",
        ),
        (
            "data: {source: xor, rows: 4, validation: 3}",
            "1: data.validation: xor: class '0' has 2 rows, too few to validate and train with; "
            "remove it, add rows of it, or set data.validation: 0",
        ),
        (
            CSV + ", task: regression, class_weight: balanced}",
            "1: data.class_weight: is for classes; a regression task has none",
        ),
        (
            TWO_TARGETS + ", class_weight: balanced}",
            "1: data.class_weight: is for classes; a multilabel or a regression task has none",
        ),
        (
            TWO_TARGETS + ", task: binary}",
            "1: data.task: a binary task has one target; found 'y', 'z'; for several Booleans "
            "set multilabel",
        ),
        (
            CSV + ", test: 0.6, validation: 0.5}",
            "1: data.validation: data.test: 0.6 and data.validation: 0.5 leave no training rows",
        ),
        (
            "data: {source: images, path: a, task: regression}",
            "1: data.task: a regression task has no classes, but the folders of images are "
            "classes; expected binary or multiclass",
        ),
        (
            "data: {source: images, path: a, size: [1024, 1024], color: rgb}",
            "1: data.size: 3145728 numbers per image; expected at most 1048576",
        ),
        (
            CSV + ", task: regression}\nmodel: {output: softmax}",
            "2: model.output: softmax cannot be the output of a regression task; expected "
            "identity, sigmoid or tanh",
        ),
        (
            CSV + "}\nmodel: {output: softmax}\ntraining: {loss: sigmoid_cross_entropy}",
            "3: training.loss: sigmoid_cross_entropy does not fit the softmax output; expected ",
        ),
        (
            CSV + ", task: regression}\ntraining: {early_stopping: {monitor: train_accuracy}}",
            "2: training.early_stopping.monitor: train_accuracy is not a value of a regression "
            "task; expected train_loss or train_mae",
        ),
        (
            CSV + "}\nmodel: {hidden_layers: [3, 2], initial_biases: [[1, 2, 3], [1], [1]]}",
            "2: model.initial_biases: b2: found 1; expected 2 numbers, one per unit",
        ),
        (
            CSV + "}\nmodel: {hidden_layers: [3], masks: [[[1, 0], [0, 1]], null]}",
            "2: model.masks[0]: found 2 rows; layer 1 has any x 3 connections, one row per input",
        ),
        (
            TWO_TARGETS + "}\nmodel: {hidden_layers: [3], initial_biases: [[1, 2, 3], [1]]}",
            "2: model.initial_biases: b2: found 1; expected 2 numbers, one per unit",
        ),
    ],
)
def test_settings_that_no_data_fits_are_refused_with_their_place(problems, text, problem):
    (line,) = problems(text)
    _, number, _, found = line.split(":", 3)
    assert f"{number}:{found}".startswith(problem)


@pytest.mark.parametrize(
    "text",
    [
        CSV + ", class_weight: balanced}",
        CSV + ", class_weight: balanced, task: multiclass}",
        CSV + ", test: 0.5, validation: 0.5}",
        CSV + ", task: multiclass}\nmodel: {output: sigmoid, threshold: 0.3}",  # not two classes
        CSV + "}\nmodel: {output: softmax}",
        CSV + "}\nmodel: {output: identity}\ntraining: {early_stopping: {monitor: train_mae}}",
        CSV + "}\nmodel: {hidden_layers: [3], masks: [[[1, 0, 1]], [[1], [0], [1]]]}",
        CSV + "}\nmodel: {hidden_layers: [2], initial_biases: [[1, 2], [1, 2, 3]]}",
        "data: {source: images, path: a, size: [1024, 1024]}",
        FOUR + "training: {folds: 2}",
    ],
)
def test_settings_that_some_data_fits_are_valid(load, text):
    load(text)


def test_weights_are_checked_if_their_file_exists(load, problems, tmp_path):
    text = GATE + "initial_weights: w.npz}"
    load(text)
    np.savez(tmp_path / "w.npz", W1=np.ones((2, 3)), W2=np.ones((3, 2)))
    (line,) = problems(text)
    assert line.startswith("c.yaml:2:46: model.initial_weights: W2: found 3 x 2; expected 3 x 1")
    assert read_config(tmp_path / "c.yaml", check=misfits_of_resumed)


def test_an_engine_that_is_not_installed_is_refused(problems, monkeypatch):
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    (line,) = problems("data: xor\ntraining: {engine: compiled}")
    assert line.startswith("c.yaml:2:20: training.engine: numba is not installed")


def test_a_network_that_the_machine_cannot_hold_is_refused(load):
    sizes = "[1000000, 1000000]"
    for data in ("data: xor", CSV + "}"):
        with pytest.raises(NncliError, match=r"takes about 20000.* GB of memory"):
            load(f"{data}\nmodel: {{hidden_layers: {sizes}}}")


def test_several_problems_are_reported_together(problems):
    text = FOUR + "model: {hidden_layers: [2], initial_biases: [[1], [1]]}\ntraining: {folds: 3}"
    assert [line.split(": ")[1] for line in problems(text)] == [
        "model.initial_biases",
        "training.folds",
    ]


@pytest.mark.parametrize("rows", range(4, 12))
def test_the_classes_of_xor_have_the_sizes_of_the_config(rows):
    division = saved_config({"data": {"source": "xor", "rows": rows}}, "c").config.data.division
    made = load_xor(rows=rows, noise=0.0, test=0, validation=0, seed=rows).splits["train"]
    assert np.bincount(made.targets).tolist() == list(division.sizes)


def test_mnist_has_the_rows_of_the_config():
    division = saved_config({"data": "mnist"}, "c").config.data.division
    assert (division.rows, division.classes) == (mnist.TRAIN_ROWS, mnist.CLASSES)


@given(
    sizes=st.lists(st.integers(0, 12), min_size=2, max_size=4).filter(any),
    share=st.integers(0, 20) | st.floats(0, 0.99),
    folds=st.none() | st.integers(2, 6),
)
def test_the_remaining_rows_follow_from_the_number_of_rows(sizes, share, folds):
    targets = np.repeat(np.arange(len(sizes)), sizes)
    rows, names = whole(np.zeros((len(targets), 1)), targets), [str(n) for n in range(len(sizes))]
    division = Division("d", sizes, {"validation": share}, names)
    for number in range(1, (folds or 1) + 1):
        fold = Fold(number, folds) if folds else None
        try:
            expected = division.training_rows(fold)
        except DivisionError:
            with pytest.raises(DivisionError, match=r"^d: "):
                divide(rows, division.shares, 0, names, "d", fold)
            continue
        assert len(divide(rows, division.shares, 0, names, "d", fold)["train"]) == expected


matrices = st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=3), min_size=1, max_size=3)


@st.composite
def small_configs(draw):
    """Draw a config that fits the schema, with synthetic or given rows, and a small network.

    It may be impossible to train.
    """
    values = draw(valid_configs())
    data = values["data"] if isinstance(values["data"], dict) else {"source": values["data"]}
    if data["source"] == "mnist":
        values["data"] = {"source": "gate"}
    if data["source"] in ("xor", *GENERATED):
        rows = draw(st.integers(4 if data["source"] == "xor" else 10, 20))
        kept = {key: data[key] for key in ("source", "classes") if key in data}
        values["data"] = {**kept, "rows": rows, "test": 5}
        values["data"]["validation"] = draw(st.integers(0, rows - 1) | st.floats(0, 0.9))
    model, training = values.setdefault("model", {}), values.setdefault("training", {})
    layers = draw(st.lists(st.integers(1, 3), max_size=2))
    for key in ("activation", "initializer", "bias_initializer"):
        model.pop(key, None)
    model["hidden_layers"] = layers
    model["normalization"] = draw(st.sampled_from(["none", "batch_norm", "layer_norm"]))
    if draw(st.booleans()):
        model["masks"] = draw(lists(st.none() | matrices, len(layers) + 1))
    if draw(st.booleans()):
        model["initial_weights"] = draw(st.lists(matrices, min_size=1, max_size=3))
    if draw(st.booleans()):
        numbers = st.lists(st.floats(-1e40, 1e40), min_size=1, max_size=3)
        model["initial_biases"] = draw(st.lists(numbers, min_size=1, max_size=3))
    training["batch_size"] = draw(st.integers(2, 8) | st.just("full"))
    training["folds"] = draw(st.none() | st.integers(2, 5))
    return values


def given_rows(*inputs):
    data = {"source": "rows", "inputs": [[each] for each in inputs], "scale": "standard"}
    data["targets"] = [*inputs]
    return {"data": data, "model": {"hidden_layers": []}, "training": {"batch_size": "full"}}


def refusal_of(function, *arguments):
    try:
        function(*arguments)
    except NncliError as error:
        return error
    return None


def prepare_all(loaded):
    """Prepare the training of each model of a config."""
    for fold in range(1, (loaded.config.training.folds or 0) + 1) or [None]:
        training = loaded.config.training.model_copy(update={"fold": fold})
        prepare(loaded.with_config(loaded.config.model_copy(update={"training": training})))


@settings(max_examples=150)
@example(values=given_rows(2.2250738585072014e-308, 0))  # differ by too little to scale
@example(values=given_rows(-1e-280, 1e-280))
@example(values=given_rows(1e-280, 1.0000000000000002e-280))
@given(values=small_configs())
def test_a_config_is_valid_if_and_only_if_it_can_be_trained(tmp_path_factory, values):
    values["training"]["engine"] = "numpy"
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    try:
        unchecked = saved_config(values, str(path))
    except ConfigError:
        return  # the schema refuses it
    checked = refusal_of(load_config, path)
    trained = refusal_of(prepare_all, unchecked)
    assert (checked is None) == (trained is None), (checked, trained)
