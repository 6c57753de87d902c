import numpy as np
import pytest

from nncli.metrics.regression import per_target, regression_metrics


def plain_figures(outputs, targets):
    """Return mae, rmse and r2 of one target by their definitions, with plain numbers."""
    rows = len(targets)
    errors = [a - t for a, t in zip(outputs, targets, strict=True)]
    mean = sum(targets) / rows
    squares = sum(e * e for e in errors)
    return {
        "mae": sum(abs(e) for e in errors) / rows,
        "rmse": (squares / rows) ** 0.5,
        "r2": 1 - squares / sum((t - mean) ** 2 for t in targets),
    }


@pytest.mark.parametrize("outputs", [1, 3])
def test_errors_and_r2_of_every_target_are_their_definitions_and_the_metrics_their_means(outputs):
    random = np.random.default_rng(outputs)
    T = random.normal(3, 5, (7, outputs))
    A = T + random.normal(0, 2, (7, outputs))
    figures = per_target(A, T)
    expected = [plain_figures(a, t) for a, t in zip(A.T.tolist(), T.T.tolist(), strict=True)]
    for name in ("mae", "rmse", "r2"):
        found = [each[name] for each in figures]
        assert found == pytest.approx([each[name] for each in expected])
    assert regression_metrics(figures) == pytest.approx(
        {name: sum(e[name] for e in expected) / outputs for name in ("mae", "rmse", "r2")}
    )


def test_the_example_of_the_documentation_of_scikit_learn():
    T = np.array([[0.5, 1.0], [-1.0, 1.0], [7.0, -6.0]])
    A = np.array([[0.0, 2.0], [-1.0, 2.0], [8.0, -5.0]])
    found = regression_metrics(per_target(A, T))
    assert found["mae"] == 0.75
    assert found["rmse"] == pytest.approx(0.8227486121839513, rel=1e-12)
    figures = per_target(A, T)
    assert [each["r2"] for each in figures] == pytest.approx([0.96543779, 0.90816327])
    assert found["r2"] == pytest.approx(0.9368005266622779, rel=1e-12)


@pytest.mark.parametrize("constant", [0.0, 0.1, -3.0])
@pytest.mark.parametrize(("error", "r2"), [(0.0, 1.0), (0.5, 0.0)])
def test_r2_of_a_constant_target_is_1_without_errors_and_else_0(constant, error, r2):
    T = np.full((3, 1), constant)
    assert [each["r2"] for each in per_target(T + error, T)] == [r2]


def test_the_mean_as_prediction_has_an_r2_of_0():
    T = np.array([[1.0], [2.0], [6.0]])
    assert per_target(np.full((3, 1), 3.0), T)[0]["r2"] == 0


def test_one_row_has_no_r2():
    figures = per_target(np.array([[1.0, 2.0]]), np.array([[1.5, 0.0]]))
    assert figures == [{"mae": 0.5, "rmse": 0.5}, {"mae": 2.0, "rmse": 2.0}]
    assert regression_metrics(figures) == {"mae": 1.25, "rmse": 1.25}


def test_a_spread_with_an_underflowing_square_counts_as_zero():
    T = np.array([[0.0], [1e-170]])
    assert per_target(T, T)[0]["r2"] == 1
    assert per_target(T + 1, T)[0]["r2"] == 0
