"""A sample of the training rows, small enough to draw."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.random_streams import Stream, generator
from nncli.base.storage.mapping import take_rows
from nncli.base.words import count
from nncli.data.dataset import Dataset
from nncli.explain.plots.names import rows_of, short
from nncli.explain.plots.subject import Subject

MOST_POINTS = 2000


@dataclass(frozen=True)
class Truth:
    """The targets of rows, as one class or one number per row.

    Attributes
    ----------
    name : str
        Name of the target.
    values : array (N,)
        Indices into `classes`, or numbers.
    classes : sequence of str
        Names of the classes; empty for numbers.
    """

    name: str
    values: NDArray[Any]
    classes: list[str]


@dataclass(frozen=True)
class Sample:
    """Some training rows, in order.

    Attributes
    ----------
    numbers : array (N,)
        Row numbers in their file, from 0.
    inputs : array (N, I)
        The inputs before scaling.
    targets : array (N,) or (N, O)
    dataset : Dataset
    total : int
        Number of training rows.
    """

    numbers: NDArray[np.integer[Any]]
    inputs: NDArray[Any]
    targets: NDArray[Any]
    dataset: Dataset
    total: int

    @property
    def truth(self) -> Truth:
        """The class or the first target of each row."""
        return truth_of(self.dataset, self.targets)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def said(self) -> str:
        """The rows in words, such as ``2,000 of 55,000 training rows, drawn at random``."""
        rows = rows_of(self.total, "train")
        return rows if len(self) == self.total else f"{len(self):,} of {rows}, drawn at random"


def not_drawn(*values: NDArray[np.floating]) -> str:
    """Return for a caption how many points lack a coordinate; empty if none does."""
    blank = int(np.isnan(values).any(axis=0).sum())
    return f" Not drawn: {count(blank, 'row')} without a value." if blank else ""


def sample_of(subject: Subject) -> Sample:
    """Return up to `MOST_POINTS` training rows, drawn by the seed of the config."""
    job = subject.job
    rows = job.dataset.splits["train"]
    places = np.arange(len(rows))
    if len(rows) > MOST_POINTS:
        random = generator(job.config.seed, Stream.PLOT)
        places = np.sort(random.choice(len(rows), MOST_POINTS, replace=False))
    of_split, numbers = rows.rows[places], job.dataset.row_numbers("train")[places]
    inputs, targets = take_rows(rows.inputs, of_split), take_rows(rows.targets, of_split)
    return Sample(numbers, inputs, targets, job.dataset, len(rows))


def truth_of(dataset: Dataset, targets: NDArray[Any], number: int = 0) -> Truth:
    """Return the classes of rows, or one of several targets or labels."""
    names = [short(name) for name in dataset.targets]
    name = names[number]
    if dataset.task == "multilabel":
        return Truth(name, targets[:, number].astype(np.intp), ["no", "yes"])
    if dataset.task == "regression":
        return Truth(name, targets[:, number].astype(np.float64), [])
    return Truth(name, targets.astype(np.intp), [short(each) for each in dataset.classes])
