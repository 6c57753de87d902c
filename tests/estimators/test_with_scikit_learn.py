"""Estimators together with scikit-learn: pipelines, searches, clones, several processes."""

import numpy as np
import pytest

import nncli

pytest.importorskip("sklearn")

from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FEW = {"epochs": 20, "hidden_layers": [8], "validation": 0}


def test_clones_have_the_same_parameters():
    estimator = nncli.MLPClassifier(optimizer={"name": "sgd", "momentum": 0.9}, epochs=3)
    twin = clone(estimator)
    assert twin.get_params() == estimator.get_params()
    assert "optimizer={'momentum': 0.9, 'name': 'sgd'}" in repr(twin)
    assert is_classifier(estimator)
    assert is_regressor(nncli.MLPRegressor())


def test_pipelines_and_cross_validation(rows):
    X, y = rows
    pipeline = make_pipeline(StandardScaler(), nncli.MLPClassifier(scale="none", **FEW))
    scores = cross_val_score(pipeline, X, y, cv=3)
    assert scores.shape == (3,)
    fitted = pipeline.fit(X, y, mlpclassifier__sample_weight=np.ones(60))
    assert fitted.predict(X).shape == (60,)


def test_transformed_columns(dicts):
    table, y = dicts
    frame = pytest.importorskip("pandas").DataFrame(table).dropna()
    columns = ColumnTransformer(
        [("text", OneHotEncoder(), ["color"])], remainder="passthrough", sparse_threshold=0
    )
    fitted = make_pipeline(columns, nncli.MLPClassifier(**FEW)).fit(frame, y[frame.index])
    assert fitted.predict(frame).shape == (len(frame),)


@pytest.mark.parametrize(
    ("processes", "backend"),
    [(1, None), (2, "threading"), pytest.param(2, "loky", marks=pytest.mark.slow)],
)
def test_searches(rows, processes, backend):
    joblib = pytest.importorskip("joblib")
    X, y = rows
    grid = {"learning_rate": [0.001, 0.05], "hidden_layers": [[4], [8, 4]]}
    search = GridSearchCV(nncli.MLPClassifier(**FEW), grid, cv=2, n_jobs=processes)
    with joblib.parallel_config(backend) if backend else joblib.parallel_config():
        search.fit(X, y)
    expected = nncli.MLPClassifier(**FEW).set_params(**search.best_params_).fit(X, y)
    np.testing.assert_array_equal(search.predict_proba(X), expected.predict_proba(X))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_fits_in_several_threads_give_the_same_bits(rows):
    joblib = pytest.importorskip("joblib")
    X, y = rows
    expected = nncli.MLPClassifier(**FEW).fit(X, y).predict_proba(X)
    fits = joblib.Parallel(n_jobs=4, backend="threading")(
        joblib.delayed(nncli.MLPClassifier(**FEW).fit)(X, y) for _ in range(8)
    )
    for fitted in fits:
        np.testing.assert_array_equal(fitted.predict_proba(X), expected)


def test_joblib_saves_them(rows, directory):
    joblib = pytest.importorskip("joblib")
    fitted = nncli.MLPRegressor(**FEW).fit(rows[0], rows[0].sum(axis=1))
    joblib.dump(fitted, "fitted.joblib")
    np.testing.assert_array_equal(
        joblib.load("fitted.joblib").predict(rows[0]), fitted.predict(rows[0])
    )


def test_other_estimators_can_inspect_them(rows):
    X, _ = rows
    chain = ClassifierChain(nncli.MLPClassifier(**FEW)).fit(X, (X > 0).astype(int))
    assert chain.predict(X).shape == (60, 3)
