"""What watches training: the history file, the progress bar, plain lines."""

import csv
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from nncli.errors import OutputError, reason
from nncli.model.network import Layer
from nncli.training.loop import EpochReport, StepReport
from nncli.training.metrics import Score


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
    """Writes ``history.csv``: a header, then a row an epoch, handed over when the epoch ends.

    Parameters
    ----------
    path : Path
        A new file.
    score : Score
        What is measured beside the loss.
    layers : sequence of Layer
        Each has a gradient norm; those that can saturate have a column for that after all norms.
    """

    def __init__(
        self, path: Path, score: Score, *, layers: Sequence[Layer], has_validation: bool
    ) -> None:
        self._path = path
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
        with self._explained():
            self._stream = path.open("w", encoding="utf-8", newline="")
        self._write(header)

    def step(self, report: StepReport) -> None:
        """Do nothing: history is by epoch."""

    def epoch(self, report: EpochReport) -> None:
        """Write the epoch's row. Raises `OutputError`."""
        numbers = [
            *report.metrics.values(),
            report.learning_rate,
            report.seconds,
            report.rows_per_second,
            *(layer.gradient_norm for layer in report.layers),
            *(layer.saturated for layer in report.layers if layer.saturated is not None),
        ]
        self._write([str(report.epoch), *(f"{number:.9g}" for number in numbers)])

    def close(self) -> None:
        """Close the file; every row is flushed already."""
        with suppress(OSError):  # the same failure as the write's before
            self._stream.close()

    def _write(self, row: list[str]) -> None:
        with self._explained():
            csv.writer(self._stream, lineterminator="\n").writerow(row)
            self._stream.flush()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(
                f"{self._path}: cannot be written ({reason(error)}); check the free space, or "
                "choose another place with -o"
            ) from error


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
    """Shows a progress bar over all epochs on a terminal."""

    _REFRESH_SECONDS = 0.1

    def __init__(self, epochs: int, rows: int, batches: int, score: Score) -> None:
        from tqdm import tqdm

        self._epochs, self._rows, self._batches = epochs, rows, batches
        self._score, self._validation = score, ""
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
        self._bar.set_description_str(
            f"epoch {epoch}/{self._epochs} {batch}/{self._batches}", refresh=False
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
