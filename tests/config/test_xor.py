"""The keys of the built-in XOR data reach the rows, and the check of their split."""

import numpy as np


def corners(load, overrides):
    """Return how many training rows lie at each corner, without noise."""
    config = load("data: {source: xor, rows: 400, noise: 0, test: 0}\n", *overrides).config
    split = config.data.load(seed=0).splits["train"]
    return np.unique(split.inputs[split.rows], axis=0, return_counts=True)[1].tolist()


def test_the_corners_have_equally_many_rows_unless_they_are_drawn(load):
    assert corners(load, []) == corners(load, ["data.balanced=true"]) == [100] * 4
    drawn = corners(load, ["data.balanced=false"])
    assert sum(drawn) == 400
    assert len({*drawn}) > 1


def test_the_rows_of_each_class_are_known_before_training_only_if_they_are_balanced(problems, load):
    text = "data: {source: xor, rows: 4}\ntraining: {folds: 3}\n"
    (line,) = problems(text)
    assert "class '0' has 2 rows outside the test set, fewer than the 3 folds" in line
    assert load(text, "data.balanced=false").config.data.division.classes == ()
