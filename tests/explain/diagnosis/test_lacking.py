"""A diagnosis counts only the checks that had something to look at."""

import pytest

import nncli
from nncli.explain.diagnosis.rules.table import RULES

CONFIG = {"data": {"source": "xor", "rows": 60}, "training": {"epochs": 12}}
OF_HISTORY = {"N011", "N012", "N013", "N014", "N015", "N016", "N024"}
OF_METRICS = {"N002", "N004", "N005", "N040", "N041", "N043", "N044"}
ALL = {code for code, rule in RULES.items() if rule.needs != "trial"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "run"
    nncli.train(CONFIG, out=directory, note=lambda line: None)
    return directory


def test_a_run_has_everything(run):
    found = nncli.diagnose(run)
    assert {*found.checked} == ALL
    assert found.lacking == {}


def test_a_weights_file_lacks_what_history_and_metrics_show(run, tmp_path):
    lone = tmp_path / "lone.npz"
    lone.write_bytes((run / "weights.npz").read_bytes())
    found = nncli.diagnose(lone)
    assert not (OF_HISTORY | OF_METRICS) & {*found.checked}
    assert {*found.checked} | {*found.lacking} == ALL
    assert found.as_json()["unchecked"]["N014"] == "these need the history of a run"
    assert found.as_json()["unchecked"]["N040"] == "these need the saved metrics of a run"


def test_of_a_config_only_the_start_is_checked():
    found = nncli.diagnose(CONFIG)
    lacking = OF_METRICS | OF_HISTORY - {"N024"}
    assert not lacking & {*found.checked}
    assert found.lacking["N003"] == "these need a run"
    assert {"N020", "N023", "N024", "N030"} <= {*found.checked}
    assert f"{len(found.checked)} of {len(ALL)} checks found nothing at the start" in found.page()
    assert "these need a run." in found.page()


def test_a_config_that_lacks_a_training_is_empty():
    """So the page is not printed before the error about nothing to change."""
    assert nncli.diagnose(CONFIG).is_empty


def test_a_run_without_steps_needs_an_epoch():
    found = nncli.train({**CONFIG, "training": {"epochs": 0}}, note=lambda line: None).diagnose()
    assert found.lacking["N020"] == "these need an epoch of training"
    assert not (OF_HISTORY | OF_METRICS) & {*found.checked}


def test_a_muted_finding_does_not_count_as_nothing():
    config = {**CONFIG, "model": {"initializer": "zeros"}, "diagnose": {"ignore": ["N023"]}}
    found = nncli.diagnose(config)
    assert found.ignored == ["N023"]
    assert f"{len(found.checked) - 1} of {len(ALL)} checks found nothing" in found.page()


def test_a_finding_is_checked_whatever_is_lacking():
    """A perceptron for XOR is too small, which even its config shows."""
    config = {"data": {"source": "gate", "gate": "xor"}, "model": {"hidden_layers": []}}
    found = nncli.diagnose(config)
    assert "N042" in found.codes
    assert "N042" in found.checked
    assert "N042" not in found.lacking
