"""Predict with a saved model, and write predictions."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.artifact import Model
from nncli.data.dataset import whole
from nncli.evaluation import check_range, gives_probabilities, run_rows, scaling_of
from nncli.training.metrics import chosen_classes, class_probabilities


@dataclass(frozen=True)
class Predictions:
    """The predicted class of every row, and all probabilities.

    Attributes
    ----------
    chosen : array (N,)
        Indices of `classes`.
    probabilities : array (N, classes), in the model's precision, or None
        None where the model's outputs are no probabilities.
    """

    classes: list[str]
    chosen: NDArray[np.integer[Any]]
    probabilities: NDArray[np.floating[Any]] | None

    @property
    def names(self) -> list[str]:
        """The name of every row's predicted class."""
        return [self.classes[index] for index in self.chosen.tolist()]


@np.errstate(over="ignore", invalid="ignore")  # check_range sees what comes of it
def predict_rows(model: Model, inputs: NDArray[Any]) -> Predictions:
    """Run a model over raw inputs, shape (N, I); its own preprocessing is applied.

    Raises
    ------
    DataError
        As `check_range`, for inputs or outputs.
    """
    network = model.network
    split = whole(inputs, np.zeros(len(inputs), np.uint8))
    chosen = np.empty(len(inputs), np.intp)
    A = np.empty((len(inputs), network.layers[-1].outputs), network.dtype)
    for part, _, work in run_rows(network, split, scaling_of(model), len(model.classes)):
        check_range(work.A[-1], part.start)
        A[part], chosen[part] = work.A[-1], chosen_classes(work.Z[-1])
    if not gives_probabilities(network):
        return Predictions(model.classes, chosen, None)
    return Predictions(model.classes, chosen, class_probabilities(A).astype(network.dtype))


def as_csv(predictions: Predictions) -> bytes:
    """Return ``row,prediction`` and, with probabilities, ``p_<class>``, a line a row."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    header = ["row", "prediction"]
    columns: list[Any] = [range(len(predictions.chosen)), predictions.names]
    if predictions.probabilities is not None:
        header += [f"p_{name}" for name in predictions.classes]
        columns += list(predictions.probabilities.T.astype(str))
    writer.writerow(header)
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue().encode("utf-8")


def as_json(predictions: Predictions) -> bytes:
    """Return a list with an object for each row."""
    lines = _objects(predictions)
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode("utf-8")


def as_jsonl(predictions: Predictions) -> bytes:
    """Return an object for each row, a line each."""
    return "".join(line + "\n" for line in _objects(predictions)).encode("utf-8")


def as_npy(predictions: Predictions) -> bytes:
    """Return an array of class names (N,), or with probabilities one of floats (N, classes)."""
    values: NDArray[Any] = np.array(predictions.names, np.str_)
    if predictions.probabilities is not None:
        values = predictions.probabilities
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()


FORMATS: dict[str, Callable[..., bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "jsonl": as_jsonl,
    "npy": as_npy,
}


def _objects(predictions: Predictions) -> list[str]:
    objects: list[dict[str, Any]] = [
        {"row": row, "prediction": name} for row, name in enumerate(predictions.names)
    ]
    if predictions.probabilities is not None:
        keys = [f"p_{name}" for name in predictions.classes]
        shortest = predictions.probabilities.astype(str).astype(np.float64)
        for each, values in zip(objects, shortest.tolist(), strict=True):
            each.update(zip(keys, values, strict=True))
    return [json.dumps(each, ensure_ascii=False) for each in objects]
