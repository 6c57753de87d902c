"""Findings about outputs, losses and targets that do not fit together."""

import re

import numpy as np
import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.finding import Change
from nncli.explain.diagnosis.rules.misfits import misfits

RANDOM = np.random.default_rng(6)
N = 400
X = RANDOM.normal(size=(N, 5))
PLACES = np.array([(0, 0), (4, 4), (0, 4), (4, 0), (8, 2)])
TOWNS = np.arange(N) % 5
NEAR = PLACES[TOWNS] + RANDOM.normal(size=(N, 2)) / 2


def found(inputs, targets, **config):
    """Return the evidence of N050 in a config of a regression of arrays."""
    config = {"data": {"task": "regression"}, "training": {"epochs": 2}, **config}
    loaded = nncli.load_config(config, data=(inputs, targets))
    return [*misfits(case_of(loaded))]


def output(name):
    return {"model": {"output": name}}


def test_numbers_of_classes_are_no_regression_with_any_output():
    (one,) = found(NEAR, TOWNS, **output("sigmoid"))
    assert one.change == Change("data.task", "multiclass")


def noisy(targets):
    return targets + RANDOM.normal(size=N) / 10


@pytest.mark.parametrize(("name", "bounds"), [("tanh", "-1 to 1"), ("sigmoid", "0 to 1")])
def test_targets_that_a_bounded_output_cannot_reach_are_found(name, bounds):
    (one,) = found(X, noisy(3 * X[:, 0]), **output(name))
    assert f"of the training targets are outside of {bounds}" in one.evidence
    assert one.change == Change("model.output", "identity")


def test_the_part_of_the_variance_that_is_lost_is_that_of_clipped_targets():
    y = np.where(np.arange(N) % 2, 3.0, -1.0)
    all_rows = {"task": "regression", "validation": 0, "test": 0}
    (one,) = found(
        X, y, data=all_rows, **output("tanh")
    )  # clipped, they are 1 and -1; the variance is 4
    assert "the best outputs in this range have an error of 0.5 times" in one.evidence
    assert one.evidence.startswith("50% of")


@pytest.mark.parametrize("seed", range(3))
def test_the_row_that_is_named_is_that_of_the_data(seed):
    rows, y = np.arange(60), np.full(60, 0.5)
    y[30:] = 35.5
    data = {"task": "regression", "test": 30, "validation": 0}
    (one,) = found(np.column_stack([rows % 7, rows]), y, data=data, seed=seed, **output("tanh"))
    number = int(re.search(r"such as 35.5 in row (\d+) \(from 0\), target", one.evidence)[1])
    assert y[number] == 35.5


def test_a_few_targets_just_outside_are_left_alone():
    assert found(X, np.clip(noisy(X[:, 0]), -1.02, 1.02), **output("tanh")) == []
    assert found(X, np.clip(noisy(X[:, 0]), -1, 1), **output("tanh")) == []
    assert found(X, noisy(9 * X[:, 0])) == []


def test_networks_that_are_not_trained_are_left_alone():
    assert found(X, noisy(3 * X[:, 0]), training={"epochs": 0}, **output("tanh")) == []


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_of_classes_as_targets_of_a_regression_are_found(first):
    (one,) = found(NEAR, (TOWNS + first).astype(float))
    assert f"only the whole numbers {first} to {first + 4}" in one.evidence
    assert one.change == Change("data.task", "multiclass")


def test_rows_in_the_config_have_labels_instead_of_a_task():
    data = {"source": "rows", "inputs": NEAR.tolist(), "targets": TOWNS.tolist()}
    (one,) = misfits(case_of({"data": data, "training": {"epochs": 2}}))
    assert one.change is None
    assert one.remedy == "give data.labels instead of data.targets"


@pytest.mark.parametrize(
    "targets",
    [
        np.clip(np.round(2 + X[:, 0] + X[:, 1] / 2), 0, 4),  # grades
        np.minimum(RANDOM.poisson(np.exp(0.7 + X[:, 0] / 2)), 8),  # counts
        np.minimum(np.round(X[:, 0] ** 2), 4),  # amounts that no linear model explains
        RANDOM.integers(0, 5, N),  # nothing explains them
    ],
)
def test_grades_and_counts_are_amounts(targets):
    assert found(X, targets.astype(float)) == []


def test_other_numbers_are_no_classes():
    assert found(NEAR, TOWNS * 10.0) == []
    assert found(NEAR, TOWNS + 0.5) == []
    assert found(NEAR[:40], TOWNS[:40].astype(float)) == []  # 8 rows of each are too few
