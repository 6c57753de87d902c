"""The monitored value, where the engine does not measure it: other metrics, and weighted losses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nncli.base.errors import DataError
from nncli.data.dataset import Dataset
from nncli.data.scaling import Scaling
from nncli.metrics.names import WEIGHTED_LOSS, split_and_metric
from nncli.metrics.scores import Score
from nncli.model.evaluation import evaluate, weighted_loss
from nncli.nn.network import Network
from nncli.nn.objective import Objective
from nncli.training.progress import Snapshot

_NEEDS = {
    "top_3_accuracy": "more than three classes",
    "r2": "two rows or more",
    **dict.fromkeys(("brier", "log_loss", "ece"), "an output that gives probabilities"),
}


@dataclass(frozen=True)
class Watch:
    """Measures a network on the validation rows of a data set.

    Attributes
    ----------
    network : Network
        Whose layers the snapshots are of.
    scaling, target_scaling : Scaling
        As the network has learned them.
    threshold : float or None
        As for `evaluate`.
    """

    network: Network
    objective: Objective
    dataset: Dataset
    scaling: Scaling
    target_scaling: Scaling
    threshold: float | None

    def value(self, metric: str, snapshot: Snapshot) -> float:
        """Return a metric. Raises `DataError` where the validation rows do not define it."""
        network = Network(self.network.layers, snapshot["parameters"], snapshot["state"])
        split, scalings = self.dataset.splits["validation"], (self.scaling, self.target_scaling)
        if metric == WEIGHTED_LOSS:
            return weighted_loss(network, self.objective, split, *scalings, self.dataset.classes)
        found = evaluate(
            network,
            self.objective,
            split,
            self.scaling,
            target_scaling=self.target_scaling,
            name="validation",
            task=self.dataset.task,
            targets=list(self.dataset.targets),
            classes=list(self.dataset.classes),
            threshold=self.threshold,
        ).metrics
        if metric not in found:
            raise DataError(
                f"training.early_stopping: the validation rows do not define {metric}, which needs "
                f"{_NEEDS.get(metric, 'rows of both classes')}; monitor another value"
            )
        return found[metric]


def weighted_where_trained_so(monitor: str, dataset: Dataset) -> str:
    """Return what to monitor: a validation loss in which rows count as they do in training."""
    weights = dataset.splits["validation"].weights if "validation" in dataset.splits else None
    if monitor != "validation_loss" or weights is None:
        return monitor
    own = weights[dataset.splits["validation"].rows]
    if not own.any():
        raise DataError("every validation row has the weight 0; training cannot be watched by them")
    return monitor if np.ptp(own) == 0 else f"validation_{WEIGHTED_LOSS}"


def watched(monitor: str, watch: Watch, score: Score) -> Callable[[Snapshot], float] | None:
    """Return what measures a monitored value; None for the loss and the score, as engines do.

    It is tried once, as some rows do not define every metric.
    """
    metric = split_and_metric(monitor)[1]
    if metric in ("loss", score.name):
        return None
    network = watch.network
    watch.value(metric, {"parameters": network.parameters, "state": network.state})
    return lambda snapshot: watch.value(metric, snapshot)
