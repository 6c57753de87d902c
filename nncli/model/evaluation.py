"""Evaluate a network on rows with known targets."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DataError
from nncli.base.storage.mapping import give_back, row_blocks
from nncli.base.storage.temporary_file import stacked
from nncli.data.scaling import NOT_SCALED, Scaling, scaled_targets, unscaled
from nncli.data.splits import Rows, Split
from nncli.data.tables.column import suits, unsuited_numbers
from nncli.engines.batches import Batches, target_codes
from nncli.metrics.means import parts
from nncli.metrics.tasks import EVALUATIONS, Answers, Evaluation
from nncli.model.lanes import passed
from nncli.model.model import Model
from nncli.model.passes import Passes, suited_threads_for
from nncli.model.thresholds import gives_probabilities
from nncli.nn.entries import Array
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network
from nncli.nn.objective import Objective

_BLOCK_BYTES = 2 << 20  # outputs computed before metrics are updated


def scaling_of(model: Model) -> Scaling:
    """Return the scaling of a model's inputs, with its features."""
    own = model.preprocessing
    return replace(_scaling(own.offset, own.scale), features=own.features)


def target_scaling_of(model: Model) -> Scaling:
    """Return the target scaling of a model."""
    return _scaling(model.preprocessing.target_offset, model.preprocessing.target_scale)


def _scaling(*values: float | list[float]) -> Scaling:
    offset, scale = (np.asarray(each) if isinstance(each, list) else each for each in values)
    return Scaling(offset, scale)


def check_range(X: Array, first_row: int) -> None:
    """Raise `DataError` if values overflowed while rows passed through a network.

    Parameters
    ----------
    first_row : int
        The number of the first row of `X`, for the message.
    """
    finite = np.isfinite(X)
    if not finite.all():
        raise _too_large(first_row + int(finite.all(axis=1).argmin()), X.dtype)


def check_size(raw: NDArray[Any], first_row: int, dtype: np.dtype[Any]) -> None:
    """Raise `DataError` if rows (N, I) have numbers outside the range allowed in training.

    Parameters
    ----------
    first_row : int
        The number of the first row, for the message.
    dtype : dtype
        The dtype of the model.
    """
    if not suits(raw):
        raise _too_large(first_row + int(unsuited_numbers(raw).any(axis=1).argmax()), dtype)


def _too_large(row: int, dtype: np.dtype[Any]) -> DataError:
    return DataError(
        f"row {row} (from 0): a value is too large for the {dtype} precision of the model"
    )


def check_targets(split: Split, objective: Objective, targets: Sequence[str], where: str) -> None:
    """Raise `DataError` if a regression target is outside the range of the loss.

    Parameters
    ----------
    targets : sequence of str
        Names of the targets.
    where : str
        Name of the rows, for the message.
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
    split: Split,
    targets: Sequence[str],
    low: float,
    high: float,
    numbers: Rows | None = None,
) -> tuple[str, float] | None:
    """Return the place, for a message, and the value of the first target outside a range.

    `numbers` (N,) are the row numbers for the message; by default, those within the split.
    """
    for start, values in row_blocks(split.targets, split.rows):
        outside = np.argwhere((values < low) | (values > high))
        if len(outside):
            row, column = outside[0]
            number = start + row if numbers is None else numbers[start + row]
            return f"row {number} (from 0), target {targets[column]}", values[row, column]
    return None


def class_codes(network: Network, classes: int) -> Array:
    """Return the target vector of every class, shape (classes, O), for the output activation."""
    output = network.output
    return target_codes(classes, output.outputs, network.dtype, output.entry.low)


def run_rows(
    network: Network, split: Split, scaling: Scaling, target_scaling: Scaling, classes: int
) -> Generator[tuple[slice, Array, Passes], None, None]:
    """Run the network, except the output activation, over the rows of `split`, batch by batch.

    Yields
    ------
    part : slice
        The rows of the split in this batch.
    T : array (B, O), their scaled targets
    passes : Passes
        Holds their logits until the next batch.

    Raises
    ------
    DataError
        As for `check_range` on the inputs.
    """
    codes = class_codes(network, classes)

    def lane(passes: Passes) -> Callable[[slice], tuple[slice, Array, Passes]]:
        batches = Batches(split, scaling, codes, passes.rows)

        def run(part: slice) -> tuple[slice, Array, Passes]:
            X, T = batches.gather(split.rows[part])
            check_range(X, part.start)
            if not split.of_classes:
                T[...] = scaled_targets(split.targets[split.rows[part]], target_scaling)
                give_back(split.targets)
            passes.run(X)
            return part, T, passes

        return run

    return passed(network, split.inputs, len(split), lane)


def losses_of_rows(
    network: Network, objective: Objective, Z: Array, T: Array
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield the losses of rows from their logits, in parts to save memory: they are float64."""
    for part in parts(*Z.shape):
        yield part, objective.of_rows(network.output, Z[part], T[part])


