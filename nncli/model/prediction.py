"""Predict with a saved model: rows in memory, or files of any size block by block."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.words import listed
from nncli.data.files.image_format import OF_MNIST, ImageFormat
from nncli.data.files.input_file import Advance, open_input, tell_nobody
from nncli.data.files.kinds import IMAGES, kind_of_name
from nncli.data.scaling import unscaled
from nncli.data.splits import whole
from nncli.engines.batches import EVALUATION_ROWS
from nncli.metrics.scores import chosen_classes, class_probabilities
from nncli.model.evaluation import (
    check_range,
    gives_probabilities,
    own_threshold,
    run_rows,
    scaling_of,
    target_scaling_of,
)
from nncli.model.model import Model

Numbers = NDArray[np.floating[Any]]
Note = Callable[[str], None]

_BLOCK_NUMBERS = 1 << 20  # in a block of rows, if these are not very long
MOST_ROWS = 32 * EVALUATION_ROWS


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
        """Return those that stand beside, then those of the predictions.

        Raises
        ------
        DataError
            When one of each is called the same.
        """
        predicted = self.predictions.columns()
        for name in self.beside:
            if name in ("row", *predicted):
                raise DataError(
                    f"the column {name!r}, to be kept, is called as one of the predictions; "
                    "rename it, or choose another with --id"
                )
        return {**self.beside, **predicted}


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
    network = model.network
    split = whole(inputs, np.empty((len(inputs), 0)))
    chosen = np.empty(len(inputs), np.intp)
    A = np.empty((len(inputs), network.output.outputs), network.dtype)
    classes = len(model.classes)
    rows = run_rows(network, split, scaling_of(model), classes, first_row)
    for part, _, work, outputs in rows:
        check_range(outputs, first_row + part.start)
        A[part] = outputs
        if model.classes:
            chosen[part] = chosen_classes(work.logits)
    threshold = own_threshold(model) if threshold is None else threshold
    if model.task == "multilabel":
        return PredictedLabels(model.targets, ((threshold or 0) < A).astype(np.intp), A)
    if not model.classes:
        values = unscaled(A, target_scaling_of(model)).astype(network.dtype)
        check_range(values, first_row)
        return PredictedNumbers(model.targets, values)
    if not gives_probabilities(network):
        return Predictions(model.classes, chosen, None)
    probabilities = class_probabilities(A).astype(network.dtype)
    if threshold is not None:
        chosen = (probabilities[:, 1] > threshold).astype(np.intp)
    return Predictions(model.classes, chosen, probabilities)


def predict_file(
    model: Model,
    path: Path,
    *,
    threshold: float | None = None,
    proba: bool = True,
    id_column: str | None = None,
    note: Note = lambda text: None,
    advance: Advance = tell_nobody,
    most_rows: int = MOST_ROWS,
) -> Iterator[PredictedRows]:
    """Predict for a file of rows, an image or a folder of images, in blocks of bounded memory.

    Parameters
    ----------
    path : Path
        ``-`` is standard input.
    threshold : float, optional
        As for `predict_rows`.
    proba : bool
        Whether probabilities are kept.
    id_column : str, optional
        The column of a table that is kept beside the predictions, in the place of the model's own.
    note : function of str
        Told, in a line each, of what looks wrong or was guessed.
    advance : function of int
        Told how many bytes have been read since it was last told.
    most_rows : int
        How many rows a block has, unless they are long: then fewer.

    Raises
    ------
    DataError
        With the place, what was found and what was expected; blocks before it are yielded.
    """
    batches = _BLOCK_NUMBERS // (EVALUATION_ROWS * len(model.preprocessing.columns))
    rows = min(max(batches, 1) * EVALUATION_ROWS, most_rows)
    first = 0
    for inputs, beside in _input_blocks(model, path, rows, id_column, note, advance):
        predictions = predict_rows(model, inputs, threshold, first_row=first)
        if not proba and not isinstance(predictions, PredictedNumbers):
            predictions = replace(predictions, probabilities=None)
        yield PredictedRows(first, predictions, beside)
        first += len(inputs)


def _input_blocks(
    model: Model, path: Path, rows: int, id_column: str | None, note: Note, advance: Advance
) -> Iterator[tuple[NDArray[Any], Mapping[str, list[Any]]]]:
    # Each reader is loaded where it is needed: to start is most of the time of a prediction.
    taken = model.preprocessing
    if path.is_dir():
        from nncli.data.new_images import image_blocks

        yield from image_blocks(path, _images(model, path, note), rows, note=note, advance=advance)
        return
    with open_input(path, advance) as file:
        # By its name too: what is no image then is said so, and not read as a table.
        if file.kind in IMAGES or kind_of_name(path) in IMAGES:
            format_ = _images(model, path, note)
            if str(path) == "-":
                raise DataError("standard input: is an image; give the name of its file instead")
            from nncli.data.new_images import image_blocks

            yield from image_blocks(path, format_, rows, note=note)
        elif taken.encoding is not None:
            from nncli.data.tables.tabular import input_blocks

            yield from input_blocks(
                file, taken.encoding, rows, id_column=id_column, note=note, advance=advance
            )
        else:
            from nncli.data.tables.model_rows import number_blocks

            blocks = number_blocks(file, taken.columns, rows, note=note, advance=advance)
            yield from ((block, {}) for block in blocks)


def _images(model: Model, path: Path, note: Note) -> ImageFormat:
    """Return what images the model takes; of 784 inputs without a word about them, MNIST's."""
    taken = model.preprocessing
    if taken.images is not None:
        return taken.images
    if taken.encoding is not None or len(taken.columns) != OF_MNIST.inputs:
        raise DataError(
            f"{path}: holds images; the model takes {len(taken.columns)} numbers a row: "
            f"{listed(taken.columns)}"
        )
    note(
        f"{path}: the model does not say what images its {OF_MNIST.inputs} inputs are; taken for "
        f"those of MNIST: {OF_MNIST}"
    )
    return OF_MNIST
