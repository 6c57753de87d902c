"""Habits of Keras, PyTorch and scikit-learn are answered with nncli's key, value and place."""

import pytest
import yaml

from nncli.base.errors import ConfigError
from nncli.config.keys import known_keys
from nncli.config.load import load_config
from nncli.config.monitored import MONITORED
from nncli.config.reference import TABLES
from nncli.config.sources import SOURCES
from nncli.config.synonyms import CHOICES, KEYS, choice_hint, choice_meant, letters
from nncli.nn.optimizers import OPTIMIZERS

DATA = "data: {source: xor, rows: 40}\n"


@pytest.fixture
def problem(tmp_path):
    """Return a function that returns the only problem of a config, without its place."""

    def refused(text):
        (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load_config(tmp_path / "c.yaml")
        (line,) = caught.value.problems
        return line.removeprefix(f"{tmp_path / 'c.yaml'}:")

    return refused


def all_keys():
    """Return the keys of every source and optimizer, and the parameters of every choice."""
    found = {"training.early_stopping", "model.activation.slope", "training.schedule.warmup"}
    for name in SOURCES:
        found |= {*known_keys({"data": name})}
    for name in OPTIMIZERS:
        found |= {*known_keys({"data": "xor", "training": {"optimizer": name}})}
    return found


def test_every_name_of_a_key_means_keys_that_exist():
    assert {each for meant in KEYS.values() for each in meant} <= all_keys()


def test_no_name_of_a_key_is_a_key_of_a_section():
    keys = [each.rpartition(".") for each in all_keys()]
    names = {letters(name) for section, _, name in keys if "." not in section}
    assert not names & {*map(letters, KEYS)}


@pytest.mark.parametrize("table", [KEYS, CHOICES], ids=["keys", "choices"])
def test_no_two_names_have_the_same_letters(table):
    assert len({*map(letters, table)}) == len(table)


def test_every_name_of_a_choice_means_a_choice_and_is_not_one_of_the_same_table():
    tables = [{*table} for table in TABLES.values()] + [{*MONITORED}]
    for name, meant in CHOICES.items():
        for each in meant:
            (table, *_) = [table for table in tables if each in table]
            assert letters(name) not in {*map(letters, table)}, name


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("learning_rate: 3", "learning_rate: 3 under training"),
        ("lr: 0.1", "learning_rate: 0.1 under training"),
        ("num_epochs: 3", "epochs: 3 under training"),
        ("max_iter: 200", "epochs: 200 under training"),
        ("batch_size: full", "batch_size: full under training"),
        ("optimizer: SGD", "optimizer: sgd under training"),
        ("solver: adam", "optimizer: adam under training"),
        ("solver: lbfgs", "optimizer under training"),
        ("criterion: MSELoss", "loss: mean_squared_error under training"),
        ("alpha: 1e-4", "l2 under training"),  # scikit-learn divides it by the batch size
        ("layers: 3", "hidden_layers under model"),  # three layers, or one of three units
        ("layer_sizes: [784, 30, 10]", "hidden_layers under model"),  # with inputs and outputs
        ("kernel_regularizer: 0.01", "l2 under training"),  # Keras has no factor 1/2
        ("scaler: StandardScaler", "scale: standard under data"),
        ("normalize: true", "scale under data"),
        ("test_size: 0.2", "test under data"),  # xor has a number of rows
        ("test_size: 20", "test: 20 under data"),
        ("learning_rate_init: 0.01", "learning_rate: 0.01 under training"),
        ("early_stopping: true", "early_stopping: true under training"),
        ("early_stopping: {patience: 3}", "early_stopping under training"),
        ("patience: 3", "early_stopping: {patience: 3} under training"),
        ("n_iter_no_change: 3", "early_stopping: {patience: 3} under training"),
        ("shuffle: false", "shuffle: false under training"),
        ("dropout_rate: 0.5", "dropout: 0.5 under training"),
        (
            "weight_decay: 0.01",
            "optimizer: {name: adamw, weight_decay: 0.01} under training, or l2: 0.01 under "
            "training",
        ),
        ("momentum: 0.9", "optimizer: {name: sgd, momentum: 0.9} under training"),
        ("kernel_regularizer: l2", "l2 under training"),
        ("hidden_layer_sizes: [64, 32]", "hidden_layers: [64, 32] under model"),
        ("units: 64", "hidden_layers: [64] under model"),
        ("activation: ReLU", "activation: relu under model"),
        ("kernel_initializer: glorot_uniform", "initializer: xavier_uniform under model"),
        ("validation_split: 0.2", "validation: 0.2 under data"),
        ("training.learning_rate: 3", "learning_rate: 3 under training"),
    ],
)
def test_a_key_at_the_top_level_is_answered_with_its_section_and_value(problem, line, hint):
    key = line.partition(":")[0]
    assert problem(f"{DATA}{line}\n") == f"2:1: {key}: unknown key; write {hint}"
    where = hint.rpartition(" under ")[2]
    written = hint.partition(" under ")[0]
    if ":" in written and where != "data":  # what is suggested is valid
        data = {"source": "xor", "validation": 0.2}
        assert load_config({"data": data, where: yaml.safe_load(f"{{{written}}}")})


