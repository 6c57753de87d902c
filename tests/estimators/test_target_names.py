"""Names of targets, which may equal column names; and validation rows."""

import numpy as np
import pytest

import nncli

FEW = {"epochs": 2, "hidden_layers": [4], "validation": 0}


@pytest.fixture
def frames():
    return pytest.importorskip("pandas")


@pytest.fixture
def named(frames, rows):
    """Return a frame with the columns a, b, c, and its classes."""
    return frames.DataFrame(rows[0], columns=["a", "b", "c"]), rows[1]


def same(one, other):
    np.testing.assert_array_equal(one.model_.network.parameters, other.model_.network.parameters)
    assert one.history_["train_loss"] == other.history_["train_loss"]


@pytest.mark.parametrize(
    ("name", "target"), [("a", "a_2"), ("c ", "c_2"), ("y", "y"), ("weight", "weight"), (" ", "y")]
)
@pytest.mark.parametrize("form", ["pandas", "polars", "dicts"])
def test_a_column_with_the_name_of_the_target_stays_an_input(
    named, frames, rows, name, target, form
):
    frame, y = named
    X = frame.to_dict("records") if form == "dicts" else frame
    if form == "polars":
        X = pytest.importorskip("polars").DataFrame(frame.to_dict("list"))
    weights = np.linspace(0.5, 2, 60)
    given = frames.Series(y, name=name)
    fitted = nncli.MLPClassifier(**FEW).fit(X, given, weights, validation_data=(X, given))
    plain = nncli.MLPClassifier(**FEW).fit(frame, y, weights, validation_data=(frame, y))
    assert fitted.model_.preprocessing.columns == ["a", "b", "c"]
    assert fitted.model_.targets == [target]
    same(fitted, plain)
    assert fitted.score(X, given) == plain.score(frame, y)


def test_all_ways_to_continue_training(named, frames):
    frame, y = named
    other, later = frames.Series(y, name="b"), frames.Series(y, name="c")
    parts = nncli.MLPClassifier(**FEW).partial_fit(frame, other, classes=["other", "same"])
    plain = nncli.MLPClassifier(**FEW).partial_fit(frame, y, classes=["other", "same"])
    same(parts.partial_fit(frame, later), plain.partial_fit(frame, y))
    assert parts.model_.targets == ["b_2"]
    assert parts.model_.config["data"]["target"] == "b_2"
    warm = nncli.MLPClassifier(warm_start=True, **FEW).fit(frame, y)
    plain = nncli.MLPClassifier(warm_start=True, **FEW).fit(frame, y)
    warm.fit(frame, later, validation_data=(frame, other))
    same(warm, plain.fit(frame, y, validation_data=(frame, y)))


def test_several_targets_with_the_names_of_columns(named, frames):
    frame, _ = named
    T = frame[["a", "b"]].to_numpy() ** 2
    for names, expected in (
        (["a", "t"], ["a_2", "t"]),
        (["a", "a_2"], ["a_3", "a_2"]),
        (["s", "s"], ["s", "s_2"]),
    ):
        given = frames.DataFrame(T, columns=names)
        fitted = nncli.MLPRegressor(**FEW).fit(frame, given)
        assert fitted.model_.targets == expected
        assert fitted.model_.preprocessing.columns == ["a", "b", "c"]
        same(fitted, nncli.MLPRegressor(**FEW).fit(frame, T))
        fitted.partial_fit(frame, given)


def test_validation_rows_may_lack_classes(named, rows):
    X, y = rows
    alone = y == "same"
    fitted = nncli.MLPClassifier(**FEW).fit(X, y, validation_data=(X[alone], y[alone]))
    assert fitted.model_.metrics["validation"]["accuracy"] == fitted.score(X[alone], y[alone])
    frame, _ = named
    warm = nncli.MLPClassifier(warm_start=True, **FEW)
    for _ in range(2):
        warm.fit(frame, y, validation_data=(frame[alone], y[alone]))
    assert len(warm.validation_scores_) == 2
    Y = (X > 0).astype(int)
    nncli.MLPClassifier(**FEW).fit(X, Y, validation_data=(X, np.zeros_like(Y)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y: (X, np.full(60, "else")), "unknown class 'else'; expected one of"),
        (lambda X, y: (X, np.arange(60) % 2), "found type int64; expected classes among"),
        (lambda X, y: (X, ["same", 1] * 30), "found mixed types 'int', 'str'"),
        (lambda X, y: (X, y[:9]), "X has 60 rows, but y has 9"),
        (lambda X, y: (X.rename(columns={"a": "d"}), y), "Feature names unseen at fit time"),
        (lambda X, y: (X[["b", "a", "c"]], y), "in the same order"),
        (lambda X, y: (X.assign(d=1.0), y), "Feature names unseen at fit time"),
    ],
)
@pytest.mark.parametrize("warm_start", [False, True])
def test_validation_rows_have_the_form_of_training_rows(named, change, words, warm_start):
    frame, y = named
    estimator = nncli.MLPClassifier(warm_start=warm_start, **FEW).fit(frame, y)
    with pytest.raises(ValueError, match=r"^validation_data: ") as error:
        estimator.fit(frame, y, validation_data=change(frame, y))
    assert words in str(error.value)


@pytest.mark.parametrize("values", [["no", 1], [None, "no"], [float("nan"), "no"], [True, "no"]])
@pytest.mark.parametrize("form", [list, lambda each: np.array(each, object)])
def test_values_of_several_types_are_refused_in_a_line(rows, values, form):
    X, y = rows
    for call in (
        lambda: nncli.MLPClassifier(**FEW).fit(X, form(values * 30)),
        lambda: nncli.MLPClassifier(**FEW).partial_fit(X, y, classes=form(values)),
        lambda: nncli.MLPRegressor(**FEW).fit(X, form(values * 30)),
    ):
        with pytest.raises(ValueError, match=r"found mixed types|contains NaN") as error:
            call()
        assert isinstance(error.value, nncli.DataError)
        assert "\n" not in str(error.value)


def test_writing_to_returned_objects_changes_no_other_model(rows):
    X, _ = rows
    for labels in (["no", "yes"], [3, 10], [False, True]):
        y = np.array(labels)[np.arange(60) % 2]
        fitted = nncli.MLPClassifier(**FEW).fit(X, y)
        expected = fitted.model_.predict(X).copy()
        adopted = nncli.MLPClassifier.from_model(fitted.model_)
        adopted.classes_[:] = labels[0]
        fitted.model_.predict(X)[:] = labels[0]
        fitted.classes_[:] = labels[0]
        np.testing.assert_array_equal(fitted.model_.predict(X), expected)
        again = nncli.MLPClassifier.from_model(fitted.model_)
        assert again.classes_.tolist() == labels
