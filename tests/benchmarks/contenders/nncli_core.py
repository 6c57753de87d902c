"""nncli, driven through the classes that its training job is made of.

All that the benchmarks know of these classes stands here. It follows the job of
`nncli.runs.pipeline`, without a config and without files.
"""

import os
import time
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.threads import suited_threads, threads_in_use, use_threads
from nncli.data.scaling import fit
from nncli.data.splits import whole
from nncli.engines.choice import choose_kernels
from nncli.engines.numpy.batches import Batches, target_codes
from nncli.engines.numpy.engine import EVALUATION_ROWS, NumpyEngine
from nncli.engines.scores import ACCURACY, MAE, chosen_classes
from nncli.model.artifact import Model, Preprocessing
from nncli.model.prediction import predict_rows
from nncli.nn.kernels import NUMPY, Kernels
from nncli.nn.network import Layer, Network, Objective, layer_views, parameter_count
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from nncli.training.loop import EpochReport, Plan, Progress, train
from tests.benchmarks.answer import Contender, Options, main
from tests.benchmarks.products import seconds_of_products
from tests.benchmarks.rows import Rows
from tests.benchmarks.weights import initial_weights
from tests.benchmarks.work import Work

LOSSES = {
    "softmax": "cross_entropy",
    "sigmoid": "sigmoid_cross_entropy",
    "identity": "mean_squared_error",
}
THREADS = os.environ.get("OPENBLAS_NUM_THREADS", "default")
PRODUCTS_SECONDS = 0.5


class Training(Contender):
    """The loop that ``nncli train`` runs, or its steps; `options` name the kernels."""

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self._work, self._rows, self._seconds = work, rows, 0.0
        self._network = _network(work)
        use_threads(suited_threads(self._network.largest_product(work.batch_rows)))
        self.threads = str(threads_in_use())
        kernels = choose_kernels(options["kernels"], steps=0, parameters=0)
        self._engine = NumpyEngine(
            self._network,
            Objective(LOSSES[work.output], {}),
            score=MAE if self._is_regression else ACCURACY,
            optimizer=work.optimizer,
            settings=OPTIMIZERS[work.optimizer].complete({}),
            regularization=Regularization(),
            batch_rows=work.batch_rows,
            kernels=kernels,
        )
        self._batches = _batches(work, rows.X, rows.y, work.batch_rows, kernels)
        self._reports = train(self._engine, self._batches, None, _plan(work), Progress())

    def rounds(self, count: int) -> None:
        """Train for so many epochs, or take so many steps."""
        started = time.perf_counter()
        if self._work.task == "step":
            (batch,) = self._batches.in_order()
            for _ in range(count):
                self._engine.step(*batch, self._work.learning_rate)
        else:
            for _ in range(count):
                while not isinstance(next(self._reports), EpochReport):
                    pass
        self._seconds = time.perf_counter() - started

    def predictions(self) -> NDArray[Any]:
        """Return the classes or numbers of the test rows."""
        network = self._network
        work = network.workspace(EVALUATION_ROWS)
        found = []
        batches = _batches(self._work, self._rows.X_test, self._rows.y_test, EVALUATION_ROWS)
        for X, _ in batches.in_order():
            Z = network.logits(X, work.first(len(X)))
            found.append(Z[:, 0].copy() if self._is_regression else chosen_classes(Z))
        return np.concatenate(found)

    def facts(self) -> dict[str, float]:
        """Return how long the matrix products of an epoch take."""
        budget = min(PRODUCTS_SECONDS, self._seconds)  # in the smoke test, no longer than the rest
        return {"products_seconds": seconds_of_products(self._work, budget)}

    @property
    def _is_regression(self) -> bool:
        return self._work.output == "identity"


class Prediction(Contender):
    """What ``nncli predict`` does with rows, the model and the rows read already."""

    threads = THREADS

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self._model, self._X = _model(work), rows.X
        self._chosen: NDArray[Any] = np.empty(0)

    def rounds(self, count: int) -> None:
        """Predict all rows so often."""
        for _ in range(count):
            self._chosen = predict_rows(self._model, self._X).chosen

    def predictions(self) -> NDArray[Any]:
        """Return the classes that the last call chose."""
        return self._chosen


def _network(work: Work) -> Network:
    last = len(work.sizes) - 2
    layers = [
        Layer(inputs, outputs, work.output if index == last else work.hidden)
        for index, (inputs, outputs) in enumerate(pairwise(work.sizes))
    ]
    parameters = np.zeros(parameter_count(layers), np.float32)
    for views, W in zip(layer_views(layers, parameters), initial_weights(work), strict=True):
        views.W[:] = W
    return Network(layers, parameters)


def _batches(
    work: Work, X: NDArray[Any], y: NDArray[Any], batch_rows: int, kernels: Kernels = NUMPY
) -> Batches:
    outputs = work.sizes[-1]
    if work.output == "identity":
        classes, targets = 0, y[:, np.newaxis]
    else:
        classes, targets = max(outputs, 2), y
    codes = target_codes(classes, outputs, np.float32)
    split = whole(X, targets)
    return Batches(split, fit("unit", split), codes, batch_rows, kernels)


def _plan(work: Work) -> Plan:
    return Plan(
        epochs=work.warm_up + work.timed,
        rate=lambda epoch, share: work.learning_rate,
        shuffle=True,
        seed=0,
        monitor="train_loss",
        keep_best=False,
    )


def _model(work: Work) -> Model:
    columns = [f"pixel{number}" for number in range(work.sizes[0])]
    return Model(
        network=_network(work),
        preprocessing=Preprocessing(columns, ["number"] * len(columns), 0.0, 1 / 255),
        task="multiclass",
        targets=["digit"],
        classes=list("0123456789"),
        objective=Objective(LOSSES[work.output], {}),
        config={},
        metrics={},
        training={},
    )


if __name__ == "__main__":
    main(Training, Prediction)
