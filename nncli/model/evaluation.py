"""Evaluate a network on rows whose targets are known."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.data.scaling import NOT_SCALED, Scaling, unscaled, with_scaled_targets
from nncli.data.splits import Split
from nncli.data.tables.column import suits, unsuited_numbers
from nncli.engines.batches import Batches, target_codes
from nncli.metrics.tasks import EVALUATIONS, Answers, Evaluation
from nncli.model.model import Model
from nncli.model.passes import Passes, suited_threads_for
from nncli.model.thresholds import gives_probabilities
from nncli.nn.entries import Array
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network
from nncli.nn.objective import Objective


def scaling_of(model: Model) -> Scaling:
    """Return the scaling of the inputs that a saved model was trained with."""
    return _scaling(model.preprocessing.offset, model.preprocessing.scale)


def target_scaling_of(model: Model) -> Scaling:
    """Return the scaling of the targets that a saved model was trained with."""
    return _scaling(model.preprocessing.target_offset, model.preprocessing.target_scale)


def _scaling(*values: float | list[float]) -> Scaling:
    return Scaling(*(np.asarray(each) if isinstance(each, list) else each for each in values))


def check_range(X: Array, first_row: int) -> None:
    """Raise `DataError` when rows on their way through a network left the range of its numbers.

    Parameters
    ----------
    first_row : int
        The number of the first row of `X`, for the message.
    """
    finite = np.isfinite(X)
    if not finite.all():
        raise _too_large(first_row + int(finite.all(axis=1).argmin()), X.dtype)


def check_size(raw: NDArray[Any], first_row: int, dtype: np.dtype[Any]) -> None:
    """Raise `DataError` when rows (N, I) have numbers that no model is trained with.

    Parameters
    ----------
    first_row : int
        The number of the first row, for the message.
    dtype : dtype
        That of the model.
    """
    if not suits(raw):
        raise _too_large(first_row + int(unsuited_numbers(raw).any(axis=1).argmax()), dtype)


def _too_large(row: int, dtype: np.dtype[Any]) -> DataError:
    return DataError(
        f"row {row} (from 0): a value is too large for the {dtype} numbers of the model"
    )


def check_targets(split: Split, objective: Objective, targets: Sequence[str], where: str) -> None:
    """Raise `DataError` when a target of a regression lies where the loss makes no sense.

    Parameters
    ----------
    targets : sequence of str
        Their names.
    where : str
        What the rows are called, for the message.
    """
    allowed = LOSSES[objective.name].target_range
    if split.of_classes or allowed is None:
        return
    low, high = allowed
    if outside := target_outside(split, targets, low, high):
        place, value = outside
        raise DataError(
            f"{where}: {place}: found {value:g}; {objective.name} takes targets from {low:g} to "
            f"{high:g}"
        )


def target_outside(
    split: Split, targets: Sequence[str], low: float, high: float
) -> tuple[str, float] | None:
    """Return the place, in words, and the value of the first target that is not in a range."""
    values = split.targets[split.rows]
    outside = np.argwhere((values < low) | (values > high))
    if not len(outside):
        return None
    row, column = outside[0]
    return f"row {row} (from 0), target {targets[column]}", values[row, column]


def class_codes(network: Network, classes: int) -> Array:
    """Return the target vector of every class, shape (classes, O), as the output takes it."""
    output = network.output
    return target_codes(classes, output.outputs, network.dtype, output.entry.low)


def run_rows(
    network: Network, split: Split, scaling: Scaling, classes: int
) -> Iterator[tuple[slice, Array, Passes]]:
    """Run all of the network but its output activation over the rows of `split`, batch by batch.

    Yields
    ------
    part : slice
        Which rows of the split these are.
    T : array (B, O), their targets
    passes : Passes
        Holds their logits until the next batch.

    Raises
    ------
    DataError
        As `check_range` for the inputs.
    """
    codes = class_codes(network, classes)
    passes, start = Passes(network), 0
    for X, T in Batches(split, scaling, codes, passes.rows).in_order():
        check_range(X, start)
        passes.run(X)
        yield slice(start, start + len(X)), T, passes
        start += len(X)


@np.errstate(over="ignore", invalid="ignore")  # the loss shows it
def evaluate(
    network: Network,
    objective: Objective,
    split: Split,
    scaling: Scaling,
    *,
    target_scaling: Scaling = NOT_SCALED,
    name: str,
    task: str,
    targets: list[str],
    classes: list[str],
    threshold: float | None = None,
) -> Evaluation:
    """Run the network over all rows of `split` and compare with their targets.

    Beside the logits or outputs (N, O), in the network's precision, it keeps only a few numbers a
    row. The loss is worked out in float64 from the logits, as the metrics of probabilities are.

    Parameters
    ----------
    target_scaling : Scaling, optional
        Of the targets that the network has learned; the loss is of these, all else in the units
        of the split.
    name : str
        What the rows are called: ``test``, or a file.
    task : str
        A key of `EVALUATIONS`.
    targets, classes : list of str
        Names, as in a `Dataset`; only a classification has classes.
    threshold : float, optional
        The probability over which the second class, or a label, is predicted, where the task and
        the outputs have such.

    Raises
    ------
    DataError
        As `check_range` for the inputs.
    """
    numbers = np.empty((len(split), network.output.outputs), network.dtype)
    loss_sum, is_regression = 0.0, task == "regression"
    learned = with_scaled_targets(split, target_scaling) if is_regression else split
    with suited_threads_for(network):
        for part, T, passes in run_rows(network, learned, scaling, len(classes)):
            numbers[part] = passes.outputs() if is_regression else passes.logits
            loss_sum += objective.of_logits(network.output, passes.logits, T) * len(T)
    answers = Answers(
        split=name,
        names=classes or targets,
        truth=split.targets[split.rows],
        numbers=unscaled(numbers, target_scaling) if is_regression else numbers,
        loss=loss_sum / len(split),
        probabilities=gives_probabilities(network),
        coupled=network.output.entry.output_only,
        threshold=threshold,
    )
    return EVALUATIONS[task].of(answers)
