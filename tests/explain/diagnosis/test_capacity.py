"""Networks that are too small, and those that are not."""

import warnings

import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.measured import measured, unseen_split
from nncli.explain.diagnosis.rules import capacity
from tests.explain.diagnosis.runs import diagnosed

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


def test_noise_is_not_too_small_a_network():
    rows = {"source": "xor", "rows": 400, "noise": 0.6}
    training = {"epochs": 100, "learning_rate": 0.01}
    found = diagnosed({"data": rows, "model": {"hidden_layers": [8]}, "training": training})
    assert "N042" not in found.codes
