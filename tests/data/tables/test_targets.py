import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.data.tables.targets import Targets, understand
from tests.data.tables.tables import table


@pytest.mark.parametrize(
    ("cells", "task", "classes"),
    [
        (["b", "a", "b", "a"], "binary", ["a", "b"]),
        (["b", "a", "c", "a"], "multiclass", ["a", "b", "c"]),
        ([True, False, True, False], "binary", ["false", "true"]),
        ([0, 1] * 5, "binary", ["0", "1"]),
        ([10, 9, 2] * 5, "multiclass", ["2", "9", "10"]),
        ([0, 1, 1], "binary", ["0", "1"]),
        ([0.0, 1.0], "binary", ["0", "1"]),
        ([1, 2], "regression", []),
        ([10, 9, 2] * 4, "regression", []),  # fewer than five rows per value
        ([*range(21)] * 5, "regression", []),  # more than 20 distinct values
        ([0.5, 1] * 5, "regression", []),
    ],
)
def test_the_task_is_inferred_from_the_cells(cells, task, classes):
    targets = understand(table(y=cells), ["y"])
    assert (targets.task, targets.classes, targets.names) == (task, classes, ["y"])


@pytest.mark.parametrize(
    ("a", "b", "task"),
    [
        ([0, 1, 1], [1, 1, 0], "multilabel"),
        ([True, False, True], [1, 0, 0], "multilabel"),
        ([0, 1, 2], [1, 1, 0], "regression"),
    ],
)
def test_several_targets_are_labels_or_numbers(a, b, task):
    rows = table(a=a, b=b)
    targets = understand(rows, ["a", "b"])
    assert (targets.task, targets.classes) == (task, [])
    assert targets.values(rows).tolist() == [
        [float(x), float(y)] for x, y in zip(a, b, strict=True)
    ]


def test_a_given_task_overrides_the_inferred_one():
    rows = table(y=[0, 1] * 5)
    assert understand(rows, ["y"], "regression").values(rows).shape == (10, 1)
    assert understand(table(y=[1, 2, 3]), ["y"], "multiclass").classes == ["1", "2", "3"]
    # With two classes the task is binary, even if the user sets multiclass.
    assert understand(rows, ["y"], "multiclass").task == "binary"


def test_classes_are_indices_in_the_order_of_their_names():
    rows = table(y=["c", "a", "b", "a"])
    targets = understand(rows, ["y"])
    assert targets.values(rows).tolist() == [2, 0, 1, 0]
    with pytest.raises(DataError, match="line 3, column y: the class 'z' is not one of"):
        targets.values(table(y=["a", "z"]))


def test_numbers_of_any_type_are_the_same_classes():
    targets = understand(table(y=[7, 8] * 5), ["y"])
    for dtype in (np.float32, np.float64, np.int64, np.uint8):
        rows = table(y=[8, 7])
        rows.columns["y"] = rows.columns["y"].astype(dtype)
        assert targets.values(rows).tolist() == [1, 0]


def test_only_a_single_target_has_classes():
    with pytest.raises(DataError, match="a multiclass task has one target; found 'a', 'b'"):
        understand(table(a=[1, 2], b=[1, 2]), ["a", "b"], "multiclass")


def test_a_class_that_an_earlier_version_kept_with_spaces_is_found():
    known = Targets("binary", ["y"], [" a", "b\r"])
    assert known.codes(np.array(["a", " a", "b", "b\r"], object)).tolist() == [0, 0, 1, 1]
    both = Targets("binary", ["y"], ["a", " a"])
    assert both.codes(np.array(["a", " a"], object)).tolist() == [0, 1]
