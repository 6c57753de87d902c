"""Outputs that are constant, or no better than a constant."""

from math import log

import numpy as np
import pytest

import nncli
from nncli.explain.diagnosis.rules.gain import compared, gains_nothing
from nncli.explain.diagnosis.rules.outputs import loss_of_constant
from nncli.nn.losses import LOSSES
from nncli.runs.saved_metrics import saved_split
from tests.explain.diagnosis.runs import evidence_in

XOR = {"data": {"source": "xor", "rows": 400, "noise": 0.25}}
MINE = ("N001", "N002")


def findings(config, *overrides):
    return evidence_in(config, MINE, list(overrides))


def split_of(rows, **metrics):
    """Return a saved binary split of equal classes, with the metrics of a coin by default."""
    half = rows // 2
    metrics = {"loss": 0.7, "accuracy": 0.5, "balanced_accuracy": 0.5, "roc_auc": 0.5} | metrics
    classes = [{"class": name, "support": half} for name in "ab"]
    guess = {"values": ["a"], "metrics": {"accuracy": 0.5, "roc_auc": 0.5}}
    found = {"rows": rows, "metrics": metrics, "constant_guess": guess, "per_class": classes}
    return saved_split(found)


def test_a_strong_penalty_is_named_with_its_numbers():
    found = findings(XOR, "training.l2=3", "training.learning_rate=0.01", "training.epochs=60")
    evidence = found["N001"]
    assert "the targets by 0.5" in evidence.evidence
    assert "entropy of the class shares is 0.6931" in evidence.evidence
    assert "training.l2=3" in evidence.cause
    assert str(evidence.change) == "training.l2=0"
    assert set(found) == {"N001", "N002"}


@pytest.mark.parametrize(
    "overrides",
    [
        ["training.learning_rate=0.01"],
        ["training.learning_rate=0.01", "training.l2=0.05"],  # weights shrink, but it learns
        ["model.hidden_layers=[]", "training.epochs=0"],  # given weights, no training
        ["model.initializer=zeros", "training.epochs=0"],
    ],
)
def test_a_run_that_learned_or_was_not_trained_has_no_finding(overrides):
    assert not findings(XOR, *overrides)


def test_a_config_without_a_run_has_no_finding():
    assert not {*MINE} & set(nncli.diagnose({**XOR, "model": {"initializer": "zeros"}}).codes)


def test_one_row_has_constant_outputs_without_a_fault():
    data = {"source": "rows", "inputs": [[1, 2]], "targets": [3]}
    assert not findings({"data": data}, "training.epochs=2")


def test_a_perceptron_on_xor_needs_more_than_one_setting():
    found = findings("configs/lectures/xor_perceptron.yaml")
    assert set(found) == {"N002"}
    assert found["N002"].change is None
    assert "add a hidden layer" in found["N002"].remedy


@pytest.mark.parametrize(("epochs", "is_learned"), [(60, True), (5, False)])
def test_only_random_labels_that_are_learned_are_said_to_be_noise(epochs, is_learned, tmp_path):
    random = np.random.default_rng(0)
    X, y = random.normal(size=(1600, 10)), random.integers(0, 2, 1600)
    rows = np.column_stack([X, y])
    head = ",".join([*(f"x{i}" for i in range(10)), "y"])
    np.savetxt(tmp_path / "random.csv", rows, "%.3f", ",", header=head, comments="")
    data = {"source": "csv", "path": str(tmp_path / "random.csv"), "target": "y"}
    data |= {"test": 600, "columns": {"y": "category"}}
    config = {"data": data, "model": {"hidden_layers": [64]}}
    rate = f"training.learning_rate={0.01 if is_learned else 0.001}"
    found = findings(config, f"training.epochs={epochs}", rate, "training.l2=0")
    assert "on the 600 test rows" in found["N002"].evidence
    assert ("their noise" in found["N002"].cause) == is_learned


def test_a_coin_gains_nothing_and_a_network_that_ranks_rows_gains_something():
    assert gains_nothing(split_of(1000))
    assert gains_nothing(split_of(1000, accuracy=0.53))  # two standard errors of 0.016
    assert not gains_nothing(split_of(1000, accuracy=0.56))
    assert not gains_nothing(split_of(1000, roc_auc=0.6))
    assert not gains_nothing(split_of(1000, log_loss=0.67))
    assert not gains_nothing(split_of(4, accuracy=0.75))  # three of four rows of a gate


def test_gains_are_measured_from_the_constant_to_a_perfect_answer():
    found = compared(split_of(1000, accuracy=0.75, log_loss=log(2) / 2))
    assert found["accuracy"].gain == pytest.approx(0.5)
    assert found["log loss"].gain == pytest.approx(0.5)
    assert found["ROC AUC"].gain == 0


def numbers_of(mae, **guess):
    """Return a saved split of a skewed target, whose mean has an error of 12."""
    metrics = {"loss": 1.0, "mae": mae, "rmse": 24.0, "r2": -0.03}
    constant = {"values": [6.0], "metrics": {"mae": 12.0, "rmse": 23.6, "r2": 0.0}, **guess}
    return saved_split({"rows": 200, "metrics": metrics, "constant_guess": constant})


