from typing import get_args

import numpy as np
import pytest

from nncli.data.dataset import Task
from nncli.engines.scores import (
    SCORES,
    chosen_classes,
    class_probabilities,
    count_correct,
    score_for,
)
from nncli.nn.network import Layer, Network

# From outputs to classes


@pytest.mark.parametrize(
    ("logits", "targets", "expected"),
    [
        ([[0.1], [-0.1], [3], [-3]], [[1], [1], [0], [0]], 2),
        ([[0.0]], [[0]], 1),  # exactly one half is not over one half
        ([[0.0]], [[1]], 0),
        ([[1, 2, 3], [3, 2, 1], [1, 3, 2]], [[0, 0, 1], [0, 0, 1], [0, 1, 0]], 2),
        ([[-5, -4], [-4, -5]], [[0, 1], [0, 1]], 1),
        ([[1, 1]], [[1, 0]], 1),  # of equals the first is chosen
        ([[1, 1]], [[0, 1]], 0),
    ],
)
def test_correct_rows_are_counted(logits, targets, expected):
    found = count_correct(np.array(logits, np.float32), np.array(targets, np.float32))
    assert found == expected
    assert type(found) is int


def test_the_largest_output_is_chosen_or_with_one_output_the_second_class_over_one_half():
    assert chosen_classes(np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]])).tolist() == [1, 0]
    assert chosen_classes(np.array([[0.0], [0.01], [-0.01]])).tolist() == [0, 1, 0]


def test_one_output_is_the_probability_of_the_second_class():
    found = class_probabilities(np.array([[0.25], [1.0]], np.float32))
    assert found.tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert found.dtype == np.float64


def test_several_outputs_are_divided_by_their_sum():
    found = class_probabilities(np.array([[0.5, 1.0, 0.5], [0.0, 0.0, 0.25]], np.float32))
    assert found.tolist() == [[0.25, 0.5, 0.25], [0, 0, 1]]


def test_outputs_that_are_all_zero_give_no_nan():
    assert class_probabilities(np.zeros((1, 3))).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
def test_a_threshold_moves_what_counts_as_correct(threshold):
    random = np.random.default_rng(4)
    Z, T = random.normal(0, 3, (50, 1)), random.integers(0, 2, (50, 1)).astype(float)
    right = ((1 / (1 + np.exp(-Z)) > threshold) == (T == 1)).sum()
    for outputs in (1, 2):  # a softmax of two sums is the sigmoid of their difference
        network = Network([Layer(1, outputs, "sigmoid")], np.zeros(2 * outputs))
        work = network.workspace(50)
        work.Z[-1][...] = Z if outputs == 1 else np.hstack([Z, 2 * Z])
        targets = T if outputs == 1 else np.hstack([1 - T, T])
        found = score_for("binary", threshold).sum_over_rows(network, targets, work)
        assert found == right


def test_a_score_is_its_tasks_where_there_is_no_threshold():
    assert score_for("binary", None) is SCORES["binary"]
    assert score_for("regression", None) is SCORES["regression"]


# Beside the loss


def test_every_task_has_a_score():
    assert list(SCORES) == list(get_args(Task))


@pytest.mark.parametrize("output", ["identity", "sigmoid", "tanh"])
def test_the_score_of_a_regression_is_the_sum_of_the_rows_mean_errors(output):
    random = np.random.default_rng(3)
    network = Network([Layer(2, 3, output)], random.normal(size=9))
    X, T, work = random.normal(size=(5, 2)), random.normal(size=(5, 3)), network.workspace(5)
    A = network.outputs(X, work).copy()
    expected = sum(
        sum(abs(a - t) for a, t in zip(outputs, targets, strict=True)) / 3
        for outputs, targets in zip(A.tolist(), T.tolist(), strict=True)
    )
    network.logits(X, work)
    Z, T_before = work.Z[-1].copy(), T.copy()
    found = SCORES["regression"].sum_over_rows(network, T, work)
    assert found == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(work.Z[-1], Z)  # the loss comes after it
    np.testing.assert_array_equal(T, T_before)


@pytest.mark.parametrize(
    ("task", "monitored", "rises"),
    [
        ("binary", "train_accuracy", True),
        ("multiclass", "validation_accuracy", True),
        ("binary", "train_loss", False),
        ("regression", "validation_mae", False),
        ("regression", "train_loss", False),
    ],
)
def test_only_an_accuracy_is_better_when_larger(task, monitored, rises):
    assert SCORES[task].rises(monitored) == rises
