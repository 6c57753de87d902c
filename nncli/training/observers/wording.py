"""Metrics in the words of a progress line."""

from collections.abc import Mapping

from nncli.metrics.names import split_and_metric
from nncli.metrics.scores import Score


def described(metrics: Mapping[str, float], split: str, score: Score, monitor: str) -> str:
    """Return the loss of a split in words, and the score or what else is monitored of it."""
    beside, label = f"{split}_{score.name}", score.label
    if monitor.startswith(split) and monitor not in (beside, f"{split}_loss"):
        beside, label = monitor, split_and_metric(monitor)[1]
    return f"loss {short(metrics[f'{split}_loss'])} {label} {short(metrics[beside])}"


def short(value: float) -> str:
    """Return a number in at most seven characters, however large it is."""
    if value < 9999.99:
        return f"{value:.4f}" if value < 99.9999 else f"{value:.2f}"
    return f"{value:.2e}".replace("e+", "e")
