"""The outputs of a model for the rows of a split, for curves and scatter plots."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import row_blocks
from nncli.base.storage.temporary_file import stacked
from nncli.data.scaling import unscaled
from nncli.data.splits import Split
from nncli.metrics.means import parts
from nncli.metrics.probabilities import class_log_odds, losses_and_largest
from nncli.metrics.scores import chosen_classes, log_odds
from nncli.model.evaluation import check_range, run_rows, scaling_of, target_scaling_of
from nncli.model.model import Model
from nncli.model.passes import Passes, suited_threads_for
from nncli.model.thresholds import gives_probabilities, margin_for


@dataclass(frozen=True)
class RowOutputs:
    """The outputs of a model for N rows of known truth, of up to K classes, labels or targets.

    The arrays (N, K) are mapped from a temporary file if they are large.

    Attributes
    ----------
    names : list of str
        Names of the K classes, labels or targets: of two classes the second, of more classes or
        labels the most frequent ones, of targets the first.
    total : int
        The number of classes, labels or targets of the model.
    truth : array (N, K)
        Flags: whether a row has the class or label; or the values of the targets.
    numbers : array (N, K)
        Log-odds of the classes or labels; or the predictions in the units of the targets. Of
        classes without probabilities, the logits.
    classes : array (N,)
        Class indices of the rows, for classes.
    chosen : array (N,)
        Predicted classes.
    largest : array (N,)
        Largest probability of each row, for more than two classes with probabilities.
    """

    names: list[str]
    total: int
    truth: NDArray[Any]
    numbers: NDArray[np.floating[Any]]
    classes: NDArray[Any]
    chosen: NDArray[np.integer[Any]]
    largest: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.truth)


def outputs_of(model: Model, split: Split, most: int) -> RowOutputs:
    """Return the outputs of a model for the rows of a split, of up to `most` columns.

    Raises
    ------
    DataError
        If values are too large for the model.
    """
    names = model.classes or model.targets
    columns = _columns(model, split, most)
    classes = split.targets[split.rows] if split.of_classes else np.empty(0, np.intp)
    chosen: list[NDArray[Any]] = [np.empty(0, np.intp)]
    largest = [np.empty(0)]
    take, margin = _taken(model, columns), margin_for(model.network, model.threshold)
    scaling, target_scaling = scaling_of(model), target_scaling_of(model)
    runs = run_rows(model.network, split, scaling, target_scaling, len(model.classes))

    def blocks() -> Any:
        for part, _, passes in runs:
            check_range(passes.logits, part.start)
            if split.of_classes:
                chosen.append(chosen_classes(passes.logits, margin))
            if model.task == "multiclass" and gives_probabilities(model.network):
                coupled = model.network.output.entry.of_softmax
                largest.append(losses_and_largest(classes[part], passes.logits, coupled=coupled)[1])
            found = take(passes)
            if model.task == "regression":
                check_range(found, part.start)
            yield found

    errors = np.errstate(over="ignore", invalid="ignore")
    with suited_threads_for(model.network), errors, closing(runs):
        numbers = stacked(blocks(), (len(split), len(columns)), np.float64)
    return RowOutputs(
        [names[column] for column in columns],
        len(names),
        _truth(model, split, columns),
        numbers,
        classes,
        np.concatenate(chosen),
        np.concatenate(largest),
    )


def _columns(model: Model, split: Split, most: int) -> NDArray[np.intp]:
    """Return which classes, labels or targets to keep, in order."""
    if model.task == "binary":
        return np.array([1])
    if model.task == "regression":
        return np.arange(min(most, len(model.targets)))
    if split.of_classes:
        counts = np.bincount(split.targets[split.rows], minlength=len(model.classes))
    else:
        blocks = row_blocks(split.targets, split.rows)
        counts = np.sum([block.sum(axis=0) for _, block in blocks], axis=0)
    return np.sort(np.argsort(-counts, kind="stable")[:most])


def _taken(model: Model, columns: NDArray[np.intp]) -> Callable[[Passes], NDArray[Any]]:
    """Return the function that takes the columns from the results of a pass."""
    if model.task == "regression":
        scaling = target_scaling_of(model)
        return lambda passes: unscaled(passes.outputs(), scaling)[:, columns]
    if model.task == "binary":
        return lambda passes: log_odds(passes.logits)[:, np.newaxis]
    if model.task == "multilabel" or not gives_probabilities(model.network):
        return lambda passes: passes.logits[:, columns]
    coupled = model.network.output.entry.of_softmax

    def odds(passes: Passes) -> NDArray[Any]:
        Z = passes.logits
        return np.concatenate(
            [class_log_odds(Z[part], columns, coupled=coupled) for part in parts(*Z.shape)]
        )

    return odds


def _truth(model: Model, split: Split, columns: NDArray[np.intp]) -> NDArray[Any]:
    """Return whether the rows have the classes or labels (N, K), or the values of the targets."""

    def of_block(block: NDArray[Any]) -> NDArray[Any]:
        if split.of_classes:
            return np.asarray(block[:, np.newaxis] == columns)
        return block[:, columns] == 1 if model.task == "multilabel" else block[:, columns]

    blocks = (of_block(block) for _, block in row_blocks(split.targets, split.rows))
    dtype = np.float64 if model.task == "regression" else np.bool_
    return stacked(blocks, (len(split), len(columns)), dtype)
