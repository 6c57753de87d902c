"""The observers that keep every epoch's numbers: in memory, and in ``history.csv``."""

import time
from array import array
from contextlib import suppress
from io import BytesIO

from nncli.base.errors import DataError, OutputError, os_errors_as
from nncli.base.storage.directory import Place
from nncli.base.storage.files import GrowingFile
from nncli.base.storage.regular_file import open_regular
from nncli.base.words import count
from nncli.training.history_file import Table
from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.outcome import Outcome

_LONGEST_NUMBER = 25  # characters, with its comma: an epoch, or nine digits and an exponent


class History(Observer):
    """Keeps every epoch's numbers in memory."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._numbers = array("d")

    def begin(self, job: Job) -> None:
        """Learn what is measured."""
        self._names = _column_names(job)

    def epoch(self, report: EpochReport) -> None:
        """Take the epoch's numbers."""
        self._numbers.extend([report.epoch, *_numbers(report)])

    @property
    def table(self) -> Table:
        """The columns of ``history.csv`` by name, an entry an epoch."""
        width = len(self._names)
        table = {name: self._numbers[at::width].tolist() for at, name in enumerate(self._names)}
        return {**table, "epoch": [int(each) for each in table["epoch"]]}


class HistoryFile(Observer):
    """Writes ``history.csv``: a header, then a row an epoch.

    Rows are handed over a few times a second, whole ones only.

    Parameters
    ----------
    place : Path or Entry
        A new file, or that of a run that resumes.
    """

    _FLUSH_SECONDS = 0.1

    def __init__(self, place: Place) -> None:
        self._place = place
        self._file: GrowingFile | None = None
        self._rows: list[str] = []
        self._next_flush = 0.0

    def begin(self, job: Job) -> None:
        """Write the header, or of a run that resumes the rows before its checkpoint.

        Raises
        ------
        DataError
            When the existing file is not the history of so many epochs of this run.
        OutputError
            When it cannot be written.
        """
        header = ",".join(_column_names(job)).encode() + b"\n"
        epochs = job.progress.epoch
        kept = _kept_rows(self._place, header, epochs) if epochs else header
        self._file = GrowingFile(self._place, kept)

    def epoch(self, report: EpochReport) -> None:
        """Take the epoch's row. Raises `OutputError`."""
        texts = [f"{each:.9g}" for each in _numbers(report)]
        self._rows.append(f"{report.epoch},{','.join(texts)}\n")
        now = time.monotonic()
        if now >= self._next_flush:
            self._next_flush = now + self._FLUSH_SECONDS
            self._flush()

    def synchronize(self) -> None:
        """Hand over all rows and wait until they are on the disk. Raises `OutputError`."""
        self._flush()
        if self._file:
            self._file.synchronize()

    def content(self) -> bytes:
        """Return header and rows of all epochs so far, also where the file was removed."""
        rows, self._rows = self._rows, []
        return (self._file.content() if self._file else b"") + "".join(rows).encode()

    def end(self, outcome: Outcome | None) -> None:
        """Hand over what rows there are, and close the file."""
        with suppress(OutputError):  # training has failed already, or has synchronized
            self._flush()
        if self._file:
            self._file.close()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if self._file:
            self._file.append("".join(rows).encode())


def _column_names(job: Job) -> list[str]:
    """Return the names of the columns.

    Each block of layers has a gradient norm; those that can saturate have a column for that after
    all norms.
    """
    splits = ("train", "validation") if job.plan.validates else ("train",)
    return [
        "epoch",
        *(f"{split}_{metric}" for split in splits for metric in ("loss", job.score.name)),
        *([job.plan.monitor] if job.plan.measure else []),
        "learning_rate",
        "seconds",
        "rows_per_second",
        *(f"gradient_norm_{each.number}" for each in job.blocks),
        *(f"saturated_{each.number}" for each in job.blocks if each.activation.saturates),
    ]


def _numbers(report: EpochReport) -> list[float]:
    """Return what stands in the columns but the first."""
    return [
        *report.metrics.values(),
        report.learning_rate,
        report.seconds,
        report.rows_per_second,
        *[layer.gradient_norm for layer in report.layers],
        *[layer.saturated for layer in report.layers if layer.saturated is not None],
    ]


def _kept_rows(place: Place, header: bytes, epochs: int) -> bytes:
    """Return the header and the rows of the first `epochs`. Raises `DataError`.

    Memory is taken for no more than as many rows of this run have.
    """
    longest = len(header) + _LONGEST_NUMBER * (header.count(b",") + 1)
    kept = BytesIO()
    with os_errors_as(DataError, place), open_regular(place) as stream:
        for epoch in range(epochs + 1):
            line = stream.readline(longest)
            start = b"%d," % epoch if epoch else header
            if not (line.startswith(start) and line.endswith(b"\n")):
                raise DataError(
                    f"{place}: is not the history of the {count(epochs, 'epoch')} of the "
                    "checkpoint beside it; put the file of the run back"
                )
            kept.write(line)
    return kept.getvalue()
