from math import log
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.data.dataset import Task
from nncli.model.network import Layer, Network
from nncli.training.metrics import (
    SCORES,
    chosen_classes,
    class_probabilities,
    classification_metrics,
    confusion_matrix,
    count_correct,
    log_loss,
    per_class,
    per_target,
    regression_metrics,
)


def metrics_of(truth, chosen, classes, probabilities=None):
    truth = np.array(truth)
    if probabilities is None:
        probabilities = np.eye(classes)[chosen]
    confusion = confusion_matrix(truth, np.array(chosen), classes)
    found = classification_metrics(confusion)
    return found | {"log_loss": log_loss(truth, np.array(probabilities))}


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


# Worked out by hand


TRUTH = [0, 0, 0, 1, 1, 2]
CHOSEN = [0, 0, 1, 1, 1, 0]
PROBABILITIES = [
    [0.5, 0.25, 0.25],
    [0.5, 0.25, 0.25],
    [0.25, 0.5, 0.25],
    [0.25, 0.5, 0.25],
    [0.0, 1.0, 0.0],
    [0.5, 0.25, 0.25],
]


def test_the_confusion_matrix_has_a_row_for_each_true_class():
    found = confusion_matrix(np.array(TRUTH, np.uint8), np.array(CHOSEN), 3)
    assert found.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_the_labels_of_many_classes_do_not_overflow_their_type():
    truth = np.array([200, 255], np.uint8)
    found = confusion_matrix(truth, np.array([255, 255]), 256)
    assert found[200, 255] == found[255, 255] == 1
    assert found.sum() == 2


def test_precision_recall_f1_and_support_of_every_class():
    figures = per_class(np.array([[2, 1, 0], [0, 2, 0], [1, 0, 0]]))
    np.testing.assert_allclose(figures.precision, [2 / 3, 2 / 3, 0], rtol=1e-15)
    np.testing.assert_allclose(figures.recall, [2 / 3, 1, 0], rtol=1e-15)
    np.testing.assert_allclose(figures.f1, [2 / 3, 0.8, 0], rtol=1e-15)
    assert figures.support.tolist() == [3, 2, 1]


def test_the_metrics_of_a_classifier():
    assert metrics_of(TRUTH, CHOSEN, 3, PROBABILITIES) == pytest.approx(
        {
            "accuracy": 4 / 6,
            "balanced_accuracy": (2 / 3 + 1 + 0) / 3,
            "macro_f1": (2 / 3 + 0.8 + 0) / 3,
            "weighted_f1": (3 * 2 / 3 + 2 * 0.8 + 1 * 0) / 6,
            "log_loss": -(3 * log(0.5) + 2 * log(0.25) + log(1)) / 6,
        },
        rel=1e-14,
    )


# Where a quotient has no denominator


def test_a_class_that_neither_occurs_nor_is_chosen_counts_for_nothing():
    found = metrics_of([0, 1, 1], [0, 1, 0], 5)
    assert found["balanced_accuracy"] == (1 + 0.5) / 2
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_a_class_that_is_chosen_but_does_not_occur_lowers_the_macro_f1_alone():
    found = metrics_of([0, 0], [0, 2], 3)
    assert found["balanced_accuracy"] == 0.5
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    assert found["weighted_f1"] == pytest.approx(2 / 3)


def test_a_class_that_is_never_chosen_has_no_precision():
    figures = per_class(np.array([[2, 0], [3, 0]]))
    assert figures.precision.tolist() == [0.4, 0]
    assert figures.f1.tolist() == [pytest.approx(4 / 7), 0]


def test_one_class_alone_is_perfect():
    found = metrics_of([1, 1, 1], [1, 1, 1], 2)
    assert found.pop("log_loss") == 0
    assert set(found.values()) == {1}


def test_a_probability_of_zero_for_the_truth_gives_a_large_but_finite_log_loss():
    found = metrics_of([0], [1], 2, [[0.0, 1.0]])
    assert found["log_loss"] == pytest.approx(-log(2**-52))


# What always holds


classes = 4
labels = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20)


