"""Networks that are too small, and those that are not."""

import warnings

import numpy as np
import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.measured import measured, unseen_split
from nncli.explain.diagnosis.rules import capacity
from tests.explain.diagnosis.runs import diagnosed, found_in

CONFIG = {
    "data": {"source": "xor", "rows": 400},
    "model": {"hidden_layers": [4]},
    "training": {"epochs": 2},
}


def test_test_rows_of_a_gate_are_all_there_are():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nncli.NncliWarning)
        run = nncli.train("configs/lectures/xor_logistic.yaml", {"training.epochs": 50})
    case = case_of(run)
    assert unseen_split(case) is None
    test = measured(case, "test")
    assert (test.low, test.high) == (test.value, test.value)
    [evidence] = capacity.too_small(case)
    assert str(evidence.change) == "model.hidden_layers=[8]"


def test_a_config_for_xor_without_a_hidden_layer_is_too_small():
    found = nncli.diagnose({**CONFIG, "model": {"hidden_layers": []}})
    assert found.codes == ["N042"]
    assert nncli.diagnose(CONFIG).codes == []


def test_a_perceptron_needs_more_than_a_hidden_layer():
    [finding] = diagnosed("configs/lectures/xor_perceptron.yaml").findings
    assert finding.code == "N042"
    assert finding.found.change is None
    assert "model.output=sigmoid" in finding.remedy


@pytest.mark.parametrize(
    ("training", "codes"),
    [
        ({"epochs": 0}, []),
        ({"epochs": 20, "learning_rate": 1e-6}, ["N012"]),
        ({"epochs": 200, "learning_rate": 0.02}, []),
    ],
    ids=["untrained", "too slow", "good"],
)
def test_a_size_that_suffices_is_not_too_small(training, codes):
    assert diagnosed({**CONFIG, "training": training}).codes == codes


def moons(path, noise, slope):
    """Write points of two half circles, pulled apart by `slope`; return the section of the data."""
    rng = np.random.default_rng(4)
    angle, which = rng.uniform(0, np.pi, 400), np.arange(400) % 2
    sign = 1 - 2 * which
    X = np.column_stack([sign * np.cos(angle) + which, sign * np.sin(angle) + which / 2])
    X[:, 1] += slope * sign
    rows = np.column_stack([X + rng.normal(0, noise, X.shape), which])
    np.savetxt(path, rows, delimiter=",", header="a,b,which", comments="")
    return {"path": str(path), "target": "which", "task": "binary"}


@pytest.mark.parametrize("hidden", [[], [1]])
@pytest.mark.parametrize(
    ("noise", "slope", "is_found"),
    [(0.15, 0, True), (0.15, 1, False), (0.8, 0, False)],
    ids=["bent", "a line separates them", "noise"],
)
def test_a_bent_boundary_needs_a_wider_hidden_layer(hidden, noise, slope, is_found, tmp_path):
    config = {
        "data": moons(tmp_path / "moons.csv", noise, slope),
        "model": {"hidden_layers": hidden, "activation": "tanh"},
        "training": {"epochs": 100, "learning_rate": 0.01},
    }
    assert ("N042" in diagnosed(config).codes) == is_found


@pytest.mark.parametrize(
    ("weights", "is_found"),
    [({}, True), ({"class_weight": "balanced"}, False), ({"class_weight": {"0": 30}}, False)],
    ids=["alike", "balanced", "one counts more"],
)
def test_weighted_rows_are_not_judged_by_an_accuracy_without_weights(weights, is_found, tmp_path):
    config = {
        "data": moons(tmp_path / "moons.csv", 0.15, 0) | weights,
        "model": {"hidden_layers": [1], "activation": "tanh"},
        "training": {"epochs": 100, "learning_rate": 0.01},
    }
    assert ("N042" in diagnosed(config).codes) == is_found


def test_noise_is_not_too_small_a_network():
    rows = {"source": "xor", "rows": 400, "noise": 0.6}
    training = {"epochs": 100, "learning_rate": 0.01}
    found = diagnosed({"data": rows, "model": {"hidden_layers": [8]}, "training": training})
    assert "N042" not in found.codes


SPIRAL = {
    "data": {"path": "tests/explain/diagnosis/broken/spiral.csv", "target": "arm"}
    | {"task": "multiclass", "test": 100},
    "training": {"epochs": 100, "learning_rate": 0.01},
}


@pytest.mark.parametrize(
    ("hidden", "training"),
    [
        ([24], {}),
        ([24], {"dropout": 0.3}),
        ([64], {"dropout": 0.5}),
        ([24], {"dropout": 0.9, "epochs": 1}),
    ],
    ids=["none", "a weak one", "a wide layer", "too short to tell"],
)
def test_dropout_that_leaves_enough_is_none_of_the_causes(hidden, training):
    training = {**SPIRAL["training"], **training}
    config = {**SPIRAL, "model": {"hidden_layers": hidden}, "training": training}
    assert "N042" not in diagnosed(config).codes


def test_dropout_is_not_the_cause_where_the_rate_is():
    training = {"epochs": 20, "learning_rate": 1e-6, "dropout": 0.8}
    config = {**SPIRAL, "model": {"hidden_layers": [24]}, "training": training}
    assert "N042" not in diagnosed(config).codes


@pytest.mark.parametrize(
    ("training", "change", "remedy"),
    [
        ({"l2": 0}, "model.hidden_layers=[32, 32]", ""),
        ({"l2": 0.1}, "None", "set model.hidden_layers=[32, 32] and training.l2=0"),
    ],
    ids=["one setting", "a penalty, too"],
)
def test_the_advice_is_what_was_tried(training, change, remedy):
    training = {**SPIRAL["training"], **training}
    config = {**SPIRAL, "model": {"hidden_layers": [2]}, "training": training}
    found = found_in(config, "N042")
    assert str(found.change) == change
    assert found.remedy == remedy


def test_a_size_is_no_cause_if_a_larger_network_learns_no_more_with_the_same_rate():
    training = {"l2": 0, "learning_rate": 1e-4, "epochs": 20}
    config = {**SPIRAL, "model": {"hidden_layers": [2]}, "training": training}
    assert found_in(config, "N042") is None


def test_the_evidence_says_what_its_brackets_are():
    [finding] = diagnosed("tests/explain/diagnosis/broken/too_small_for_a_spiral.yaml").findings
    assert finding.found.evidence.endswith("; brackets show 95% intervals")
    dropped = diagnosed("tests/explain/diagnosis/broken/dropout_on_a_spiral.yaml").findings
    assert str(dropped[0].found.change) == "training.dropout=0"
    assert "3 of 32 units" in dropped[0].found.cause
    assert "brackets show 95% intervals" in dropped[0].found.evidence
