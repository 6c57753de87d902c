"""Predictions for rows: classes, labels, probabilities or numbers, and their output columns."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, count
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.temporary_file import Stack
from nncli.data.files.table import Cells
from nncli.model.model import Model

Numbers = NDArray[np.floating[Any]]
Columns = dict[str, list[Any] | NDArray[Any]]  # lists of text, with None if missing, or of values

Places = slice | NDArray[np.intp]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_WRITTEN_NUMBERS = 1 << 17  # held as text at the same time; each takes 200 bytes


@dataclass(frozen=True)
class Predictions:
    """The predicted class of every row, and the probabilities of all classes.

    Attributes
    ----------
    chosen : array (N,)
        Indices into `classes`.
    probabilities : array (N, classes), in the model's precision, or None
        None if the outputs of the model are not probabilities.
    """

    classes: list[str]
    chosen: NDArray[np.integer[Any]]
    probabilities: Numbers | None

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def names(self) -> list[str]:
        """The name of the predicted class of every row."""
        return [self.classes[index] for index in self.chosen.tolist()]

    @property
    def width(self) -> int:
        """The number of output columns."""
        return 1 if self.probabilities is None else 1 + len(self.classes)

    def part(self, rows: Places) -> "Predictions":
        """Return the predictions for some of the rows."""
        p = self.probabilities
        return Predictions(self.classes, self.chosen[rows], None if p is None else p[rows])

    def columns(self) -> Columns:
        """Return ``prediction`` and, with probabilities, ``p_<class>``, each with N values."""
        columns: Columns = {"prediction": self.names}
        if self.probabilities is not None:
            pairs = zip(self.classes, self.probabilities.T, strict=True)
            columns |= {f"p_{name}": values for name, values in pairs}
        return columns

    def array(self) -> NDArray[Any]:
        """Return the probabilities (N, classes) if any, else class names (N,)."""
        if self.probabilities is not None:
            return self.probabilities
        return np.array(self.names, f"U{max(map(len, self.classes))}")

    def result(self) -> NDArray[Any]:
        """Return the predicted classes (N,) as converted by `class_values`."""
        return class_values(tuple(self.classes)).take(self.chosen)


@dataclass(frozen=True)
class PredictedLabels:
    """The predictions of a multilabel task.

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

    @property
    def width(self) -> int:
        """The number of output columns."""
        return len(self.labels) * (1 if self.probabilities is None else 2)

    def part(self, rows: Places) -> "PredictedLabels":
        """Return the predictions for some of the rows."""
        p = self.probabilities
        return PredictedLabels(self.labels, self.chosen[rows], None if p is None else p[rows])

    def columns(self) -> Columns:
        """Return ``prediction_<label>`` and, with probabilities, ``p_<label>``."""
        pairs = zip(self.labels, self.chosen.T.tolist(), strict=True)
        columns: Columns = {f"prediction_{name}": each for name, each in pairs}
        if self.probabilities is not None:
            shares = zip(self.labels, self.probabilities.T, strict=True)
            columns |= {f"p_{name}": values for name, values in shares}
        return columns

    def array(self) -> NDArray[Any]:
        """Return the probabilities (N, L) if any, else the labels (N, L)."""
        return self.result() if self.probabilities is None else self.probabilities

    def result(self) -> NDArray[Any]:
        """Return the labels (N, L)."""
        return self.chosen.astype(np.intp)


@dataclass(frozen=True)
class PredictedNumbers:
    """The predictions of a regression: `values` (N, O), in float64 as in evaluations."""

    probabilities: ClassVar[None] = None

    targets: list[str]
    values: Numbers

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        """The number of output columns."""
        return len(self.targets)

    def part(self, rows: Places) -> "PredictedNumbers":
        """Return the predictions for some of the rows."""
        return PredictedNumbers(self.targets, self.values[rows])

    def columns(self) -> Columns:
        """Return ``prediction``, or for several targets ``prediction_<target>``."""
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


def stacked(blocks: Iterable[Predicted]) -> Predicted:
    """Concatenate the predictions for blocks of rows; large arrays are mapped from a file."""
    stacks: dict[str, Stack] = defaultdict(Stack)
    block: Any = None
    for block in blocks:
        for name, value in vars(block).items():
            if isinstance(value, np.ndarray):
                stacks[name].append(value)
    whole: Predicted = replace(block, **{name: each.array() for name, each in stacks.items()})
    return whole


@dataclass(frozen=True)
class PredictedRows:
    """The predictions for consecutive rows.

    Attributes
    ----------
    first : int
        The number of the first row, from 0.
    predictions : Predictions, PredictedLabels or PredictedNumbers
    beside : mapping of str to list
        Columns copied from the rows, such as IDs.
    truth : sequence of array (N,)
        The targets, if requested; see `nncli.model.truth`.
    """

    first: int
    predictions: Predicted
    beside: Mapping[str, list[Any]]
    truth: Sequence[Cells] = ()

    def __len__(self) -> int:
        return len(self.predictions)

    def parts(self) -> "Iterator[PredictedRows]":
        """Yield the same rows in parts; the more columns, the fewer rows per part."""
        for rows in written_parts(len(self), self.predictions.width):
            beside = {name: cells[rows] for name, cells in self.beside.items()}
            truth = [cells[rows] for cells in self.truth]
            yield PredictedRows(self.first + rows.start, self.predictions.part(rows), beside, truth)

    def columns(self) -> Columns:
        """Return the copied columns, followed by the predictions.

        If targets were requested, they precede the predictions, and the errors follow them.
        """
        if not self.truth:
            return {**self.beside, **self.predictions.columns()}
        from nncli.model.truth import true_columns

        targets, errors = true_columns(self.truth, self.predictions)
        return {**self.beside, **targets, **self.predictions.columns(), **errors}


def written_parts(rows: int, columns: int) -> Iterator[slice]:
    """Split rows into parts that are small enough to convert to text."""
    step = max(1, _WRITTEN_NUMBERS // columns)
    for start in range(0, rows, step):
        yield slice(start, start + step)


def names_beside(model: Model, columns: Iterable[str], *, truth: bool = False) -> dict[str, str]:
    """Return the output names of columns copied from the rows, by their original names.

    A column whose name could also be an output column, of a file or of folds, is renamed to ``id``,
    or ``id_2`` and so on; the new names are the same for all outputs. With `truth`, output columns
    include the errors.
    """
    labels = model.classes or (model.targets if model.task == "multilabel" else [])
    taken = {"row", "fold", "target", "prediction", *(f"p_{label}" for label in labels)}
    if not model.classes:
        taken |= {f"{of}_{name}" for of in ("target", "prediction") for name in model.targets}
    if truth:
        taken |= {"error", "correct"}
        taken |= {f"{of}_{name}" for of in ("error", "correct") for name in model.targets}
    own = [*columns]
    stay = {*own} - taken
    free = (each for each in chain(["id"], map("id_{}".format, count(2))) if each not in stay)
    return {name: name if name in stay else next(free) for name in own}


@lru_cache(maxsize=8)
def class_values(classes: tuple[str, ...]) -> NDArray[Any]:
    """Return classes as int64 if all are integers, as Booleans if true and false, else as text.

    The array is shared and read-only.
    """
    if {*classes} == {"false", "true"}:
        values = np.array([name == "true" for name in classes])
    elif all(map(_INTEGER.fullmatch, classes)):
        values = np.array([int(name) for name in classes], np.int64)
    else:
        values = np.array(classes, str)
    values.setflags(write=False)
    return values
