"""Evaluate a model on given rows, or on a split of the data named in its config."""

import math
from dataclasses import replace

from nncli.base.arguments import argument, check_callable, said, unexpected
from nncli.base.errors import DataError, UsageError
from nncli.base.notes import Note
from nncli.base.storage.mapping import row_blocks
from nncli.base.words import either
from nncli.data.rows.reading import labelled_rows, name_of
from nncli.data.splits import SPLITS, UNSEEN_FIRST, Rows, Split
from nncli.data.tables.column import LARGEST
from nncli.data.tables.targets import Targets
from nncli.metrics.tasks import Evaluation
from nncli.model.evaluation import (
    check_size,
    check_targets,
    evaluate,
    scaling_of,
    target_outside,
    target_scaling_of,
)
from nncli.model.gates import gate_of
from nncli.model.mistakes import worst_rows
from nncli.model.model import Model
from nncli.model.thresholds import threshold_for


def evaluate_model(
    model: Model,
    rows: object | None,
    targets: object | None,
    *,
    split: str | None,
    threshold: float | None,
    trust_paths: bool,
    note: Note,
    strict: bool = False,
    mistakes: int | None = None,
) -> Evaluation:
    """Evaluate a model as documented in `Model.evaluate`."""
    if mistakes is not None and (type(mistakes) is not int or mistakes < 1):
        raise unexpected("mistakes", mistakes, "a number of rows, at least 1")
    threshold = threshold_for(model, threshold)
    split = "test" if split is None and rows is None else split
    name, chosen, numbers = rows_of_known_truth(
        model, rows, targets, split=split, trust_paths=trust_paths, note=note, strict=strict
    )
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
                f"{name}: the {metric} is {value}; some values are too large for the model"
            )
    evaluation = replace(evaluation, gate=gate_of(model, chosen, threshold))
    if mistakes is None:
        return evaluation
    return replace(evaluation, mistakes=worst_rows(model, chosen, mistakes, threshold, numbers))


def rows_of_known_truth(
    model: Model,
    rows: object | None,
    targets: object | None,
    *,
    split: str | None,
    trust_paths: bool,
    note: Note,
    strict: bool,
) -> tuple[str, Split, Rows | None]:
    """Return the name and the rows of a split of the model's own data, or of given rows.

    The third result has the row numbers of the file as in `Dataset`. Parameters are as for
    `Model.evaluate`, except that by default the split is the first existing one of `UNSEEN_FIRST`.
    """
    check_callable(note, "note")
    if rows is None and targets is not None:
        raise UsageError("targets: given without rows; pass both")
    if split is not None and split not in SPLITS:
        raise UsageError(f"split: found {split!r}; expected {either(SPLITS)}")
    if rows is not None and split is not None:
        raise UsageError(f"the {split} rows and your own rows are mutually exclusive; choose one")
    if rows is None:
        return _own_rows(model, split, note, trust_paths=trust_paths)
    name = name_of(rows)
    return name, _given_rows(model, rows, targets, name, note, strict=strict), None


def _given_rows(
    model: Model, rows: object, targets: object | None, name: str, note: Note, *, strict: bool
) -> Split:
    """Return rows with their targets; raise `DataError` if numbers are too large."""
    known = Targets(model.task, model.targets, model.classes)
    notes: list[str] = []
    split = labelled_rows(model.taken, known, rows, targets, note=notes.append, strict=strict)
    for start, block in row_blocks(split.inputs):
        check_size(block, start, model.network.dtype)
    for line in notes:  # only now, as a value that is too large would also get a note
        note(line)
    check_targets(split, model.objective, model.targets, name)
    if split.of_classes:
        return split
    if outside := target_outside(split, model.targets, -LARGEST, LARGEST):
        place, value = outside
        raise DataError(
            f"{name}: {place}: found {value:g}; expected a number from {-LARGEST:g} to {LARGEST:g}"
        )
    return split


def _own_rows(
    model: Model, split: str | None, note: Note, *, trust_paths: bool
) -> tuple[str, Split, Rows | None]:
    """Return the name, rows and row numbers of a split of the data that a model's config names.

    Calls `note` if the rows have changed since training.
    """
    # These import pydantic, which given rows do not need.
    from nncli.model.named_data import config_of, named_data, note_changes

    remedy = said("evaluate it with --data FILE", "pass rows to evaluate()")
    config = config_of(model, trust_paths=trust_paths, remedy=remedy).config
    if config.data.absence:
        raise DataError(
            f"{model.called}: its rows were passed from Python and are not saved; {remedy}"
        )
    dataset = named_data(model, config, trust_paths=trust_paths, remedy=remedy)
    split = split or next(name for name in UNSEEN_FIRST if name in dataset.splits)
    if split not in dataset.splits:
        raise UsageError(
            f"{model.called}: its data has no {split} rows; choose {argument('split')} "
            f"{either(dataset.splits)}"
        )
    unseen = f"restore the data, or evaluate unseen rows{said(' with --data FILE', '')}"
    note_changes(model, dataset, split, note, unseen)
    chosen = dataset.splits[split]
    is_of_file = chosen.inputs is dataset.splits["train"].inputs
    return split, chosen, dataset.numbers if is_of_file else None
