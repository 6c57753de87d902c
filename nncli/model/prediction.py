"""Predict rows in any form with a model, block by block."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError, memory_for
from nncli.base.notes import Note
from nncli.base.storage.mapping import give_back
from nncli.data.files.input_file import Advance, tell_nobody
from nncli.data.rows.blocks import Asked
from nncli.data.rows.reading import name_of, read_rows
from nncli.data.scaling import unscaled
from nncli.data.splits import Rows
from nncli.data.tables.column import LARGEST
from nncli.data.tables.targets import Targets
from nncli.metrics.means import parts
from nncli.metrics.probabilities import class_probabilities, sigmoid
from nncli.metrics.scores import chosen_classes, chosen_labels
from nncli.model.evaluation import check_range, check_size, target_scaling_of
from nncli.model.lanes import passed
from nncli.model.model import Model
from nncli.model.passes import MOST_ROWS as ROWS_A_PASS
from nncli.model.passes import Passes, rows_a_pass, suited_threads_for
from nncli.model.predicted import (
    Numbers,
    Predicted,
    PredictedLabels,
    PredictedNumbers,
    PredictedRows,
    Predictions,
    names_beside,
)
from nncli.model.thresholds import gives_probabilities, margin_for, threshold_for
from nncli.nn.network import Network

_BLOCK_NUMBERS = 1 << 20  # in a block of rows, unless they are very long
MOST_ROWS = 32 * ROWS_A_PASS


@np.errstate(over="ignore", invalid="ignore")  # detected by check_range
def predict_rows(
    model: Model,
    inputs: NDArray[Any],
    threshold: float | None = None,
    *,
    first_row: int = 0,
    proba: bool = True,
) -> Predicted:
    """Run a model, including its preprocessing, over raw inputs of shape (N, I).

    Parameters
    ----------
    threshold : float, optional
        The probability above which the second class, or a label, is predicted; default: the
        model's own.
    first_row : int
        The number of the first row, for messages.
    proba : bool
        Whether to return probabilities, if the model has them.

    Raises
    ------
    DataError
        As for `check_range`, on inputs or outputs.
    """
    margin = margin_for(model.network, model.threshold if threshold is None else threshold)
    proba = proba and gives_probabilities(model.network)
    with suited_threads_for(model.network):
        if model.task == "regression":
            return _numbers(model, inputs, first_row)
        if model.task == "multilabel":
            return _labels(model, inputs, margin, first_row, proba)
        return _classes(model, inputs, margin, first_row, proba)


def _numbers(model: Model, inputs: NDArray[Any], first_row: int) -> PredictedNumbers:
    values, scaling = np.empty((len(inputs), len(model.targets))), target_scaling_of(model)
    for part, passes in _run(model, inputs, first_row):
        A = passes.outputs()
        check_range(A, first_row + part.start)
        values[part] = unscaled(A, scaling)
        check_range(values[part], first_row + part.start)
    return PredictedNumbers(model.targets, values)


def _labels(
    model: Model, inputs: NDArray[Any], margin: float | None, first_row: int, proba: bool
) -> PredictedLabels:
    shape = len(inputs), len(model.targets)
    chosen = np.empty(shape, np.uint8)
    probabilities = np.empty(shape, model.network.dtype) if proba else None
    for part, passes in _run(model, inputs, first_row):
        check_range(passes.logits, first_row + part.start)
        chosen[part] = chosen_labels(passes.logits, margin)
        if probabilities is not None:
            _write(probabilities[part], passes.logits, sigmoid)
    return PredictedLabels(model.targets, chosen, probabilities)


def _classes(
    model: Model, inputs: NDArray[Any], margin: float | None, first_row: int, proba: bool
) -> Predictions:
    network = model.network
    of_classes = partial(class_probabilities, coupled=network.output.entry.of_softmax)
    chosen = np.empty(len(inputs), np.intp)
    probabilities = np.empty((len(inputs), len(model.classes)), network.dtype) if proba else None
    for part, passes in _run(model, inputs, first_row):
        check_range(passes.logits, first_row + part.start)
        chosen[part] = chosen_classes(passes.logits, margin)
        if probabilities is not None:
            _write(probabilities[part], passes.logits, of_classes)
    return Predictions(model.classes, chosen, probabilities)


def _write(probabilities: Numbers, Z: Numbers, function: Callable[[Numbers], Numbers]) -> None:
    """Write the probabilities of logits, in parts to save memory: they are computed in float64."""
    for part in parts(*Z.shape):
        probabilities[part] = function(Z[part])


def _run(model: Model, inputs: NDArray[Any], first_row: int) -> Iterator[tuple[slice, Passes]]:
    """Run the network, except the output activation, over raw inputs (N, I), pass by pass.

    Yields the rows of each pass, and an object that holds their logits until the next pass. Raises
    `DataError` as `check_size` does for the inputs, and `check_range` for the scaled inputs.
    """
    scaled, dtype = model.scaled(inputs.dtype), model.network.dtype
    may_overflow = scaled.largest(LARGEST) > np.finfo(dtype).max

    def lane(passes: Passes) -> Callable[[slice], tuple[slice, Passes]]:
        scratch = scaled.scratch(passes.rows, passes.X)

        def run(part: slice) -> tuple[slice, Passes]:
            raw, first = inputs[part], first_row + part.start
            check_size(raw, first, dtype)
            X = passes.X[: len(raw)]
            scaled.write(raw, X, scratch)
            give_back(inputs)
            if may_overflow:
                check_range(X, first)
            passes.run(X)
            return part, passes

        return run

    return passed(model.network, inputs, len(inputs), lane)


def asked_blocks(
    model: Model,
    rows: object,
    threshold: float | None,
    *,
    proba: bool,
    strict: bool,
    note: Note,
    ids: Sequence[str] = (),
    truth: bool = False,
    advance: Advance = tell_nobody,
    at_once: bool = False,
) -> Iterator[PredictedRows]:
    """Yield predictions as documented in `Model.predictions`.

    With `at_once`, an array is predicted as a single block.
    """
    threshold = threshold_for(model, threshold)
    all_ = at_once and isinstance(rows, np.ndarray) and model.preprocessing.encoding is None
    asked = Asked(
        note,
        rows=None if all_ else block_rows(len(model.preprocessing.columns)),
        truth=Targets(model.task, model.targets, model.classes) if truth else None,
        strict=strict,
        ids=ids,
        advance=advance,
    )
    return predicted_blocks(model, rows, asked, threshold=threshold, proba=proba)


def predicted_blocks(
    model: Model, rows: object, asked: Asked, *, threshold: float | None = None, proba: bool = True
) -> Iterator[PredictedRows]:
    """Predict rows in any form, block by block.

    Parameters
    ----------
    asked : Asked
        Options for reading the rows.
    threshold : float, optional
        As for `predict_rows`.
    proba : bool
        Whether to include probabilities.

    Raises
    ------
    DataError
        If rows are invalid; blocks before the error are yielded.
    """
    first = 0
    names: dict[str, str] = {}
    with memory_for(f"to predict the rows of {name_of(rows)}", "free some"):
        for block in read_rows(model.taken, rows, asked):
            names = names or names_beside(model, block.beside, truth=asked.truth is not None)
            step = len(block.inputs) if asked.rows is None else _rows_of_outputs(model.network)
            for start in range(0, len(block.inputs), step):
                part = slice(start, start + step)
                try:
                    predictions = predict_rows(
                        model, block.inputs[part], threshold, first_row=first + start, proba=proba
                    )
                except DataError:
                    block.check()
                    raise
                beside = {names[name]: cells[part] for name, cells in block.beside.items()}
                truth = [cells[part] for cells in block.truth]
                yield PredictedRows(first + start, predictions, beside, truth)
            first += len(block.inputs)


def blocks_of(rows: Rows, model: Model) -> Iterator[Rows]:
    """Yield row numbers in blocks of the size used for predictions."""
    step = min(block_rows(len(model.preprocessing.columns)), _rows_of_outputs(model.network))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _rows_of_outputs(network: Network) -> int:
    """Return the number of rows predicted at once, a multiple of a pass; fewer for many outputs."""
    a_pass = rows_a_pass(network)
    return a_pass * max(1, _BLOCK_NUMBERS // (a_pass * network.output.outputs))


def in_one(arrays: Iterable[NDArray[Any]]) -> NDArray[Any]:
    """Concatenate one or more arrays (B, ...), with only one in memory besides the result."""
    waiting = iter(arrays)
    whole, owned = next(waiting), False
    rows = len(whole)
    for each in waiting:
        stop = rows + len(each)
        if not owned:  # copy to memory that can be resized in place
            whole, owned = whole.copy(), True
        if stop > len(whole):
            whole.resize((max(stop, len(whole) * 9 // 8), *each.shape[1:]), refcheck=False)
        whole[rows:stop] = each
        rows = stop
    if owned:
        whole.resize((rows, *whole.shape[1:]), refcheck=False)
    return whole


def block_rows(columns: int, most_rows: int = MOST_ROWS) -> int:
    """Return the number of rows per block, given the number of columns: long rows get fewer.

    It is a multiple of the rows of a pass.
    """
    batches = _BLOCK_NUMBERS // (ROWS_A_PASS * columns)
    return min(max(batches, 1) * ROWS_A_PASS, most_rows)
