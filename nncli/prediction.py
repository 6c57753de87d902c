"""Predict with a saved model, and write predictions."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nncli.artifact import Model
from nncli.data.dataset import whole
from nncli.data.scaling import unscaled
from nncli.evaluation import (
    check_range,
    gives_probabilities,
    own_threshold,
    run_rows,
    scaling_of,
    target_scaling_of,
)
from nncli.training.metrics import chosen_classes, class_probabilities

Numbers = NDArray[np.floating[Any]]
Beside = Mapping[str, list[Any]]


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
    probabilities: Numbers | None

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def names(self) -> list[str]:
        """The name of every row's predicted class."""
        return [self.classes[index] for index in self.chosen.tolist()]

    def columns(self) -> dict[str, list[Any] | Numbers]:
        """Return ``prediction`` and, with probabilities, ``p_<class>``, each with N values."""
        columns: dict[str, list[Any] | Numbers] = {"prediction": self.names}
        if self.probabilities is not None:
            pairs = zip(self.classes, self.probabilities.T, strict=True)
            columns |= {f"p_{name}": values for name, values in pairs}
        return columns

    def array(self) -> NDArray[Any]:
        """Return class names (N,), or with probabilities these (N, classes)."""
        if self.probabilities is not None:
            return self.probabilities
        return np.array(self.names, np.str_)


@dataclass(frozen=True)
class PredictedLabels:
    """The predictions of a task with several labels, each of which a row may have or not.

    Attributes
    ----------
    chosen : array (N, L) of 0 and 1
    probabilities : array (N, L), in the model's precision, or None
    """

    labels: list[str]
    chosen: NDArray[np.integer[Any]]
    probabilities: Numbers | None

    def __len__(self) -> int:
        return len(self.chosen)

    def columns(self) -> dict[str, list[Any] | Numbers]:
        """Return ``prediction_<label>`` and, with probabilities, ``p_<label>``."""
        pairs = zip(self.labels, self.chosen.T.tolist(), strict=True)
        columns: dict[str, list[Any] | Numbers] = {
            f"prediction_{name}": each for name, each in pairs
        }
        if self.probabilities is not None:
            shares = zip(self.labels, self.probabilities.T, strict=True)
            columns |= {f"p_{name}": values for name, values in shares}
        return columns

    def array(self) -> NDArray[Any]:
        """Return the labels, or with probabilities these, shape (N, L)."""
        return self.chosen if self.probabilities is None else self.probabilities


@dataclass(frozen=True)
class PredictedNumbers:
    """The predictions of a regression: `values` (N, O), in the model's precision."""

    probabilities: ClassVar[None] = None

    targets: list[str]
    values: Numbers

    def __len__(self) -> int:
        return len(self.values)

    def columns(self) -> dict[str, list[Any] | Numbers]:
        """Return ``prediction``, or with several targets ``prediction_<target>``."""
        if len(self.targets) == 1:
            return {"prediction": self.values[:, 0]}
        pairs = zip(self.targets, self.values.T, strict=True)
        return {f"prediction_{target}": values for target, values in pairs}

    def array(self) -> NDArray[Any]:
        """Return the numbers, shape (N,) for one target, (N, O) for several."""
        return self.values[:, 0] if len(self.targets) == 1 else self.values


Predicted = Predictions | PredictedLabels | PredictedNumbers


@np.errstate(over="ignore", invalid="ignore")  # check_range sees what comes of it
def predict_rows(model: Model, inputs: NDArray[Any], threshold: float | None = None) -> Predicted:
    """Run a model over raw inputs, shape (N, I); its own preprocessing is applied.

    Parameters
    ----------
    threshold : float, optional
        The probability over which the second class is predicted; default: the model's own.

    Raises
    ------
    DataError
        As `check_range`, for inputs or outputs.
    """
    network = model.network
    split = whole(inputs, np.empty((len(inputs), 0)))
    chosen = np.empty(len(inputs), np.intp)
    A = np.empty((len(inputs), network.layers[-1].outputs), network.dtype)
    for part, _, work in run_rows(network, split, scaling_of(model), len(model.classes)):
        check_range(work.A[-1], part.start)
        A[part] = work.A[-1]
        if model.classes:
            chosen[part] = chosen_classes(work.Z[-1])
    threshold = own_threshold(model) if threshold is None else threshold
    if model.task == "multilabel":
        return PredictedLabels(model.targets, ((threshold or 0) < A).astype(np.intp), A)
    if not model.classes:
        values = unscaled(A, target_scaling_of(model)).astype(network.dtype)
        check_range(values, 0)
        return PredictedNumbers(model.targets, values)
    if not gives_probabilities(network):
        return Predictions(model.classes, chosen, None)
    probabilities = class_probabilities(A).astype(network.dtype)
    if threshold is not None:
        chosen = (probabilities[:, 1] > threshold).astype(np.intp)
    return Predictions(model.classes, chosen, probabilities)


def as_csv(predictions: Predicted, beside: Beside | None = None) -> bytes:
    """Return ``row``, the columns to keep, and those of the predictions, a line a row.

    A number is the shortest text that gives it back.
    """
    columns = predictions.columns()
    kept = beside or {}
    rows = zip(range(len(predictions)), *kept.values(), *as_texts(columns), strict=True)
    return csv_of(["row", *kept, *columns], rows)


def as_texts(columns: Mapping[str, list[Any] | Numbers]) -> list[Any]:
    """Return columns with the shortest text of every number that gives it back."""
    return [each if isinstance(each, list) else each.astype(str) for each in columns.values()]


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a CSV file in UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8")


def as_json(predictions: Predicted, beside: Beside | None = None) -> bytes:
    """Return a list with an object for each row."""
    lines = _objects(predictions, beside)
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode("utf-8")


def as_jsonl(predictions: Predicted, beside: Beside | None = None) -> bytes:
    """Return an object for each row, a line each."""
    return "".join(line + "\n" for line in _objects(predictions, beside)).encode("utf-8")


def as_npy(predictions: Predicted, beside: Beside | None = None) -> bytes:
    """Return the array of the predictions, alone, as an ``.npy`` file."""
    stream = io.BytesIO()
    np.save(stream, predictions.array(), allow_pickle=False)
    return stream.getvalue()


FORMATS: dict[str, Callable[..., bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "jsonl": as_jsonl,
    "npy": as_npy,
}


def _objects(predictions: Predicted, beside: Beside | None) -> list[str]:
    columns = {
        name: each if isinstance(each, list) else each.astype(str).astype(np.float64).tolist()
        for name, each in {**(beside or {}), **predictions.columns()}.items()
    }
    rows = zip(range(len(predictions)), *columns.values(), strict=True)
    keys = ["row", *columns]
    return [json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False) for row in rows]
