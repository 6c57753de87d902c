"""nncli, driven through the classes of its training job.

No other benchmark module uses these classes. The code follows `nncli.runs.preparation`, without
config and files.
"""

import os
import time
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.threads import limited_threads, suited_threads, threads_in_use
from nncli.data.order import Order
from nncli.data.scaling import fit
from nncli.data.splits import Split, whole
from nncli.engines.batches import EVALUATION_ROWS, Batches, target_codes
from nncli.engines.choice import choose_engine
from nncli.engines.engine import Setup, Sums
from nncli.metrics.scores import ACCURACY, MAE, chosen_classes
from nncli.model.model import Model
from nncli.model.prediction import predict_rows
from nncli.model.preprocessing import Preprocessing
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, parameter_count
from nncli.nn.objective import Objective
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.penalties import Regularization
from nncli.training.loop import EpochReport, train
from nncli.training.plan import Plan
from nncli.training.progress import Progress
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
    """The training loop of ``nncli train``, or its single steps; `options` name the engine."""

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self._work, self._rows, self._seconds = work, rows, 0.0
        setup = setup_of(work, rows)
        engine = choose_engine(options["engine"], steps=0, parameters=0)
        largest = setup.network.largest_product(work.batch_rows)
        suited = suited_threads(largest, engine.enough_work)
        self._threads = limited_threads(suited)  # for the rest of the process
        self._threads.__enter__()
        self.threads = str(threads_in_use())
        self._layers, self._sums = setup.network.layers, Sums()
        self._engine = engine(setup)
        order = Order(setup.training, work.batch_rows)
        self._reports = train(self._engine, order, setup.score, _plan(work), Progress())

    def rounds(self, count: int) -> None:
        """Train for `count` epochs, or take that many steps."""
        started = time.perf_counter()
        if self._work.task == "step":
            batches = np.broadcast_to(np.arange(self._work.rows), (count, self._work.rows))
            self._engine.steps(batches, [self._work.learning_rate] * count, self._sums)
        else:
            for _ in range(count):
                while not isinstance(next(self._reports), EpochReport):
                    pass
        self._seconds = time.perf_counter() - started

    def predictions(self) -> NDArray[Any]:
        """Return the predicted classes or numbers of the test rows."""
        learned = self._engine.snapshot()
        network = Network(self._layers, learned["parameters"], learned["state"])
        work, found = network.workspace(EVALUATION_ROWS), []
        for X, _ in _test_batches(self._work, self._rows).in_order():
            Z = network.logits(X, work.first(len(X)))
            found.append(Z[:, 0].copy() if _is_regression(self._work) else chosen_classes(Z))
        return np.concatenate(found)

    def facts(self) -> dict[str, float]:
        """Return the time of the matrix products of an epoch."""
        budget = min(PRODUCTS_SECONDS, self._seconds)  # in the smoke test, only briefly
        return {"products_seconds": seconds_of_products(self._work, budget)}


class Prediction(Contender):
    """The prediction of ``nncli predict``, with model and rows in memory."""

    threads = THREADS

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self._model, self._X = _model(work), rows.X
        self._chosen: NDArray[Any] = np.empty(0)

    def rounds(self, count: int) -> None:
        """Predict all rows `count` times."""
        for _ in range(count):
            self._chosen = predict_rows(self._model, self._X).chosen

    def predictions(self) -> NDArray[Any]:
        """Return the classes predicted by the last call."""
        return self._chosen


def _is_regression(work: Work) -> bool:
    return work.output == "identity"


def _network(work: Work) -> Network:
    last = len(work.sizes) - 2
    layers = [
        layer
        for index, (inputs, outputs) in enumerate(pairwise(work.sizes))
        for layer in block(inputs, outputs, work.output if index == last else work.hidden)
    ]
    network = Network(layers, np.zeros(parameter_count(layers), np.float32))
    weights = network.weights(network.parameters)
    for own, W in zip(weights, initial_weights(work), strict=True):
        own[:] = W
    return network


def setup_of(work: Work, rows: Rows) -> Setup:
    """Return the setup of an engine."""
    split = _split(work, rows.X, rows.y)
    return Setup(
        network=_network(work),
        objective=Objective(LOSSES[work.output], {}),
        score=MAE if _is_regression(work) else ACCURACY,
        optimizer=work.optimizer,
        settings=OPTIMIZERS[work.optimizer].complete({}),
        regularization=Regularization(),
        training=split,
        validation=None,
        scaling=fit("unit", split),
        codes=_codes(work),
        batch_rows=work.batch_rows,
    )


def _split(work: Work, X: NDArray[Any], y: NDArray[Any]) -> Split:
    return whole(X, y[:, np.newaxis] if _is_regression(work) else y)


def _codes(work: Work) -> NDArray[Any]:
    outputs = work.sizes[-1]
    return target_codes(0 if _is_regression(work) else max(outputs, 2), outputs, np.float32)


def _test_batches(work: Work, rows: Rows) -> Batches:
    split = _split(work, rows.X_test, rows.y_test)
    return Batches(split, fit("unit", split), _codes(work), EVALUATION_ROWS)


def _plan(work: Work) -> Plan:
    return Plan(
        epochs=work.warm_up + work.timed,
        rate=lambda epoch, share: work.learning_rate,
        monitor="train_loss",
        keep_best=False,
    )


def _model(work: Work) -> Model:
    columns = [f"pixel{number}" for number in range(work.sizes[0])]
    return Model(
        network=_network(work),
        preprocessing=Preprocessing(columns, 0.0, 1 / 255),
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
