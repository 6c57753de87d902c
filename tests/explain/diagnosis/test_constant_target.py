"""Findings about a target that is the same in all training rows."""

import numpy as np
import pytest

from tests.explain.diagnosis.runs import diagnosed, found_in

INPUTS = np.random.default_rng(0).normal(size=(8, 2)).round(2).tolist()


def config(epochs=5, **data):
    rows = len(next(iter(data.values())))
    given = {"source": "rows", "inputs": INPUTS[:rows], **data}
    return {"data": given, "training": {"epochs": epochs}}


@pytest.mark.parametrize("trains", [True, False])
@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"targets": [0.1] * 8}, "target y: 0.1"),
        ({"targets": [[2, 3]] * 8}, "2 targets"),
        ({"labels": ["a"] * 8, "classes": ["a", "b"]}, "target y: a"),
    ],
)
def test_a_constant_target_is_named_with_its_value(data, what, trains):
    found = found_in(config(**data), "N037", trains=trains)
    assert found.evidence == f"all 8 training rows have the same {what}"


@pytest.mark.parametrize(
    "data",
    [
        {"targets": [0.1] * 7 + [0.2]},
        {"targets": [[2, number] for number in range(8)]},
        {"labels": ["a"] * 7 + ["b"]},
        {"targets": [3.5] * 3},
    ],
    ids=["one differs", "one of two targets varies", "one class differs", "a worked example"],
)
def test_a_target_that_varies_is_no_finding(data):
    assert found_in(config(**data), "N037") is None
    assert found_in(config(**data), "N037", trains=False) is None


def test_weights_that_are_only_shown_are_no_finding():
    assert found_in(config(epochs=0, targets=[2.0] * 8), "N037") is None


@pytest.mark.parametrize("epochs", [2, 20, 100])
def test_it_explains_what_training_shows(tmp_path, epochs):
    table = {"columns": {"target": "number"}, "task": "regression"}
    lines = [f"{row % 7},{row % 5},3.5" for row in range(60)]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,target", *lines]), encoding="utf-8")
    data = {"path": str(tmp_path / "table.csv"), "target": "target", **table}
    found = diagnosed({"data": data, "training": {"epochs": epochs}})
    assert found.codes == ["N037"], found.page()
