"""The observer that writes TensorBoard's files: curves, histograms, and the network's graph."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import OutputError
from nncli.base.storage.directory import Directory
from nncli.base.storage.run_files import HISTORY
from nncli.engines.engine import Setup
from nncli.metrics.names import PENALTY, split_and_metric
from nncli.training.events.event import (
    epoch_event,
    event,
    has_histograms,
    parsed,
    version_event,
)
from nncli.training.events.event_file import EventFile
from nncli.training.events.gradient import SampledGradient
from nncli.training.events.graph import graph_of
from nncli.training.history_file import Table, read_history
from nncli.training.loop import EpochReport
from nncli.training.observers.history import column_names, written_numbers
from nncli.training.observers.observer import Job, Observer
from nncli.training.outcome import Outcome

_TRAIN, _VALIDATION = "train", "validation"
_OF_LAYERS = ("gradient_norm", "saturated")
_FLUSH_SECONDS = 0.1
_MOST_BYTES_OF_A_VALUE = 1024  # a histogram has about 700


class TensorBoard(Observer):
    """Write an event per epoch to ``tensorboard/train`` and ``tensorboard/validation``.

    Both have the same tags, so that TensorBoard draws their curves in one chart. The numbers are
    those of ``history.csv``, in float32. A resumed run keeps the events up to its checkpoint; those
    that are missing or damaged are written again from the history, without histograms.

    Parameters
    ----------
    run : Directory
        Open run directory, whose history is written first.
    setup : Setup
    """

    def __init__(self, run: Directory, setup: Setup) -> None:
        self._run, self._setup = run, setup
        self._curves: dict[str, _Curves] = {}
        self._next_flush = 0.0

    def begin(self, job: Job) -> None:
        """Start the files, or keep the events up to the checkpoint.

        Raises
        ------
        DataError
            If the history of a resumed run cannot be read.
        OutputError
            If a file cannot be written.
        """
        self._engine, self._network = job.engine, job.network
        self._gradient = SampledGradient(self._setup)
        mask = self._network.mask
        self._present = None if mask is None else self._network.views(mask)
        epochs = job.progress.epoch
        history = read_history(self._run / HISTORY) if epochs else {}
        columns = column_names(job)[1:]
        histograms = 2 * len(self._network.arrays)
        heads = {_TRAIN: [version_event(), event(graph_def=graph_of(self._setup))]}
        if job.plan.validates:
            heads[_VALIDATION] = [version_event()]
        with ExitStack() as opened:
            for split, head in heads.items():
                curves = _Curves(self._run, split, columns)
                curves.begin(head, history, epochs, histograms if split == _TRAIN else 0)
                opened.callback(curves.file.close)
                self._curves[split] = curves
            opened.pop_all()

    def epoch(self, report: EpochReport) -> None:
        """Add the events of an epoch, which `write_if_due` writes."""
        numbers = written_numbers(report)
        arrays = self._histograms() if has_histograms(report.epoch) else None
        for split, curves in self._curves.items():
            curves.add(report.epoch, numbers, arrays if split == _TRAIN else None)

    def write_if_due(self) -> None:
        """Write the events that were added, a few times per second. Raises `OutputError`."""
        now = time.monotonic()
        if now >= self._next_flush:
            self._next_flush = now + _FLUSH_SECONDS
            for curves in self._curves.values():
                curves.file.flush()

    def synchronize(self) -> None:
        """Write all events and wait until they are on disk. Raises `OutputError`."""
        for curves in self._curves.values():
            curves.file.synchronize()

    def copy_to(self, run: Directory) -> None:
        """Write the events so far to another run directory. Raises `OutputError`."""
        for curves in self._curves.values():
            curves.file.copy_to(run)

    def end(self, outcome: Outcome | None) -> None:
        """Write the remaining events, and close the files."""
        for curves in self._curves.values():
            with suppress(OutputError):  # training has already failed, or has synchronized
                curves.file.flush()
            curves.file.close()

    def _histograms(self) -> dict[str, NDArray[Any]]:
        """Return the weights and gradients by tag, without missing connections."""
        snapshot = self._engine.snapshot()
        flat = {"weights": snapshot["parameters"], "gradients": self._gradient.at(snapshot)}
        return {
            f"{group}/{name}": array if self._present is None else array[self._present[name] > 0]
            for group, vector in flat.items()
            for name, array in self._network.views(vector).items()
        }


class _Curves:
    """The curves of a split, in a file of their own.

    Parameters
    ----------
    columns : sequence of str
        Columns of the history, without the epoch.

    Attributes
    ----------
    file : EventFile
    """

    def __init__(self, run: Directory, split: str, columns: Sequence[str]) -> None:
        self.file = EventFile(run, split)
        places = [(place, name, _tag(name, split)) for place, name in enumerate(columns)]
        self._tags = {tag: (place, name) for place, name, tag in places if tag}

    def begin(self, head: Sequence[bytes], history: Table, epochs: int, histograms: int) -> None:
        """Start the file with the events of the first `epochs`. Raises `OutputError`."""
        most_bytes = _MOST_BYTES_OF_A_VALUE * (len(self._tags) + histograms)
        most_bytes = max(most_bytes, *map(len, head))
        known = self.file.read(len(head) + epochs, most_bytes) if epochs else []
        if [*map(parsed, known[: len(head)])] == [*map(parsed, head)]:
            head = known[: len(head)]  # with its times
        self.file.start([*head, *self._events(known[len(head) :], history, epochs)])

    def add(
        self, epoch: int, numbers: Sequence[float], arrays: Mapping[str, NDArray[Any]] | None
    ) -> None:
        """Add the event of an epoch."""
        own = {tag: numbers[place] for tag, (place, _) in self._tags.items()}
        self.file.add(epoch_event(epoch, own, arrays))

    def _events(self, known: Iterable[bytes], history: Table, epochs: int) -> Iterator[bytes]:
        """Yield the known events as far as they are those of the history, then the missing ones."""
        left = iter(known)
        for epoch in range(1, epochs + 1):
            numbers = {tag: history[name][epoch - 1] for tag, (_, name) in self._tags.items()}
            content = next(left, None)
            if content is not None and _shows(content, epoch, numbers):
                yield content
            else:
                left = iter(())
                yield epoch_event(epoch, numbers)


def _tag(column: str, split: str) -> str | None:
    """Return the tag of a column in the file of a split; None if it is not in there."""
    own, metric = split_and_metric(column)
    if own in (_TRAIN, _VALIDATION):
        return metric if own == split else None
    if split != _TRAIN:
        return None
    name, _, number = column.rpartition("_")
    if name in _OF_LAYERS:
        return f"{name}/layer_{number}"
    return column if column in ("learning_rate", PENALTY) else None


@np.errstate(over="ignore")
def _shows(content: bytes, epoch: int, numbers: Mapping[str, float]) -> bool:
    """Return whether an event is that of an epoch with some numbers."""
    found = parsed(content)
    if found is None or found.step != epoch:
        return False
    values = found.summary.value[: len(numbers)]
    shown = np.array([each.simple_value for each in values], np.float32)
    expected = np.array([*numbers.values()], np.float32)
    same = [each.tag for each in values] == [*numbers]
    return same and np.array_equal(shown, expected, equal_nan=True)
