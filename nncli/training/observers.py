"""What watches training: the history file, the progress bar, plain lines."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from nncli.base.errors import DataError, OutputError, reason
from nncli.base.storage.files import GrowingFile
from nncli.engines.scores import Score
from nncli.nn.network import Layer
from nncli.training.loop import EpochReport, StepReport


class Observer(Protocol):
    """Is told of every step and every epoch."""

    def step(self, report: StepReport) -> None:
        """Take note of a step."""
        ...

    def epoch(self, report: EpochReport) -> None:
        """Take note of an epoch."""
        ...

    def close(self) -> None:
        """Finish; called once, also after an error."""
        ...


class History:
    """Writes ``history.csv``: a header, then a row an epoch.

    Rows are handed over a few times a second, whole ones only.

    Parameters
    ----------
    path : Path
        A new file, or that of a run that goes on: rows after the first `epochs` are cut off, and
        so is a torn one.
    score : Score
        What is measured beside the loss.
    layers : sequence of Layer
        Each has a gradient norm; those that can saturate have a column for that after all norms.
    epochs : int
        How many there were when the run was stopped.

    Raises
    ------
    DataError
        When the file that is there is not the history of so many epochs of this run.
    """

    _FLUSH_SECONDS = 0.1

    def __init__(
        self,
        path: Path,
        score: Score,
        *,
        layers: Sequence[Layer],
        has_validation: bool,
        epochs: int = 0,
    ) -> None:
        splits = ("train", "validation") if has_validation else ("train",)
        header = [
            "epoch",
            *(f"{split}_{metric}" for split in splits for metric in ("loss", score.name)),
            "learning_rate",
            "seconds",
            "rows_per_second",
            *(f"gradient_norm_{number}" for number, _ in enumerate(layers, 1)),
            *(f"saturated_{number}" for number, layer in enumerate(layers, 1) if layer.saturates),
        ]
        first = ",".join(header).encode() + b"\n"
        kept = _kept_bytes(path, first, epochs) if epochs else 0
        self._file = GrowingFile(path, first, kept)
        self._rows: list[str] = []
        self._next_flush = 0.0

    def step(self, report: StepReport) -> None:
        """Do nothing: history is by epoch."""

    def epoch(self, report: EpochReport) -> None:
        """Take the epoch's row. Raises `OutputError`."""
        numbers = [
            *report.metrics.values(),
            report.learning_rate,
            report.seconds,
            report.rows_per_second,
            *[layer.gradient_norm for layer in report.layers],
            *[layer.saturated for layer in report.layers if layer.saturated is not None],
        ]
        self._rows.append(f"{report.epoch},{','.join([f'{each:.9g}' for each in numbers])}\n")
        now = time.monotonic()
        if now >= self._next_flush:
            self._next_flush = now + self._FLUSH_SECONDS
            self._flush()

    def synchronize(self) -> None:
        """Hand over all rows and wait until they are on the disk. Raises `OutputError`."""
        self._flush()
        self._file.synchronize()

    def close(self) -> None:
        """Hand over what rows there are, and close the file."""
        with suppress(OutputError):  # training has failed already, or has synchronized
            self._flush()
        self._file.close()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        self._file.append("".join(rows).encode())


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


class PlainLines:
    """Prints a line an epoch to standard error: for files, pipes and logs."""

    def __init__(self, epochs: int, score: Score) -> None:
        self._epochs, self._score = epochs, score

    def step(self, report: StepReport) -> None:
        """Do nothing: a line is for an epoch."""

    def epoch(self, report: EpochReport) -> None:
        """Print the epoch's line."""
        width = len(str(self._epochs))
        words = [f"epoch {report.epoch:>{width}}/{self._epochs}"]
        for split, short in (("train", "train"), ("validation", "val")):
            if f"{split}_loss" in report.metrics:
                words.append(f"{short} {_described(report.metrics, split, self._score)}")
        line = "  ".join(words)
        with suppress(OSError):  # nobody reads any more: that must not end training
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - an observer is there to print

    def close(self) -> None:
        """Do nothing."""


class Bar:
    """Shows a progress bar over all epochs on a terminal.

    Parameters
    ----------
    run : str, optional
        Which of several trainings it is, to stand before the epoch.
    """

    _REFRESH_SECONDS = 0.1

    def __init__(self, epochs: int, rows: int, batches: int, score: Score, run: str = "") -> None:
        from tqdm import tqdm

        self._epochs, self._rows, self._batches = epochs, rows, batches
        self._score, self._run, self._validation = score, run, ""
        self._next_refresh = 0.0
        self._bar = tqdm(
            total=epochs * rows,
            unit=" rows",
            unit_scale=True,
            dynamic_ncols=True,
            bar_format="{desc} |{bar}| {rate_noinv_fmt}{postfix}",
        )

    def step(self, report: StepReport) -> None:
        """Bring the bar up to date, a few times a second."""
        now = time.monotonic()
        if now < self._next_refresh:
            return
        self._next_refresh = now + self._REFRESH_SECONDS
        self._show(report.epoch, report.batch, report.rows, report.loss)

    def epoch(self, report: EpochReport) -> None:
        """Show the epoch's results, which stay until the next ones."""
        metrics = report.metrics
        if "validation_loss" in metrics:
            self._validation = f" val {_described(metrics, 'validation', self._score)}"
        self._show(report.epoch, self._batches, self._rows, metrics["train_loss"])

    def close(self) -> None:
        """Leave the bar as it stands."""
        with suppress(OSError):
            self._bar.close()

    def _show(self, epoch: int, batch: int, rows: int, loss: float) -> None:
        self._bar.n = (epoch - 1) * self._rows + rows
        # Where there are several runs, there is no room for the batch in 80 columns.
        place = "" if self._run else f" {batch}/{self._batches}"
        self._bar.set_description_str(
            f"{self._run}epoch {epoch}/{self._epochs}{place}", refresh=False
        )
        self._bar.set_postfix_str(f"loss {_short(loss)}{self._validation}", refresh=False)
        with suppress(OSError):  # the terminal is gone: that must not end training
            self._bar.refresh()


def _described(metrics: dict[str, float], split: str, score: Score) -> str:
    """Return the loss and the score of a split in words."""
    loss, beside = metrics[f"{split}_loss"], metrics[f"{split}_{score.name}"]
    return f"loss {_short(loss)} {score.label} {_short(beside)}"


def _short(value: float) -> str:
    """Return a number in at most seven characters, however large it is."""
    if value < 9999.99:
        return f"{value:.4f}" if value < 99.9999 else f"{value:.2f}"
    return f"{value:.2e}".replace("e+", "e")
