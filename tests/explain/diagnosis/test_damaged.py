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
