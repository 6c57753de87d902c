"""Evaluate a network on rows whose targets are known."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.artifact import Model
from nncli.data.batches import Batches, target_codes
from nncli.data.dataset import Split, whole
from nncli.data.scaling import Scaling
from nncli.data.tables import read_labelled
from nncli.errors import DataError, ModelFileError, UsageError
from nncli.model.activations import ACTIVATIONS
from nncli.model.entries import Array
from nncli.model.losses import LOSSES
from nncli.model.network import Network, Objective, Workspace
from nncli.training.engine import EVALUATION_ROWS
from nncli.training.metrics import (
    PerClass,
    PerTarget,
    chosen_classes,
    class_probabilities,
    classification_metrics,
    confusion_matrix,
    log_loss,
    per_class,
    per_target,
    regression_metrics,
)


@dataclass(frozen=True)
class Evaluation:
    """The metrics of a split.

    Attributes
    ----------
    split : str
        The name of the split, or the file that has its rows.
    metrics : dict of str to float
        ``loss``, which is what was trained for, and scikit-learn's metrics.
    """

    split: str
    rows: int
    metrics: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values: what ``eval --json`` prints."""
        return {"split": self.split, "rows": self.rows, "metrics": self.metrics}


@dataclass(frozen=True)
class ClassificationEvaluation(Evaluation):
    """The evaluation of a classification.

    Attributes
    ----------
    confusion : array (classes, classes)
        Counts by true class (row) and chosen class (column).
    """

    classes: list[str]
    confusion: NDArray[np.intp]

    @property
    def per_class(self) -> PerClass:
        """Precision, recall, F1 and support of every class."""
        return per_class(self.confusion)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, with the classes' figures and the confusion matrix."""
        figures = self.per_class
        return {
            **super().as_json(),
            "classes": self.classes,
            "per_class": [
                {
                    "class": name,
                    "precision": float(figures.precision[index]),
                    "recall": float(figures.recall[index]),
                    "f1": float(figures.f1[index]),
                    "support": int(figures.support[index]),
                }
                for index, name in enumerate(self.classes)
            ],
            "confusion_matrix": self.confusion.tolist(),
        }


