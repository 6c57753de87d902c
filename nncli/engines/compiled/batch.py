"""Write the instructions that gather a batch, and those of its loss and its score."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncli.data.scaling import Scaling
from nncli.data.splits import Split
from nncli.engines.batches import Scaled
from nncli.engines.compiled.instructions import GATHERS
from nncli.engines.compiled.layout import Matrix
from nncli.engines.compiled.program import Program
from nncli.engines.compiled.state import BY_ROWS, INPUTS, ROW_MAJOR, TARGETS, WEIGHTS
from nncli.engines.compiled.writer import Writer
from nncli.metrics.scores import NOTHING, Score
from nncli.nn.losses import LOSSES
from nncli.nn.objective import Objective

# The operation of each loss, and the factor of the sum of its terms.
LOSS_OPERATIONS = {
    "mean_squared_error": ("squared_errors", 1.0),
    "squared_error": ("squared_errors", 1.0),
    "half_squared_error": ("squared_errors", 0.5),
    "mean_absolute_error": ("absolute_errors", 1.0),
    "huber": ("huber", 1.0),
    "hinge": ("hinge", 1.0),
    "perceptron": ("perceptron", 1.0),
    "sigmoid_cross_entropy": ("sigmoid_cross_entropy", 1.0),
    "cross_entropy": ("cross_entropy", 1.0),
}

# The measures that `measure_score` can write.
MEASURES = ("correct_rows", "correct_label_rows", "absolute_errors")


class Batch(NamedTuple):
    """A batch in the memory: X (B, I), T (B, O), and the offset of the weights (B,) or None."""

    X: Matrix
    T: Matrix
    weights: int | None


class Results(NamedTuple):
    """What the output leaves for the sums: see the fields of `operations.decision`.

    Attributes
    ----------
    row_sums : int
        Offset of the loss of each row, without its factor.
    factor, scores : int
        Places in `numbers` of the factor and of the score of each row.
    """

    row_sums: int
    factor: int
    scores: int


def gather(write: Writer, split: Split, scaling: Scaling, outputs: int, *, by_row: bool) -> Batch:
    """Write the instructions that gather a batch of a split.

    Parameters
    ----------
    by_row : bool
        Whether the outputs lie row by row even if they are few.
    """
    program, (_, inputs) = write.program, split.inputs.shape
    X = program.memory.matrix(inputs)
    T = program.memory.matrix(outputs, by_row=by_row)
    name, place = _scaling(
        program, Scaled(scaling, split.inputs.dtype, program.memory.dtype), inputs
    )
    _add(write, name, X, (place,), INPUTS, split.inputs.dtype)
    if split.of_classes:
        _add(write, "classes", T, (-1,), TARGETS, split.targets.dtype)
    else:
        _add(write, "targets", T, strides_of(split.targets), TARGETS, split.targets.dtype)
    if split.weights is None or not write.training:
        return Batch(X, T, None)
    weights = Matrix(program.memory.claim(program.memory.rows), 1, 0, 1)
    _add(write, "weights", weights, (), WEIGHTS, split.weights.dtype)
    return Batch(X, T, weights.offset)


def strides_of(array: NDArray[Any]) -> tuple[int, int]:
    """Return the elements from a row to the next and from a column to the next."""
    rows, columns = array.strides
    return rows // array.itemsize, columns // array.itemsize


def _scaling(program: Program, scaled: Scaled, inputs: int) -> tuple[str, int]:
    """Return the operation that gathers inputs, and the place of its numbers."""
    if not scaled.changes:
        return "unscaled", 0
    if scaled.divisor is not None:
        return "divided", program.place(float(scaled.divisor))
    both = (np.broadcast_to(each, (inputs,)) for each in (scaled.offset, scaled.scale))
    return "scaled", program.place(*np.concatenate([*both]).tolist())


def _add(
    write: Writer,
    name: str,
    matrix: Matrix,
    fields: Sequence[int],
    source: int,
    dtype: np.dtype[Any],
) -> None:
    where = [BY_ROWS, matrix.units, matrix.layout, matrix.stride, matrix.offset, *fields]
    kind = "uint8" if dtype.kind == "b" else dtype.name
    write.program.add(
        f"gather.{name}",
        where,
        write.rows,
        by_rows=True,
        kind=GATHERS,
        source=source,
        source_type=kind,
    )


def measure_loss(
    write: Writer, objective: Objective, Y: Matrix, T: Matrix, gradient: Matrix
) -> tuple[int, int]:
    """Write the loss of each row and its gradient; `Y` are logits or outputs.

    Returns the offset of the losses and the place in `numbers` of their factor.
    """
    name, factor = LOSS_OPERATIONS[objective.name]
    if LOSSES[objective.name].mean_over_outputs:
        factor /= Y.units
    memory = write.program.memory
    sums, largest, totals = (memory.claim(memory.rows) for _ in range(3))
    given = [float(each) for each in objective.parameters.values()]
    place, parameter = write.program.place(factor), write.program.place(*given or [0.0])
    fields = Y.offset, T.offset, gradient.offset, sums, largest, totals, place, parameter
    order = "" if gradient.layout == ROW_MAJOR else "_by_unit"
    write.add(f"losses.{name}{order}", gradient, *fields)
    return sums, place


def measure_score(write: Writer, score: Score, Y: Matrix, T: Matrix) -> int:
    """Write the score of each row; return its place in `numbers`."""
    given: Mapping[str, Any] = score.parameters
    margin = given.get("margin", 0.0)
    scores = write.program.place(*[0.0] * write.program.memory.rows)
    numbers: Sequence[float]
    if score.measure == "absolute_errors":
        units = np.broadcast_to(given.get("units", 1.0), (Y.units,))
        name, numbers = "absolute_errors", units.tolist()
    elif score.measure == "correct_rows" and Y.units > 1 and not margin:
        name, numbers = "largest", [0.0]
    elif score.measure == "correct_rows" and Y.units == 2:
        name, numbers = "second_of_two", [margin + NOTHING]
    else:
        name = "above"
        numbers = [_largest_below(margin, write.program.memory.dtype)]
    parameters = write.program.place(*(float(each) for each in numbers))
    write.add(f"scores.{name}", Y, Y.offset, T.offset, scores, parameters)
    return scores


def _largest_below(margin: float | None, dtype: np.dtype[Any]) -> float:
    """Return the largest number that is no chosen logit; see `nncli.metrics.scores`."""
    below = dtype.type(-np.inf)
    if margin is None:
        return float(np.nextafter(dtype.type(0), below))
    nearest = dtype.type(margin + NOTHING)
    is_below = float(nearest) <= margin + NOTHING
    return float(nearest if is_below else np.nextafter(nearest, below))
