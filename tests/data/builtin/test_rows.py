import numpy as np
import pytest

from nncli.data.builtin.rows import GivenRows
from nncli.data.dataset import Shape

INPUTS = [[0.5, 1], [2, 3.25], [4, 5]]


def test_rows_with_a_number_each_are_a_regression_of_one_target():
    given = GivenRows(INPUTS, targets=[1, 2.5, 3])
    dataset = given.dataset()
    assert given.problems() == []
    assert given.shape == dataset.shape == Shape("regression", inputs=2, outputs=1)
    assert (dataset.columns, dataset.targets, dataset.classes) == (["x1", "x2"], ["y"], [])
    assert [*dataset.splits] == ["train", "test"]
    for split in dataset.splits.values():
        np.testing.assert_array_equal(split.inputs[split.rows], INPUTS)
        np.testing.assert_array_equal(split.targets[split.rows], [[1], [2.5], [3]])
        assert split.inputs.dtype == split.targets.dtype == np.float64


def test_rows_with_several_numbers_each_are_a_regression_of_several_targets():
    given = GivenRows(INPUTS, targets=[[1, 2], [3, 4], [5, 6]])
    assert given.shape == Shape("regression", inputs=2, outputs=2)
    assert given.dataset().targets == ["y1", "y2"]
    assert given.dataset().splits["test"].targets.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_lists_of_one_number_are_a_regression_of_one_target():
    found = GivenRows(INPUTS, targets=[[1], [2], [3]])
    assert found.problems() == []
    assert found.shape == Shape("regression", inputs=2, outputs=1)
    assert found.dataset().splits["train"].targets.tolist() == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("labels", "classes", "task", "names", "indices"),
    [
        (["b", "a", "b"], None, "binary", ["a", "b"], [1, 0, 1]),
        (["b", "a", "c"], None, "multiclass", ["a", "b", "c"], [1, 0, 2]),
        ([10, 9, 9], None, "binary", ["9", "10"], [1, 0, 0]),
        ([10, "9", 9], None, "binary", ["10", "9"], [0, 1, 1]),
        (["d", "d", "d"], list("abcd"), "multiclass", list("abcd"), [3, 3, 3]),
        (["no", "yes", "no"], ["yes", "no"], "binary", ["yes", "no"], [1, 0, 1]),
        (["1", 1, 0], [1, 0], "binary", ["1", "0"], [0, 0, 1]),
    ],
)
def test_rows_with_names_are_a_classification(labels, classes, task, names, indices):
    given = GivenRows(INPUTS, labels=labels, classes=classes)
    assert given.problems() == []
    assert given.shape == Shape(task, inputs=2, outputs=len(names))
    dataset = given.dataset()
    assert (dataset.task, dataset.classes, dataset.targets) == (task, names, ["y"])
    assert dataset.splits["train"].targets.tolist() == indices
    assert dataset.splits["train"].of_classes


@pytest.mark.parametrize("target", ["price", ["price"]])
def test_names_may_be_given(target):
    dataset = GivenRows(INPUTS, targets=[1, 2, 3], columns=["a", "b"], target=target).dataset()
    assert (dataset.columns, dataset.targets) == (["a", "b"], ["price"])


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        (
            {},
            [((), "found neither targets nor labels; expected targets (numbers) or labels (class "
              "names)")],
        ),
        (
            {"targets": [1, 2, 3], "labels": [0, 1, 0]},
            [(("labels",), "found both targets and labels; expected targets (numbers) or labels "
              "(class names)")],
        ),
        (
            {"inputs": [], "targets": [1]},
            [
                (("inputs",), "found no rows; expected one or more"),
                (("targets",), "found 1 for 0 rows of inputs; expected one per row"),
            ],
        ),
        (
            {"inputs": [[], []], "labels": [0, 1]},
            [(("inputs", 0), "found no numbers; expected one or more")],
        ),
        (
            {"inputs": [[1, 2], [1], [1, 2, 3]], "targets": [1, 2, 3]},
            [
                (("inputs", 1), "found 1 number; expected 2, as in the first row"),
                (("inputs", 2), "found 3 numbers; expected 2, as in the first row"),
            ],
        ),
        ({"targets": []}, [(("targets",), "found no rows; expected one or more")]),
        ({"targets": [[], [1], [2]]}, [(("targets", 0), "found no numbers; expected one or more")]),
        (
            {"targets": [[1, 2], [3], 4]},
            [
                (("targets", 2), "found a number; expected a list, as in the first row"),
                (("targets", 1), "found 1 number; expected 2, as in the first row"),
            ],
        ),
        (
            {"targets": [1, [2], 3]},
            [(("targets", 1), "found a list; expected a number, as in the first row")],
        ),
        (
            {"targets": [1, 2]},
            [(("targets",), "found 2 for 3 rows of inputs; expected one per row")],
        ),
        (
            {"targets": [1, 2, 3], "classes": ["a", "b"]},
            [(("classes",), "found classes with targets (regression); expected labels")],
        ),
        (
            {"labels": ["a", "b"]},
            [(("labels",), "found 2 for 3 rows of inputs; expected one per row")],
        ),
        ({"labels": ["a"] * 3}, [(("labels",), "found 1 class; expected two or more")]),
        (
            {"labels": ["a"] * 3, "classes": ["a"]},
            [(("classes",), "found 1 class; expected two or more")],
        ),
        (
            {"labels": ["a"] * 3, "classes": []},
            [
                (("classes",), "found 0 classes; expected two or more"),
                *((("labels", n), "found 'a'; expected one of the classes") for n in range(3)),
            ],
        ),
        (
            {"labels": ["a", "c", "b"], "classes": ["a", "b", "a"]},
            [
                (("classes", 2), "found 'a' twice; expected different names"),
                (("labels", 1), "found 'c'; expected one of the classes"),
            ],
        ),
        (
            {"labels": [0, 1, 0], "classes": [0, "0", 1]},
            [(("classes", 1), "found '0' twice; expected different names")],
        ),
        (
            {"targets": [1, 2, 3], "columns": ["a"]},
            [(("columns",), "found 1 name; expected 2")],
        ),
        (
            {"targets": [1, 2, 3], "columns": ["a", "a"]},
            [(("columns", 1), "found 'a' twice; expected different names")],
        ),
        (
            {"targets": [1, 2, 3], "target": ["a", "b"]},
            [(("target",), "found 2 names; expected 1")],
        ),
        (
            {"labels": [0, 1, 2], "target": ["a", "b", "c"]},
            [(("target",), "found 3 names; expected 1")],
        ),
        (
            {"targets": [[1, 2]] * 3, "target": ["a", "a"]},
            [(("target", 1), "found 'a' twice; expected different names")],
        ),
        (
            {"targets": [[1, 2]] * 3, "target": "a"},
            [(("target",), "found 1 name; expected 2")],
        ),
        (
            {"targets": [1, 2, 3], "target": "x2"},
            [(("target",), "'x2' names both an input and a target; expected different "
              "names")],
        ),
        (
            {"labels": [0, 1, 2], "columns": ["y", "z"]},
            [(("columns",), "'y' names both an input and a target; expected different "
              "names")],
        ),
    ],
)  # fmt: skip
def test_errors_name_the_wrong_key(values, problems):
    assert GivenRows(**{"inputs": INPUTS, **values}).problems() == problems


def test_many_labels_are_checked_in_a_moment():
    names = [f"c{number}" for number in range(50_000)]
    given = GivenRows([[1.0]] * 50_000, labels=names, classes=names)
    assert given.problems() == []
