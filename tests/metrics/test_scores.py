from decimal import Decimal, localcontext
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nncli.data.dataset import Task
from nncli.engines.batches import target_codes
from nncli.metrics.scores import (
    ACCURACY,
    MAE,
    MEASURES,
    NOTHING,
    SCORES,
    absolute_errors,
    chosen_classes,
    chosen_labels,
    correct_label_rows,
    correct_rows,
    log_odds,
    margin_of,
    score_for,
)
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network
from tests.nn.strict import strict

both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])
OUTPUTS = [name for name, entry in ACTIVATIONS.items() if {"binary"} & set(entry.output_for)]
SUMS = np.array([[0.5, -2.0, 3.0], [4.0, 4.5, -1.0], [-1.0, -2.0, -3.0], [0.0, -0.5, -0.25]])


def sum_of(score, Y, T):
    """Return the sum of a score, computed with scratch space full of NaN."""
    return MEASURES[score.measure](Y, T, np.full_like(Y, np.nan), **score.parameters)


# From outputs to classes


@pytest.mark.parametrize(
    ("logits", "targets", "expected"),
    [
        ([[1e-8], [-1e-8]], [[1], [0]], 2),  # the probabilities round to one half
        ([[0.1], [-0.1], [3], [-3]], [[1], [1], [0], [0]], 2),
        ([[0.0]], [[0]], 1),  # one half is not above one half
        ([[0.0]], [[1]], 0),
        ([[1, 2, 3], [3, 2, 1], [1, 3, 2]], [[0, 0, 1], [0, 0, 1], [0, 1, 0]], 2),
        ([[-5, -4], [-4, -5]], [[0, 1], [0, 1]], 1),
        ([[1, 1]], [[1, 0]], 1),  # of equal logits, the first wins
        ([[1, 1]], [[0, 1]], 0),
    ],
)
def test_correct_rows_are_counted(logits, targets, expected):
    Z, T = np.array(logits, np.float32), np.array(targets, np.float32)
    found = sum_of(ACCURACY, Z, T)
    assert found == expected
    assert type(found) is float


def test_the_largest_output_is_chosen_or_with_one_output_the_second_class_over_one_half():
    assert chosen_classes(np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]])).tolist() == [1, 0]
    assert chosen_classes(np.array([[0.0], [0.01], [-0.01]])).tolist() == [0, 1, 0]


def test_several_logits_choose_the_largest_and_one_chooses_by_its_sign():
    assert chosen_classes(SUMS).tolist() == [2, 1, 0, 0]
    assert chosen_classes(SUMS[:, :1]).tolist() == [1, 1, 0, 0]


def exact_margin(threshold):
    """Return ln(t / (1 - t)) to 40 digits."""
    with localcontext(prec=40):
        t = Decimal(threshold)
        return (t / (1 - t)).ln()


any_logit = st.floats(-1e4, 1e4) | st.sampled_from([0.0, 1e-8, -1e-8, 1e-30, 1e-300, 5e-324])


@both_precisions
@given(any_logit, st.floats(1e-9, 1 - 1e-9))
@example(1e-8, 0.5)
@example(-0.8472978603872037, 0.3)
def test_every_choice_is_whether_the_logit_is_over_that_of_the_threshold(dtype, value, threshold):
    margin, exact = margin_of(threshold), exact_margin(threshold)
    near = dtype(exact)
    Z = np.array([value, near, np.nextafter(near, dtype(9)), np.nextafter(near, -dtype(9))], dtype)
    Z = Z[[abs(Decimal(z) - exact) > Decimal("1e-14") for z in Z.tolist()], np.newaxis]
    expected = [Decimal(z) > exact for z in Z[:, 0].tolist()]
    assert chosen_labels(Z, margin)[:, 0].tolist() == expected
    assert chosen_classes(Z, margin).tolist() == expected
    both = np.hstack(
        [np.zeros_like(Z), Z]
    )  # the softmax of two sums is the sigmoid of their difference
    assert chosen_classes(both, margin).tolist() == expected
    for task, logits in (("binary", Z), ("multilabel", Z), ("binary", both)):
        right = np.array(expected, dtype)[:, np.newaxis]
        T = np.hstack([1 - right, right]) if logits is both else right
        assert sum_of(score_for(task, threshold), logits, T) == len(Z)


def test_rounding_at_one_half_does_not_matter():
    for dtype in (np.float32, np.float64):
        assert chosen_classes(np.array([[4e-16], [-4e-16], [5e-16]], dtype)).tolist() == [0, 0, 1]


@both_precisions
@pytest.mark.parametrize("outputs", [1, 2])
@given(any_logit)
def test_swapped_classes_swap_the_predicted_class(outputs, dtype, value):
    Z = np.array([[value, 0]] if outputs == 2 else [[value]], dtype)
    assume(Z[0, 0] if outputs == 2 else abs(Z[0, 0]) > NOTHING)
    swapped = Z[:, ::-1] if outputs == 2 else -Z
    assert chosen_classes(swapped) == 1 - chosen_classes(Z)


