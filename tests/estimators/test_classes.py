"""Targets of classifiers: labels of any type, several labels per row, class weights."""

import numpy as np
import pytest

import nncli
from nncli.estimators.conventions import DataConversionWarning

FEW = {"epochs": 2, "hidden_layers": [4], "validation": 0}


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array(["no", "yes"], object),
        np.array([False, True]),
        np.array([3, 10]),
        np.array([-1.0, 1.0]),
        np.array([1, 2], np.uint8),
        np.array(["10", "9"]),
        np.array(["an odd, 'name'", "é"]),
    ],
    ids=str,
)
def test_classes_keep_their_type_and_order(rows, labels):
    X, y = rows
    y = labels[(y == "same").astype(int)]
    fitted = nncli.MLPClassifier(epochs=200, validation=0, seed=1).fit(X, y)
    np.testing.assert_array_equal(fitted.classes_, np.unique(labels))
    predicted = fitted.predict(X)
    assert predicted.dtype == fitted.classes_.dtype == y.dtype
    assert (predicted == y).mean() > 0.9
    np.testing.assert_array_equal(
        fitted.classes_[fitted.predict_proba(X).argmax(axis=1)], predicted
    )


def test_ten_and_two_are_ordered_as_numbers(rows):
    X, _ = rows
    y = np.resize([10, 2, 33], len(X)).astype(object)
    fitted = nncli.MLPClassifier(**FEW).fit(X, y)
    assert fitted.classes_.tolist() == [2, 10, 33]
    assert fitted.model_.classes == ["2", "10", "33"]
    assert fitted.predict_proba(X).shape == (60, 3)


def test_labels_may_be_lists_and_series(rows):
    X, y = rows
    expected = nncli.MLPClassifier(**FEW).fit(X, y).predict_proba(X)
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    given = [y.tolist(), pandas.Series(y), pandas.Series(y, dtype="category")]
    given += [polars.Series("answer", y.tolist()), pandas.Categorical(y)]
    for labels in given:
        fitted = nncli.MLPClassifier(**FEW).fit(X.tolist(), labels)
        np.testing.assert_array_equal(fitted.predict_proba(X), expected)


def test_several_labels_per_row(rows):
    X, _ = rows
    Y = (X > 0).astype(int)
    fitted = nncli.MLPClassifier(epochs=200, validation=0).fit(X, Y)
    assert fitted.classes_.tolist() == [0, 1, 2]
    assert fitted.predict(X).shape == fitted.predict_proba(X).shape == (60, 3)
    assert fitted.score(X, Y) > 0.9
    assert fitted.out_activation_ == "logistic"


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([0.5, 1.0] * 30, "Unknown label type: continuous"),
        ([[0, 2], [1, 0]] * 30, "Unknown label type: multiclass-multioutput"),
        ([1] * 60, "y: found only one class, 1; expected at least two"),
        (["a", None] * 30, "Input y contains NaN"),
        ([1.0, np.nan] * 30, "Input y contains NaN"),
        (["a", " a"] * 30, "is called 'a', like another"),
        (["a", ""] * 30, "is blank text"),
        (["a", "b"] * 20, "X has 60 rows, but y has 40"),
        (None, "requires y to be passed"),
        ([[["a"]]] * 60, "y should be a 1d array"),
        ([1j] * 60, "Complex data not supported"),
        (
            np.array(["a", 1] * 30, object),
            "y: found mixed types 'int', 'str'; expected only numbers",
        ),
        ([["a"], ["a", "b"]] * 30, "y: cannot be converted to an array"),
        ([0, 1] * 29 + [5, 0], "has 1 row, too few to validate and train with"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_invalid_classes_are_refused(rows, y, words):
    X, _ = rows
    with pytest.raises(ValueError, match=words) as error:
        nncli.MLPClassifier(epochs=1, validation=0.1).fit(X, y)
    assert isinstance(error.value, nncli.DataError)


def test_a_rare_class_needs_no_validation_rows_by_default(rows):
    X, _ = rows
    fitted = nncli.MLPClassifier(epochs=2).fit(X, [0, 1] * 29 + [5, 0])
    assert "validation_loss" not in fitted.history_


def test_class_weights_are_given_by_label(rows):
    X, y = rows
    for labels in (y, y == "same", (y == "same") + 3):
        classes = np.unique(labels).tolist()
        many = nncli.MLPClassifier(class_weight={classes[0]: 50.0}, **FEW).fit(X, labels)
        few = nncli.MLPClassifier(class_weight={classes[1]: 50.0}, **FEW).fit(X, labels)
        assert many.predict_proba(X)[:, 0].mean() > few.predict_proba(X)[:, 0].mean()
    with pytest.raises(ValueError, match="'else' is not one of the classes 'other', 'same'"):
        nncli.MLPClassifier(class_weight={"else": 2}, **FEW).fit(X, y)


def test_balanced_classes_are_weights_of_rows(rows):
    X, y = rows
    y = np.where(np.arange(60) < 12, "rare", "often")
    balanced = nncli.MLPClassifier(class_weight="balanced", **FEW).fit(X, y)
    weights = np.where(y == "rare", 60 / (2 * 12), 60 / (2 * 48))
    weighted = nncli.MLPClassifier(**FEW).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(balanced.predict_proba(X), weighted.predict_proba(X), rtol=1e-5)


def test_a_column_of_labels_warns(rows):
    X, y = rows
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        fitted = nncli.MLPClassifier(**FEW).fit(X, y[:, None])
    assert fitted.predict(X).shape == (60,)


def test_outputs_without_probabilities(rows):
    fitted = nncli.MLPClassifier(loss="hinge", output="identity", **FEW).fit(*rows)
    assert {*fitted.predict(rows[0])} <= {"other", "same"}
    with pytest.raises(ValueError, match="not probabilities; use predict"):
        fitted.predict_proba(rows[0])
