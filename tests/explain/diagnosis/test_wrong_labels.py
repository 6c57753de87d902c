"""Findings about labels that look wrong."""

import re

import numpy as np
import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.rules.wrong_labels import wrong_labels

RANDOM = np.random.default_rng(8)
N = 400
PLACES = np.array([(0, 0), (4, 4), (0, 4), (4, 0)])
TOWNS = np.arange(N) % 4
NEAR = PLACES[TOWNS] + RANDOM.normal(size=(N, 2)) * 0.6


def flipped(classes, share, *, seed=1):
    """Return classes of which a share are another one, and the rows with those."""
    random, number = np.random.default_rng(seed), classes.max() + 1
    rows = random.permutation(len(classes))[: round(share * len(classes))]
    other = classes.copy()
    other[rows] = (other[rows] + random.integers(1, number, len(rows))) % number
    return other, rows


def found(inputs, classes, **data):
    config = {"data": {"validation": 0, **data}, "training": {"epochs": 1}}
    loaded = nncli.load_config(config, data=(inputs, classes))
    return [each.evidence for each in wrong_labels(case_of(loaded))]


@pytest.mark.parametrize("share", [0.07, 0.15])
def test_wrong_labels_are_found_and_their_rows_named(share):
    classes, rows = flipped(TOWNS, share)
    (evidence,) = found(NEAR, classes)
    named = re.findall(r"row (\d+) \(from 0\) is labeled (\d), but looks like (\d)", evidence)
    assert len(named) == 5
    for row, given, answer in named:
        assert int(row) in rows
        assert int(given) == classes[int(row)]
        assert int(answer) == TOWNS[int(row)]
    about = re.search(r"so about (\d+)% of all labels look wrong", evidence)
    assert int(about[1]) / 100 == pytest.approx(share, abs=0.04)


def test_the_labels_of_two_classes_and_of_a_table_are_found_too():
    classes, rows = flipped(TOWNS % 2, 0.1)
    frame = [
        {"east": east, "north": north, "town": ("no", "yes")[each]}
        for (east, north), each in zip(NEAR.tolist(), classes, strict=True)
    ]
    config = {"data": {"target": "town"}, "training": {"epochs": 1}}
    (one,) = wrong_labels(case_of(nncli.load_config(config, data=frame)))
    named = re.findall(
        r"row (\d+) \(from 0\) is labeled (no|yes), but looks like (no|yes)", one.evidence
    )
    assert named
    assert {int(row) for row, *_ in named} <= {*rows}


def test_right_labels_are_left_alone():
    assert found(NEAR, TOWNS) == []


def test_one_wrong_label_in_a_hundred_is_left_alone():
    assert found(NEAR, flipped(TOWNS, 0.01)[0]) == []


def test_classes_that_overlap_are_hard_but_not_wrong():
    X = RANDOM.normal(size=(1000, 3))
    chance = 1 / (1 + np.exp(-2 * X[:, 0] - X[:, 1]))
    assert found(X, (RANDOM.uniform(size=1000) < chance).astype(int)) == []
    assert found(PLACES[TOWNS] + RANDOM.normal(size=(N, 2)) * 1.5, TOWNS) == []


@pytest.mark.parametrize(("seed", "rows", "strength"), [(1003, 300, 1.0), (1005, 800, 0.9)])
def test_a_few_errors_of_rows_that_overlap_are_left_alone(seed, rows, strength):
    random = np.random.default_rng(seed)
    X, weights = random.normal(size=(rows, 6)), strength * random.normal(size=6)
    chance = 1 / (1 + np.exp(-X @ weights))
    assert found(X, (random.uniform(size=rows) < chance).astype(int), test=0.2) == []


@pytest.mark.parametrize("seed", [34, 57])
def test_a_share_of_right_answers_that_may_be_chance_is_too_small(seed):
    random = np.random.default_rng(seed)
    rows = int(random.integers(250, 700))
    X = random.normal(size=(rows, 3))
    sums = 1.5 * np.tanh(2 * X[:, 0]) + 0.3 * X[:, 1] * (X[:, 2] > 0)
    assert found(X, (sums + 0.55 * random.logistic(size=rows) > 0).astype(int)) == []


def test_a_class_that_looks_like_another_is_left_alone():
    X = RANDOM.normal(size=(1000, 3))
    rare = (X[:, 0] > 1.5) & (RANDOM.uniform(size=1000) < 0.8) | (RANDOM.uniform(size=1000) < 0.04)
    assert found(X, rare.astype(int)) == []


def test_labels_that_nothing_explains_are_left_alone():
    assert found(RANDOM.normal(size=(600, 4)), RANDOM.integers(0, 3, 600)) == []


def test_few_rows_and_more_inputs_than_rows_are_left_alone():
    classes, _ = flipped(TOWNS, 0.1)
    assert found(NEAR[:80], classes[:80]) == []
    assert found(np.hstack([NEAR, RANDOM.normal(size=(N, 300))]), classes) == []


def test_the_answer_is_the_same_each_time():
    classes, _ = flipped(TOWNS, 0.1)
    assert found(NEAR, classes) == found(NEAR, classes)