def test_the_log_odds_of_two_outputs_are_their_difference_to_all_its_digits():
    assert log_odds(np.array([[1.5], [-2.0]], np.float32)).tolist() == [1.5, -2.0]
    both = np.array([[1e-8, 1.0], [3e4, -1e-3]], np.float32)
    assert log_odds(both).tolist() == [float(b) - float(a) for a, b in both]


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_logits_choose_a_class_that_the_outputs_choose_too(name):
    A = np.empty_like(SUMS)
    ACTIVATIONS[name].forward(SUMS, A)
    chosen = A[np.arange(len(A)), chosen_classes(SUMS)]
    np.testing.assert_array_equal(chosen, A.max(axis=1))


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_correct_rows_are_counted_whatever_the_low_target(low):
    several = target_codes(3, 3, np.float64, low)[[2, 0, 0, 1]]
    assert sum_of(ACCURACY, SUMS, several) == 2
    one = target_codes(2, 1, np.float64, low)[[1, 0, 0, 0]]
    assert sum_of(ACCURACY, SUMS[:, :1], one) == 3


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
def test_a_threshold_moves_what_counts_as_correct(threshold):
    random = np.random.default_rng(4)
    Z, T = random.normal(0, 3, (50, 1)), random.integers(0, 2, (50, 1)).astype(float)
    right = ((1 / (1 + np.exp(-Z)) > threshold) == (T == 1)).sum()
    score = score_for("binary", threshold)
    # The softmax of two sums is the sigmoid of their difference.
    for logits, targets in ((Z, T), (np.hstack([Z, 2 * Z]), np.hstack([1 - T, T]))):
        assert sum_of(score, logits, targets) == right


@pytest.mark.parametrize("threshold", [None, 0.2, 0.5, 0.9])
def test_a_row_is_correct_where_all_its_labels_are(threshold):
    random = np.random.default_rng(5)
    Z, T = random.normal(0, 3, (200, 3)), random.integers(0, 2, (200, 3)).astype(float)
    chosen = 1 / (1 + np.exp(-Z)) > (threshold or 0.5)
    right = (chosen == (T == 1)).all(axis=1).sum()
    assert 0 < right < 200
    assert sum_of(score_for("multilabel", threshold), Z, T) == right


def test_without_a_threshold_the_task_decides_the_score():
    assert score_for("binary", None) is SCORES["binary"]
    assert score_for("binary", 0.5) is SCORES["binary"]
    assert score_for("multiclass", 0.9) is SCORES["multiclass"]
    assert score_for("regression", None) is SCORES["regression"]


# Scores together with a loss


def test_every_task_has_a_score():
    assert list(SCORES) == list(get_args(Task))


@pytest.mark.parametrize("task", SCORES)
def test_every_score_has_a_measure(task):
    assert SCORES[task].measure in MEASURES
    assert SCORES[task].of_outputs == (task == "regression")


@pytest.mark.parametrize("output", ["identity", "sigmoid", "tanh"])
def test_the_score_of_a_regression_is_the_sum_of_the_rows_mean_errors(output):
    random = np.random.default_rng(3)
    network = Network(block(2, 3, output), random.normal(size=9))
    X, T, work = random.normal(size=(5, 2)), random.normal(size=(5, 3)), network.workspace(5)
    A = network.outputs(X, work).copy()
    expected = sum(
        sum(abs(a - t) for a, t in zip(outputs, targets, strict=True)) / 3
        for outputs, targets in zip(A.tolist(), T.tolist(), strict=True)
    )
    outputs, T_before = A.copy(), T.copy()
    found = sum_of(SCORES["regression"], outputs, T)
    assert found == pytest.approx(expected, rel=1e-12)
    assert type(found) is float
    np.testing.assert_array_equal(outputs, A)  # the loss is computed afterwards
    np.testing.assert_array_equal(T, T_before)


@pytest.mark.parametrize("units", [2.5, np.array([1.0, 10.0, 0.5])])
def test_an_error_is_measured_in_the_units_of_its_target(units):
    random = np.random.default_rng(3)
    A, T = random.normal(size=(5, 3)), random.normal(size=(5, 3))
    score = score_for("regression", None, units)
    expected = (np.abs(A - T) * units).mean(axis=1).sum()
    assert sum_of(score, A, T) == pytest.approx(expected, rel=1e-12)
    assert (score.name, score.label, score.of_outputs) == (MAE.name, MAE.label, True)


def test_units_of_1_change_no_score():
    assert score_for("regression", None, 1.0) is MAE
    assert score_for("regression", None, np.ones(3)) is MAE


@pytest.mark.parametrize("measure", [correct_rows, correct_label_rows, absolute_errors])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_measure_keeps_its_arguments_and_their_precision(measure, dtype):
    random = np.random.default_rng(6)
    Y = random.normal(size=(5, 3)).astype(dtype)
    T = random.integers(0, 2, (5, 3)).astype(dtype)
    kept = Y.copy(), T.copy()
    found = measure(strict(Y), strict(T), strict(np.full_like(Y, np.nan)))
    assert type(found) is float
    np.testing.assert_array_equal(Y, kept[0])
    np.testing.assert_array_equal(T, kept[1])
