"""scikit-learn's estimator checks."""

from typing import Any

import pytest

import nncli

checks = pytest.importorskip("sklearn.utils.estimator_checks")

FEW_STEPS = {"hidden_layers": [16], "max_iter": 60, "learning_rate": 0.02}


def expected_failures(estimator: object) -> dict[str, str]:
    """Return the checks that are expected to fail, with reasons."""
    return {
        "check_sample_weight_equivalence_on_dense_data": "a row takes a place in a batch and in "
        "the scaling, whatever its weight; elsewhere weights are repetitions: test_rows.py"
    }


@pytest.mark.filterwarnings("ignore")
@checks.parametrize_with_checks(
    [nncli.MLPClassifier(**FEW_STEPS), nncli.MLPRegressor(**FEW_STEPS)],
    expected_failed_checks=expected_failures,
)
def test_scikit_learns_checks(estimator: object, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@checks.parametrize_with_checks(
    [nncli.MLPClassifier(), nncli.MLPRegressor()], expected_failed_checks=expected_failures
)
def test_scikit_learns_checks_of_the_defaults(estimator: object, check: Any) -> None:
    check(estimator)
