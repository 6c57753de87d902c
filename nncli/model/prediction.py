"""Predict with a model, block by block: rows of any form and number."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, count
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.mapping import give_back
from nncli.data.rows.blocks import Asked
from nncli.data.rows.reading import read_rows
from nncli.data.scaling import unscaled
from nncli.data.tables.column import LARGEST
from nncli.metrics.probabilities import class_probabilities, sigmoid
from nncli.metrics.scores import chosen_classes, chosen_labels, margin_of
from nncli.model.evaluation import check_range, check_size, target_scaling_of
from nncli.model.model import Model
from nncli.model.passes import MOST_ROWS as ROWS_A_PASS
from nncli.model.passes import Passes, suited_threads_for
from nncli.model.thresholds import gives_probabilities

Numbers = NDArray[np.floating[Any]]

_BLOCK_NUMBERS = 1 << 20  # in a block of rows, if these are not very long
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
MOST_ROWS = 32 * ROWS_A_PASS


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
        return np.array(self.names, f"U{max(map(len, self.classes))}")

    def result(self) -> NDArray[Any]:
        """Return the predicted classes (N,) as `class_values` has them."""
        return class_values(tuple(self.classes)).take(self.chosen)


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

    def result(self) -> NDArray[Any]:
        """Return the labels (N, L)."""
        return self.chosen


@dataclass(frozen=True)
class PredictedNumbers:
    """The predictions of a regression: `values` (N, O), in float64, as they are evaluated."""

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

    def result(self) -> NDArray[Any]:
        """Return the same as `array`."""
        return self.array()


Predicted = Predictions | PredictedLabels | PredictedNumbers


@dataclass(frozen=True)
class PredictedRows:
    """The predictions for some rows of a file that follow each other.

    Attributes
    ----------
    first : int
        The number of the first row, from 0.
    predictions : Predictions, PredictedLabels or PredictedNumbers
    beside : mapping of str to list
        Columns that stand beside them.
    """

    first: int
    predictions: Predicted
    beside: Mapping[str, list[Any]]

    def __len__(self) -> int:
        return len(self.predictions)

    def columns(self) -> dict[str, list[Any] | Numbers]:
        """Return those that stand beside, then those of the predictions."""
        return {**self.beside, **self.predictions.columns()}


def names_beside(model: Model, columns: Iterable[str]) -> dict[str, str]:
    """Return what columns are called that stand beside predictions, by their own names.

    One that is called as any column which predictions of the model may have, of a file or of folds,
    becomes ``id``, or else ``id_2`` and so on, in all of them alike.
    """
    labels = model.classes or (model.targets if model.task == "multilabel" else [])
    taken = {"row", "fold", "target", "prediction", *(f"p_{label}" for label in labels)}
    if not model.classes:
        taken |= {f"{of}_{name}" for of in ("target", "prediction") for name in model.targets}
    own = [*columns]
    stay = {*own} - taken
    free = (each for each in chain(["id"], map("id_{}".format, count(2))) if each not in stay)
    return {name: name if name in stay else next(free) for name in own}


@lru_cache(maxsize=8)
def class_values(classes: tuple[str, ...]) -> NDArray[Any]:
    """Return classes as int64 where all are whole numbers, as Booleans, or else as text.

    The array is shared, and read-only.
    """
    if {*classes} == {"false", "true"}:
        values = np.array([name == "true" for name in classes])
    elif all(map(_INTEGER.fullmatch, classes)):
        values = np.array([int(name) for name in classes], np.int64)
    else:
        values = np.array(classes, str)
    values.setflags(write=False)
    return values


@np.errstate(over="ignore", invalid="ignore")  # check_range sees what comes of it
def predict_rows(
    model: Model, inputs: NDArray[Any], threshold: float | None = None, *, first_row: int = 0
) -> Predicted:
    """Run a model over raw inputs, shape (N, I); its own preprocessing is applied.

    Parameters
    ----------
    threshold : float, optional
        The probability over which the second class is predicted; default: the model's own.
    first_row : int
        The number of the first row, for messages.

    Raises
    ------
    DataError
        As `check_range`, for inputs or outputs.
    """
    margin = margin_of(model.threshold if threshold is None else threshold)
    with suited_threads_for(model.network):
        if model.task == "regression":
            return _numbers(model, inputs, first_row)
        if model.task == "multilabel":
            return _labels(model, inputs, margin, first_row)
        return _classes(model, inputs, margin, first_row)


def _numbers(model: Model, inputs: NDArray[Any], first_row: int) -> PredictedNumbers:
    A = np.empty((len(inputs), len(model.targets)), model.network.dtype)
    for part, passes in _run(model, inputs, first_row):
        A[part] = passes.outputs()
        check_range(A[part], first_row + part.start)
    values = unscaled(A, target_scaling_of(model))
    check_range(values, first_row)
    return PredictedNumbers(model.targets, values)


def _labels(model: Model, inputs: NDArray[Any], margin: float, first_row: int) -> PredictedLabels:
    shape = len(inputs), len(model.targets)
    chosen, probabilities = np.empty(shape, np.intp), np.empty(shape, model.network.dtype)
    for part, passes in _run(model, inputs, first_row):
        check_range(passes.logits, first_row + part.start)
        chosen[part] = chosen_labels(passes.logits, margin)
        probabilities[part] = sigmoid(passes.logits)
    return PredictedLabels(model.targets, chosen, probabilities)


def _classes(model: Model, inputs: NDArray[Any], margin: float, first_row: int) -> Predictions:
    network, coupled = model.network, model.network.output.entry.output_only
    chosen, probabilities = np.empty(len(inputs), np.intp), None
    if gives_probabilities(network):
        probabilities = np.empty((len(inputs), len(model.classes)), network.dtype)
    for part, passes in _run(model, inputs, first_row):
        check_range(passes.logits, first_row + part.start)
        chosen[part] = chosen_classes(passes.logits, margin)
        if probabilities is not None:
            probabilities[part] = class_probabilities(passes.logits, coupled=coupled)
    return Predictions(model.classes, chosen, probabilities)


def _run(model: Model, inputs: NDArray[Any], first_row: int) -> Iterator[tuple[slice, Passes]]:
    """Run all but the output activation over raw inputs (N, I), pass by pass.

    Yields which rows these are, and what holds their logits until the next pass. Raises
    `DataError` as `check_size` for the inputs, and `check_range` once they are scaled.
    """
    passes, scaled = Passes(model.network), model.scaled(inputs.dtype)
    scratch = scaled.scratch(passes.rows, passes.X)
    may_overflow = scaled.largest(LARGEST) > np.finfo(model.network.dtype).max
    for start in range(0, len(inputs), passes.rows):
        raw = inputs[start : start + passes.rows]
        check_size(raw, first_row + start, model.network.dtype)
        X = passes.X[: len(raw)]
        scaled.write(raw, X, scratch)
        give_back(inputs)
        if may_overflow:
            check_range(X, first_row + start)
        passes.run(X)
        yield slice(start, start + len(raw)), passes


def predicted_blocks(
    model: Model, rows: object, asked: Asked, *, threshold: float | None = None, proba: bool = True
) -> Iterator[PredictedRows]:
    """Predict for rows of any form, block by block.

    Parameters
    ----------
    asked : Asked
        What else is read of the rows.
    threshold : float, optional
        As for `predict_rows`.
    proba : bool
        Whether probabilities are kept.

    Raises
    ------
    DataError
        With the place, what was found and what was expected; blocks before it are yielded.
    """
    first = 0
    names: dict[str, str] = {}
    for block in read_rows(model.preprocessing.taken, rows, asked):
        try:
            predictions = predict_rows(model, block.inputs, threshold, first_row=first)
        except DataError:
            block.check()
            raise
        if not proba and not isinstance(predictions, PredictedNumbers):
            predictions = replace(predictions, probabilities=None)
        names = names or names_beside(model, block.beside)
        beside = {names[name]: cells for name, cells in block.beside.items()}
        yield PredictedRows(first, predictions, beside)
        first += len(block.inputs)


def block_rows(columns: int, most_rows: int = MOST_ROWS) -> int:
    """Return how many rows of so many columns are predicted at a time: fewer where these are long.

    It is a multiple of the rows that a network takes at once.
    """
    batches = _BLOCK_NUMBERS // (ROWS_A_PASS * columns)
    return min(max(batches, 1) * ROWS_A_PASS, most_rows)
