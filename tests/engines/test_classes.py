import numpy as np
import pytest

from nncli.engines.numpy.batches import target_codes
from nncli.engines.scores import chosen_classes, class_probabilities, count_correct
from nncli.nn.activations import ACTIVATIONS

OUTPUTS = [name for name, entry in ACTIVATIONS.items() if {"binary"} & set(entry.output_for)]
Z = np.array([[0.5, -2.0, 3.0], [4.0, 4.5, -1.0], [-1.0, -2.0, -3.0], [0.0, -0.5, -0.25]])


def activated(name, sums):
    out = np.empty_like(sums)
    ACTIVATIONS[name].forward(sums, out)
    return out


def test_several_logits_choose_the_largest_and_one_chooses_by_its_sign():
    assert chosen_classes(Z).tolist() == [2, 1, 0, 0]
    assert chosen_classes(Z[:, :1]).tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_logits_choose_a_class_that_the_outputs_choose_too(name):
    A = activated(name, Z)
    chosen = A[np.arange(len(A)), chosen_classes(Z)]
    np.testing.assert_array_equal(chosen, A.max(axis=1))


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_correct_rows_are_counted_whatever_the_low_target(low):
    several = target_codes(3, 3, np.float64, low)[[2, 0, 0, 1]]
    assert count_correct(Z, several) == 2
    one = target_codes(2, 1, np.float64, low)[[1, 0, 0, 0]]
    assert count_correct(Z[:, :1], one) == 3


def test_one_probability_is_that_of_the_second_class():
    np.testing.assert_array_equal(
        class_probabilities(np.array([[0.25], [1.0]], np.float32)), [[0.75, 0.25], [0.0, 1.0]]
    )


def test_independent_probabilities_are_divided_by_their_sum():
    found = class_probabilities(np.array([[0.5, 1.0, 0.5], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found, [[0.25, 0.5, 0.25], [0, 0, 0]])
