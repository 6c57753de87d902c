"""The observers that keep every epoch's numbers: in memory, and in ``history.csv``."""

import time
from array import array
from contextlib import suppress
from pathlib import Path

from nncli.base.errors import DataError, OutputError, reason
from nncli.base.storage.files import GrowingFile
from nncli.training.history_file import Table
from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.outcome import Outcome


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
    path : Path
        A new file, or that of a run that resumes.
    """

    _FLUSH_SECONDS = 0.1

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: GrowingFile | None = None
        self._rows: list[str] = []
        self._next_flush = 0.0

    def begin(self, job: Job) -> None:
        """Write the header, or cut off what came after the checkpoint of a run that resumes.

        Raises
        ------
        DataError
            When the existing file is not the history of so many epochs of this run.
        OutputError
            When it cannot be written.
        """
        first = ",".join(_column_names(job)).encode() + b"\n"
        epochs = job.progress.epoch
        kept = _kept_bytes(self._path, first, epochs) if epochs else 0
        self._file = GrowingFile(self._path, first, kept)

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


def _kept_bytes(path: Path, header: bytes, epochs: int) -> int:
    """Return where the rows of the first `epochs` end. Raises `DataError`."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)[: epochs + 1]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from error
    starts = [header, *(b"%d," % number for number in range(1, epochs + 1))]
    fits = [line.startswith(start) for line, start in zip(lines, starts, strict=False)]
    if len(fits) < len(starts) or not all(fits) or not lines[-1].endswith(b"\n"):
        raise DataError(
            f"{path}: is not the history of the {epochs} epochs of the checkpoint beside it; put "
            "the file of the run back"
        )
    return sum(map(len, lines))
