"""Prepare rows to train a model further, with its columns, classes and scaling."""

from dataclasses import replace
from typing import Any

from nncli.base.notes import warn
from nncli.config.schema import Config
from nncli.data.dataset import Dataset
from nncli.data.rows.reading import labelled_rows
from nncli.data.splits import Split, in_order
from nncli.data.splitting import divide
from nncli.data.tables.targets import Targets
from nncli.data.weights import given_weights, row_weights, weight_table
from nncli.model.model import Model


def known_rows(
    model: Model,
    config: Config,
    rows: tuple[Any, ...],
    validation: tuple[Any, Any] | None = None,
) -> Dataset:
    """Return rows as a dataset with the columns, targets and classes of a model.

    Parameters
    ----------
    config : Config
        Gives the validation fraction and the class weights.
    rows : (X, y) or (X, y, weights)
    validation : (X, y), optional
        Validation rows.

    Raises
    ------
    DataError
        If the model cannot use the rows.
    """
    X, y, *weights = rows
    described = model.preprocessing
    taken = replace(described.taken, ranges=None)  # new rows may exceed the earlier ranges
    targets = Targets(model.task, model.targets, model.classes)
    split = labelled_rows(taken, targets, X, y, note=warn)
    splits = _divided(split, targets, config, *weights)
    if validation is not None:
        splits["validation"] = labelled_rows(taken, targets, *validation, note=warn)
    return Dataset(
        task=model.task,
        columns=described.columns,
        targets=model.targets,
        classes=model.classes,
        splits=in_order(splits),
        encoding=described.encoding,
        images=described.images,
        scales_targets=model.task == "regression",
    )


def _divided(
    split: Split, targets: Targets, config: Config, weights: object = None
) -> dict[str, Split]:
    """Return the training and validation splits, with row weights."""
    source: Any = config.data
    shares = {"validation": source.validation}
    divided = divide(split, shares, config.seed_of_data, targets.classes, "X")
    given = None
    if weights is not None:
        given = given_weights(weight_table(weights, len(split)), "weights")
    counting = row_weights(
        "X",
        targets,
        split.targets,
        divided["train"],
        given=given,
        of_classes=source.class_weight,
    )
    return {part: replace(split, rows=each, weights=counting) for part, each in divided.items()}
