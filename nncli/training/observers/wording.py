"""Format metrics for progress lines."""

from collections.abc import Mapping

from nncli.metrics.names import split_and_metric
from nncli.metrics.scores import Score


def described(metrics: Mapping[str, float], split: str, score: Score, monitor: str) -> str:
    """Return the loss of a split as text, with the score or another monitored metric."""
    beside, label = f"{split}_{score.name}", score.label
    if monitor.startswith(split) and monitor not in (beside, f"{split}_loss"):
        beside, label = monitor, split_and_metric(monitor)[1]
    return f"loss {short(metrics[f'{split}_loss'])} {label} {short(metrics[beside])}"


def short(value: float) -> str:
    """Return a number as text of at most seven characters, however large it is."""
    if value < 9999.99:
        return f"{value:.4f}" if value < 99.9999 else f"{value:.2f}"
    return f"{value:.2e}".replace("e+", "e")
