"""scikit-learn: one `partial_fit` per epoch, without a penalty, at the same batch size.

With one batch per epoch, `fit` with ``warm_start`` takes all steps in one call, which avoids the
argument checks of each `partial_fit`. The estimators keep float32 inputs.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_info

from tests.benchmarks.answer import Contender, Options, main
from tests.benchmarks.rows import Rows, as_float32
from tests.benchmarks.weights import initial_weights
from tests.benchmarks.work import Work

ACTIVATIONS = {"relu": "relu", "sigmoid": "logistic", "tanh": "tanh"}

warnings.simplefilter("ignore", ConvergenceWarning)  # it stops at max_iter


class Training(Contender):
    """An estimator that starts from the common weights."""

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self.threads = _threads()
        self._work, self._X_test = work, rows.X_test
        self._X, self._y = as_float32(rows.X), rows.y
        self._classes = {} if work.output == "identity" else {"classes": np.unique(rows.y)}
        self._estimator = _estimator(work)
        self._fit(self._X[: work.batch_rows], self._y[: work.batch_rows])
        _start_from_common_weights(self._estimator, work)

    def rounds(self, count: int) -> None:
        """Train for `count` epochs."""
        if self._work.is_full_batch:
            self._estimator.set_params(max_iter=count, warm_start=True)
            self._estimator.fit(self._X, self._y)
            return
        for _ in range(count):
            self._fit(self._X, self._y)

    def predictions(self) -> NDArray[Any]:
        """Return the predicted classes or numbers of the test rows."""
        return np.asarray(self._estimator.predict(as_float32(self._X_test)))

    def _fit(self, X: NDArray[np.float32], y: NDArray[Any]) -> None:
        self._estimator.partial_fit(X, y, **self._classes)


class Prediction(Contender):
    """Prediction with `predict_proba` and the class of the largest probability."""

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self.threads = _threads()
        self._X = as_float32(rows.X)
        self._estimator = _estimator(work)
        self._estimator.partial_fit(
            as_float32(rows.X_test[:64]), rows.y_test[:64], classes=np.arange(10)
        )
        _start_from_common_weights(self._estimator, work)
        self._chosen: NDArray[Any] = np.empty(0)

    def rounds(self, count: int) -> None:
        """Predict all rows `count` times."""
        for _ in range(count):
            self._chosen = self._estimator.predict_proba(self._X).argmax(axis=1)

    def predictions(self) -> NDArray[Any]:
        """Return the classes predicted by the last call."""
        return self._chosen


def _estimator(work: Work) -> Any:
    kind = MLPRegressor if work.output == "identity" else MLPClassifier
    return kind(
        hidden_layer_sizes=work.sizes[1:-1],
        activation=ACTIVATIONS[work.hidden],
        solver=work.optimizer,
        alpha=0.0,
        batch_size=work.batch_rows,
        learning_rate_init=work.learning_rate,
        momentum=0.0,
        nesterovs_momentum=False,
        shuffle=not work.is_full_batch,
        n_iter_no_change=np.inf,
        tol=0.0,
        random_state=0,
    )


def _start_from_common_weights(estimator: Any, work: Work) -> None:
    """Overwrite the weights in place: the optimizer keeps references to the arrays."""
    for array, W in zip(estimator.coefs_, initial_weights(work), strict=True):
        array[:] = W
    for array in estimator.intercepts_:
        array[:] = 0


def _threads() -> str:
    counts = {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
    return str(max(counts, default=1))


if __name__ == "__main__":
    main(Training, Prediction)