def test_the_mean_absolute_error_is_compared_with_that_of_the_median():
    assert gains_nothing(numbers_of(9.0, mae_of_medians=8.7))
    assert not gains_nothing(numbers_of(8.0, mae_of_medians=8.7))
    assert not gains_nothing(numbers_of(9.0))  # of an earlier version: compared with the mean
    assert gains_nothing(numbers_of(12.0))


def test_nothing_is_compared_without_a_saved_constant():
    saved = saved_split({"rows": 100, "metrics": {"loss": 1.0, "accuracy": 0.5}})
    assert not compared(saved)
    assert not gains_nothing(saved)


@pytest.mark.parametrize("name", ["mean_squared_error", "squared_error", "half_squared_error"])
def test_the_loss_of_the_mean_is_the_least_of_all_constants(name):
    T = np.random.default_rng(1).normal(size=(50, 3))
    loss, _ = loss_of_constant(name, T)
    terms = LOSSES[name].terms
    reduce = np.mean if LOSSES[name].mean_over_outputs else lambda found: found.sum() / len(found)
    assert loss == pytest.approx(reduce(terms(np.broadcast_to(T.mean(axis=0), T.shape), T)))


def test_the_loss_of_class_shares_is_their_entropy():
    T = np.eye(3)[[0, 0, 1, 2]]
    assert loss_of_constant("cross_entropy", T)[0] == pytest.approx(1.5 * np.log(2))
    assert loss_of_constant("sigmoid_cross_entropy", T[:, :1])[0] == pytest.approx(np.log(2))
    assert loss_of_constant("hinge", T)[0] is None


@pytest.mark.parametrize(
    ("override", "change"),
    [
        ("training.clip_norm=0.000001", "training.clip_norm=null"),
        ("training.learning_rate=0.000001", "training.learning_rate=0.1"),
    ],
)
def test_training_that_hardly_moves_the_weights_is_named(override, change):
    overrides = ["training.optimizer=sgd", "training.learning_rate=0.1", "training.epochs=20"]
    found = findings(XOR, *overrides, override)["N002"]
    assert "hardly moved the weights" in found.cause
    assert str(found.change) == change


def test_a_line_that_ranks_rows_is_not_blamed():
    gate = {"data": {"source": "gate", "gate": "and"}, "model": {"hidden_layers": []}}
    found = findings(gate, "model.output=step", "training.loss=perceptron", "training.epochs=1")
    assert all("weighted sum" not in each.cause for each in found.values())


def test_a_limit_of_the_weights_is_the_cause_and_not_the_penalty_beside_it():
    slow = ("training.learning_rate=0.01", "training.epochs=60", "training.l2=0.01")
    evidence = findings(XOR, *slow, "training.max_norm=0.01")["N001"]
    assert str(evidence.change) == "training.max_norm=null"
    assert findings(XOR, *slow, "training.max_norm=2") == {}


def test_layer_norm_of_one_unit_is_the_cause_and_that_of_more_units_is_not():
    slow = ("training.learning_rate=0.01", "training.epochs=60", "model.normalization=layer_norm")
    evidence = findings(XOR, *slow, "model.hidden_layers=[8, 1]")["N001"]
    assert "layer 2 has one unit" in evidence.cause
    assert str(evidence.change) == "model.normalization=none"
    assert findings(XOR, *slow, "model.hidden_layers=[8, 4]") == {}


SLOW = ("training.learning_rate=0.01", "training.epochs=60")


@pytest.mark.parametrize("decay", [0.01, 0.5])
def test_a_usual_decay_of_weights_is_no_cause(decay):
    optimizer = f'training.optimizer={{"name": "adamw", "weight_decay": {decay}}}'
    assert findings(XOR, *SLOW, optimizer) == {}


@pytest.mark.parametrize(("scale", "is_named"), [(0.0001, True), (0.1, False), (3, False)])
def test_only_far_too_small_or_large_initial_weights_are_a_cause(scale, is_named):
    initializer = f'model.initializer={{"name": "normal", "scale": {scale}}}'
    settings = ("model.hidden_layers=[16]", "training.optimizer=sgd", initializer)
    found = findings(XOR, *settings, "training.learning_rate=0.1", "training.epochs=60")
    assert any("initial weights" in each.cause for each in found.values()) == is_named


def test_small_initial_weights_and_a_low_rate_need_two_settings():
    small = 'model.initializer={"name": "normal", "scale": 0.0001}'
    slow = ("training.optimizer=sgd", "training.learning_rate=0.001", "training.epochs=10")
    found = findings(XOR, small, *slow)["N001"]
    assert found.change is None
    assert found.remedy == "set model.initializer=he_normal and training.learning_rate=0.1"


def test_the_default_penalty_is_no_cause_of_small_weights():
    small = 'model.initializer={"name": "normal", "scale": 0.0001}'
    sgd = ("training.optimizer=sgd", "training.learning_rate=0.001", "training.l2=0.01")
    found = findings(XOR, small, *sgd)
    assert found
    assert all("l2" not in each.cause for each in found.values())


def test_initial_weights_before_a_normalization_are_no_cause():
    small = 'model.initializer={"name": "normal", "scale": 0.0001}'
    norm = ("model.normalization=layer_norm", "training.learning_rate=1e-9", "training.epochs=8")
    found = findings(XOR, small, *norm)
    assert found
    assert all("initial weights" not in each.cause for each in found.values())