def _losses_of_run(
    network: Network, objective: Objective, passes: Passes, T: Array
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield the losses of a run by passes: sums then do not depend on how many passes it has."""
    for each in passes.parts():
        for part, losses in losses_of_rows(network, objective, passes.logits[each], T[each]):
            start = each.start + part.start
            yield slice(start, start + len(losses)), losses


@np.errstate(over="ignore", invalid="ignore")  # visible in the loss
def weighted_loss(
    network: Network,
    objective: Objective,
    split: Split,
    scaling: Scaling,
    target_scaling: Scaling,
    classes: Sequence[str],
) -> float:
    """Return the weighted mean loss of the rows of a split.

    Raises
    ------
    DataError
        As for `check_range` on the inputs.
    """
    assert split.weights is not None
    weights, total = split.weights[split.rows], 0.0
    with suited_threads_for(network):
        for rows, T, passes in run_rows(network, split, scaling, target_scaling, len(classes)):
            of_rows = weights[rows]
            for part, losses in _losses_of_run(network, objective, passes, T):
                total += float(np.dot(of_rows[part], losses))
    return total / float(weights.sum())


class _Results:
    """Collect the outputs of a network for all rows of a split, and sum up the loss.

    Attributes
    ----------
    loss_sum : float
    """

    def __init__(self, network: Network, objective: Objective) -> None:
        self.loss_sum = 0.0
        self._network, self._objective = network, objective

    def blocks(
        self, rows: Iterable[tuple[slice, Array, Passes]], *, of_outputs: bool
    ) -> Iterator[tuple[slice, Array]]:
        """Yield the outputs or logits (B, O) of blocks of rows; the next block overwrites them."""
        outputs, dtype = self._network.output.outputs, self._network.dtype
        block, start, stop = np.empty((0, outputs), dtype), 0, 0
        for part, T, passes in rows:
            if not len(block):
                runs = _BLOCK_BYTES // (passes.rows * outputs * dtype.itemsize)
                block = np.empty((passes.rows * max(1, runs), outputs), dtype)
            if part.stop - start > len(block):
                yield slice(start, stop), block[: stop - start]
                start = part.start
            stop = part.stop
            block[part.start - start : stop - start] = (
                passes.outputs() if of_outputs else passes.logits
            )
            for _, losses in _losses_of_run(self._network, self._objective, passes, T):
                self.loss_sum += float(losses.sum())
        yield slice(start, stop), block[: stop - start]


def _targets_of(split: Split) -> NDArray[Any]:
    """Return the targets of a split; large ones are mapped from a file."""
    targets, rows = split.targets, split.rows
    if split.of_classes:
        return targets[rows]
    if len(rows) == len(targets) and bool((np.diff(rows) == 1).all()):
        return targets
    blocks = (block for _, block in row_blocks(targets, rows))
    return stacked(blocks, (len(rows), targets.shape[1]), targets.dtype)


@np.errstate(over="ignore", invalid="ignore")  # visible in the loss
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
    """Run the network over all rows of `split` and compare the results with the targets.

    For classes, only a few numbers per row are kept in memory. For labels and regression targets,
    the logits or outputs (N, O) are kept, in a temporary file if large. The loss and the metrics of
    probabilities are computed in float64 from the logits.

    Parameters
    ----------
    target_scaling : Scaling, optional
        The target scaling of the training. The loss is computed on scaled targets; everything else
        is in the units of the split.
    name : str
        Name of the rows: ``test``, or a file.
    task : str
        A key of `EVALUATIONS`.
    targets, classes : list of str
        Names, as in a `Dataset`; only a classification has classes.
    threshold : float, optional
        The probability above which the second class, or a label, is predicted, if the task and
        the outputs allow a threshold.

    Raises
    ------
    DataError
        As for `check_range` on the inputs.
    """
    measured, truth, output = EVALUATIONS[task], _targets_of(split), network.output
    is_regression, probabilities = task == "regression", gives_probabilities(network)
    results = _Results(network, objective)
    rows = run_rows(network, split, scaling, target_scaling, len(classes))
    blocks = (
        (truth[part], unscaled(numbers, target_scaling) if is_regression else numbers)
        for part, numbers in results.blocks(rows, of_outputs=is_regression)
    )
    with suited_threads_for(network), closing(rows):
        kept = measured.kept(
            blocks,
            (len(split), output.outputs),
            np.float64 if is_regression else network.dtype,
            coupled=output.entry.of_softmax if probabilities else None,
        )
    answers = Answers(
        split=name,
        names=classes or targets,
        truth=truth,
        numbers=kept,
        loss=results.loss_sum / len(split),
        probabilities=probabilities,
        coupled=output.entry.of_softmax,
        threshold=threshold,
        chosen_at_0=output.entry.chosen_at_0,
    )
    return measured.of(answers)
