"""The rows that estimators accept: arrays, lists, frames with categories and blanks, dicts."""

import numpy as np
import pytest

import nncli

FEW = {"epochs": 3, "hidden_layers": [4]}


@pytest.fixture(params=["pandas", "polars"])
def frame(request, dicts):
    """Return a frame with categories and blanks, and its classes."""
    table, y = dicts
    return pytest.importorskip(request.param).DataFrame(table), y


def test_a_frame_needs_no_preparation(frame):
    frame, y = frame
    fitted = nncli.MLPClassifier(**FEW).fit(frame, y)
    assert fitted.feature_names_in_.tolist() == ["size", "new", "color"]
    assert fitted.n_features_in_ == 3
    assert fitted.predict(frame).shape == (60,)
    assert fitted.coefs_[0].shape[0] == len(fitted.model_.preprocessing.columns) > 3


def test_frames_and_dicts_are_the_same_rows(frame, dicts):
    frame, y = frame
    of_frame = nncli.MLPClassifier(**FEW).fit(frame, y)
    of_dicts = nncli.MLPClassifier(**FEW).fit(dicts[0], y)
    expected = of_frame.predict_proba(frame)
    np.testing.assert_array_equal(of_dicts.predict_proba(dicts[0]), expected)
    turned = [dict(reversed(row.items())) for row in dicts[0]]
    np.testing.assert_array_equal(of_frame.predict_proba(turned), expected)


def test_blanks_can_be_an_error(frame):
    frame, y = frame
    with pytest.raises(nncli.DataError, match="column size: is blank"):
        nncli.MLPClassifier(missing="error", **FEW).fit(frame, y)


def test_the_kind_of_a_column_can_be_set(rows):
    X, y = rows
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"code": np.arange(60) % 3, "x": X[:, 0]})
    fitted = nncli.MLPClassifier(columns={"code": "category"}, **FEW).fit(frame, y)
    assert fitted.model_.preprocessing.columns == ["code=0", "code=1", "code=2", "x"]


def test_numbered_columns_have_no_names(rows):
    X, y = rows
    frame = pytest.importorskip("pandas").DataFrame(X)
    fitted = nncli.MLPClassifier(**FEW).fit(frame, y)
    assert not hasattr(fitted, "feature_names_in_")
    np.testing.assert_array_equal(fitted.predict(frame), fitted.predict(X))
    frame.columns = ["a", 1, 2]
    with pytest.raises(TypeError, match="Feature names are only supported if all") as error:
        nncli.MLPClassifier(**FEW).fit(frame, y)
    assert isinstance(error.value, nncli.DataError)


def test_an_array_of_text_and_numbers_is_a_table(dicts):
    table, y = dicts
    X = np.array([[*row.values()] for row in table], object)
    fitted = nncli.MLPClassifier(**FEW).fit(X, y)
    assert fitted.predict(X).shape == (60,)
    assert fitted.model_.preprocessing.encoding is not None


def test_names_of_columns_are_compared(frame, rows):
    frame, y = frame
    fitted = nncli.MLPClassifier(**FEW).fit(frame, y)
    renamed = {"size": "width"}
    other = frame.rename(columns=renamed) if hasattr(frame, "iloc") else frame.rename(renamed)
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- width\n.*now missing:\n- size"):
        fitted.predict(other)
    with pytest.raises(ValueError, match="in the same order"):
        fitted.predict(frame[["new", "size", "color"]])
    X, _ = rows
    on_array = nncli.MLPClassifier(**FEW).fit(X, y)
    named = frame.__class__({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    with pytest.warns(nncli.NncliWarning, match="was fitted without feature names"):
        np.testing.assert_array_equal(on_array.predict(named), on_array.predict(X))
    on_frame = nncli.MLPClassifier(**FEW).fit(named, y)
    with pytest.warns(nncli.NncliWarning, match="does not have valid feature names"):
        np.testing.assert_array_equal(on_frame.predict(X), on_frame.predict(named))


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (lambda X: X[:, 0], ValueError, "Expected 2D array, got 1D array instead"),
        (lambda X: X[:, :, None], ValueError, "Expected 2D array, got 3D array instead"),
        (lambda X: X + 0j, ValueError, "Complex data not supported"),
        (lambda X: np.where(X > 2, np.nan, X), ValueError, "Input X contains NaN"),
        (lambda X: np.where(X > 2, np.inf, X), ValueError, "Input X contains infinity"),
        (lambda X: np.ma.masked_greater(X, 2), ValueError, "has masked values"),
        (lambda X: X[:, :0], ValueError, r"0 feature\(s\) \(shape=\(60, 0\)\)"),
        (lambda X: X[:0], ValueError, "while a minimum of 1 is required"),
        (lambda X: X[:, :2], ValueError, "X has 2 features, but MLPClassifier is expecting 3"),
        (lambda X: [*X.tolist()[1:], [1.0]], ValueError, "X: rows have different lengths"),
        (lambda X: "rows.csv", ValueError, "Expected 2D array, got scalar array instead"),
        (lambda X: None, ValueError, "Expected 2D array, got scalar array instead"),
        (lambda X: X.astype("M8[D]"), ValueError, "holds values of type datetime64"),
    ],
)
def test_unusable_rows_are_refused(rows, change, kind, words):
    X, y = rows
    fitted = nncli.MLPClassifier(**FEW).fit(X, y)
    with pytest.raises(kind, match=words) as error:
        fitted.predict(change(X))
    assert isinstance(error.value, nncli.DataError)


