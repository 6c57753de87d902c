"""Compare the estimators with scikit-learn's networks, on tables that come with scikit-learn.

Five-fold cross-validation, three times: mean accuracy or R² on the held-out rows, its standard
deviation over the folds, and the median seconds of a fit. The first table sets the same parameters
for both, the second one none. In the first, nncli also uses scikit-learn's initialization and
objective. scikit-learn's network follows a standard scaler, and its regression targets are scaled,
which nncli does by itself. Both use one thread. Run from the project's root:

    pip install -e '.[test]'
    python -m tests.benchmarks.estimators
"""

import time
import warnings
from collections.abc import Callable, Mapping
from statistics import fmean, median, stdev
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.base import is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import nncli

TABLES = ("iris", "wine", "breast_cancer", "digits", "diabetes")
REGRESSIONS = ("diabetes",)
EQUAL: dict[str, Any] = {
    "hidden_layer_sizes": (64,),
    "solver": "adam",
    "learning_rate_init": 0.003,
    "alpha": 0.1,
    "batch_size": 32,
    "max_iter": 100,
    "n_iter_no_change": 100,  # all epochs
}
NONE: dict[str, Any] = {}


def nncli_estimator(table: str, settings: Mapping[str, Any], seed: int) -> Any:
    """Return nncli's estimator."""
    same = {"initializer": "xavier_uniform"} if settings else {}
    if table not in REGRESSIONS:
        return nncli.MLPClassifier(**settings, **same, random_state=seed)
    same |= {"loss": "squared_error"} if settings else {}
    return nncli.MLPRegressor(**settings, **same, random_state=seed)


def scikit_learn_estimator(table: str, settings: Mapping[str, Any], seed: int) -> Any:
    """Return scikit-learn's estimator, with scaled inputs and regression targets."""
    kind = MLPRegressor if table in REGRESSIONS else MLPClassifier
    network = make_pipeline(StandardScaler(), kind(**settings, random_state=seed))
    if table not in REGRESSIONS:
        return network
    return TransformedTargetRegressor(network, transformer=StandardScaler())


def measure(
    table: str, make: Callable[..., Any], settings: Mapping[str, Any], seeds: int = 3
) -> tuple[list[float], list[float]]:
    """Return the scores and the seconds of all fits."""
    X, y = getattr(datasets, f"load_{table}")(return_X_y=True)
    scores, seconds = [], []
    for seed in range(seeds):
        estimator = make(table, settings, seed)
        kind = StratifiedKFold if is_classifier(estimator) else KFold
        for train, test in kind(5, shuffle=True, random_state=seed).split(X, y):
            started = time.perf_counter()
            estimator.fit(X[train], y[train])
            seconds.append(time.perf_counter() - started)
            scores.append(float(estimator.score(X[test], y[test])))
    return scores, seconds


def row(table: str, settings: Mapping[str, Any]) -> str:
    """Return a row of the Markdown table."""
    cells = []
    for make in (nncli_estimator, scikit_learn_estimator):
        scores, seconds = measure(table, make, settings)
        cells += [f"{fmean(scores):.4f} ± {stdev(scores):.4f}", f"{median(seconds):.2f}"]
    metric = "R²" if table in REGRESSIONS else "accuracy"
    return f"| `{table}` | {metric} | {cells[0]} | {cells[2]} | {cells[1]} | {cells[3]} |"


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    np.seterr(all="ignore")
    for title, settings in (("the same parameters", EQUAL), ("no parameters", NONE)):
        print(f"{title}\n")
        print("| table | metric | nncli | scikit-learn | seconds | scikit-learn's |")
        print("|---|---|---|---|---|---|")
        for table in TABLES:
            print(row(table, settings), flush=True)
        print()


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
