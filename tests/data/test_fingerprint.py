"""A fingerprint changes with whatever training sees of a data set, and with nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.data.builtin.xor import load_xor
from nncli.data.fingerprint import fingerprint
from nncli.data.splits import Split


def load():
    return load_xor(rows=40, noise=0.25, test=10, validation=10, seed=0)


def changed_parts(dataset):
    before, after = fingerprint(load()), fingerprint(dataset)
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


def test_the_same_data_has_the_same_fingerprint():
    assert changed_parts(load()) == set()
    assert list(fingerprint(load())) == [
        f"{split} {part}"
        for split in ("train", "validation", "test")
        for part in ("inputs", "targets", "rows")
    ]


def test_a_single_bit_of_an_input_is_seen_in_the_splits_that_share_the_array():
    dataset = load()
    inputs = dataset.splits["train"].inputs
    inputs.view(np.uint32)[3, 1] ^= 1
    assert changed_parts(dataset) == {"train inputs", "validation inputs"}


@pytest.mark.parametrize("part", ["targets", "rows"])
def test_targets_and_the_choice_of_rows_are_seen(part):
    dataset = load()
    split = dataset.splits["test"]
    array = getattr(split, part).copy()
    array[[0, 5]] = array[[5, 0]] if part == "rows" else 1 - array[[0, 5]]
    dataset.splits["test"] = replace(split, **{part: array})
    assert changed_parts(dataset) == {f"test {part}"}


def test_shape_and_type_are_seen_and_the_order_in_memory_is_not():
    dataset = load()
    split = dataset.splits["test"]
    turned = np.asfortranarray(split.inputs)
    dataset.splits["test"] = Split(turned, split.targets, split.rows)
    assert changed_parts(dataset) == set()
    wide = split.inputs.view(np.uint8)
    dataset.splits["test"] = Split(wide, split.targets, split.rows)
    assert changed_parts(dataset) == {"test inputs"}
