"""The metrics of each task, and which of them are better when smaller."""

_OF_CLASSES = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1")

METRICS: dict[str, tuple[str, ...]] = {
    "binary": (*_OF_CLASSES, "roc_auc", "average_precision", "brier", "log_loss", "ece"),
    "multiclass": (*_OF_CLASSES, "top_3_accuracy", "log_loss", "ece"),
    "multilabel": ("accuracy", "macro_f1", "micro_f1", "hamming_loss"),
    "regression": ("mae", "rmse", "r2"),
}
"""Metrics by task, the main one first, in printed order; every task also has a loss."""

WEIGHTED_LOSS = "weighted_loss"
"""The loss with rows weighted as in training; it exists only during training."""

PENALTY = "penalty"
"""The penalty on the weights, λΩ(w), in the reports and the history of training."""

_FALLING = {"loss", WEIGHTED_LOSS, "brier", "log_loss", "ece", "hamming_loss", "mae", "rmse"}


def rises(metric: str) -> bool:
    """Return whether larger values of a metric are better."""
    return metric not in _FALLING


def split_and_metric(monitored: str) -> tuple[str, str]:
    """Return the split and the metric of a monitored value such as ``validation_roc_auc``."""
    split, _, metric = monitored.partition("_")
    return split, metric
