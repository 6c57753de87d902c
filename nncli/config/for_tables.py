"""The settings that suit a table: what ``nncli init`` writes, and where estimators start."""

from typing import Any

VALIDATION = 0.1  # the fraction of the rows to validate with

_DECAY = 4.0  # one of 0.5, 1, 2, 4, 8: best on the whole for five real and three made tables


def settings_for(rows: int) -> dict[str, dict[str, Any]]:
    """Return the sections ``model`` and ``training`` for a table of so many rows."""
    return {
        "model": {"hidden_layers": [64], "activation": "relu"},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.003,
            "batch_size": 32,
            "epochs": 200,
            "l2": _weight_decay(rows),
            "early_stopping": {"monitor": "validation_loss", "patience": 20},
        },
    }


def _weight_decay(rows: int) -> float:
    """Return the weight of the penalty: the fewer rows there are, the more it is to count.

    The loss is a mean over rows, so that the same prior on the weights is 1 / rows of it.
    """
    return float(f"{_DECAY / rows:.1g}")
