"""Which metrics each task has, and of which a smaller value is a better one."""

_OF_CLASSES = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1")

METRICS: dict[str, tuple[str, ...]] = {
    "binary": (*_OF_CLASSES, "roc_auc", "average_precision", "brier", "log_loss", "ece"),
    "multiclass": (*_OF_CLASSES, "top_3_accuracy", "log_loss", "ece"),
    "multilabel": ("accuracy", "macro_f1", "micro_f1", "hamming_loss"),
    "regression": ("mae", "rmse", "r2"),
}
"""By task, in the order in which they are printed; each has a loss, too."""

WEIGHTED_LOSS = "weighted_loss"
"""The loss in which rows count as they do in training, while it lasts."""

_FALLING = {"loss", WEIGHTED_LOSS, "brier", "log_loss", "ece", "hamming_loss", "mae", "rmse"}


def rises(metric: str) -> bool:
    """Return whether a larger value of a metric is a better one."""
    return metric not in _FALLING


def split_and_metric(monitored: str) -> tuple[str, str]:
    """Return of which split a monitored value is, and which: ``validation_roc_auc``."""
    split, _, metric = monitored.partition("_")
    return split, metric
