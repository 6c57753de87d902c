"""The observers that record the results of every epoch, in memory and in ``history.csv``."""

import time
from array import array
from contextlib import suppress
from io import BytesIO

from nncli.base.errors import DataError, OutputError, os_errors_as
from nncli.base.storage.directory import Place
from nncli.base.storage.files import GrowingFile
from nncli.base.storage.regular_file import open_regular
from nncli.base.words import count
from nncli.metrics.names import PENALTY
from nncli.training.history_file import Table
from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.outcome import Outcome

_LONGEST_NUMBER = 25  # characters with comma: an epoch, or nine digits and an exponent


class History(Observer):
    """Record the results of every epoch in memory."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._numbers = array("d")

    def begin(self, job: Job) -> None:
        """Set the names of the columns."""
        self._names = column_names(job)

    def epoch(self, report: EpochReport) -> None:
        """Record the results of the epoch."""
        self._numbers.extend([report.epoch, *_numbers(report)])

    @property
    def table(self) -> Table:
        """The columns of ``history.csv`` by name, with one entry per epoch."""
        width = len(self._names)
        table = {name: self._numbers[at::width].tolist() for at, name in enumerate(self._names)}
        return {**table, "epoch": [int(each) for each in table["epoch"]]}


class HistoryFile(Observer):
    """Write ``history.csv``: a header, then one row per epoch.

    Only whole rows are written, a few times per second.

    Parameters
    ----------
    place : Path or Entry
        A new file, or the history of a resumed run.
    """

    _FLUSH_SECONDS = 0.1

    def __init__(self, place: Place) -> None:
        self._place = place
        self._file: GrowingFile | None = None
        self._rows: list[str] = []
        self._next_flush = 0.0

    def begin(self, job: Job) -> None:
        """Write the header and, for a resumed run, the rows up to its checkpoint.

        Raises
        ------
        DataError
            If the existing file does not have these rows of this run.
        OutputError
            If the file cannot be written.
        """
        header = ",".join(column_names(job)).encode() + b"\n"
        epochs = job.progress.epoch
        kept = _kept_rows(self._place, header, epochs) if epochs else header
        self._file = GrowingFile(self._place, kept)

    def epoch(self, report: EpochReport) -> None:
        """Add the epoch's row. Raises `OutputError`."""
        self._rows.append(f"{report.epoch},{','.join(_texts(report))}\n")
        now = time.monotonic()
        if now >= self._next_flush:
            self._next_flush = now + self._FLUSH_SECONDS
            self._flush()

    def synchronize(self) -> None:
        """Write all rows and wait until they are on disk. Raises `OutputError`."""
        self._flush()
        if self._file:
            self._file.synchronize()

    def content(self) -> bytes:
        """Return the header and the rows of all epochs so far, even if the file was removed."""
        rows, self._rows = self._rows, []
        return (self._file.content() if self._file else b"") + "".join(rows).encode()

    def end(self, outcome: Outcome | None) -> None:
        """Write the remaining rows, and close the file."""
        with suppress(OutputError):  # training has already failed, or has synchronized
            self._flush()
        if self._file:
            self._file.close()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if self._file:
            self._file.append("".join(rows).encode())


def column_names(job: Job) -> list[str]:
    """Return the names of the columns.

    Each block of layers has a column for its gradient norm. After all norms, each block that can
    saturate has a column for its saturation.
    """
    metrics = ("loss", job.score.name)
    return [
        "epoch",
        *(f"train_{metric}" for metric in metrics),
        *([PENALTY] if job.plan.penalizes else []),
        *(f"validation_{metric}" for metric in metrics if job.plan.validates),
        *([job.plan.monitor] if job.plan.measure else []),
        "learning_rate",
        "seconds",
        "rows_per_second",
        *(f"gradient_norm_{each.number}" for each in job.blocks),
        *(f"saturated_{each.number}" for each in job.blocks if each.activation.saturates),
    ]


def written_numbers(report: EpochReport) -> list[float]:
    """Return the values of all columns except the first as ``history.csv`` has them."""
    return [*map(float, _texts(report))]


def _texts(report: EpochReport) -> list[str]:
    return [f"{each:.9g}" for each in _numbers(report)]


def _numbers(report: EpochReport) -> list[float]:
    """Return the values of all columns except the first."""
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

    Memory use is limited to the size of that many rows of this run.
    """
    longest = len(header) + _LONGEST_NUMBER * (header.count(b",") + 1)
    kept = BytesIO()
    with os_errors_as(DataError, place), open_regular(place) as stream:
        for epoch in range(epochs + 1):
            line = stream.readline(longest)
            start = b"%d," % epoch if epoch else header
            if not (line.startswith(start) and line.endswith(b"\n")):
                raise DataError(
                    f"{place}: does not match the {count(epochs, 'epoch')} of the checkpoint "
                    "next to it; restore the file of the run"
                )
            kept.write(line)
    return kept.getvalue()
