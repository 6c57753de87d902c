"""Metrics in the words of a progress line."""

from collections.abc import Mapping

from nncli.metrics.scores import Score


def described(metrics: Mapping[str, float], split: str, score: Score) -> str:
    """Return the loss and the score of a split in words."""
    loss, beside = metrics[f"{split}_loss"], metrics[f"{split}_{score.name}"]
    return f"loss {short(loss)} {score.label} {short(beside)}"


def short(value: float) -> str:
    """Return a number in at most seven characters, however large it is."""
    if value < 9999.99:
        return f"{value:.4f}" if value < 99.9999 else f"{value:.2f}"
    return f"{value:.2e}".replace("e+", "e")