@dataclass(frozen=True)
class RegressionEvaluation(Evaluation):
    """The evaluation of a regression: its targets, and the figures of each."""

    targets: list[str]
    per_target: PerTarget

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, with the figures of each target where there are several."""
        found = {**super().as_json(), "targets": self.targets}
        if len(self.targets) > 1:
            figures = self.per_target.by_name().items()
            found["per_target"] = [
                {"target": target, **{name: float(values[index]) for name, values in figures}}
                for index, target in enumerate(self.targets)
            ]
        return found


def scaling_of(model: Model) -> Scaling:
    """Return the scaling that a saved model was trained with."""
    offset, scale = (
        np.asarray(each) if isinstance(each, list) else each
        for each in (model.preprocessing.offset, model.preprocessing.scale)
    )
    return Scaling(offset, scale)


def check_range(X: Array, first_row: int) -> None:
    """Raise `DataError` when rows on their way through a network left the range of its numbers.

    Parameters
    ----------
    first_row : int
        The number of the first row of `X`, for the message.
    """
    finite = np.isfinite(X).all(axis=1)
    if not finite.all():
        raise DataError(
            f"row {first_row + int(finite.argmin())} (from 0): a value is too large for the "
            f"{X.dtype} numbers of the model"
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
            f"{where}: {place}: found {value}; {objective.name} takes targets from {low:g} to "
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
    output = network.layers[-1]
    low = ACTIVATIONS[output.activation].low
    return target_codes(classes, output.outputs, network.dtype, low)


def gives_probabilities(network: Network) -> bool:
    """Return whether the outputs are probabilities."""
    return ACTIVATIONS[network.layers[-1].activation].probabilities


def run_rows(
    network: Network, split: Split, scaling: Scaling, classes: int
) -> Iterator[tuple[slice, Array, Workspace]]:
    """Run the network over all rows of `split`, batch by batch.

    Yields
    ------
    part : slice
        Which rows of the split these are.
    T : array (B, O), their targets
    work : Workspace
        Holds their Z and A until the next batch.

    Raises
    ------
    DataError
        As `check_range` for the inputs.
    """
    codes, work = class_codes(network, classes), network.workspace(EVALUATION_ROWS)
    start = 0
    for X, T in Batches(split, scaling, codes, EVALUATION_ROWS).in_order():
        check_range(X, start)
        rows = work.first(len(X))
        network.outputs(X, rows)
        yield slice(start, start + len(X)), T, rows
        start += len(X)


@np.errstate(over="ignore", invalid="ignore")  # the loss shows it
def evaluate(
    network: Network,
    objective: Objective,
    split: Split,
    scaling: Scaling,
    *,
    name: str,
    targets: list[str],
    classes: list[str],
) -> Evaluation:
    """Run the network over all rows of `split` and compare with their targets.

    Parameters
    ----------
    name : str
        What the rows are called: ``test``, or a file.
    targets, classes : list of str
        Names, as in a `Dataset`; without classes it is a regression.

    Raises
    ------
    DataError
        As `check_range` for the inputs.
    """
    chosen = np.empty(len(split), np.intp)
    A = np.empty((len(split), network.layers[-1].outputs), network.dtype)
    loss_sum = 0.0
    for part, T, work in run_rows(network, split, scaling, len(classes)):
        A[part] = work.A[-1]
        if classes:
            chosen[part] = chosen_classes(work.Z[-1])
        loss_sum += objective(network, T, work) * len(T)
    metrics = {"loss": loss_sum / len(split)}
    truth = split.targets[split.rows]
    if not classes:
        figures = per_target(A.astype(np.float64), truth.astype(np.float64))
        metrics |= regression_metrics(figures)
        return RegressionEvaluation(name, len(split), metrics, targets, figures)
    confusion = confusion_matrix(truth, chosen, len(classes))
    metrics |= classification_metrics(confusion)
    if gives_probabilities(network):
        metrics["log_loss"] = log_loss(truth, class_probabilities(A))
    return ClassificationEvaluation(name, len(split), metrics, classes, confusion)


def evaluate_model(
    model: Model, path: Path, *, split: str = "test", file: Path | None = None
) -> Evaluation:
    """Evaluate a saved model on a split of its own data, or on the rows of a labelled file.

    Parameters
    ----------
    path : Path
        The model file, for messages.

    Raises
    ------
    UsageError
        When the data has no such split.
    DataError
        When the data or the file cannot be used.
    """
    if file is not None:
        rows = read_labelled(file, model.preprocessing.columns, model.targets, model.classes)
        chosen, name = whole(rows.inputs, rows.targets), str(file)
        check_targets(chosen, model.objective, model.targets, name)
    else:
        from nncli.config.load import saved_config  # pydantic: not for a labelled file

        config = saved_config(model.config, f"{path}: its config").config
        dataset = config.data.load(config.seed)
        described = (model.preprocessing.columns, model.targets, model.classes)
        if ([*dataset.columns], [*dataset.targets], [*dataset.classes]) != described:
            raise ModelFileError(
                f"{path}: its config names the source {config.data.source}, but its columns, "
                "targets or classes are not those of that source; evaluate it with --data FILE"
            )
        splits = dataset.splits
        if split not in splits:
            raise UsageError(
                f"{path}: its data has no {split} rows; choose --split {' or '.join(splits)}"
            )
        chosen, name = splits[split], split
    evaluation = evaluate(
        model.network,
        model.objective,
        chosen,
        scaling_of(model),
        name=name,
        targets=model.targets,
        classes=model.classes,
    )
    for metric, value in evaluation.metrics.items():
        if not math.isfinite(value):
            raise DataError(
                f"{name}: the {metric} is {value}: some values are too large for the model"
            )
    return evaluation
