"""Print what was inferred from the user's own data."""

from collections import Counter
from typing import TYPE_CHECKING

import click
import numpy as np

from nncli import Observer
from nncli.base.words import count
from nncli.cli.output import names_within, print_pairs, print_table, shortened

if TYPE_CHECKING:
    from nncli import Column, Dataset, Job

_MOST_COLUMNS, _MOST_BEFORE_TRAINING = 40, 16


class Findings(Observer):
    """Prints what was inferred from a job's data, once and on standard error.

    Parameters
    ----------
    shown : bool
        Whether to print anything.
    """

    describes_data = True

    def __init__(self, *, shown: bool) -> None:
        self._printed = not shown

    def begin(self, job: "Job") -> None:
        """Print the findings, unless they were printed for an earlier job."""
        if not self._printed:
            print_findings(job.dataset, most_columns=_MOST_BEFORE_TRAINING, err=True)
            click.echo(f"\n{_length_of(job)}\n", err=True)
        self._printed = True


def print_findings(
    dataset: "Dataset", *, most_columns: int = _MOST_COLUMNS, err: bool = False
) -> None:
    """Print task, targets, classes, rows and columns, with `err` on standard error."""
    pairs = [
        ("task", f"{dataset.task} of {names_within(dataset.targets, 50)}"),
        ("rows", ", ".join(f"{len(split)} {name}" for name, split in dataset.splits.items())),
    ]
    if counts := _counts(dataset):
        pairs.insert(1, ("classes", names_within(counts, 68)))
    pairs += [("left out", note) for note in dataset.left_out]
    others = [f"{name} ({role})" for name, role in dataset.roles.items() if role != "target"]
    if others:
        pairs.append(("not inputs", names_within(others, 66)))
    print_pairs(pairs, err=err)
    if dataset.encoding is not None:
        click.echo(err=err)
        _print_columns(dataset.encoding.columns, most_columns, err=err)


def _length_of(job: "Job") -> str:
    """Return the length of training: ``2,014 steps: 53 epochs of 38``."""
    plan, batches = job.plan, job.order.batches
    length = f"{plan.epochs * batches:,} steps: {count(plan.epochs, 'epoch')} of {batches:,}"
    if plan.patience_epochs is None:
        return length
    patience = count(plan.patience_epochs, "epoch")
    return f"at most {length}; stops after {patience} without a better {plan.monitor}"


def _counts(dataset: "Dataset") -> list[str]:
    """Return every class or label with its number of rows."""
    values = np.concatenate([split.targets[split.rows] for split in dataset.splits.values()])
    if dataset.classes:
        numbers = np.bincount(values, minlength=len(dataset.classes)).tolist()
        names = dataset.classes
    elif dataset.task == "multilabel":
        numbers, names = values.sum(axis=0).astype(int).tolist(), dataset.targets
    else:
        return []
    return [f"{name}: {count(number, 'row')}" for name, number in zip(names, numbers, strict=True)]


def _print_columns(columns: "tuple[Column, ...]", most: int, *, err: bool) -> None:
    from nncli import if_missing

    rows = [
        (
            shortened(column.name, 24),
            column.kind,
            str(len(column.inputs)),
            shortened(if_missing(column), 16),
            names_within(column.categories, 24),
        )
        for column in columns[:most]
    ]
    print_table(("column", "kind", "inputs", "if missing", "categories"), rows, err=err)
    if rest := Counter(column.kind for column in columns[most:]):
        kinds = ", ".join(f"{number} {kind}" for kind, number in rest.items())
        click.echo(f"and {rest.total()} more: {kinds}", err=err)
