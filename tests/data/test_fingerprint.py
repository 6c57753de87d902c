"""A fingerprint changes with any data that training uses, and with nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.data.builtin.xor import load_xor
from nncli.data.fingerprint import PARTS, changed_in_split, changed_parts, fingerprint
from nncli.data.splits import Split


def load():
    return load_xor(rows=40, noise=0.25, test=10, validation=10, seed=0)


def changed(dataset):
    before, after = fingerprint(load()), fingerprint(dataset)
    assert before.keys() == after.keys()
    return {*changed_parts(before, after)}


def test_the_same_data_has_the_same_fingerprint():
    assert changed(load()) == set()
    assert list(fingerprint(load())) == [
        *("columns", "targets", "classes"),
        *(
            f"{split} {part}"
            for split in ("train", "validation", "test")
            for part in ("inputs", "targets", "rows")
        ),
    ]


def test_a_changed_bit_of_an_input_changes_all_splits_of_the_array():
    dataset = load()
    inputs = dataset.splits["train"].inputs
    inputs.view(np.uint32)[3, 1] ^= 1
    assert changed(dataset) == {"train inputs", "validation inputs"}


@pytest.mark.parametrize("part", ["targets", "rows"])
def test_targets_and_the_choice_of_rows_matter(part):
    dataset = load()
    split = dataset.splits["test"]
    array = getattr(split, part).copy()
    array[[0, 5]] = array[[5, 0]] if part == "rows" else 1 - array[[0, 5]]
    dataset.splits["test"] = replace(split, **{part: array})
    assert changed(dataset) == {f"test {part}"}


def test_shape_and_type_matter_but_not_the_memory_order():
    dataset = load()
    split = dataset.splits["test"]
    turned = np.asfortranarray(split.inputs)
    dataset.splits["test"] = Split(turned, split.targets, split.rows)
    assert changed(dataset) == set()
    wide = split.inputs.view(np.uint8)
    dataset.splits["test"] = Split(wide, split.targets, split.rows)
    assert changed(dataset) == {"test inputs"}


@pytest.mark.parametrize("part", ["columns", "targets", "classes"])
def test_names_and_their_order_matter(part):
    dataset = load()
    names = [*getattr(dataset, part)]
    assert changed(replace(dataset, **{part: [*names[:-1], "another"]})) == {part}
    if len(names) > 1:
        assert changed(replace(dataset, **{part: names[::-1]})) == {part}


def test_every_part_of_a_fingerprint_has_a_name_that_is_known():
    assert {*fingerprint(load())} <= {*PARTS}


def test_only_the_rows_of_a_split_matter_to_its_fingerprint():
    before, dataset = fingerprint(load()), load()
    assert changed_in_split(before, dataset, "test") == []
    train = dataset.splits["train"]
    dataset.splits["train"] = replace(train, inputs=train.inputs + 1, weights=np.ones(40))
    assert changed_in_split(before, dataset, "test") == []
    assert changed_in_split(before, dataset, "train") == ["train inputs"]
    assert changed_in_split({}, dataset, "test") == ["test inputs", "test targets", "test rows"]


def test_names_are_not_compared_with_a_checkpoint_that_has_none():
    now = fingerprint(load())
    before = {part: each for part, each in now.items() if " " in part}
    assert changed_parts(before, now) == []
    assert changed_parts(before, {**now, "train inputs": ""}) == ["train inputs"]
    assert changed_parts(now, before) == ["columns", "targets", "classes"]
    weighted = {**now, "train weights": ""}
    assert changed_parts(now, weighted) == changed_parts(weighted, now) == ["train weights"]
