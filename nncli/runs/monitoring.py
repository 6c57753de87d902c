"""Measure monitored values that the engine does not: other metrics, and weighted losses."""

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
    "r2": "two or more rows",
    **dict.fromkeys(("brier", "log_loss", "ece"), "an output of probabilities"),
}


@dataclass(frozen=True)
class Watch:
    """An evaluation of a network on the validation rows of a data set.

    Attributes
    ----------
    network : Network
        Network with the layers of the snapshots.
    scaling, target_scaling : Scaling
        Scaling of inputs and targets in training.
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
        """Return a metric. Raise `DataError` if it is undefined for the validation rows."""
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
                f"training.early_stopping: {metric} is undefined for the validation rows, as it "
                f"needs {_NEEDS.get(metric, 'rows of both classes')}; monitor another value"
            )
        return found[metric]


def weighted_where_trained_so(monitor: str, dataset: Dataset) -> str:
    """Return the value to monitor; a validation loss is weighted if training is."""
    weights = dataset.splits["validation"].weights if "validation" in dataset.splits else None
    if monitor != "validation_loss" or weights is None:
        return monitor
    own = weights[dataset.splits["validation"].rows]
    if not own.any():
        raise DataError("every validation row has weight 0; the validation loss is undefined")
    return monitor if np.ptp(own) == 0 else f"validation_{WEIGHTED_LOSS}"


def watched(monitor: str, watch: Watch, score: Score) -> Callable[[Snapshot], float] | None:
    """Return a function for the monitored value; None for loss and score, as engines measure them.

    It is called once as a check, because some metrics are undefined for some rows.
    """
    metric = split_and_metric(monitor)[1]
    if metric in ("loss", score.name):
        return None
    network = watch.network
    watch.value(metric, {"parameters": network.parameters, "state": network.state})
    return lambda snapshot: watch.value(metric, snapshot)
