"""Findings about columns that alone predict the target."""

import re
from pathlib import Path

import numpy as np
import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.rules.leaks import predicts_alone

BROKEN = Path(__file__).parent / "broken"
RANDOM = np.random.default_rng(4)
N = 300
X = RANDOM.normal(size=(N, 4))
CLASSES = (X[:, 0] + X[:, 1] + RANDOM.normal(size=N) > 0).astype(int)
NUMBERS = X[:, 0] - X[:, 2] + RANDOM.normal(size=N)


def found(inputs, targets, **config):
    """Return the evidence of N033 in a config of arrays."""
    config = nncli.load_config({"data": {"validation": 0.2}, **config}, data=(inputs, targets))
    return [*predicts_alone(case_of(config))]


def with_column(column):
    return np.column_stack([X, column])


@pytest.mark.parametrize(
    ("column", "targets"),
    [
        (CLASSES, CLASSES),
        (np.where(CLASSES, 3, -3) + RANDOM.uniform(size=N), CLASSES),
        (7 - 2 * NUMBERS, NUMBERS),
    ],
)
def test_a_column_of_an_array_that_tells_the_target_is_found(column, targets):
    assert found(X, targets) == []
    (one,) = found(with_column(column), targets)
    assert one.evidence.startswith("'x5' alone predicts 'y' in nearly all of")
    assert one.change is None
    assert "remove 'x5' from the inputs" in one.remedy


def test_what_the_other_columns_are_worth_is_measured_on_other_rows():
    (one,) = found(with_column(CLASSES), CLASSES)
    accuracy = re.search(r"has an accuracy of (0\.\d+) on 60 other rows$", one.evidence)
    assert 0.7 < float(accuracy[1]) < 0.9
    (one,) = found(with_column(7 - 2 * NUMBERS), NUMBERS)
    r2 = re.search(r"has an R² of (0\.\d+) on 60 other rows$", one.evidence)
    assert 0.5 < float(r2[1]) < 0.8  # of a variance of 3, the noise is 1


@pytest.mark.parametrize("wrong", [0.01, 0.05])
def test_a_column_that_is_wrong_now_and_then_is_no_leak(wrong):
    flips = np.arange(N) < max(2, wrong * N)
    assert found(with_column(CLASSES ^ RANDOM.permutation(flips)), CLASSES) == []


def test_a_single_input_is_the_only_thing_to_predict_from():
    assert found(X[:, :1], 2 * X[:, 0]) == []


def test_columns_that_the_others_can_replace_give_nothing_away():
    apart = CLASSES[:, np.newaxis] * 20 + RANDOM.normal(size=(N, 4))
    assert found(apart, CLASSES) == []
    assert found(np.column_stack([apart, X[:, 0]]), CLASSES) == []


def test_a_copy_of_the_classes_is_found_even_if_the_others_can_replace_it():
    apart = CLASSES[:, np.newaxis] * 20 + RANDOM.normal(size=(N, 4))
    assert len(found(np.column_stack([apart, CLASSES]), CLASSES)) == 1


def test_a_column_must_tell_the_target_in_unseen_rows_too():
    config = nncli.load_config({"data": {"validation": 0.2}}, data=(X, CLASSES))
    column = CLASSES.copy()
    unseen = config.config.load_data().splits["validation"].rows
    column[unseen] = RANDOM.permutation(column[unseen])
    assert found(with_column(column), CLASSES) == []


def test_a_few_rows_of_a_rare_class_may_lie_apart_by_chance():
    rare = (np.arange(N) < 5).astype(int)
    assert found(with_column(rare), rare) == []


@pytest.mark.parametrize(
    ("targets", "column", "task"),
    [
        (np.column_stack([NUMBERS, X[:, 1] * X[:, 3]]), NUMBERS, "regression"),
        (np.column_stack([CLASSES, CLASSES[::-1]]), CLASSES, "multilabel"),
    ],
)
def test_of_several_targets_it_is_one_that_the_column_tells(targets, column, task):
    (one,) = found(with_column(column), targets, data={"task": task, "validation": 0.2})
    assert one.evidence.startswith("'x5' alone predicts one of 'y1', 'y2' in nearly all of")
    r2 = re.search(r"R² of (-?0\.\d+) on 60 other rows for the target that they tell", one.evidence)
    assert float(r2[1]) < 0.2


def test_the_change_drops_the_column_together_with_those_dropped_before():
    path, dropped = BROKEN / "leak.yaml", {"data.drop": ["age"]}
    (one,) = nncli.diagnose(nncli.load_config(path, dropped)).findings
    assert (one.code, str(one.found.change)) == ("N033", 'data.drop=["age", "refund"]')
    changed = nncli.load_config(path, {"data.drop": one.found.change.value})
    assert nncli.diagnose(changed).codes == []


def test_a_run_has_the_finding_of_its_config(tmp_path):
    config = nncli.load_config(BROKEN / "leak.yaml", {"training.epochs": 1})
    nncli.train(config, out=tmp_path / "run", note=lambda line: None)
    found = nncli.diagnose(tmp_path / "run", trust_paths=True)
    assert "N033" in found.codes, found.page()
