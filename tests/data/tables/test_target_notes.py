"""Suspicious targets are reported in one line, and others are not."""

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nncli.data.arrays import Arrays, load_arrays
from nncli.data.files.numerals import is_blank_word
from nncli.data.tables.choices import Choices
from nncli.data.tables.tabular import load_tables
from nncli.data.tables.target_notes import target_notes
from nncli.data.tables.targets import Targets

X = np.arange(30.0)[:, None]
TRAIN = np.arange(20)


def of_classes(*classes):
    return [
        *target_notes("t", Targets("multiclass", ["y"], [*classes]), TRAIN, TRAIN, chosen=False)
    ]


def of_numbers(values, task="regression", *, chosen=False, train=TRAIN):
    values = np.array(values, np.float64)
    names = [f"y{n}" for n in range(1, values.shape[1] + 1)]
    return [*target_notes("t", Targets(task, names, []), values, train, chosen=chosen)]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["NO", "Yes", "yes", "YES"], "'Yes' = 'yes' = 'YES'"),
        (["a b", "ab", "a  b", "c"], "'a b' = 'ab' = 'a  b'"),
        (["a b", "a\xa0b"], r"'a b' = 'a\xa0b'"),
        (["caf\xe9", "cafe\u0301"], r"'caf\xe9' = 'cafe\u0301'"),
        (["Caf\xe9", "cafe\u0301"], "'Caf\xe9' = 'cafe\u0301'"),
        (["stra\xdfe", "STRASSE"], "'stra\xdfe' = 'STRASSE'"),
        (["ab", "a\u200bb"], r"'ab' = 'a\u200bb'"),
        (["A", "B", "C", "D", "a", "b", "c", "d"], "'A' = 'a', 'B' = 'b', 'C' = 'c' and 1 more"),
    ],
)
def test_classes_that_look_alike_are_named(names, told):
    assert of_classes(*names) == [
        f"t: classes differ only in case, white space or Unicode form: {told}; spell them alike if "
        "they are the same class"
    ]


NAMES = st.from_regex("[a-z]{1,4}", fullmatch=True).filter(lambda name: not is_blank_word(name))


@given(st.lists(NAMES, min_size=2, unique=True))
def test_other_classes_are_not_reported(names):
    assert of_classes(*names) == []
    assert of_classes(*(f"{number}" for number in range(len(names)))) == []
    assert len(of_classes(*names, names[0].upper())) == 1


@given(st.text(min_size=1))
@example("NULL")  # another line reports that it may be a blank cell
def test_any_text_has_one_look_in_every_form(text):
    forms = {*(unicodedata.normalize(form, text) for form in ("NFC", "NFD")), text, f" {text}\t"}
    lines = [each for each in of_classes(*sorted(forms)) if "classes differ only" in each]
    assert len(lines) == (len(forms) > 1)


def test_targets_that_never_change_are_named():
    assert of_numbers([[7.5, n, -1] for n in range(30)]) == [
        "t: target 'y1', 'y3' never changes in the training rows; nothing can be learned from it"
    ]
    assert of_numbers([[n // 20] for n in range(30)]) == [
        "t: target 'y1' never changes in the training rows; nothing can be learned from it"
    ]
    assert of_numbers([[n // 19] for n in range(30)]) == []
    assert len(of_numbers([[0, n % 2] for n in range(30)], "multilabel")) == 1


ONE_HOT = np.eye(3)[np.arange(30) % 3]


def test_one_hot_classes_are_reported_unless_intended():
    (line,) = of_numbers(ONE_HOT, "multilabel")
    assert line == (
        "t: exactly one of the 3 labels is 1 in every row, like one-hot classes; combine them into "
        "one column of class names, or set data.task: multilabel if labels are meant"
    )
    assert of_numbers(ONE_HOT, "multilabel", chosen=True) == []
    assert of_numbers(ONE_HOT, "regression", chosen=True) == []
    assert of_numbers(np.eye(2)[np.arange(30) % 2], "multilabel") == []


@given(st.integers(0, 29), st.integers(0, 2))
def test_a_single_row_of_several_labels_or_none_makes_it_no_one_hot(row, column):
    values = ONE_HOT.copy()
    values[row, column] = 1 - values[row, column]
    assert of_numbers(values, "multilabel") == []


@pytest.mark.parametrize("dtype", ["u1", "i8", "f4", "?"])
def test_notes_for_arrays_tell_how_to_make_class_numbers(dtype):
    parts = {"test": 0.2, "validation": 0.1}
    arrays = Arrays(X, ONE_HOT.astype(dtype), "d.npz: X", "d.npz: y")
    assert [*load_arrays(arrays, parts, None, 0).warnings] == [
        "d.npz: y: exactly one of the 3 labels is 1 in every row, like one-hot classes; convert "
        "them to class numbers with y.argmax(axis=1), or set data.task: multilabel if labels are "
        "meant"
    ]
    assert [*load_arrays(arrays, parts, "multilabel", 0).warnings] == []
    numbers = Arrays(X, ONE_HOT.argmax(axis=1), "d.npz: X", "d.npz: y")
    assert [*load_arrays(numbers, parts, None, 0).warnings] == []
    constant = Arrays(X, np.full(30, 0.5), "d.npz: X", "d.npz: y")
    assert "target 'y' never changes" in load_arrays(constant, parts, None, 0).warnings[0]
    texts = Arrays(X, np.array([*"aAb"] * 10), "d.npz: X", "d.npz: y")
    assert "'A' = 'a'; spell" in load_arrays(texts, parts, None, 0).warnings[0]


@pytest.mark.parametrize(
    ("y", "told"),
    [
        ([0.5] * 30, "target 'y' never changes"),
        (["Yes", "yes", "no"] * 10, "'Yes' = 'yes'; spell"),
        ([0.5, 1.0, 2.0] * 10, None),
    ],
)
def test_one_hot_classes_of_tables_are_reported_too(tmp_path, y, told):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{n},{each}\n" for n, each in enumerate(y)))
    warnings = load_tables(path, {"test": 0.2}, Choices(["y"]), 0).warnings
    assert [told in each for each in warnings] == ([True] if told else [])
    assert all(each.startswith(f"{path}: ") for each in warnings)