def test_sparse_rows_are_refused(rows):
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"X: found sparse rows; expected dense: use X.toarray\(\)"):
        nncli.MLPClassifier(**FEW).fit(sparse.csr_array(rows[0]), rows[1])
    with pytest.raises(TypeError, match="y: found sparse rows"):
        nncli.MLPClassifier(**FEW).fit(rows[0], sparse.csr_array(np.eye(60, 2)))


def test_separate_validation_rows(rows, frame):
    X, y = rows
    fitted = nncli.MLPClassifier(epochs=3).fit(X[:40], y[:40], validation_data=(X[40:], y[40:]))
    assert len(fitted.validation_scores_) == 3
    assert fitted.model_.metrics["validation"]["accuracy"] == fitted.score(X[40:], y[40:])
    assert fitted.best_loss_ is None
    frame, y = frame
    fitted = nncli.MLPClassifier(epochs=3).fit(frame, y, validation_data=(frame[:9], y[:9]))
    assert fitted.best_validation_score_ == max(fitted.validation_scores_)
    with pytest.raises(ValueError, match=r"validation_data: expected \(X, y\)"):
        nncli.MLPClassifier(**FEW).fit(X, y, validation_data=X)
    with pytest.raises(ValueError, match="unknown class 'else'; expected one of"):
        nncli.MLPClassifier(**FEW).fit(X, y, validation_data=(X[:2], ["else", "same"]))


def test_weights_are_repetitions(rows):
    X, y = rows
    weights = np.arange(60) % 3
    exact = {
        "batch_size": "full",
        "scale": "none",
        "precision": "float64",
        "validation": 0,
        "l2": 0.0,
        "epochs": 5,
    }
    weighted = nncli.MLPClassifier(**exact).fit(X, y, sample_weight=weights)
    repeated = nncli.MLPClassifier(**exact).fit(X.repeat(weights, axis=0), y.repeat(weights))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-9)
    for wrong, words in (
        (weights[:9], "has 9 rows; expected one number for each of 60"),
        (-weights, "weights must be 0 or more"),
        (0 * weights, "all weights are zero"),
    ):
        with pytest.raises(ValueError, match=words):
            nncli.MLPClassifier(**FEW).fit(X, y, sample_weight=wrong)


def test_targets_of_a_regression(rows):
    X, _ = rows
    one = nncli.MLPRegressor(epochs=60, validation=0).fit(X.tolist(), X.sum(axis=1).tolist())
    assert one.predict(X).dtype == np.float64
    assert one.score(X, X.sum(axis=1)) > 0.9
    assert one.out_activation_ == "identity"
    frames = pytest.importorskip("pandas")
    T = frames.DataFrame({"sum": X.sum(axis=1), "first": X[:, 0] ** 2})
    frame = frames.DataFrame(X, columns=["a", "b", "c"])
    several = nncli.MLPRegressor(**FEW).fit(frame, T)
    assert several.predict(frame).shape == (60, 2)
    assert several.model_.targets == ["sum", "first"]
    assert several.n_outputs_ == 2
    with pytest.raises(ValueError, match="y: expected numbers for a regression"):
        nncli.MLPRegressor(**FEW).fit(X, ["a"] * 60)
    with pytest.raises(ValueError, match="Input y contains infinity"):
        nncli.MLPRegressor(**FEW).fit(X, [np.inf] * 60)
