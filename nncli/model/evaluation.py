"""Evaluate a network on rows whose targets are known."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from nncli.base.errors import DataError, ModelFileError, UsageError
from nncli.data.scaling import NOT_SCALED, Scaling, unscaled, with_scaled_targets
from nncli.data.splits import Split, whole
from nncli.data.tables.targets import Targets
from nncli.engines.batches import EVALUATION_ROWS, Batches, target_codes
from nncli.metrics.scores import chosen_classes, class_probabilities
from nncli.metrics.tasks import DEFAULT_THRESHOLD, EVALUATIONS, WITH_THRESHOLD, Answers, Evaluation
from nncli.model.model import Model
from nncli.nn.entries import Array
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network
from nncli.nn.objective import Objective
from nncli.nn.workspace import Workspace


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


def gives_probabilities(network: Network) -> bool:
    """Return whether the outputs are probabilities."""
    return network.output.entry.probabilities


def run_rows(
    network: Network, split: Split, scaling: Scaling, classes: int, first_row: int = 0
) -> Iterator[tuple[slice, Array, Workspace, Array]]:
    """Run the network over all rows of `split`, batch by batch.

    Parameters
    ----------
    first_row : int
        The number of the first row, for messages.

    Yields
    ------
    part : slice
        Which rows of the split these are.
    T : array (B, O), their targets
    work : Workspace
        Holds their logits until the next batch.
    A : array (B, O), their outputs
        Overwritten by the next batch.

    Raises
    ------
    DataError
        As `check_range` for the inputs.
    """
    codes = class_codes(network, classes)
    work = network.workspace(min(EVALUATION_ROWS, len(split)))
    start = 0
    for X, T in Batches(split, scaling, codes, EVALUATION_ROWS).in_order():
        check_range(X, first_row + start)
        rows = work.first(len(X))
        yield slice(start, start + len(X)), T, rows, network.outputs(X, rows)
        start += len(X)
    work.forget()  # a caller that still has it would keep a batch in memory


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

    Beside the outputs (N, O), in the network's precision, it keeps only a few numbers a row.

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
    chosen = np.empty(len(split), np.intp)
    outputs = np.empty((len(split), network.output.outputs), network.dtype)
    probabilities = gives_probabilities(network)
    loss_sum = 0.0
    learned = split if split.of_classes else with_scaled_targets(split, target_scaling)
    for part, T, work, A in run_rows(network, learned, scaling, len(classes)):
        add_up = probabilities and classes and A.shape[1] > 1
        outputs[part] = class_probabilities(A) if add_up else A
        if classes:
            chosen[part] = chosen_classes(work.logits)
        loss_sum += objective(network, T, work) * len(T)
    answers = Answers(
        split=name,
        names=classes or targets,
        truth=split.targets[split.rows],
        outputs=outputs if split.of_classes else unscaled(outputs, target_scaling),
        chosen=chosen,
        loss=loss_sum / len(split),
        probabilities=probabilities,
        threshold=threshold,
    )
    return EVALUATIONS[task].of(answers)


def has_threshold(task: str, network: Network) -> bool:
    """Return whether a probability is compared with a threshold."""
    return task in WITH_THRESHOLD and gives_probabilities(network)


def own_threshold(model: Model) -> float | None:
    """Return the threshold that a model was saved with; None if it has none.

    Raises
    ------
    ModelFileError
        When its config has something else than a probability there.
    """
    if not has_threshold(model.task, model.network):
        return None
    section = model.config.get("model")
    found = section.get("threshold") if isinstance(section, dict) else None
    if found is None:  # of a model from before there were thresholds
        return DEFAULT_THRESHOLD
    if not isinstance(found, float) or not 0 < found < 1:
        raise ModelFileError(
            f"the model's config: model.threshold: found {found!r}; expected a number between 0 "
            "and 1; get or train the model again"
        )
    return found


def threshold_for(model: Model, path: Path, asked: float | None) -> float | None:
    """Return the threshold that is asked for, or else the model's own.

    Parameters
    ----------
    path : Path
        The model file, for messages.

    Raises
    ------
    UsageError
        When it is not between 0 and 1, or the model has nothing to compare it with.
    """
    if asked is None:
        return own_threshold(model)
    if model.task not in WITH_THRESHOLD:
        problem = f"its task is {model.task}; a threshold is for {' and '.join(WITH_THRESHOLD)}"
    elif not gives_probabilities(model.network):
        problem = "its outputs are no probabilities to compare a threshold with"
    elif not 0 < asked < 1:
        raise UsageError(f"--threshold: found {asked:g}; expected a probability between 0 and 1")
    else:
        return asked
    raise UsageError(f"{path}: {problem}; leave out --threshold")


def evaluate_model(
    model: Model,
    path: Path,
    *,
    split: str = "test",
    file: Path | None = None,
    threshold: float | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Evaluation:
    """Evaluate a saved model on a split of its own data, or on the rows of a labelled file.

    Parameters
    ----------
    path : Path
        The model file, for messages.
    threshold : float, optional
        In the place of the model's own.
    note : function
        Is told, in a line each, what looks wrong in the file.

    Raises
    ------
    UsageError
        When the data has no such split, or as `threshold_for`.
    DataError
        When the data or the file cannot be used.
    """
    threshold = threshold_for(model, path, threshold)
    if file is not None:
        chosen, name = _labelled(model, file, note), str(file)
        check_targets(chosen, model.objective, model.targets, name)
    else:
        chosen, name = _own_rows(model, path, split), split
    evaluation = evaluate(
        model.network,
        model.objective,
        chosen,
        scaling_of(model),
        target_scaling=target_scaling_of(model),
        name=name,
        task=model.task,
        targets=model.targets,
        classes=model.classes,
        threshold=threshold,
    )
    for metric, value in evaluation.metrics.items():
        if not math.isfinite(value):
            raise DataError(
                f"{name}: the {metric} is {value}: some values are too large for the model"
            )
    return evaluation


def _own_rows(model: Model, path: Path, split: str) -> Split:
    """Return the rows of a split of the data that a model's config names."""
    from nncli.config.load import saved_config  # pydantic: not for a labelled file

    config = saved_config(model.config, f"{path}: its config").config
    dataset = config.load_data()
    described = (model.preprocessing.columns, model.targets, model.classes)
    if ([*dataset.columns], [*dataset.targets], [*dataset.classes]) != described:
        raise ModelFileError(
            f"{path}: its config names the source {config.data.source}, but its columns, "
            "targets or classes are not those of that source; evaluate it with --data FILE"
        )
    if split not in dataset.splits:
        raise UsageError(
            f"{path}: its data has no {split} rows; choose --split {' or '.join(dataset.splits)}"
        )
    return dataset.splits[split]


def _labelled(model: Model, file: Path, note: Callable[[str], None]) -> Split:
    """Return the rows of a file, or the images of a folder, with their targets."""
    preprocessing = model.preprocessing
    if preprocessing.images is not None and file.is_dir():
        from nncli.data.new_images import labelled_images

        return labelled_images(file, preprocessing.images, model.classes, note)
    if preprocessing.encoding is None:
        from nncli.data.tables.model_rows import read_labelled

        rows = read_labelled(file, preprocessing.columns, model.targets, model.classes)
        return whole(rows.inputs, rows.targets)
    targets = Targets(model.task, model.targets, model.classes)
    from nncli.data.tables.tabular import read_labelled_table

    split, warnings = read_labelled_table(file, preprocessing.encoding, targets)
    for warning in warnings:
        note(warning)
    return split
