import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.metrics.classes import (
    MOST_IN_MATRIX,
    ConfusionPairs,
    classification_metrics,
    confusion_matrix,
    confusion_of,
    pairs_of,
    per_class,
)


def metrics_of(truth, chosen, classes):
    return classification_metrics(confusion_matrix(np.array(truth), np.array(chosen), classes))


# Results computed by hand


TRUTH = [0, 0, 0, 1, 1, 2]
CHOSEN = [0, 0, 1, 1, 1, 0]


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
    assert metrics_of(TRUTH, CHOSEN, 3) == pytest.approx(
        {
            "accuracy": 4 / 6,
            "balanced_accuracy": (2 / 3 + 1 + 0) / 3,
            "macro_f1": (2 / 3 + 0.8 + 0) / 3,
            "weighted_f1": (3 * 2 / 3 + 2 * 0.8 + 1 * 0) / 6,
        },
        rel=1e-14,
    )


# Zero denominators


def test_a_class_that_neither_occurs_nor_is_predicted_is_ignored():
    found = metrics_of([0, 1, 1], [0, 1, 0], 5)
    assert found["balanced_accuracy"] == (1 + 0.5) / 2
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_a_class_that_is_predicted_but_does_not_occur_lowers_only_the_macro_f1():
    found = metrics_of([0, 0], [0, 2], 3)
    assert found["balanced_accuracy"] == 0.5
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    assert found["weighted_f1"] == pytest.approx(2 / 3)


def test_a_class_that_is_never_predicted_has_no_precision():
    figures = per_class(np.array([[2, 0], [3, 0]]))
    assert figures.precision.tolist() == [0.4, 0]
    assert figures.f1.tolist() == [pytest.approx(4 / 7), 0]


def test_one_class_alone_is_perfect():
    found = metrics_of([1, 1, 1], [1, 1, 1], 2)
    assert set(found.values()) == {1}


# Invariants


classes = 4
labels = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20)


@given(labels)
def test_every_metric_is_between_0_and_1_and_the_counts_add_up(pairs):
    truth, chosen = np.array(pairs).T
    confusion = confusion_matrix(truth, chosen, classes)
    figures = per_class(confusion)
    found = metrics_of(truth, chosen, classes)
    assert confusion.sum() == figures.support.sum() == len(pairs)
    assert found["accuracy"] == np.mean(truth == chosen)
    assert all(type(value) is float and 0 <= value <= 1 for value in found.values())
    weighted_recall = np.average(figures.recall, weights=figures.support)
    assert found["accuracy"] == pytest.approx(weighted_recall)
    least = np.minimum(figures.precision, figures.recall) - 1e-12
    most = np.maximum(figures.precision, figures.recall) + 1e-12
    assert ((least <= figures.f1) & (figures.f1 <= most)).all()


@given(labels, st.permutations(range(classes)))
def test_the_order_of_rows_and_the_numbers_of_the_classes_do_not_matter(pairs, renamed):
    truth, chosen = np.array(pairs).T
    renamed = np.array(renamed)
    expected = metrics_of(truth, chosen, classes)
    assert metrics_of(renamed[truth], renamed[chosen], classes) == pytest.approx(expected)
    assert metrics_of(truth[::-1], chosen[::-1], classes) == pytest.approx(expected)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_correct_predictions_have_perfect_metrics(truth):
    found = metrics_of(truth, truth, classes)
    assert set(found.values()) == {1.0}


# Pairs instead of a matrix


def test_the_pairs_are_predicted_class_actual_class_and_count():
    found = ConfusionPairs.of(np.array(TRUTH, np.uint8), np.array(CHOSEN), 3)
    assert pairs_of(found) == [(0, 0, 2), (0, 2, 1), (1, 0, 1), (1, 1, 2)]


@given(labels)
def test_pairs_have_the_figures_of_the_matrix(pairs):
    truth, chosen = np.array(pairs, np.uint8).T
    matrix = confusion_matrix(truth, chosen, classes)
    found = ConfusionPairs.of(truth, chosen.astype(np.intp), classes)
    assert pairs_of(found) == pairs_of(matrix)
    assert classification_metrics(found) == classification_metrics(matrix)
    assert per_class(found).rows() == per_class(matrix).rows()


@pytest.mark.parametrize(("more", "kind"), [(0, np.ndarray), (1, ConfusionPairs)])
def test_too_many_classes_for_a_matrix_have_pairs(more, kind):
    assert isinstance(confusion_of(np.array([3]), np.array([1]), MOST_IN_MATRIX + more), kind)
