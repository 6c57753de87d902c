"""A linear model fitted by least squares."""

import numpy as np
import pytest

from nncli.explain.diagnosis.rules.linear_fit import fitted_outputs, fitted_score

RANDOM = np.random.default_rng(2)


@pytest.mark.parametrize("inputs", [1, 3, 19, 60])
def test_the_outputs_minimize_squared_errors_and_the_ridge(inputs):
    X, T, new = (RANDOM.normal(size=(20, each)) * 5 + 3 for each in (inputs, 2, inputs))
    A, offset = (X - X.mean(axis=0)) / X.std(axis=0), T.mean(axis=0)
    rows = np.vstack([A, np.sqrt(1e-3 * 20) * np.eye(inputs)])
    right = np.vstack([T - offset, np.zeros((inputs, 2))])
    weights = np.linalg.lstsq(rows, right, rcond=None)[0]
    expected = (new - X.mean(axis=0)) / X.std(axis=0) @ weights + offset
    np.testing.assert_allclose(fitted_outputs(X, T, new), expected, rtol=1e-6)


def test_a_constant_input_counts_for_nothing():
    X, new = np.ones((9, 1)), np.array([[5.0]])
    T = np.arange(9.0)[:, np.newaxis]
    assert fitted_outputs(X, T, new) == [[4]]


@pytest.mark.parametrize("value", [0.1, 1e9 / 3])
def test_an_input_that_differs_by_rounding_only_is_constant(value):
    X, new = np.full((20, 1), value), np.full((1, 1), 2 * value)
    X[::2] = np.nextafter(value, 2 * value)
    T = np.arange(20.0)[:, np.newaxis] % 2
    assert fitted_outputs(X, T, new) == [[0.5]]


def test_the_score_is_the_accuracy_or_the_lowest_r2():
    X = RANDOM.normal(size=(200, 2))
    classes = (X[:, 0] > 0).astype(int)
    assert fitted_score(X, classes, X, classes) > 0.95
    assert fitted_score(X, classes, X, 1 - classes) < 0.05
    targets = np.column_stack([X[:, 1], RANDOM.normal(size=200)])
    assert fitted_score(X, targets[:, :1], X, targets[:, :1]) == pytest.approx(1, abs=1e-4)
    assert fitted_score(X, targets, X, targets) < 0.1
