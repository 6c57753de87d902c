"""Format metrics for progress lines, and print them."""

import sys
from collections.abc import Mapping
from contextlib import suppress

from nncli.metrics.names import split_and_metric
from nncli.metrics.scores import Score
from nncli.training.loop import EpochReport

SHORT_NAMES = {"validation": "val"}
"""Short names of splits."""


def described(metrics: Mapping[str, float], split: str, score: Score, monitor: str) -> str:
    """Return the loss of a split as text, with the score or another monitored metric, if any."""
    beside, label = f"{split}_{score.name}", score.label
    if monitor.startswith(split) and monitor not in (beside, f"{split}_loss"):
        beside, label = monitor, split_and_metric(monitor)[1]
    loss = f"loss {short(metrics[f'{split}_loss'])}"
    return f"{loss} {label} {short(metrics[beside])}" if beside in metrics else loss


def epoch_line(report: EpochReport, epochs: int, score: Score, monitor: str) -> str:
    """Return the results of one of `epochs` as a line."""
    words = [f"epoch {report.epoch:>{len(str(epochs))}}/{epochs}"]
    for split in ("train", "validation"):
        if f"{split}_loss" in report.metrics:
            found = described(report.metrics, split, score, monitor)
            words.append(f"{SHORT_NAMES.get(split, split)} {found}")
    return "  ".join(words)


def short(value: float) -> str:
    """Return a number as text of about seven characters, however large or small it is."""
    size = abs(value)
    if value == 0 or 1e-3 <= size < 9999.99:
        return f"{value:.4f}" if size < 99.9999 else f"{value:.2f}"
    return f"{value:.1e}" if size < 1 else f"{value:.2e}".replace("e+", "e")


def print_line(line: str) -> None:
    """Print a line to standard error; a closed one must not end training."""
    if sys.stderr is None:  # closed by the shell; print would use standard output instead
        return
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - printing is its purpose
