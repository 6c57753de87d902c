"""Diagnoses of runs whose files are damaged."""

import json

import pytest

import nncli

CONFIG = {
    "data": {"source": "xor", "rows": 40, "test": 40, "validation": 0.5},
    "training": {"epochs": 12, "dropout": 0.5},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run directory, and its metrics."""
    directory = tmp_path_factory.mktemp("runs") / "run"
    nncli.train(CONFIG, out=directory, note=lambda line: None)
    return directory, json.loads((directory / "metrics.json").read_text(encoding="utf-8"))


def diagnosed(run, **changes):
    directory, saved = run
    text = json.dumps({**saved, **changes})
    (directory / "metrics.json").write_text(text, encoding="utf-8")
    return nncli.diagnose(directory)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"train": {"rows": "a", "metrics": {}}}, "has no valid number of rows"),
        ({"test": {"rows": 40, "metrics": {"accuracy": "x"}}}, "has no valid metrics"),
        ({"train": None, "validation": None, "test": None}, "has no metrics"),
    ],
)
def test_damaged_metrics_are_one_line(run, changes, said):
    with pytest.raises(nncli.DataError) as error:
        diagnosed(run, **changes)
    assert str(error.value).endswith(f"metrics.json: {said}; restore it, or train anew")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("found", [None, {"rows": 40, "metrics": {}}])
def test_metrics_that_lack_a_split_or_a_value_are_diagnosed_without_it(run, split, found):
    assert diagnosed(run, **{split: found}).is_trained


@pytest.mark.parametrize(("split", "name"), [("train", "loss"), ("validation", "loss")])
def test_a_metric_that_is_missing_is_not_compared(run, split, name):
    saved = run[1][split]
    metrics = {key: value for key, value in saved["metrics"].items() if key != name}
    assert diagnosed(run, **{split: {**saved, "metrics": metrics}}).is_trained


def test_without_the_variance_of_the_errors_there_is_no_interval(tmp_path):
    rows = {"inputs": [[n / 10] for n in range(30)], "targets": [n / 10 for n in range(30)]}
    config = {"data": {"source": "rows", **rows}, "training": {"epochs": 3}}
    nncli.train(config, out=tmp_path / "run", note=lambda line: None)
    saved = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    train = saved["train"]
    del train["metrics"]["rmse"]
    assert diagnosed((tmp_path / "run", saved), train=train).is_trained


def test_a_damaged_history_is_named_and_the_rest_is_diagnosed(run, tmp_path):
    for each in run[0].iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    (tmp_path / "history.csv").write_text("epoch,train_loss\n1\n", encoding="utf-8")
    (tmp_path / "metrics.json").write_text(json.dumps(run[1]), encoding="utf-8")
    found = nncli.diagnose(tmp_path)
    assert "history.csv: is damaged" in found.lacking["N014"]
    assert {"N023", "N040"} <= {*found.checked}
    assert "There is no history.csv" not in found.page()
