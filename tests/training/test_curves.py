"""The curves of training as text."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncli
from nncli.training.curves import BLOCKS, Curve, curve_lines, shown_metrics, sparkline

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


def test_the_smallest_value_is_the_lowest_block_and_the_largest_the_highest():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == BLOCKS
    assert sparkline([1.0, 0.5, 0.0, 1.0]) == "█▅▁█"
    assert sparkline([3.0, 3.0]) == "▁▁"


@given(st.lists(NUMBERS, min_size=4, max_size=500))
def test_a_line_has_every_epoch_and_fits_80_columns(values):
    name = "validation_balanced_accuracy"
    (line,) = curve_lines({name: Curve(values)})
    drawn = [each for each in line if each in BLOCKS]
    assert min(len(values), 19) <= len(drawn) <= 38
    assert len(line) <= 80
    assert line.startswith("val balanced_accuracy  ")


@given(st.lists(st.floats(0.1, 1e3), min_size=1, max_size=300))
def test_the_points_are_means_of_neighbors(values):
    curve = Curve(values)
    size = 1
    while math.ceil(len(values) / size) > 38 or len(values) // size == 38:
        size *= 2
    expected = [values[at : at + size] for at in range(0, len(values), size)]
    assert curve.points == pytest.approx([sum(each) / len(each) for each in expected])


@given(st.lists(st.lists(st.floats(0.1, 1e3), max_size=90), max_size=5))
def test_values_can_be_added_in_any_pieces(pieces):
    curve, whole = Curve(), Curve([value for piece in pieces for value in piece])
    for piece in pieces:
        curve.extend(piece)
    assert curve.points == pytest.approx(whole.points)
    assert (curve.first, curve.last, curve.count) == (whole.first, whole.last, whole.count)


def test_a_wide_range_of_losses_has_a_logarithmic_scale():
    losses = [10.0**-n for n in range(8)]
    assert curve_lines({"train_loss": Curve(losses)}) == [
        f"train loss  {BLOCKS[::-1]}  1.0000 to 1.0e-07 (log)"
    ]
    (accuracy,) = curve_lines({"validation_accuracy": Curve([0.001, 0.002, 0.5, 1.0])})
    assert accuracy.endswith("0.0010 to 1.0000")


@pytest.mark.parametrize("values", [
    [],
    [1.0, 2.0, 3.0],
    [1.0, math.nan, 2.0, 3.0],
    [1.0, math.inf, 2.0, 3.0],
    [1.7e308, -1.7e308, 1.7e308, -1.7e308],
])  # fmt: skip
def test_there_is_no_line_of_few_epochs_or_numbers_that_are_not_finite(values):
    assert curve_lines({"train_loss": Curve(values)}) == []


def test_the_metrics_shown_are_the_training_loss_and_those_of_validation():
    names = ["epoch", "train_loss", "train_mae", "validation_loss", "validation_mae", "seconds"]
    assert shown_metrics(names) == ["train_loss", "validation_loss", "validation_mae"]
    assert shown_metrics(["epoch", "train_loss", "train_mae"]) == ["train_loss"]


def test_the_curves_of_a_result_are_those_of_its_history():
    history = {"epoch": [1, 2, 3, 4], "train_loss": [4.0, 3.0, 2.0, 1.0]}
    assert nncli.curves(history) == ["train loss  █▆▃▁  4.0000 to 1.0000"]
    assert nncli.curves({name: np.array(each) for name, each in history.items()}) == [
        "train loss  █▆▃▁  4.0000 to 1.0000"
    ]
    assert nncli.curves({}) == []


@pytest.mark.parametrize(
    "history", [[1.0], None, {"train_loss": 3}, {"train_loss": ["a"]}, {"train_loss": [10**400]}]
)
def test_what_is_no_history_is_refused(history):
    with pytest.raises(nncli.UsageError, match=r"^history: found .*the history of a result"):
        nncli.curves(history)