@pytest.mark.parametrize(
    ("section", "key", "value", "hint"),
    [
        ("training", "lr", "0.1", "did you mean 'learning_rate'?"),
        ("training", "BatchSize", "8", "did you mean 'batch_size'?"),
        ("training", "hidden_layers", "[8]", "write hidden_layers: [8] under model"),
        ("training", "random_state", "7", "write seed: 7 at the top level"),
        ("training", "seed", "7", "write seed: 7 at the top level"),
        ("training", "patience", "5", "write early_stopping: {patience: 5}"),
        ("training", "momentum", "0.9", "write optimizer: {name: sgd, momentum: 0.9}"),
        (
            "training",
            "weight_decay",
            "0.1",
            "write optimizer: {name: adamw, weight_decay: 0.1}, or l2: 0.1",
        ),
        ("training", "validation_split", "0.2", "write validation: 0.2 under data"),
        ("training", "activation", "LeakyReLU", "write activation: leaky_relu under model"),
        ("model", "dropout", "0.2", "write dropout: 0.2 under training"),
        ("model", "units", "8", "did you mean 'hidden_layers'?"),
        ("model", "loss", "mse", "write loss: mean_squared_error under training"),
    ],
)
def test_a_key_in_the_wrong_section_is_answered_with_the_right_one(
    problem, section, key, value, hint
):
    text = f"{DATA}{section}:\n  {key}: {value}\n"
    assert problem(text) == f"3:3: {section}.{key}: unknown key; {hint}"


@pytest.mark.parametrize(
    ("choice", "key", "hint"),
    [
        ("training: {optimizer: {name: adam, K: 0.1}}", "lr", "write learning_rate: 0.1 under"),
        ("training: {optimizer: {name: adam, K: 0.1}}", "weight_decay", "write l2: 0.1 under"),
        ("training: {optimizer: {name: rmsprop, K: 0.9}}", "alpha", "expected one of name, decay"),
        ("training: {schedule: {name: step, K: 10}}", "step_size", "expected one of name, every"),
        ("training: {optimizer: {name: sgd, K: 1}}", "beta1", "expected one of name, momentum"),
        ("model: {activation: {name: elu, K: 1}}", "lr", "expected one of name, alpha"),
        ("model: {activation: {name: leaky_relu, K: 1}}", "negative_slope", "did you mean 'slope'"),
        ("model: {activation: {name: leaky_relu, K: 1}}", "alpha", "expected one of name, slope"),
    ],
)
def test_below_a_choice_a_name_means_only_a_key_near_it(problem, choice, key, hint):
    assert f"{key}: unknown key; {hint}" in problem(DATA + choice.replace("K", key))


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("training.loss", {"mse": "mean_squared_error", "MSELoss": "mean_squared_error",
                           "categorical_crossentropy": "cross_entropy",
                           "BCEWithLogitsLoss": "sigmoid_cross_entropy",
                           "CrossEntropyLoss": "cross_entropy", "L1Loss": "mean_absolute_error"}),
        ("training.optimizer", {"SGD": "sgd", "RMSProp": "rmsprop", "AdamW": "adamw"}),
        ("training.schedule", {"ReduceLROnPlateau": "plateau", "StepLR": "step"}),
        ("model.activation", {"ReLU": "relu", "LeakyReLU": "leaky_relu", "linear": "identity",
                              "logistic": "sigmoid", "swish": "silu"}),
        ("model.initializer", {"glorot_uniform": "xavier_uniform", "he-normal": "he_normal",
                               "kaiming_normal": "he_normal", "HeNormal": "he_normal"}),
        ("model.normalization", {"BatchNorm1d": "batch_norm", "LayerNormalization": "layer_norm"}),
        ("data.scale", {"StandardScaler": "standard", "z-score": "standard"}),
    ],
)  # fmt: skip
def test_a_name_of_another_library_is_answered_with_the_choice(problem, key, names):
    section, _, name = key.partition(".")
    for given, meant in names.items():
        text = f"data: {{source: xor, rows: 40}}\n{section}: {{{name}: {given}}}\n"
        if section == "data":
            text = f"data: {{source: xor, {name}: {given}}}\n"
        assert problem(text).endswith(f": unknown name \"{given}\"; did you mean '{meant}'?")


def test_a_monitored_value_may_be_spelled_as_in_keras(problem):
    text = f"{DATA}training: {{early_stopping: {{monitor: val_loss}}}}\n"
    assert problem(text).endswith("such as validation_loss; did you mean 'validation_loss'?")


def test_a_choice_depends_on_what_is_known():
    assert choice_meant("none", ["relu", "identity"]) == "identity"
    assert choice_meant("none", ["none", "unit"]) == "none"
    assert choice_meant("l1", ["adam"]) is None
    assert choice_hint("sgdd", ["sgd", "adam"]) == "; did you mean 'sgd'?"
    assert choice_hint("zzz", ["sgd", "adam"]) == ""