@given(labels)
@settings(deadline=None)
def test_every_metric_is_between_0_and_1_and_the_counts_add_up(pairs):
    truth, chosen = np.array(pairs).T
    confusion = confusion_matrix(truth, chosen, classes)
    figures = per_class(confusion)
    found = metrics_of(truth, chosen, classes)
    assert confusion.sum() == figures.support.sum() == len(pairs)
    assert found["accuracy"] == np.mean(truth == chosen)
    assert found.pop("log_loss") >= 0
    assert all(type(value) is float and 0 <= value <= 1 for value in found.values())
    weighted_recall = np.average(figures.recall, weights=figures.support)
    assert found["accuracy"] == pytest.approx(weighted_recall)
    least = np.minimum(figures.precision, figures.recall) - 1e-12
    most = np.maximum(figures.precision, figures.recall) + 1e-12
    assert ((least <= figures.f1) & (figures.f1 <= most)).all()


@given(labels, st.permutations(range(classes)))
@settings(deadline=None)
def test_the_order_of_rows_and_the_numbers_of_the_classes_do_not_matter(pairs, renamed):
    truth, chosen = np.array(pairs).T
    renamed = np.array(renamed)
    expected = metrics_of(truth, chosen, classes)
    assert metrics_of(renamed[truth], renamed[chosen], classes) == pytest.approx(expected)
    assert metrics_of(truth[::-1], chosen[::-1], classes) == pytest.approx(expected)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
@settings(deadline=None)
def test_whoever_is_always_right_is_perfect(truth):
    found = metrics_of(truth, truth, classes)
    assert found.pop("log_loss") == 0
    assert set(found.values()) == {1.0}


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


# Of a regression


def plain_figures(outputs, targets):
    """Return mae, rmse and r2 of one target by their definitions, in plain numbers."""
    rows = len(targets)
    errors = [a - t for a, t in zip(outputs, targets, strict=True)]
    mean = sum(targets) / rows
    squares = sum(e * e for e in errors)
    return {
        "mae": sum(abs(e) for e in errors) / rows,
        "rmse": (squares / rows) ** 0.5,
        "r2": 1 - squares / sum((t - mean) ** 2 for t in targets),
    }


@pytest.mark.parametrize("outputs", [1, 3])
def test_errors_and_r2_of_every_target_are_their_definitions_and_the_metrics_their_means(outputs):
    random = np.random.default_rng(outputs)
    T = random.normal(3, 5, (7, outputs))
    A = T + random.normal(0, 2, (7, outputs))
    figures = per_target(A, T)
    expected = [plain_figures(a, t) for a, t in zip(A.T.tolist(), T.T.tolist(), strict=True)]
    for name in ("mae", "rmse", "r2"):
        assert figures.by_name()[name].tolist() == pytest.approx([e[name] for e in expected])
    assert regression_metrics(figures) == pytest.approx(
        {name: sum(e[name] for e in expected) / outputs for name in ("mae", "rmse", "r2")}
    )


def test_the_example_of_the_documentation_of_scikit_learn():
    T = np.array([[0.5, 1.0], [-1.0, 1.0], [7.0, -6.0]])
    A = np.array([[0.0, 2.0], [-1.0, 2.0], [8.0, -5.0]])
    found = regression_metrics(per_target(A, T))
    assert found["mae"] == 0.75
    assert found["rmse"] == pytest.approx(0.8227486121839513, rel=1e-12)
    figures = per_target(A, T)
    assert figures.r2.tolist() == pytest.approx([0.96543779, 0.90816327])
    assert found["r2"] == pytest.approx(0.9368005266622779, rel=1e-12)


@pytest.mark.parametrize("constant", [0.0, 0.1, -3.0])
@pytest.mark.parametrize(("error", "r2"), [(0.0, 1.0), (0.5, 0.0)])
def test_r2_of_a_constant_target_is_1_without_errors_and_else_0(constant, error, r2):
    T = np.full((3, 1), constant)
    assert per_target(T + error, T).r2.tolist() == [r2]


def test_the_mean_as_prediction_has_an_r2_of_0():
    T = np.array([[1.0], [2.0], [6.0]])
    assert per_target(np.full((3, 1), 3.0), T).r2.tolist() == [0]


def test_one_row_has_no_r2():
    figures = per_target(np.array([[1.0, 2.0]]), np.array([[1.5, 0.0]]))
    assert figures.r2 is None
    assert regression_metrics(figures) == {"mae": 1.25, "rmse": 1.25}
