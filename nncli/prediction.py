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
from nncli.data.batches import Batches, target_codes
from nncli.data.dataset import whole
from nncli.evaluation import check_range, scaling_of
from nncli.training.engine import EVALUATION_ROWS
from nncli.training.metrics import chosen_classes, class_probabilities


@dataclass(frozen=True)
class Predictions:
    """The predicted class of every row, and all probabilities.

    Attributes
    ----------
    chosen : array (N,)
        Indices of `classes`.
    probabilities : array (N, classes), in the model's precision
    """

    classes: list[str]
    chosen: NDArray[np.integer[Any]]
    probabilities: NDArray[np.floating[Any]]

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
    outputs = network.layers[-1].outputs
    split = whole(inputs, np.zeros(len(inputs), np.uint8))
    codes = target_codes(len(model.classes), outputs, network.dtype)
    work = network.workspace(EVALUATION_ROWS)
    A = np.empty((len(inputs), outputs), network.dtype)
    start = 0
    for X, _ in Batches(split, scaling_of(model), codes, EVALUATION_ROWS).in_order():
        check_range(X, start)
        A[start : start + len(X)] = network.outputs(X, work.first(len(X)))
        check_range(A[start : start + len(X)], start)
        start += len(X)
    probabilities = class_probabilities(A).astype(network.dtype)
    return Predictions(model.classes, chosen_classes(A), probabilities)


def as_csv(predictions: Predictions, *, with_probabilities: bool) -> bytes:
    """Return ``row,prediction`` and, if asked for, ``p_<class>``, a line a row."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    header = ["row", "prediction"]
    columns: list[Any] = [range(len(predictions.chosen)), predictions.names]
    if with_probabilities:
        header += [f"p_{name}" for name in predictions.classes]
        columns += list(predictions.probabilities.T.astype(str))
    writer.writerow(header)
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue().encode("utf-8")


def as_json(predictions: Predictions, *, with_probabilities: bool) -> bytes:
    """Return a list with an object for each row."""
    lines = _objects(predictions, with_probabilities)
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode("utf-8")


def as_jsonl(predictions: Predictions, *, with_probabilities: bool) -> bytes:
    """Return an object for each row, a line each."""
    return "".join(line + "\n" for line in _objects(predictions, with_probabilities)).encode(
        "utf-8"
    )


def as_npy(predictions: Predictions, *, with_probabilities: bool) -> bytes:
    """Return an array of class names (N,), or with probabilities one of floats (N, classes)."""
    names = np.array(predictions.names, np.str_)
    stream = io.BytesIO()
    np.save(stream, predictions.probabilities if with_probabilities else names, allow_pickle=False)
    return stream.getvalue()


FORMATS: dict[str, Callable[..., bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "jsonl": as_jsonl,
    "npy": as_npy,
}


def _objects(predictions: Predictions, with_probabilities: bool) -> list[str]:
    objects: list[dict[str, Any]] = [
        {"row": row, "prediction": name} for row, name in enumerate(predictions.names)
    ]
    if with_probabilities:
        keys = [f"p_{name}" for name in predictions.classes]
        shortest = predictions.probabilities.astype(str).astype(np.float64)
        for each, values in zip(objects, shortest.tolist(), strict=True):
            each.update(zip(keys, values, strict=True))
    return [json.dumps(each, ensure_ascii=False) for each in objects]
